"""Rules that users write: `custom_rule`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ctypes import ArgumentError
from typing import Any

import numpy as np
import optree

from dualrev.active import Active, outermost, primal
from dualrev.custom.function import Arguments, CustomFunction, Leaves
from dualrev.errors import CustomRuleError, DualrevError, MissingRuleError, ShapeMismatchError
from dualrev.operators import Pullback
from dualrev.trees import flatten_output

_PLAIN = (np.ndarray, float, int, np.number, np.bool_)


class CustomRule(CustomFunction):
    """A function whose derivative its user has written; see `custom_rule`."""

    def __init__(
        self,
        f: Callable[..., Any],
        pushforward: Callable[..., Any] | None,
        pullback: Callable[..., Any] | None,
        argnums: tuple[int, ...] | None,
    ) -> None:
        super().__init__(f, argnums)
        self.pushforward, self.pullback = pushforward, pullback

    def step(self, y: Any, point: Arguments, leaves: Leaves, active: Sequence[int], kwargs: dict[str, Any]) -> _Step:
        """Return the derivative at a point."""
        return _Step(self, y, point, leaves, active, kwargs)

    def check(self, *args: Any, order: int = 1, rtol: float | None = None, **kwargs: Any) -> None:
        """Check the rule at a point: against central differences, and pushforward against pullback.

        Parameters
        ----------
        *args, **kwargs
            Arguments of the function.
        order : int
            Check derivatives up to this order. Those above the first differentiate the rule itself.
        rtol : float, optional
            For the differences; see `check_grads`.

        Raises
        ------
        AssertionError
            If a derivative is wrong, or pushforward and pullback are not each other's transpose.
        """
        from dualrev.verification.custom import check_rule

        check_rule(self, Arguments(args), kwargs, order, rtol)


def custom_rule(
    f: Callable[..., Any] | None = None,
    *,
    pushforward: Callable[..., Any] | None = None,
    pullback: Callable[..., Any] | None = None,
    argnums: int | tuple[int, ...] | None = None,
) -> Any:
    """Give a function a derivative of its own, which serves both modes.

    The function itself is never differentiated and sees plain numbers alone. Therefore it may be anything: compiled
    code reached by `ctypes`, a solver, a table. One half of the rule is enough, because each is linear in its last
    argument and can be transposed.

    Parameters
    ----------
    f : callable, optional
        Left out, a decorator is returned.
    pushforward : callable, optional
        `pushforward(y, primals, tangents, **options)` returns the tangent of the result `y`, arranged as it is.
        `primals` and `tangents` are tuples with an entry for each positional argument; the tangent of a number or array
        is of its shape, that of anything else is None. It is linear in the tangents. Without `pullback` it must be
        written in functions that dualrev differentiates.
    pullback : callable, optional
        `pullback(y, primals, cotangent, **options)` returns a tuple with the adjoint of each positional argument, None
        for one to which nothing flows. The cotangent is arranged as the result. It is linear in the cotangent.
    argnums : int or tuple of int, optional
        The positional arguments that the rule differentiates; by default all. Keyword arguments are options, passed to
        the function and to the rule.

    Returns
    -------
    CustomRule
        Called as `f`. `check(*args, **options)` checks the rule at a point.

    Raises
    ------
    CustomRuleError
        If neither half is given; when it is used, if a half that is transposed is not linear.
    ShapeMismatchError
        When it is used, if a rule's result does not have the shape or the structure of what it belongs to.
    MissingRuleError
        When it is used, if an argument that the rule does not differentiate is active, or if the rule cannot be
        evaluated on active numbers where a derivative of the derivative asks for that.

    Examples
    --------
    >>> import math
    >>> import numpy as np
    >>> import dualrev as dr
    >>> @dr.custom_rule(pushforward=lambda y, primals, tangents: np.cos(primals[0]) * tangents[0])
    ... def sine(x):
    ...     return math.sin(x)
    >>> dr.grad(sine, mode="reverse")(0.0), dr.grad(sine, mode="forward")(0.0)
    (1.0, 1.0)
    >>> dr.derivative(dr.derivative(sine))(math.pi / 2)
    -1.0
    >>> sine.check(0.3)
    """
    if pushforward is None and pullback is None:
        raise CustomRuleError("custom_rule was given neither pushforward nor pullback; expected one of them, or both")
    places = (argnums,) if isinstance(argnums, int) else argnums

    def decorate(f: Callable[..., Any]) -> CustomRule:
        return CustomRule(f, pushforward, pullback, places)

    return decorate if f is None else decorate(f)


class _Step:
    """The derivative of a function with a rule at a point."""

    def __init__(
        self,
        rule: CustomRule,
        y: Any,
        point: Arguments,
        leaves: Leaves,
        active: Sequence[int],
        kwargs: dict[str, Any],
    ) -> None:
        self._rule, self._y, self._point, self._kwargs = rule, y, point, kwargs
        self._leaves, self._active = list(leaves), list(active)
        self._results, self._tree = flatten_output(y, rule.__name__)
        self._nested = outermost([*leaves, *self._results]) is not None
        self._transposed: _Transposed | None = None

    def push(self, tangents: Leaves) -> Leaves:
        """Push tangents forward, by the pushforward or by the transpose of the pullback."""
        given = [tangents[n] for n in self._active]
        if self._rule.pushforward is None:
            filled = [_zeros(self._leaves[n]) if t is None else t for n, t in zip(self._active, given, strict=True)]
            pushed = self._transpose(self._pull, self._results, "pullback")(filled)
            ahead = max(t.ndim - self._leaves[n].ndim for n, t in zip(self._active, filled, strict=True))
            shape = next(t.shape[:ahead] for n, t in zip(self._active, filled, strict=True))
            return [np.zeros(shape + x.shape) if t is None else t for t, x in zip(pushed, self._results, strict=True)]
        return _each_direction(self._push, given, [self._leaves[n].ndim for n in self._active])

    def pull(self, cotangents: Leaves) -> Leaves:
        """Pull cotangents back, by the pullback or by the transpose of the pushforward."""
        if self._rule.pullback is None:
            active = [self._leaves[n] for n in self._active]
            adjoints = self._transpose(self._push, active, "pushforward")(cotangents)
        else:
            adjoints = _each_direction(self._pull, cotangents, [x.ndim for x in self._results])
        found = dict(zip(self._active, adjoints, strict=True))
        return [found.get(n) for n in range(len(self._leaves))]

    def _push(self, given: Leaves) -> list[Any]:
        """Apply the user's pushforward in one direction, to the tangents of the active leaves."""
        tangents = dict(zip(self._active, given, strict=True))
        filled = [_zeros(x) if tangents.get(n) is None else tangents[n] for n, x in enumerate(self._leaves)]
        arguments = self._point.build(self._leaves), self._point.build(filled)
        out = self._evaluated("pushforward", self._rule.pushforward, arguments, outermost(given))
        pushed, tree = flatten_output(out, f"the pushforward of {self._rule.__name__}")
        shapes, expected = [x.shape for x in pushed], [x.shape for x in self._results]
        if tree != self._tree or shapes != expected:
            raise ShapeMismatchError(
                f"the pushforward of {self._rule.__name__} returned shapes {shapes}; expected {expected}, those of the "
                "result, arranged as it is"
            )
        return pushed

    def _pull(self, cotangents: Leaves) -> list[Any]:
        """Apply the user's pullback to one cotangent. Returned are the adjoints of the active leaves."""
        name, parts = self._rule.__name__, self._point.parts
        arguments = self._point.build(self._leaves), self._tree.build(cotangents)
        out = self._evaluated("pullback", self._rule.pullback, arguments, outermost(cotangents))
        if not isinstance(out, tuple) or len(out) != len(parts):
            given = f"{len(out)} entries" if isinstance(out, tuple) else f"a {type(out).__name__}"
            raise ShapeMismatchError(
                f"the pullback of {name} returned {given}; expected a tuple with {len(parts)}, one for each positional "
                "argument, None where nothing flows"
            )
        adjoints: list[Any] = []
        for n, (entry, part) in enumerate(zip(out, parts, strict=True)):
            leaves, spec = optree.tree_flatten(entry, none_is_leaf=True)
            if entry is None:
                leaves = [None] * part.num_leaves
            elif spec != part:
                raise ShapeMismatchError(
                    f"the pullback of {name} arranges the adjoint of argument {n} as {spec}; expected {part}"
                )
            adjoints += leaves
        found = [_adjoint(adjoints[n], self._leaves[n]) for n in self._active]
        for n, adjoint in zip(self._active, found, strict=True):
            if adjoint.shape != self._leaves[n].shape:
                raise ShapeMismatchError(
                    f"the pullback of {name} returned an adjoint of shape {adjoint.shape} for argument "
                    f"{self._point.owners[n]}; expected {self._leaves[n].shape}, the shape of what it belongs to"
                )
        return found

    def _evaluated(self, half: str, function: Any, arguments: tuple[Any, Any], active: Active | None) -> Any:
        if active is None and not self._nested:
            return function(self._y, *arguments, **self._kwargs)
        try:
            return function(self._y, *arguments, **self._kwargs)
        except (DualrevError, TypeError, ValueError, ArgumentError) as error:
            other = "pullback" if half == "pushforward" else "pushforward"
            why = (
                "A derivative of the derivative was asked for, which differentiates the rule"
                if self._nested
                else f"It was to be transposed, because the rule has no {other}; give one: {other}=..."
            )
            raise MissingRuleError(
                f"the {half} of {self._rule.__name__} cannot be evaluated on active numbers: {error}. {why}"
            ) from error

    def _transpose(self, function: Callable[..., Any], like: Leaves, half: str) -> _Transposed:
        if self._transposed is None:
            self._transposed = _Transposed(function, like, f"the {half} of {self._rule.__name__}")
        return self._transposed


