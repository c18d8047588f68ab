"""Rules that users write: `custom_rule`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

from dualrev.active.one_step import Leaves
from dualrev.custom._custom_function import Arguments, CustomFunction
from dualrev.custom._written_rule import WrittenStep
from dualrev.errors import ArgnumsError, CustomRuleError
from dualrev.operators.call import is_dispatcher


class CustomRule(CustomFunction):
    """A function whose derivative its user has written; see `custom_rule`."""

    def __init__(
        self,
        f: Callable[..., Any],
        pushforward: Callable[..., Any] | None,
        pullback: Callable[..., Any] | None,
        argnums: tuple[int, ...] | None,
        vectorized: bool,
    ) -> None:
        super().__init__(f, argnums)
        self.pushforward, self.pullback, self.vectorized = pushforward, pullback, vectorized
        self._dispatcher: Any = None
        if is_dispatcher(f) or "numba" in sys.modules:
            from dualrev.custom._compiled_rule import let_compiled_code_call

            let_compiled_code_call(CustomRule)

    def step(
        self, y: Any, point: Arguments, leaves: Leaves, active: Sequence[int], kwargs: dict[str, Any]
    ) -> WrittenStep:
        """Return the derivative at a point."""
        return WrittenStep(self, y, point, leaves, active, kwargs)

    @property
    def made_of(self) -> tuple[Any, ...]:
        """The function and its rule, which the keys of caches on disk are made from."""
        return self.f, self.pushforward, self.pullback, self.argnums

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
        from dualrev.custom._checking import check_rule

        check_rule(self, Arguments(args), kwargs, order, rtol)


def custom_rule(
    f: Callable[..., Any] | None = None,
    *,
    pushforward: Callable[..., Any] | None = None,
    pullback: Callable[..., Any] | None = None,
    argnums: int | tuple[int, ...] | None = None,
    vectorized: bool = False,
) -> Any:
    """Give a function a derivative of its own, which serves both modes.

    The function itself is never differentiated and sees plain numbers alone. Therefore it may be anything: compiled
    code reached by `ctypes`, a solver, a table. One half of the rule is enough, because each is linear in its last
    argument and can be transposed.

    Where the function and a half of its rule are compiled by Numba, other compiled functions can call the result with
    numbers, and are differentiated by the rule.

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
    vectorized : bool
        Whether the rule takes tangents, or a cotangent, with one more leading axis for several directions at once. By
        default it is called for one direction after the other.

    Returns
    -------
    CustomRule
        Called as `f`. `check(*args, **options)` checks the rule at a point.

    Raises
    ------
    ArgnumsError
        If `argnums` is not made of positions from 0 on.
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
    for name, half in (("pushforward", pushforward), ("pullback", pullback)):
        if half is not None and not callable(half):
            raise TypeError(f"custom_rule was given {name}=<{type(half).__name__}>; expected a function")
    places = (argnums,) if isinstance(argnums, int) else argnums
    if places is not None and not (isinstance(places, tuple) and all(isinstance(n, int) and n >= 0 for n in places)):
        raise ArgnumsError(f"argnums is {argnums!r}; expected a position from 0 on, or a tuple of such")

    def decorate(f: Callable[..., Any]) -> CustomRule:
        return CustomRule(f, pushforward, pullback, places, vectorized)

    return decorate if f is None else decorate(f)
