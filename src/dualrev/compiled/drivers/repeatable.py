"""Whether a compiled function does the same when it is called again, told from all that its code may reach.

What is not known to do the same is taken not to: its derivative is then careful from the start, which takes longer and
is never wrong.
"""

from __future__ import annotations

import dis
from collections.abc import Sequence
from enum import Enum
from types import CodeType, ModuleType
from typing import Any

from numba import typeof
from numba.core import types
from numba.core.ccallback import CFunc
from numba.np.ufunc.dufunc import DUFunc
from numba.np.ufunc.gufunc import GUFunc

from dualrev.compiled._marks import MADE_OF
from dualrev.compiled._rebinding import names_in
from dualrev.compiled.drivers._written_arguments import arguments_written_to
from dualrev.kernels.numba_types import is_active

_NOT_THE_SAME_TWICE = frozenset({"objmode", "print"})
_CATCHING = frozenset({"SETUP_FINALLY", "PUSH_EXC_INFO"})
_LIBRARIES = ("numpy", "scipy", "math", "cmath", "operator", "_operator", "builtins", "numba", "dualrev")
_UNCHANGING = (types.Number, types.Boolean, types.NoneType, types.UnicodeType, types.Literal, types.Dispatcher)
"""Types of arguments that no function can change."""


def repeatable(dispatcher: Any, numba_types: Sequence[Any], argnums: Sequence[int], copies: bool = False) -> bool:
    """Whether a function does the same when it is called again; with copies of what it writes to, or without.

    What it does to the arguments `argnums`, which are given afresh each time, is left out.
    """
    constants = {n: of for n, of in enumerate(numba_types) if n not in argnums}
    if not all(map(_known_type, constants.values())):
        return False
    functions = functions_called(dispatcher, list(constants.values()))
    if any(_catches(each.__code__) or uses(each, "random") or not _seen_through(each) for each in functions):
        return False
    arrays = {n for n, of in constants.items() if _holds_array(of)}
    if copies or not arrays:
        return True
    written, known = arguments_written_to(dispatcher, numba_types)
    return known and written.isdisjoint(arrays)


def functions_called(dispatcher: Any, argument_types: Sequence[Any]) -> list[Any]:
    """Return the functions in Python of what `called` returns."""
    return [each.py_func for each in called(dispatcher, argument_types)]


def called(dispatcher: Any, argument_types: Sequence[Any]) -> list[Any]:
    """Return a compiled function and all that it may call: by a name, an attribute of a module, or an argument.

    What a derivative is made of counts as called, too, and what a rule is made of.
    """
    found: dict[int, Any] = {}
    pending = [dispatcher, *(each for of in argument_types for each in _dispatchers_of(of))]
    while pending:
        each = pending.pop()
        if id(each) not in found:
            found[id(each)] = each
            pending += [each for value in _reached(each.py_func) for each in _dispatchers_in(value)]
    return list(found.values())


def uses(function: Any, package: str) -> bool:
    """Whether a function knows a package of NumPy's, or a function of it by a name of its own."""
    if package in names_in(function.__code__):
        return True
    return any(_home(each).startswith((f"numpy.{package}", package)) for each in _reached(function))


def _reached(function: Any) -> list[Any]:
    """Return the values that the code of a function may reach."""
    names = names_in(function.__code__)
    values = [function.__globals__[name] for name in names if name in function.__globals__]
    values += [cell.cell_contents for cell in function.__closure__ or ()]
    values += [*(function.__defaults__ or ()), *getattr(function, MADE_OF, ())[:1]]
    for value in values:  # which grows: a module may hold another one
        if isinstance(value, ModuleType) and _package(value) not in _LIBRARIES:
            inside = [vars(value)[name] for name in names if name in vars(value)]
            values += [each for each in inside if not any(each is known for known in values)]
    return values


def _home(value: Any) -> str:
    """Return the name of the module that a value comes from; of a method, that of its object's class."""
    if isinstance(value, ModuleType):
        return value.__name__
    holder = getattr(value, "__self__", None)
    if holder is not None and not isinstance(holder, ModuleType):
        return type(holder).__module__
    return str(getattr(value, "__module__", None) or type(value).__module__)


def _package(value: Any) -> str:
    return _home(value).partition(".")[0]


def _dispatchers_in(value: Any) -> list[Any]:
    """Return the compiled functions that a value is to compiled code: operators are such, too, and rules."""
    if isinstance(value, tuple | list):
        return [each for part in value for each in _dispatchers_in(part)]
    if isinstance(value, DUFunc):
        return [value._dispatcher]
    if hasattr(value, "made_of"):
        return _dispatchers_in(value.made_of)
    try:
        return _dispatchers_of(typeof(value))
    except ValueError:  # no value of Numba's
        return []


def _dispatchers_of(of: Any) -> list[Any]:
    """Return the compiled functions that an argument of a type is, or holds."""
    if isinstance(of, types.BaseTuple):
        return [each for part in of for each in _dispatchers_of(part)]
    if isinstance(of, types.Omitted):
        return _dispatchers_in(of.value)
    return [of.dispatcher] if isinstance(of, types.Dispatcher) else []


# The code of others' overloads, of function pointers and of methods of classes is not at hand.
def _seen_through(function: Any) -> bool:
    """Whether all that the code of a function may call is known, and does the same twice."""
    if not names_in(function.__code__).isdisjoint(_NOT_THE_SAME_TWICE):
        return False
    return not any(map(_opaque, _reached(function)))


def _opaque(value: Any) -> bool:
    if isinstance(value, tuple | list):
        return any(map(_opaque, value))
    if isinstance(value, CFunc | GUFunc) or value is print:
        return True
    if not callable(value) or _dispatchers_in(value):
        return False
    if isinstance(value, type) and issubclass(value, tuple | BaseException | Enum):
        return False
    return _package(value) not in _LIBRARIES


def _catches(code: CodeType) -> bool:
    """Whether code, or a function inside it, catches errors, among which `NeedsCare` would be."""
    inside = [each for each in code.co_consts if isinstance(each, CodeType)]
    return any(each.opname in _CATCHING for each in dis.get_instructions(code)) or any(map(_catches, inside))


def _known_type(of: Any) -> bool:
    """Whether it can be told what a function does to an argument of a type: lists and records hold a state."""
    if isinstance(of, types.BaseTuple):
        return all(map(_known_type, of))
    if isinstance(of, types.Omitted):
        return True
    if isinstance(of, types.Array):
        of = of.dtype
    return isinstance(of, _UNCHANGING) or is_active(of)


def _holds_array(of: Any) -> bool:
    if isinstance(of, types.BaseTuple):
        return any(map(_holds_array, of))
    return isinstance(of, types.Array)
