"""The table's rows for Numba's active numbers: a loop that overloads every spelling of every row.

`register` makes `np.sin(x)`, `math.sin(x)`, `x * y` and so on known to Numba where x or y is active. `type_of` makes
`dualrev.special.<row>` known where all are plain, when Numba first meets it in a function.
"""

from __future__ import annotations

import builtins
import math
import operator
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from numba.core import types
from numba.core.registry import cpu_target

from dualrev.kernels import _numba_arithmetic as numba_arithmetic
from dualrev.kernels import cpu
from dualrev.kernels._binding import Target
from dualrev.kernels._numba_arithmetic import is_arithmetic
from dualrev.kernels.numba_arrays import over_elements
from dualrev.kernels.numba_extending import defined, overloads
from dualrev.kernels.numba_types import NUMBERS, counted, element, is_active, link, owner_of
from dualrev.kernels.numpy_rows import FUNCTIONS
from dualrev.kernels.single_precision import single_constants
from dualrev.primitives.protocol_function import ProtocolFunction
from dualrev.primitives.row import Row, calls
from dualrev.primitives.scalar import POWERS, TABLE, made_of

_MODULES = {"math": math, "numpy": np, "operator": operator, "builtins": builtins}
_IN_PLACE = {"add", "sub", "mul", "truediv", "pow", "floordiv", "mod"}


def spellings(row: Row) -> list[Callable[..., Any]]:
    """Return the functions that reach a row in compiled code."""
    found: list[Callable[..., Any]] = [FUNCTIONS[row.name]]
    for name in row.names:
        module, _, short = name.partition(".")
        if module in _MODULES:
            found.append(getattr(_MODULES[module], short))
        if module == "operator" and short in _IN_PLACE:
            found.append(getattr(operator, f"i{short}"))
    return list(dict.fromkeys(found))


@cache
def _nested_target() -> Target:
    """Return the binding of rules to functions that take active numbers: each row by its own partials."""
    native = cpu.native() | {name: function for name, function in FUNCTIONS.items() if name not in cpu.native()}
    return Target(native, cpu.compiled)


def implementation(row: Row, operands: Sequence[Any], of_row: Any = None) -> Callable[..., Any] | None:
    """Return what Numba is to compile for a row of numbers of these types, or None if none of them is active.

    Where values are active in their turn, so that the function's expression would be differentiated in place of the
    row, `of_row` is called for them: by default the function of the row's name.
    """
    owner = owner_of(operands)
    if owner is None:
        return None
    mine = [operand == owner for operand in operands]
    nested = is_active(owner.dtype) or any(is_active(each) and each != owner for each in operands)
    target = _nested_target() if nested else cpu.target()
    single = owner.dtype == types.float32
    names = [f"a{n}" for n in range(len(operands))]
    values = [f"v{n}" if own or single else name for n, (name, own) in enumerate(zip(names, mine, strict=True))]
    scope: dict[str, Any] = {"link": link, "number": owner.dtype}
    body = [f"v{n} = a{n}.primal_" for n, own in enumerate(mine) if own]
    if single:  # and stays single: constants do not widen it
        body += [f"v{n} = number(a{n})" for n, own in enumerate(mine) if not own]
        target = cpu.single_target()
    finish = single_constants if single else _same
    if nested and row.fn.__code__.co_names and row.name not in calls(row.fn):
        scope["of_row"] = of_row or FUNCTIONS[row.name]
        body.append(f"y = of_row({', '.join(values)})")
    else:
        body.append(f"y = {target.expression(row.fn, values, scope)}")
    linked = [n for n, own in enumerate(mine) if own and row.partials and row.partials[n] is not None]
    if not linked:
        return finish(defined(names, [*body, "return y"], scope))
    for n in linked:
        rule = row.partials[n]
        assert rule is not None
        body.append(f"p{n} = {target.expression(rule, ['y', *values], scope)}")
    partials, active = ("".join(f"{letter}{n}, " for n in linked) for letter in "pa")
    result = f"link(y, ({partials}), ({active}))"
    if not made_of(row.fn, lambda each: each.instruction):
        result, scope["counted"] = f"counted({result})", counted
    return finish(defined(names, [*body, f"return {result}"], scope))


def _same(function: Callable[..., Any]) -> Callable[..., Any]:
    return function


def _numbers(operands: Sequence[Any]) -> bool:
    return not any(isinstance(each, types.Array | types.BaseTuple | types.Optional) for each in operands)


def _of_points(function: Callable[..., Any], operands: Sequence[Any]) -> Callable[..., Any] | None:
    """Return the function of numbers for arrays of no axes, as NumPy has it."""
    axes = [each.ndim if isinstance(each, types.Array) else -1 for each in operands]
    if max(axes, default=-1) != 0 or any(map(_no_number, operands)):
        return None
    names = [f"a{n}" for n in range(len(operands))]
    values = [f"{name}[()]" if n == 0 else name for name, n in zip(names, axes, strict=True)]
    return defined(names, [f"return function({', '.join(values)})"], {"function": function})


def _no_number(operand: Any) -> bool:
    return isinstance(operand, types.BaseTuple | types.Optional)


