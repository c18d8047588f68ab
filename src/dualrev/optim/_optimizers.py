"""Optimisers that update Vars after `backward`, as PyTorch's do."""

from __future__ import annotations

from collections.abc import Iterable

from dualrev.active.ownership import private
from dualrev.errors import InputTypeError, NoGradientError
from dualrev.optim._update_rules import AdamStep, GradientStep, RpropStep, Rule, Schedule, State, schedule
from dualrev.reverse.var import Var


class Optimizer:
    """Updates the values of Vars from their gradients, by a rule.

    Parameters
    ----------
    parameters : iterable of Var
        Leaves with requires_grad=True.
    lr : float or callable
        The step size, or its schedule: a function of the number of the step, which begins at 1.
    rule : Rule

    Raises
    ------
    NoGradientError
        If there are no parameters, or one of them is no leaf that requires a gradient.
    InputTypeError
        If one of them is no Var.

    Examples
    --------
    >>> import dualrev as dr
    >>> x = dr.Var(1.0)
    >>> optimizer = dr.optim.SGD([x], lr=0.25)
    >>> (x**2).backward()
    >>> optimizer.step()
    >>> optimizer.steps, float(x.value)
    (1, 0.5)
    """

    def __init__(self, parameters: Iterable[Var], lr: float | Schedule, rule: Rule) -> None:
        name = type(self).__name__
        if isinstance(parameters, Var):
            raise InputTypeError(f"{name} was given one Var; expected a list of them: {name}([x])")
        self.parameters = list(parameters)
        if not self.parameters:
            raise NoGradientError(f"{name} was given no parameters; expected Vars with requires_grad=True")
        for n, each in enumerate(self.parameters):
            if not isinstance(each, Var):
                raise InputTypeError(f"parameter {n} of {name} is a {type(each).__name__}; expected a Var")
            if not each.requires_grad or not each.is_leaf:
                what = "the result of an operation" if each.requires_grad else "a Var with requires_grad=False"
                raise NoGradientError(f"parameter {n} of {name} is {what}; expected a leaf with requires_grad=True")
        if len({id(each) for each in self.parameters}) < len(self.parameters):
            raise InputTypeError(f"{name} was given one Var twice; it would be updated twice in each step")
        self.rule, self.schedule = rule, schedule(lr)
        self.steps = 0
        self._states: list[State] = [{} for _ in self.parameters]

    def step(self) -> None:
        """Update every parameter that has a gradient.

        Raises
        ------
        NoGradientError
            If none has one: `backward` comes first.
        """
        if all(each.grad is None for each in self.parameters):
            raise NoGradientError("step() before backward(): none of the parameters has a gradient")
        self.steps += 1
        size = self.schedule(self.steps)
        for each, state in zip(self.parameters, self._states, strict=True):
            if each.grad is not None:
                each.assign(self.rule.update(each.value, private(each.grad), state, size))

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for each in self.parameters:
            each.zero_grad()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.parameters)} parameters, {self.rule}, {self.steps} steps)"


class SGD(Optimizer):
    """Gradient descent, with momentum, Nesterov's momentum and weight decay if wanted.

    Parameters
    ----------
    parameters : iterable of Var
    lr : float or callable
        The step size, or its schedule.
    momentum, weight_decay : float
    nesterov : bool

    Examples
    --------
    >>> import dualrev as dr
    >>> x = dr.Var(1.0)
    >>> optimizer = dr.optim.SGD([x], lr=0.1, momentum=0.5)
    >>> for _ in range(2):
    ...     optimizer.zero_grad()
    ...     (x**2).backward()
    ...     optimizer.step()
    >>> round(float(x.value), 6)
    0.54
    """

    def __init__(
        self,
        parameters: Iterable[Var],
        lr: float | Schedule = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, lr, GradientStep(momentum, nesterov, weight_decay))


class Adam(Optimizer):
    """Adam (Kingma and Ba, 2014).

    Parameters
    ----------
    parameters : iterable of Var
    lr : float or callable
        The step size, or its schedule.
    betas : tuple of float
        How much of the means of gradients and of their squares is kept.
    eps, weight_decay : float

    Examples
    --------
    >>> import dualrev as dr
    >>> x = dr.Var(1.0)
    >>> optimizer = dr.optim.Adam([x], lr=0.1)
    >>> (x**2).backward()
    >>> optimizer.step()
    >>> round(float(x.value), 6)
    0.9
    """

    def __init__(
        self,
        parameters: Iterable[Var],
        lr: float | Schedule = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, lr, AdamStep(betas, eps, weight_decay))


class Rprop(Optimizer):
    """Resilient propagation (Riedmiller and Braun, 1993).

    Parameters
    ----------
    parameters : iterable of Var
    lr : float
        The first step size of every element.
    etas : tuple of float
        Factors by which step sizes shrink and grow.
    step_sizes : tuple of float
        The least and the largest.

    Examples
    --------
    >>> import dualrev as dr
    >>> x = dr.Var(1.0)
    >>> optimizer = dr.optim.Rprop([x], lr=0.1)
    >>> (x**2).backward()
    >>> optimizer.step()
    >>> round(float(x.value), 6)
    0.9
    """

    def __init__(
        self,
        parameters: Iterable[Var],
        lr: float = 0.01,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50.0),
    ) -> None:
        super().__init__(parameters, lr, RpropStep(etas, step_sizes))
