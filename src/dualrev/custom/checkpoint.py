"""Less memory for more time: `checkpoint`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dualrev.active.number import outermost, primal
from dualrev.active.one_step import Leaves
from dualrev.active.ownership import lent
from dualrev.active.trees import flatten_output
from dualrev.custom._custom_function import Arguments, CustomFunction
from dualrev.errors import RandomFunctionError
from dualrev.forward.dual import Dual
from dualrev.operators.call import interpretable
from dualrev.operators.fundamental import Pullback, pushforward


class Checkpoint(CustomFunction):
    """A function that reverse mode records only when the sweep reaches it; see `checkpoint`."""

    def step(self, y: Any, point: Arguments, leaves: Leaves, active: Sequence[int], kwargs: dict[str, Any]) -> _Step:
        """Return the derivative at a point."""
        return _Step(self, y, point, leaves, active, kwargs)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the function's result. Forward mode keeps nothing and runs through the function as it is."""
        if isinstance(outermost(Arguments(args).leaves), Dual):
            return interpretable(self.f, "auto")(*args, **kwargs)
        return super().__call__(*args, **kwargs)


def checkpoint(f: Callable[..., Any]) -> Checkpoint:
    """Return a function that takes less memory in reverse mode: it is recorded again when the sweep reaches it.

    While a result is computed, of all that happens in the function only its arguments and its result are kept. The
    sweep calls it once more. Checkpoints can be nested. A chain of n steps in groups of sqrt(n), each a checkpoint,
    takes memory for 2 sqrt(n) steps and calls each step twice (Griewank and Walther, Evaluating Derivatives, 2nd ed.,
    2008, chapter 12).

    Parameters
    ----------
    f : callable
        All that is differentiated must be among its positional arguments. It may be a decorated function.

    Returns
    -------
    Checkpoint
        Called as `f`.

    Raises
    ------
    MissingRuleError
        When it is used, if `f` uses an active number that is not among its arguments, or a keyword argument is active.
    RandomFunctionError
        If the second call gives another result than the first.

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> step = dr.checkpoint(lambda x: np.sin(np.exp(x)))
    >>> round(dr.grad(lambda x: step(step(x)))(0.1), 12)
    -0.929145402007
    """
    return Checkpoint(f)


class _Step:
    """The derivative of the function at a point, of which only the arguments are kept."""

    def __init__(
        self,
        function: Checkpoint,
        y: Any,
        point: Arguments,
        leaves: Leaves,
        active: Sequence[int],
        kwargs: dict[str, Any],
    ) -> None:
        self._function, self._y, self._point, self._kwargs = function, y, point, kwargs
        self._leaves, self._active = list(leaves), list(active)

    def saved(self) -> list[Any]:
        """Return what is kept, for the tape's account."""
        return [x for x in (*self._leaves, *flatten_output(self._y, "y")[0]) if hasattr(x, "nbytes")]

    def push(self, tangents: Leaves) -> Leaves:
        """Push tangents forward through the function."""
        given = [tangents[n] for n in self._active]
        values, _, pushed = pushforward(self._call, self._own, given, self._function.__name__)
        return [np.zeros(x.shape, x.dtype) if t is None else t for x, t in zip(values, pushed, strict=True)]

    def pull(self, cotangents: Leaves) -> Leaves:
        """Record the function, and sweep back."""
        # What looks like a function of single values here may be one of all of them with what follows.
        recorded = Pullback(self._call, self._own, self._function.__name__, kinks=False)
        for again, first in zip(recorded.values, flatten_output(self._y, "y")[0], strict=True):
            if not np.array_equal(primal(again), primal(first), equal_nan=True):
                raise RandomFunctionError(
                    f"{self._function.__name__} gave another result when it was recorded for the sweep; a checkpoint "
                    "must give the same twice. Draw random numbers outside, and pass them as an argument"
                )
        found = dict(zip(self._active, recorded(cotangents, last=True), strict=True))
        return [found.get(n) for n in range(len(self._leaves))]

    @property
    def _own(self) -> list[Any]:
        return [self._leaves[n] for n in self._active]

    def _call(self, active: Leaves) -> Any:
        leaves = lent(self._leaves)
        for n, leaf in zip(self._active, active, strict=True):
            leaves[n] = leaf
        return interpretable(self._function.f, "auto")(*self._point.build(leaves), **lent(self._kwargs))