def _of_arrays(row: Row, operands: Sequence[Any]) -> Callable[..., Any] | None:
    """Return a loop over active arrays for a row that is no ufunc; Numba writes the loops of ufuncs itself."""
    if not isinstance(FUNCTIONS[row.name], ProtocolFunction) or any(map(_no_number, operands)):
        return None
    return over_elements(FUNCTIONS[row.name], operands, _result_of(row, [element(each) for each in operands]))


def _result_of(row: Row, numbers: Sequence[Any]) -> Any:
    """Return the type of a row of numbers: active where it depends on one that is, at the highest level of such."""
    owner = owner_of(numbers)
    if owner is None:
        return types.float32 if all(each == types.float32 for each in numbers) else types.float64
    if any(each == owner and rule is not None for each, rule in zip(numbers, row.partials, strict=not row.flat)):
        return owner
    return _result_of(row, [owner.dtype if each == owner else each for each in numbers])


def overload_with(
    spelling: Callable[..., Any], names: Sequence[str], choose: Callable[..., Any], **options: Any
) -> None:
    """Overload a function; Numba wants the parameters of `choose` named as the implementation's."""
    overloads(spelling, **options)(defined(names, [f"return choose({', '.join(names)})"], {"choose": choose}))


def _as_spelled(spelling: Callable[..., Any], operands: Sequence[Any]) -> Callable[..., Any]:
    """Return the function of primal numbers, for a row that is flat."""
    names = [f"a{n}" for n in range(len(operands))]
    owner = owner_of(operands)
    values = [f"{name}.primal_" if each == owner else name for name, each in zip(names, operands, strict=True)]
    return defined(names, [f"return spelling({', '.join(values)})"], {"spelling": spelling})


def _overload(row: Row, spelling: Callable[..., Any]) -> None:
    def choose(*operands: Any) -> Callable[..., Any] | None:
        if owner_of(operands) is None:
            return None
        if _numbers(operands):
            return _as_spelled(spelling, operands) if is_integer else implementation(row, operands)
        return _of_points(spelling, operands) or (_of_arrays(row, operands) if spelling is own else None)

    own = FUNCTIONS[row.name]
    # The floor of Python's `math` is an integer, with which one may index; that of NumPy is a float, and may be NaN.
    is_integer = row.flat and spelling in vars(math).values()
    # A partial may divide by 0 where the function itself does not: the slope of a square root at 0 is infinite.
    options = {} if row.raises_by_zero else {"jit_options": {"error_model": "numpy"}}
    overload_with(spelling, [f"a{n}" for n in range(row.arity)], choose, **options)


def _overload_power(spelling: Callable[..., Any]) -> None:
    def choose(base: Any, exponent: Any) -> Callable[..., Any] | None:
        if owner_of((base, exponent)) is None:
            return None
        if not _numbers((base, exponent)):
            return _of_points(spelling, (base, exponent))
        if is_active(base) and isinstance(exponent, types.IntegerLiteral):
            row = POWERS.get(exponent.literal_value)
            if row is not None:
                return defined(["a0", "a1"], ["return function(a0)"], {"function": FUNCTIONS[row.name]})
        return implementation(TABLE["power"], (base, types.unliteral(exponent)))

    overload_with(spelling, ["a0", "a1"], choose, prefer_literal=True, jit_options={"error_model": "numpy"})


@cache
def _overload_plain(row: Row) -> None:
    """Make `dualrev.special.<row>` known for plain numbers, and arrays of them, where NumPy has no such function."""

    def choose(*operands: Any) -> Callable[..., Any] | None:
        numbers = [element(each) for each in operands]
        if any(map(_no_number, operands)) or not all(isinstance(each, NUMBERS) for each in numbers):
            return None
        result = _result_of(row, numbers)
        value = cpu.bound(row, result == types.float32).value
        if not _numbers(operands):
            return _of_points(FUNCTIONS[row.name], operands) or over_elements(value, operands, result)
        names = [f"a{n}" for n in range(row.arity)]
        scope = {"value": value, "number": result}
        return defined(names, [f"return number(value({', '.join(names)}))"], scope)

    names = [f"a{n}" for n in range(row.arity)]
    overload_with(FUNCTIONS[row.name], names, choose, jit_options={"error_model": "numpy"})


def type_of(function: ProtocolFunction) -> Any:
    """Return the type of a function that compiled code looks up, if it is a row's; else None.

    Numba asks for it in whatever function it meets the row first, with no derivative compiled before.
    """
    name = function.__name__
    if name not in TABLE or FUNCTIONS[name] is not function:
        return None
    _overload_plain(TABLE[name])
    context = cpu_target.typing_context
    context.refresh()
    return context._lookup_global(function)


def register() -> None:
    """Overload every spelling of every row."""
    for row in TABLE.values():
        if row.name == "where":  # which Numba has for arrays
            continue
        if isinstance(FUNCTIONS[row.name], ProtocolFunction):
            _overload_plain(row)
        for spelling in spellings(row):
            if is_arithmetic(row):
                numba_arithmetic.register(row, spelling)
            if row.name == "power":
                numba_arithmetic.register_powers(spelling)
                _overload_power(spelling)
            else:
                _overload(row, spelling)
