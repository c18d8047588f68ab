"""Random programs in which partials and tangents become 0, infinite or NaN at random places, and points that do it."""

from __future__ import annotations

import itertools
import linecache
import re
from functools import reduce
from typing import Any

import numpy as np
from numba import njit
from numba.core.errors import NumbaError
from tests.fuzzing.programs import INPUTS, Program

import dualrev as dr
from dualrev.primitives.row import Row
from dualrev.primitives.scalar import TABLE

SPECIAL = (0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 1e308, -1e308, 5e-324, 0.5, -0.5, 2.0, 1e-200, 3.0)
FAULTS = ("np.sqrt(#)", "np.log(#)", "1.0 / #", "# * 0.0", "0.0 * np.sqrt(#)", "np.cbrt(#)", "# ** 0.5", "# * 1e300")
_FILES = itertools.count()
WHOLE = frozenset(row.name for row in TABLE.values() if any(isinstance(domain, frozenset) for domain in row.domain))


@njit(error_model="numpy")
def _root(a):
    return np.sqrt(a)


@njit(error_model="numpy")
def _push(y, primals, tangents):
    return 0.5 / y * tangents[0] if tangents[0] != 0.0 else 0.0


@njit(error_model="numpy")
def _pull(y, primals, cotangent):
    return (0.5 / y * cotangent if cotangent != 0.0 else 0.0,)


@njit(error_model="numpy")
def _pull_undefined(y, primals, cotangent):
    return (cotangent * np.log(primals[0] - 0.5),)


@njit(error_model="numpy")
def _push_losing(y, primals, tangents):
    return 0.5 / y * tangents[0] * primals[0]


@njit(error_model="numpy")
def _pull_raising(y, primals, cotangent):
    if not primals[0] > -0.9:
        raise ValueError("the rule knows no derivative here")
    return (0.5 / y * cotangent,)


@njit(error_model="numpy")
def _pull_root(y, primals, cotangent):
    return (0.5 / y * cotangent,)


@njit(error_model="numpy")
def _ratio(a, b):
    return a / b


@njit(error_model="numpy")
def _push_ratio(y, primals, tangents):
    if primals[1] > 1e15:
        raise ValueError("the rule knows no tangent here")
    return tangents[0] / primals[1] - y / primals[1] * tangents[1]


@njit(error_model="numpy")
def _push_quotient(y, primals, tangents):
    return tangents[0] / primals[1] - y / primals[1] * tangents[1]


RULES = {
    "ruled": dr.custom_rule(_root, pushforward=_push, pullback=_pull),
    "undefined": dr.custom_rule(_root, pullback=_pull_undefined),
    "losing": dr.custom_rule(_root, pushforward=_push_losing),
    "raising": dr.custom_rule(_root, pullback=_pull_raising),
    "ratio": dr.custom_rule(_ratio, pushforward=_push_ratio),
}
"""Functions with rules: one that minds the law itself, one that is NaN at many numbers, one that multiplies 0 with an
infinity, one that raises errors, and one of two numbers that does so."""

CALM = RULES | {
    "raising": dr.custom_rule(_root, pullback=_pull_root),
    "ratio": dr.custom_rule(_ratio, pushforward=_push_quotient),
}
"""The same without errors."""


class Faulty(Program):
    """A program whose rows take their arguments as they come, outside their domains as well."""

    def applied(self, row: Row, spelling: str, operand: Any) -> str:
        """Return a row of operands, an order or a condition excepted."""
        if row.name in WHOLE:
            return super().applied(row, spelling, operand)
        truth = "1.0 * " if row.flat else ""
        return f"{truth}{spelling}({', '.join(operand() for _ in row.domain)})"

    def fault(self) -> None:
        """Make a number that is likely to have an infinite derivative or none."""
        self.number(self.choice(FAULTS).replace("#", self.scalar))

    def custom(self) -> None:
        """Call a function that has a rule of its own, in ways that would lose a NaN as well."""
        name, s = self.choice(list(RULES)), self.scalar
        call = f"{name}({self.scalar}{f', {self.scalar}' * (name == 'ratio')})"
        forms = [f"{call} * {s}", f"max({call}, {s})", f"({s} if {call} > 0.5 else {call})", f"0.0 * {call}"]
        self.number(self.choice(forms))

    def inner_derivative(self) -> None:
        """Compare an inner derivative with a number, in ways that would lose a NaN in it."""
        d, s = f"d({self.scalar})", self.scalar
        forms = [f"max(0.0, {d} + 1.0)", f"min({s}, {d})", f"({s} if {d} > 0.3 else 0.5 * {s})", f"{d} * {s}"]
        self.number(self.choice(forms))

    def text(self, name: str = "f") -> str:
        """Return the source of the function, of several results."""
        results = ", ".join([*self.scalars[-3:], *(f"{v}[1]" for v in self.vectors[-2:] if self.arrays)])
        body = [*self.lines, f"return np.array([{results}])"]
        return f"def {name}(x):\n" + "".join(f"    {line}\n" for line in body)