class _Transposed:
    """The transpose of a linear function, recorded at a point where a function that is not linear shows it.

    A function p is homogeneous of degree 1, as linear ones are, where <w, p(v)> = <p'(v)^T w, v> (Euler).
    """

    def __init__(self, function: Callable[..., Any], like: Leaves, name: str) -> None:
        rng = np.random.default_rng(0)
        self._name = name
        self._probes = [np.asarray(rng.uniform(0.5, 1.5, x.shape), x.dtype)[()] for x in like]
        self._recorded = Pullback(lambda leaves: tuple(function(leaves)), self._probes, name)

    def __call__(self, cotangents: Leaves) -> list[Any]:
        recorded = self._recorded
        found = recorded(cotangents)
        left = [primal(w) * primal(p) for w, p in zip(cotangents, recorded.values, strict=True)]
        right = [primal(a) * v for a, v in zip(found, self._probes, strict=True) if a is not None]
        error = abs(sum(map(np.sum, left)) - sum(map(np.sum, right)))
        size = sum(np.sum(np.abs(term)) for term in (*left, *right))
        eps = max((np.finfo(x.dtype).eps for x in (*left, *right)), default=0.0)
        if np.isfinite(size) and error > size * eps**0.5:
            raise CustomRuleError(
                f"{self._name} is not linear in its last argument, so it has no transpose. Expected a rule without "
                "constant terms or powers of what is pushed or pulled"
            )
        return found


def _each_direction(function: Callable[..., Any], given: Leaves, ndims: Sequence[int]) -> list[Any]:
    """Apply a function of one direction to several."""
    counts = {t.shape[0] for t, ndim in zip(given, ndims, strict=True) if t is not None and t.ndim > ndim}
    if not counts:
        return list(function(given))
    directions = [
        function([t if t is None or t.ndim == ndim else t[k] for t, ndim in zip(given, ndims, strict=True)])
        for k in range(counts.pop())
    ]
    return [np.stack(parts) for parts in zip(*directions, strict=True)]


def _zeros(leaf: Any) -> Any:
    if isinstance(leaf, Active | np.ndarray | np.generic) and leaf.dtype.kind == "f":
        return np.zeros(leaf.shape, leaf.dtype)[()]
    return np.zeros(np.shape(leaf))[()] if isinstance(leaf, _PLAIN) else None


def _adjoint(adjoint: Any, leaf: Any) -> Any:
    return _zeros(leaf) if adjoint is None else adjoint if isinstance(adjoint, Active) else np.asarray(adjoint)[()]
