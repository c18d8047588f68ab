"""Routes Python's operators and NumPy's functions on active numbers to the table of primitives."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import cache
from numbers import Rational
from typing import Any

import numpy as np

from dualrev.active._array_methods import METHODS, method
from dualrev.active._cures import cure
from dualrev.active._refused_arguments import OF_SEQUENCES, with_active_options, without_rule, wrong_arguments
from dualrev.active.array_operands import as_array, as_float, holds_active, joined, take_up
from dualrev.active.number import Active, known_of_complex, outermost, primal, with_complex_scalars
from dualrev.active.refusals import name_called
from dualrev.errors import MissingRuleError, ObjectArrayError
from dualrev.kernels.numpy_rows import FUNCTIONS, ROWS, scipy_row, ufuncs
from dualrev.kernels.scipy_from_rows import OF_SCIPY
from dualrev.kernels.scipy_rows import found_in
from dualrev.primitives.array import COMPOSITES, RULES
from dualrev.primitives.array.complex_parts import modulus
from dualrev.primitives.array.constant import CONSTANT
from dualrev.primitives.array.indexing import index
from dualrev.primitives.array.reduction import logsumexp
from dualrev.primitives.array.rule import no_output
from dualrev.primitives.row import HostRow, Row
from dualrev.primitives.scalar import POWERS, TABLE

_INDEX = RULES[index]
_ROWS: dict[Any, Row] = {function: ROWS[name] for name, function in FUNCTIONS.items()}
_ROWS |= {function: row for row in ROWS.values() for function in ufuncs(row)}
_NUMBERS = frozenset({float, int, np.float64, np.float32})
_READY: set[type] = {*_NUMBERS, bool, np.bool_, complex, np.complex128, np.complex64}
"""Types of arguments that need no conversion; the classes of active numbers join them."""
_ACTIVE: set[type] = set()
_NO_EFFECT = {"casting", "order", "subok"}
_OPERANDS = (Active, np.ndarray, np.generic, Rational, float, complex)
_PLAIN: set[type] = {*_READY, type(None), str, slice, np.dtype, type, np.int64, np.float64}
_CONTAINERS = frozenset({list, tuple, np.ndarray})
_REDUCTIONS: dict[Any, Any] = {
    np.add: np.sum,
    np.multiply: np.prod,
    np.maximum: np.max,
    np.minimum: np.min,
    np.fmax: np.nanmax,
    np.fmin: np.nanmin,
    np.logaddexp: logsumexp,
}
_SCANS: dict[Any, Any] = {np.add: np.cumsum, np.multiply: np.cumprod}
UFUNCS_OF: dict[str, Callable[[Any], Any]] = {}
"""Per package that makes ufuncs of its own class, what returns such a ufunc as a function of active numbers."""


def operand(x: Any) -> Any:
    """Return an argument as rules expect it: an active number, a plain number, or an array of real numbers."""
    if type(x) in _READY:
        return x
    if isinstance(x, Active):
        x = x.read()
    if isinstance(x, Active):
        _ACTIVE.add(type(x))
        _READY.add(type(x))
        return x
    if isinstance(x, Rational):
        return as_float(x)
    array = as_array(x)
    kind = array.dtype.kind
    if kind == "O":
        return operand(take_up(array))
    if kind not in "fiubc":
        raise ObjectArrayError(f"an array of {array.dtype} met an active number; expected real numbers")
    return x if isinstance(x, np.generic) else array


def apply_row(row: Row, args: tuple[Any, ...], call: Callable[..., Any]) -> Any:
    """Apply a scalar primitive to arguments of which one or more are active."""
    owner = outermost(args)
    if not row.partials:
        y = call(*[primal(arg) for arg in args])
        if np.iscomplexobj(y):
            known_of_complex(row)
        if owner is not None:
            owner.decided(row, args, y)
        return y
    if complex in map(type, args):
        args = with_complex_scalars(args)
    return call(*args) if owner is None else owner.apply_row(row, args, call)


def apply_function(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Apply a function of arrays to arguments of which one or more are active."""
    rule = RULES.get(function)
    if rule is not None:
        given, options = rule.split(args, kwargs)
        for option in options.values():
            if type(option) not in _PLAIN and holds_active(option):
                return with_active_options(rule, [operand(x) for x in given], options)
        operands = []
        owner, highest = None, -1
        for x in given:
            kind = type(x)
            if kind not in _READY:
                x = operand(x)
                kind = type(x)
            operands.append(x)
            if kind in _ACTIVE and x.level > highest:
                owner, highest = x, x.level
        if owner is None or ("dtype" in options and _whole_numbers(options["dtype"])):
            return rule.value([primal(x) for x in operands], options)
        return owner.apply_rule(rule, operands, options)
    row = _ROWS.get(function)
    if row is not None:
        ready = tuple([operand(arg) for arg in args])
        return apply_row(row, ready, FUNCTIONS[row.name] if isinstance(row, HostRow) else function)
    if function in COMPOSITES:
        no_output(function, args, kwargs)
        if function not in OF_SEQUENCES:
            args = tuple([joined(arg) if type(arg) in _CONTAINERS else arg for arg in args])
            kwargs = kwargs and {key: joined(arg) if type(arg) in _CONTAINERS else arg for key, arg in kwargs.items()}
            if "where" in kwargs and isinstance(kwargs["where"], Active):
                kwargs["where"] = primal(operand(kwargs["where"]))
        try:
            return COMPOSITES[function](*args, **kwargs)
        except (TypeError, ValueError, IndexError) as error:
            known = wrong_arguments(function, COMPOSITES[function], args, kwargs)
            if known is None:
                raise
            raise MissingRuleError(known) from error
    if function in CONSTANT:
        return function(*_values(args), **{key: _values(value) for key, value in kwargs.items()})
    own = UFUNCS_OF.get(type(function).__module__.partition(".")[0])
    if own is not None and not kwargs:
        return own(function)(*args)
    raise without_rule(function, kwargs)


