"""When a derivative multiplies plainly, and what it does about a NaN.

A plain product of the chain rule is NaN wherever it is not the careful one (`kernels/numba_chain_rule.py`), and a NaN
survives every later linear operation. So a derivative is computed plainly, its results are looked at once, and only
where they hold a NaN is all of it computed again with care. This is sound because:

1. Every derivative looks at its own results before anybody else can: also one that the function itself asks for, whose
   caller might compare it with something, and lose the NaN.
2. The results of every level are looked at: those of an inner derivative by their innermost values.
3. Nothing between compares, clips or rounds a tangent or an adjoint. Numba's linear algebra raises an error at a NaN,
   which then counts as one.
4. The repetition sees the same world. A function that draws random numbers, calls Python, catches errors, or writes to
   an array that it is given is computed with care from the start.
5. Value and derivative come from one run, and all chunks of a call from one version.
6. No code tests a tangent or an adjoint against 0, but to skip a sum that both versions skip.

Careful at one level means careful at all levels inside it.
"""

from __future__ import annotations

import dis
from collections.abc import Sequence
from math import inf
from types import ModuleType
from typing import Any

from numba import typeof
from numba.core import types
from numba.np.ufunc.dufunc import DUFunc

from dualrev.compiled._marks import MADE_OF
from dualrev.compiled._rebinding import names_in
from dualrev.compiled.drivers._written_arguments import arguments_written_to
from dualrev.compiled.drivers.reading import holds_nan
from dualrev.kernels.numba_types import is_active

PLAIN, INNER, EITHER, CAREFUL = "plain", "inner", "either", "careful"
"""Answer None at a NaN, to the operator in Python; raise `NeedsCare`, below a derivative that Python asked for; repeat
with care, where compiled code asks; be careful from the start."""

SMALL = 600
"""Bytes of a function, and of all that it calls, up to which compiled code gets both versions of its derivative. More
would double a compilation that takes seconds."""

_NOT_THE_SAME_TWICE = frozenset({"objmode", "print"})
_CATCHING = frozenset({"SETUP_FINALLY", "PUSH_EXC_INFO"})
_UNSEEN = (types.NumPyRandomGeneratorType, types.ClassInstanceType, types.FunctionType)
"""Arguments that hold a state, or code that cannot be looked at."""

_LIBRARIES = ("numpy", "math", "operator", "builtins", "numba")


class NeedsCare(Exception):
    """A derivative inside another one holds a NaN, so that all of it is computed again with care."""


# Generated adjoint code copies what it writes to, and is compiled in less time than the careful version beside it.
def care_for(dispatcher: Any, asked: str, arguments: Any, generated: bool = False) -> str:
    """Return how a derivative for arguments of some types is computed, by generated adjoint code or without."""
    around = arguments.float_type
    if is_active(around):
        return CAREFUL if around.careful else INNER
    if asked == CAREFUL or not _repeatable(dispatcher, arguments, generated):
        return CAREFUL
    if asked == EITHER and not _small(dispatcher, arguments, inf if generated else SMALL):
        return CAREFUL
    return asked


class Repetition:
    """The lines of a derivative that look at its results, and act on a NaN.

    Parameters
    ----------
    care
        One of the names above.
    careful_one
        The careful version, where compiled code has both.
    """

    def __init__(self, care: str, careful_one: Any = None) -> None:
        self.care = care
        self.careful = care == CAREFUL
        self.scope: dict[str, Any] = {"holds_nan": holds_nan, "NeedsCare": NeedsCare, "careful_one": careful_one}

    def lines(self, bad: str, names: Sequence[str]) -> list[str]:
        """Return the lines that follow when all that was borrowed is given back; `bad` is the test."""
        if self.careful:
            return []
        call = f"careful_one({', '.join(names)})"
        return [
            f"if {bad}:",
            "    " + {PLAIN: "return None", INNER: "raise NeedsCare", EITHER: f"return {call}"}[self.care],
        ]


def _repeatable(dispatcher: Any, arguments: Any, copies: bool) -> bool:
    """Whether a function does the same when it is called again; with copies of what it writes to, or without."""
    constants = [arguments.types[n] for n in range(len(arguments.types)) if n not in arguments.argnums]
    if any(isinstance(each, _UNSEEN) for each in constants):
        return False
    functions = [each.py_func for each in called(dispatcher, constants)]
    names = set().union(*(names_in(function.__code__) for function in functions))
    if not names.isdisjoint(_NOT_THE_SAME_TWICE) or any(map(_catches, functions)):
        return False
    if any(_uses(function, "random") for function in functions):
        return False
    if copies or not any(map(_holds_array, constants)):
        return True
    arrays = {n for n, each in enumerate(arguments.types) if n not in arguments.argnums and _holds_array(each)}
    written, known = arguments_written_to(dispatcher, arguments.types)
    return known and written.isdisjoint(arrays)


def _small(dispatcher: Any, arguments: Any, most: float) -> bool:
    """Whether both versions are worth their compilation, up to a number of bytes of the function.

    A derivative inside is not, nor may an error leave one.
    """
    functions = [each.py_func for each in called(dispatcher, arguments.types)]
    return (
        not any(hasattr(function, MADE_OF) for function in functions)
        and not any(_uses(function, "linalg") for function in functions)
        and sum(len(function.__code__.co_code) for function in functions) <= most
    )


def called(dispatcher: Any, constants: Sequence[Any]) -> list[Any]:
    """Return a compiled function and all that it may call: by a name, an attribute of a module, or an argument.

    What a derivative is made of counts as called, too.
    """
    found: dict[int, Any] = {}
    pending = [dispatcher, *(each.dispatcher for each in constants if isinstance(each, types.Dispatcher))]
    while pending:
        each = pending.pop()
        if id(each) not in found:
            found[id(each)] = each
            pending += [each for value in _known(each.py_func) for each in _dispatchers_in(value)]
    return list(found.values())


def _known(function: Any) -> list[Any]:
    """Return the values that the code of a function may reach."""
    names = names_in(function.__code__)
    values = [function.__globals__[name] for name in names if name in function.__globals__]
    values += [cell.cell_contents for cell in function.__closure__ or ()]
    values += getattr(function, MADE_OF, ())[:1]
    for value in values:  # which grows: a module may hold another one
        if isinstance(value, ModuleType) and value.__name__.partition(".")[0] not in _LIBRARIES:
            inside = [vars(value)[name] for name in names if name in vars(value)]
            values += [each for each in inside if not any(each is known for known in values)]
    return values


def _dispatchers_in(value: Any) -> list[Any]:
    """Return the compiled functions that a value is to compiled code: operators are such, too."""
    if isinstance(value, tuple | list):
        return [each for part in value for each in _dispatchers_in(part)]
    if isinstance(value, DUFunc):
        return [value._dispatcher]
    try:
        of = typeof(value)
    except ValueError:  # no value of Numba's
        return []
    return [of.dispatcher] if isinstance(of, types.Dispatcher) else []


def _uses(function: Any, package: str) -> bool:
    """Whether a function knows a package of NumPy's, or a function of it by a name of its own."""
    if package in names_in(function.__code__):
        return True
    homes = [str(getattr(each, "__module__", None) or "") for each in _known(function)]
    return any(home.startswith((f"numpy.{package}", package)) for home in homes)


def _catches(function: Any) -> bool:
    """Whether a function catches errors, among which `NeedsCare` would be."""
    return any(each.opname in _CATCHING for each in dis.get_instructions(function.__code__))


def _holds_array(of: Any) -> bool:
    if isinstance(of, types.BaseTuple):
        return any(map(_holds_array, of))
    return isinstance(of, types.Array)
