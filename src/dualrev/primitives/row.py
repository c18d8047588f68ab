"""The form of a row of the table of primitives.

A rule body is one expression over `math.*` and `select`. Neither name means anything here: each target binds them
to its own functions (`kernels/`), so that one code object runs on arrays, under Numba, on CUDA and on SymPy symbols.
"""

from __future__ import annotations

import math as python_math
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy

math: Any = types.ModuleType("unbound_math")
"""Stands for the target's mathematics. Besides the names of Python's `math` it holds every row's name."""

select: Any = None
"""Stands for the target's `select(condition, a, b)`: a where the condition holds, else b."""

Interval = tuple[float, float]
Choice = frozenset[float]
Point = tuple[tuple[float, ...], tuple[float, ...]]
Rule = Callable[..., Any]


@dataclass(frozen=True, eq=False)
class Row:
    """A scalar primitive and its derivative.

    Attributes
    ----------
    name
        NumPy's or SciPy's name of the function.
    fn
        The function, of its arguments.
    partials
        One function per argument, of the result and then the arguments. None where the primitive is flat in that
        argument (a condition, an order); an empty tuple where it is flat in all of them.
    domain
        Per argument an interval, or the set of values it may take: where tests and benchmarks sample it.
    points
        Pairs (arguments, promised partials) at kinks, ties and zeros.
    names
        The spellings that reach it: "numpy.sin", "scipy.special.expit", "operator.add".
    ulp
        By how many units in the last place its function, partials and their derivatives may be off, in single and in
        double precision; `verification._accuracy` says what a unit is.
    reach
        Per argument the interval in which they are no further off; by default all numbers.
    holomorphic
        Whether the partials are the derivatives of complex numbers as well.
    exponent
        The constant power that the function is.
    sign, latex
        How a comparison, and the function in LaTeX, are written.
    definition
        What the function is to SymPy, where `fn` is a recipe for its numbers.
    cheap
        Whether the C library is as fast as NumPy over arrays.
    instruction
        Whether the processor has it, so that it is no call in compiled code.
    quiet
        Whether NumPy never warns about it where the arguments are finite.
    as_numpy
        Whether compiled code calls NumPy's function, because Python's `math`, or Numba's of it, has none, or one whose
        result is an integer, which is never NaN or infinite.
    raises_by_zero
        Whether compiled code whose error model is Python's raises ZeroDivisionError.
    """

    name: str
    fn: Rule
    partials: tuple[Rule | None, ...] = ()
    domain: tuple[Interval | Choice, ...] = ((-2.0, 2.0),)
    points: tuple[Point, ...] = ()
    names: tuple[str, ...] = ()
    ulp: float = 8.0
    reach: tuple[Interval, ...] = ()
    holomorphic: bool = False
    exponent: float | None = None
    sign: str = ""
    latex: str = ""
    definition: Rule | None = None
    cheap: bool = False
    instruction: bool = False
    quiet: bool = False
    as_numpy: bool = False
    raises_by_zero: bool = False

    @property
    def flat(self) -> bool:
        """Whether the derivative is zero wherever it exists."""
        return not self.partials

    @property
    def arity(self) -> int:
        """The number of arguments."""
        return self.fn.__code__.co_argcount

    def spelled(self, module: str) -> list[str]:
        """Return the names by which a module has it: ["asin"] of `math`."""
        return [name.removeprefix(f"{module}.") for name in self.names if name.rpartition(".")[0] == module]


@dataclass(frozen=True, eq=False)
class HostRow(Row):
    """A scalar primitive whose value SciPy computes, so that it is there on the host alone.

    `fn` is what the function is to SymPy. An argument without a partial is one in which the derivative has no closed
    form, so that to ask for it is an error.

    Attributes
    ----------
    part
        The function of `scipy.special` of whose several results this is one, and its place among them; by default
        the row's name is the function.
    whole
        Names of the arguments that SciPy's function takes as integers alone.
    """

    part: tuple[str, int] | None = None
    whole: tuple[str, ...] = ()

    @property
    def refused(self) -> tuple[str, ...]:
        """Names of the arguments in which to ask for the derivative is an error."""
        names = self.fn.__code__.co_varnames
        return tuple(names[n] for n, rule in enumerate(self.partials) if rule is None)

    def refuses(self, argument: int) -> bool:
        """Whether the derivative in an argument is an error."""
        return not self.flat and self.partials[argument] is None


Points = Mapping[Any, Any]


def row(name: str, fn: Rule, *partials: Rule | None, points: Points | None = None, **facts: Any) -> Row:
    """Return a row in the short form of the tables.

    Parameters
    ----------
    name, fn, *partials
        As `Row` has them.
    points
        From arguments to the promised partials; of one argument both are numbers.
    **facts
        Further fields. The domain is (-2, 2) in each argument. The names are those of NumPy's function and of Python's
        `math`, where they have one of the row's name, and those of `also`.
    """
    modules = [module.__name__ for module in (numpy, python_math) if hasattr(module, name)]
    return Row(name, fn, partials, **_completed(fn, modules, name, points, facts))


def host_row(name: str, fn: Rule, *partials: Rule | None, points: Points | None = None, **facts: Any) -> HostRow:
    """Return a row of the host, like `row`; the name is that of SciPy's function, unless the row is a part of one."""
    modules = [] if "part" in facts else ["scipy.special"]
    return HostRow(name, fn, partials, **_completed(fn, modules, name, points, facts))


def _completed(fn: Rule, modules: list[str], name: str, points: Points | None, facts: dict[str, Any]) -> dict[str, Any]:
    also = facts.pop("also", ())
    defaults = {
        "domain": ((-2.0, 2.0),) * fn.__code__.co_argcount,
        "names": (*(f"{module}.{name}" for module in modules), *also),
        "points": tuple((_tuple(at), _tuple(promised)) for at, promised in (points or {}).items()),
    }
    return defaults | facts


def _tuple(x: Any) -> tuple[float, ...]:
    return x if isinstance(x, tuple) else (x,)


def reads(rule: Rule) -> frozenset[str]:
    """Return the names of the parameters that a rule reads."""
    code = rule.__code__
    parameters = code.co_varnames[: code.co_argcount]
    used = {instruction.argval for instruction in _instructions(code) if instruction.opname.startswith("LOAD_FAST")}
    flattened = {name for value in used for name in (value if isinstance(value, tuple) else (value,))}
    return frozenset(flattened & set(parameters))


def calls(rule: Rule) -> frozenset[str]:
    """Return the names of `math` that a rule uses."""
    return frozenset(rule.__code__.co_names) - {"math", "select"}


def operators(rule: Rule) -> frozenset[str]:
    """Return the arithmetic operators of two sides that a rule uses."""
    return frozenset(i.argrepr for i in _instructions(rule.__code__) if i.opname == "BINARY_OP")


def _instructions(code: types.CodeType) -> Any:
    import dis

    return dis.get_instructions(code)
