"""The table on NumPy arrays and scalars, and on active numbers, which answer NumPy's functions themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from dualrev.errors import MissingRuleError
from dualrev.kernels import scipy_rows
from dualrev.kernels._binding import Bound, Target
from dualrev.primitives.host import HOST, HOST_FORMULAS
from dualrev.primitives.protocol_function import ProtocolFunction
from dualrev.primitives.row import HostRow, Row, Rule, calls, operators, reads
from dualrev.primitives.scalar import FORMULAS, NAMED, TABLE


def _select(condition: Any, a: Any, b: Any) -> Any:
    chosen = np.where(condition, a, b)
    return chosen[()] if type(chosen) is np.ndarray and chosen.ndim == 0 else chosen


@cache
def ufuncs(row: Row) -> tuple[Callable[..., Any], ...]:
    """Return NumPy's functions that are this row, the first being the row's own."""
    return tuple([getattr(np, name) for name in row.spelled("numpy")])


def _only_real(name: str, *args: Any) -> None:
    if any(map(np.iscomplexobj, args)):
        raise MissingRuleError(f"dualrev.special.{name} takes real numbers; complex ones were given")


def scipy_row(ufunc: Any) -> Row | None:
    """Return the row that a ufunc of SciPy is, if it is one."""
    row: Row | None = scipy_rows.found_in(_OF_SCIPY, ufunc)
    return row


# NumPy has no `erf` or `gamma`. Numba is asked for them when they are called, or every import would load it.
def _compiled(name: str) -> Callable[..., Any]:
    def call(x: Any) -> Any:
        _only_real(name, x)
        from dualrev.kernels.cpu import libm

        return libm(name)(x)

    return call


def _own_expression(row: Row) -> Callable[..., Any]:
    def call(*args: Any) -> Any:
        if not row.holomorphic:
            _only_real(row.name, *args)
        dtype = np.result_type(*args)
        arrays = [np.asarray(arg, dtype if dtype.kind in "fc" else np.float64) for arg in args]
        with np.errstate(all="ignore"):
            y = bound(row).value(*arrays)
        return np.asarray(y, arrays[0].dtype)[()]  # a choice between two constants is double

    return call


def _function(row: Row) -> Callable[..., Any]:
    if isinstance(row, HostRow):
        return ProtocolFunction(row.name, scipy_rows.value(row))
    if ufuncs(row):
        return ufuncs(row)[0]
    call = _compiled(row.name) if row.name in row.spelled("math") else _own_expression(row)
    parameters = ", ".join(row.fn.__code__.co_varnames[: row.arity])
    call.__doc__ = (
        f"Return {row.name}({parameters}), element by element, of numbers, arrays and active numbers.\n\n"
        "A row of the table of primitives, which has its formula, its partial derivatives and its domain."
    )
    return ProtocolFunction(row.name, call)


ROWS: dict[str, Row] = TABLE | HOST
"""Every scalar primitive of the host, by name."""

FUNCTIONS: dict[str, Callable[..., Any]] = {name: _function(row) for name, row in ROWS.items()}
"""Per row the function that users can call on numbers, arrays and active numbers alike."""

_OF_SCIPY = scipy_rows.spellings(ROWS.values())
_NATIVE = {
    **{name: next(iter(ufuncs(row)), _compiled(name)) for row in TABLE.values() for name in row.spelled("math")},
    **FUNCTIONS,
    "select": _select,
    "pi": np.pi,
    "inf": np.inf,
    "nan": np.nan,
}
_TARGET = Target(_NATIVE, formulas=FORMULAS | HOST_FORMULAS)


@cache
def bound(row: Row) -> Bound:
    """Return the row over NumPy."""
    return Bound(FUNCTIONS[row.name], _TARGET.partials(row)) if isinstance(row, HostRow) else _TARGET.row(row)


@cache
def quiet(rule: Rule) -> bool:
    """Whether a rule cannot make NumPy warn about finite arguments: it neither divides nor calls what overflows."""
    harmless = operators(rule).isdisjoint({"/", "**", "//", "%"}) and "select" not in rule.__code__.co_names
    return harmless and all(name in NAMED and NAMED[name].quiet for name in calls(rule))


@cache
def arithmetic(rule: Rule) -> bool:
    """Whether a rule is arithmetic alone, so that Python's floats, which never warn, can evaluate it."""
    return not rule.__code__.co_names and "**" not in operators(rule)


# Found once for each row: what a rule cannot do tells which precautions a call may leave out.
class Partial(NamedTuple):
    """A partial over NumPy, None where the row is flat in the argument, and what is known of its rule."""

    rule: Callable[..., Any] | None
    quiet: bool
    arithmetic: bool


@cache
def partials(row: Row) -> tuple[Partial, ...]:
    """Return the row's partials over NumPy."""
    rules = zip(bound(row).partials, row.partials, strict=True)
    found = [
        Partial(
            _as_numpy_divides(f) if f and rule and not quiet(rule) and not _sees_an_array(rule, n) else f,
            rule is None or quiet(rule),
            rule is not None and arithmetic(rule),
        )
        for n, (f, rule) in enumerate(rules)
    ]
    if isinstance(row, HostRow):
        found = [
            Partial(lambda *values, n=n: known_partial(row, n), True, False) if row.refuses(n) else each
            for n, each in enumerate(found)
        ]
    return tuple(found)


# Values of arrays are NumPy's numbers, which divide by 0 with a warning instead of an error.
def _sees_an_array(rule: Rule, n: int) -> bool:
    """Whether the partial by argument n reads that argument or the result, which are NumPy's, not Python's numbers."""
    names = rule.__code__.co_varnames
    return not reads(rule).isdisjoint({names[0], names[n + 1]})


# Only for partials whose divisors may be Python's numbers: those that the user gave as constants.
def _as_numpy_divides(rule: Callable[..., Any]) -> Callable[..., Any]:
    """Return a partial for which a Python number that is 0 is a divisor as in NumPy."""

    def divided(*values: Any) -> Any:
        try:
            return rule(*values)
        except ZeroDivisionError:
            return rule(*(np.float64(each) if type(each) in (int, float) else each for each in values))

    return divided


def known_partial(row: Row, argument: int) -> None:
    """Raise `MissingRuleError` where a row's derivative in an argument is one that is refused."""
    if isinstance(row, HostRow) and row.refuses(argument):
        names = row.fn.__code__.co_varnames[: row.arity]
        raise MissingRuleError(
            f"{row.name}({', '.join(names)}) has no derivative in {names[argument]}: it has no closed form. "
            f"Pass {names[argument]} as a plain number, or give the call a rule with dualrev.custom_rule"
        )


def evaluated(partial: Partial, y: Any, primals: Sequence[Any]) -> Any:
    """Return a partial's value, without a warning."""
    assert partial.rule is not None
    # Python's floats multiply in a third of the time of NumPy's scalars.
    if partial.arithmetic and type(y) is np.float64:
        try:
            return partial.rule(float(y), *map(float, primals))
        except ZeroDivisionError:  # NumPy's answer is an infinity or a NaN
            pass
    with np.errstate(all="ignore"):
        return partial.rule(y, *primals)