def _whole_numbers(dtype: Any) -> bool:
    """Whether a result was asked for in a type that has no derivatives."""
    return dtype is not None and np.dtype(dtype).kind in "biu"


def _values(x: Any) -> Any:
    return type(x)(map(_values, x)) if isinstance(x, tuple | list) else primal(x)


@cache
def _ufunc_row(ufunc: Any) -> Row | None:
    return _ROWS.get(ufunc) or scipy_row(ufunc)


def _array_ufunc(self: Active, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
    if not kwargs and method == "__call__":
        row = _ROWS.get(ufunc)
        if row is None:
            return (
                apply_function(ufunc, inputs, kwargs) if ufunc in RULES else apply_ufunc(ufunc, method, inputs, kwargs)
            )
        if len(inputs) == 1 and row.partials:
            return self.apply_row(row, inputs, ufunc)
    if method == "at" or (kwargs and kwargs.get("out") is not None):
        return self.written_by(ufunc, method, inputs, kwargs)  # type: ignore[attr-defined]
    return apply_ufunc(ufunc, method, inputs, kwargs)


def apply_ufunc(ufunc: Any, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Answer `__array_ufunc__`."""
    if method == "__call__":
        row = _ufunc_row(ufunc)
        if row is None:
            return apply_function(found_in(OF_SCIPY, ufunc) or ufunc, inputs, kwargs)
        options = kwargs and {key for key, value in kwargs.items() if value is not None} - _NO_EFFECT
        if options:
            name = name_called(f"np.{ufunc.__name__}")
            raise MissingRuleError(
                f"np.{ufunc.__name__}(..., {options.pop()}=...) has no derivative rule; use np.where or astype"
                + (f". It is part of {name}: {cure(name)}" if name != f"np.{ufunc.__name__}" else "")
            )
        if row is _POWER and type(inputs[1]) in (int, float):
            return _power(inputs[0], inputs[1], ufunc)
        result = apply_row(row, tuple([operand(x) for x in inputs]), ufunc)
        ordered = kwargs.get("order") in ("C", "F") and isinstance(result, Active)
        return result.copy(kwargs["order"]) if ordered else result
    if method == "reduce" and ufunc in _REDUCTIONS:
        options = {key: value for key, value in kwargs.items() if value is not None or key == "axis"}
        return apply_function(_REDUCTIONS[ufunc], inputs[:1], {"axis": 0} | options)
    if method == "accumulate" and ufunc in _SCANS:
        return apply_function(_SCANS[ufunc], inputs[:1], {"axis": 0} | kwargs)
    if method == "outer":
        a, b = (operand(x) for x in inputs)
        return ufunc(np.reshape(a, np.shape(a) + (1,) * np.ndim(b)), b)
    raise MissingRuleError(
        f"np.{ufunc.__name__}.{method} has no derivative rule; known methods: outer; reduce and accumulate of np.add "
        "and np.multiply; reduce of np.maximum, np.minimum, np.fmax, np.fmin and np.logaddexp"
    )


_POWER = TABLE["power"]


def _power(base: Active, exponent: float, call: Callable[..., Any]) -> Any:
    """Raise to a constant power. NumPy treats some as functions of their own, and so do derivatives."""
    row = POWERS.get(exponent)
    if row is None:
        return apply_row(_POWER, (base, exponent), call)
    return apply_row(row, (base,), lambda x: call(x, exponent))


def _clip(a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, *, min: Any = None, max: Any = None) -> Any:
    low, high = (a_min if min is None else min), (a_max if max is None else max)
    if low is None or high is None:
        bounded = np.positive(a) if low is None and high is None else a if low is None else np.maximum(a, low)
        return bounded if high is None else np.minimum(bounded, high)
    return apply_row(TABLE["clip"], (operand(a), operand(low), operand(high)), np.clip)


def _where(condition: Any, *choices: Any) -> Any:
    if not choices:
        return np.where(primal(condition))
    return apply_row(TABLE["where"], (primal(condition), *map(operand, choices)), np.where)


def _absolute(x: Any) -> Any:
    return modulus(x) if x.dtype.kind == "c" else apply_row(TABLE["absolute"], (x,), np.absolute)


COMPOSITES.update({np.clip: _clip, np.where: _where, np.absolute: _absolute})
for _function in COMPOSITES:  # some of them are rows of some arguments alone
    _ROWS.pop(_function, None)


def _binary(row: Row, python: Callable[..., Any]) -> tuple[Any, Any]:
    active, repeats = bool(row.partials), row.name == "multiply"

    def forward(self: Active, other: Any) -> Any:
        if active and (type(other) in _NUMBERS or (type(other) is type(self) and other.level == self.level)):
            return self.apply_row(row, (self, other), python)
        if type(other) not in _READY:
            if not _operable(self, other, repeats):
                return NotImplemented
            other = operand(other)
        return apply_row(row, (self, other), python)

    def reflected(self: Active, other: Any) -> Any:
        if active and type(other) in _NUMBERS:
            return self.apply_row(row, (other, self), python)
        if type(other) not in _READY:
            if not _operable(self, other, repeats):
                return NotImplemented
            other = operand(other)
        return apply_row(row, (other, self), python)

    return forward, reflected


def _operable(x: Active, other: Any, repeats: bool) -> bool:
    """Whether an operator takes a value. Python repeats a sequence, a number of times that no active number can be."""
    listed = isinstance(other, list | tuple) and (bool(x.shape) or not repeats)
    return listed or isinstance(other, _OPERANDS) or hasattr(type(other), "__pandas_priority__")


def _unary(row: Row, python: Callable[..., Any]) -> Any:
    return lambda self: apply_row(row, (self,), python)


def equip(cls: type[Active]) -> None:
    """Give the class Python's operators, ndarray's methods and NumPy's protocols."""
    for row in TABLE.values():
        for short in row.spelled("operator"):
            python = getattr(operator, short)
            if row.arity == 1:
                setattr(cls, f"__{short}__", _unary(row, python))
                continue
            forward, reflected = _binary(row, python)
            setattr(cls, f"__{short}__", forward)
            if not row.sign:
                setattr(cls, f"__r{short}__", reflected)
        # NumPy calls methods of these names on the elements of object arrays.
        for name in {row.name} | {function.__name__ for function in ufuncs(row)}:
            setattr(cls, name, method(FUNCTIONS[row.name]))
    power: Any = vars(cls)["__pow__"]
    own: dict[str, Any] = {
        "__pow__": lambda self, b: _power(self, b, operator.pow) if type(b) in (int, float) else power(self, b),
        "__abs__": _absolute,
        "__array_ufunc__": _array_ufunc,
        "__getitem__": lambda self, at: self.apply_rule(_INDEX, (self,), {"index": at}),
    }
    for name, attribute in {**METHODS, **own}.items():
        setattr(cls, name, attribute)


equip(Active)