def faulty(random: Any, statements: int, arrays: bool, inner: bool, custom: bool = False) -> str:
    """Return the text of a random program; with `inner` it asks a function `d` for derivatives."""
    made = Faulty(random, 0, arrays, False)
    kinds = [made.row] * 4 + [made.fault] * 4 + [made.branch, made.loop, made.power, made.builtin]
    kinds += [made.inner_derivative] * 3 * inner + [made.custom] * 4 * custom
    if arrays:
        kinds += [made.reduction, made.selection, made.product, made.buffer, made.arrangement, made.matrix]
    for _ in range(statements):
        made.choice(kinds)()
    return made.text()


def compiles(f: Any, dtype: Any) -> bool:
    """Whether Numba compiles the function itself: it does not have every row for every kind of number."""
    try:
        f(np.ones(INPUTS, dtype))
    except NumbaError:
        return False
    return True


def compiled(text: str, inner: str = "", **options: Any) -> Any:
    """Return the compiled function of a text; `inner` is the text of the function whose derivative is `d`."""
    scope: dict[str, Any] = {"np": np, "dr": dr, **RULES}
    if inner:
        exec(inner, scope)
        scope["d"] = dr.derivative(njit(scope["g"], error_model="numpy"))
    exec(text, scope)
    return njit(scope["f"], error_model="numpy", **options)


def readable(text: str, rules: dict[str, Any]) -> Any:
    """Return the compiled function of a text, which is there to be read: its adjoint can be generated."""
    file = f"<faulty {next(_FILES)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    scope: dict[str, Any] = {"np": np, **rules}
    exec(compile(text, file, "exec", dont_inherit=True), scope)
    return njit(scope["f"], error_model="numpy")


def interpreted(text: str, inner: str = "") -> Any:
    """Return the function of a text as Python runs it, which has nothing of compiled derivatives.

    Compiled `max` and `min` share a tie, as NumPy's do, and Python's select; so NumPy's stand for them at ties.
    """
    scope: dict[str, Any] = {"np": np, "dr": dr}
    scope["max"] = lambda *a: reduce(lambda p, q: np.maximum(p, q) if p == q else max(p, q), a)
    scope["min"] = lambda *a: reduce(lambda p, q: np.minimum(p, q) if p == q else min(p, q), a)
    if inner:
        exec(inner, scope)
        scope["d"] = dr.derivative(scope["g"])
    exec(text, scope)
    return scope["f"]


def repeats(text: str) -> bool:
    """Whether a row is handed the same operand twice: whether its partials cancel is a matter of order then."""
    return re.search(r"\((?:[^()]* )?([^(),]+), \1\)|([\w\[\]]+) - \2", text) is not None


def inner_function(random: Any, custom: bool = False) -> str:
    """Return the text of a function of one number that has faults."""
    made = Faulty(random, 0, False, False)
    made.lines, made.scalars = ["s0 = t * 1.0", "s1 = t + 1.0"], ["s0", "s1"]
    for _ in range(4):
        made.choice([made.fault, made.row, *[made.custom] * custom])()
    return "def g(t):\n" + "".join(f"    {line}\n" for line in [*made.lines, f"return {made.scalars[-1]}"])


def points(seed: int, count: int, dtype: Any = np.float64) -> Any:
    """Return points of which most coordinates are special."""
    random = np.random.default_rng(seed)
    with np.errstate(over="ignore"):
        x = random.choice(SPECIAL, (count, INPUTS)).astype(dtype)
    plain = random.random(x.shape) < 0.4
    return np.where(plain, random.standard_normal(x.shape), x).astype(dtype)


def moderate(x: Any) -> Any:
    """Return a point without numbers whose products overflow in one order and not in another."""
    return np.where(np.isfinite(x) & (x != 0.0), np.copysign(np.clip(np.abs(x), 1e-20, 1e20), x), x)


def same(a: Any, b: Any) -> bool:
    """Whether two arrays are equal to the last bit; a NaN is a NaN, of whatever sign. Texts are errors."""
    a, b = np.asarray(a), np.asarray(b)
    if "U" in (a.dtype.kind, b.dtype.kind):
        return str(a) == str(b)
    missing = np.isnan(a) & np.isnan(b)
    return (
        a.dtype == b.dtype
        and a.shape == b.shape
        and bool(np.all(missing | ((a == b) & (np.signbit(a) == np.signbit(b)))))
    )


def alike(a: Any, b: Any, least: float = 1e-150) -> Any:
    """Say where arrays both have NaN or the same infinity, or agree but for rounding and numbers below the least."""
    return np.isclose(a, b, rtol=1e-6, atol=least, equal_nan=True)
