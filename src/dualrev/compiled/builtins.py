"""Python's own functions on active numbers: the first at a tie, as Python has it, and conversions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba.core import types

from dualrev.kernels.active_types import is_active, owner_of
from dualrev.kernels.extending import defined, overloads


def _selects(a: Any, b: Any) -> bool:
    return owner_of((a, b)) is not None and not any(isinstance(x, types.Array | types.BaseTuple) for x in (a, b))


@overloads(max)
def _max(a: Any, b: Any) -> Callable[..., Any] | None:
    if _selects(a, b):
        return lambda a, b: b if b > a else a
    return None


@overloads(min)
def _min(a: Any, b: Any) -> Callable[..., Any] | None:
    if _selects(a, b):
        return lambda a, b: b if b < a else a
    return None


def _of_several(function: Callable[..., Any], count: int) -> None:
    """Overload for more arguments: the extreme of all but the last, and the last."""
    names = [f"a{n}" for n in range(count)]

    def choose(*numbers: Any) -> Callable[..., Any] | None:
        if owner_of(numbers) is None or any(isinstance(x, types.Array | types.BaseTuple) for x in numbers):
            return None
        nested = f"function(function({', '.join(names[:-1])}), {names[-1]})"
        return defined(names, [f"return {nested}"], {"function": function})

    overloads(function)(defined(names, [f"return choose({', '.join(names)})"], {"choose": choose}))


for _count in (3, 4, 5):
    _of_several(max, _count)
    _of_several(min, _count)


@overloads(bool)
def _bool(x: Any) -> Callable[..., Any] | None:
    return (lambda x: bool(x.primal_)) if is_active(x) else None


@overloads(float)
def _float(x: Any) -> Callable[..., Any] | None:
    return (lambda x: x) if is_active(x) else None


@overloads(int)
def _int(x: Any) -> Callable[..., Any] | None:
    return (lambda x: int(x.primal_)) if is_active(x) else None


@overloads(round)
def _round(x: Any) -> Callable[..., Any] | None:
    return (lambda x: round(x.primal_)) if is_active(x) else None
