"""Errors for functions of libraries that do not take active numbers: they name the function to call instead."""

from __future__ import annotations

import ast
import dis
import sys
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any
from weakref import ref

from dualrev.active._callers import LIBRARIES, NUMBERS, Call, Step, called, package_of, parsed, raised_at, stack
from dualrev.active._cures import CURES, cure
from dualrev.active._symptoms import at_hand, says_kind, says_objects, took
from dualrev.active._type_tests import misled
from dualrev.errors import (
    ActiveConversionError,
    DualrevError,
    InactiveWriteError,
    InPlaceError,
    MissingAttributeError,
    MissingRuleError,
    ObjectArrayError,
    WrongBranchError,
)

_PLAIN = ("float", "int", "complex", "np.float64", "np.float32", "np.asarray", "np.array", "np.asanyarray")


def name_called(default: str) -> str:
    """Return the public name of the function that the user's code has called."""
    call = called(stack())
    return call.name if call is not None and call.name else default


def write_refused(function: Any, advice: str) -> InactiveWriteError:
    """Return the error for an active number that a function of NumPy's is to write into a plain array.

    `advice` is for users who call that function themselves; where a library does, its function is named, and its cure.
    """
    call = called(stack())
    name = call.name if call is not None and call.name else f"np.{function.__name__}"
    library = call is not None and call.foreign and name.partition(".")[0] not in ("np", "operator")
    said = f"{name} was asked to write an active number into a plain array, which cannot hold its derivative"
    return InactiveWriteError(f"{said}: {cure(name)}" if library else f"{said}. {advice}")


_remembered: ContextVar[tuple[Any, str] | None] = ContextVar("_remembered", default=None)
"""The last refusal of a conversion: the call of f in which it was, and what it said.

SciPy's C code goes on after `float(x)` has failed, and calls Python code with that error pending. What then fails, in
any place, hides the error that was first.
"""


def conversion_refused(what: str, kind: str) -> ActiveConversionError:
    """Return the error for an active number, of a class, that a conversion is to make something plain of."""
    said = _of_conversion(what, kind)
    under_way = next((frame for frame, _ in stack() if frame.f_code.co_qualname == "Point.call"), None)
    if under_way is not None:
        _remembered.set((ref(under_way.f_locals["self"]), said))
    return ActiveConversionError(said)


def _of_conversion(what: str, kind: str) -> str:
    steps = stack()
    call = called(steps)
    if call is not None and call.foreign and _takes_numbers(call):
        return _given(call.name, kind, what == "an integer" and call.name.startswith("np.")) + _place(call)
    written = _written(call)
    said = f"{written or 'a conversion'} would make {what} of a {kind}, and lose its derivative"
    where = _place(call, said)
    around = _library_around(steps)
    if around is not None and around.name and not around.name.startswith("np."):
        return f"{said}, in a function that {around.name} calls: {cure(around.name)}{where}"
    alone = around is None and (call is None or call.name in ("float", "int", "complex") or what == "an integer")
    last = ", or take the value alone with dualrev.stop_gradient(x)" if alone else ""
    return (
        f"{said}. Use NumPy's functions (np.sin for math.sin), "
        "leave out the conversion, write into arrays that hold derivatives (s[0] = x after s = np.zeros(n, like=x) or "
        f'np.zeros_like(x)), or let backend="numba" compile the function{last}{where}'
    )


def _takes_numbers(call: Call) -> bool:
    """Whether the function called is known by its name to take plain numbers; `list` takes what converts each, too."""
    named = call.name in CURES or "." in call.name or call.entered is not None
    return bool(call.name) and named and call.name not in _PLAIN


def _written(call: Call | None) -> str:
    """Return what the user has written that converts, "" if it is not known."""
    if call is None or call.caller is None:
        return ""
    if dis.opname[call.caller.f_code.co_code[call.caller.f_lasti]].startswith("STORE_"):
        # The position of an assignment is that of its target.
        return f"the assignment to {call.text}" if _short(call.text) else "an assignment"
    return call.text if _short(call.text) else call.name


def _library_around(steps: Iterator[Step]) -> Call | None:
    """Return the call of a library's function that has called the user's code of the steps before, None if none has."""
    while (call := called(steps)) is not None:
        if call.entered is not None and package_of(call.entered) in NUMBERS:
            return call
        if call.caller is None:
            break
    return None


def _place(call: Call | None, said: str = "") -> str:
    """Return where a call stands, and how it is written if that is short and not said already."""
    if call is None or not call.place:
        return ""
    return f". In {call.place}" + (f": {call.text}" if _short(call.text) and call.text not in said else "")


def _short(text: str) -> bool:
    return 0 < len(text) <= 80 and "\n" not in text


def _given(name: str, kind: str, counted: bool = False) -> str:
    what = f"takes plain numbers, and was given an active one (a {kind}), whose derivative it would lose"
    return f"{name} {what}: {cure(name, counted)}"


def refused(error: Exception, active: type) -> DualrevError | None:
    """Return our own error for one that active numbers caused in the user's function, None for any other.

    What the user's code raises itself passes, and what a library says of the values.

    Parameters
    ----------
    error
        As the operator caught it.
    active
        The class of active numbers.
    """
    steps = raised_at(error)
    own = _raised_by_user(steps)
    lead = misled(steps, active)
    if own:
        if lead and isinstance(error, TypeError | ValueError):
            error.add_note(f"dualrev: {lead}")
        return None
    if lead and _of_a_wrong_branch(error, package_of(steps[0][0]), active):
        return (type(error) if isinstance(error, DualrevError) else WrongBranchError)(f"{error}. {lead}")
    call = called(steps)
    if isinstance(error, DualrevError):
        _say_where(error, call)
        return None
    pending = _pending(error, steps, call)
    if pending:
        return ActiveConversionError(pending)
    absent = _absent(error, steps, call)
    if absent is not None:
        return absent
    hidden = _hidden(error, package_of(steps[0][0]) in LIBRARIES)
    if hidden is not None:
        return ActiveConversionError(str(hidden))
    if call is None:
        return None
    if not call.foreign:
        return _of_operator(error, steps, call, active)
    if not (says_objects(error, active) and at_hand(call.caller, active)) and not took(call, error, active):
        return None
    what = "an array of objects" if call.name.startswith("np.") else "active numbers, or an array of objects"
    kind = ObjectArrayError if call.name.startswith("np.") else MissingRuleError
    where = _place(call)
    said = f"{call.name or call.text} was given {what}, and takes plain numbers"
    return kind(f"{said}: {cure(call.name)}{where} ({error})")


_SAY_WHERE = (
    *(InactiveWriteError, InPlaceError, MissingAttributeError, MissingRuleError, ObjectArrayError, WrongBranchError),
)


def _say_where(error: DualrevError, call: Call | None) -> None:
    """Let an error of ours name the line of the user's code, and a library's function that asked for an attribute."""
    if type(error) not in _SAY_WHERE or call is None or not call.place or call.place in str(error):
        return
    said = str(error)
    if isinstance(error, MissingAttributeError | WrongBranchError) and call.entered is not None and call.name:
        said = f"{call.name} takes plain numbers: {cure(call.name)}. {said}"
    error.args = (said + _place(call, said),)


def _pending(error: Exception, steps: list[Step], call: Call | None) -> str:
    """Return what the refusal of a conversion said which an error hides that came while it was pending, "" if none."""
    remembered = _remembered.get()
    if remembered is None or remembered[0]() is not steps[-1][0].f_locals.get("self"):
        return ""
    frame = steps[0][0]
    if isinstance(error, AttributeError):  # of an attribute that is there
        garbled = frame.f_code.co_name == "_absent" and hasattr(type(frame.f_locals["self"]), frame.f_locals["name"])
        ours = package_of(frame) == "dualrev" or str(error).startswith("__")  # a look-up of Python's own
        garbled |= ours and not _raised_here(steps)
    else:  # of the function that has refused, of the result that it took for the failed conversion's
        garbled = call is not None and bool(call.name) and remembered[1].startswith(f"{call.name} ")
        garbled = isinstance(error, SystemError) or (garbled and not _raised_here(steps))
    return remembered[1] if garbled else ""


def _absent(error: Exception, steps: list[Step], call: Call | None) -> DualrevError | None:
    """Return our own error where an attribute of pandas' tables was asked of their product with an active number."""
    frame = steps[0][0]
    name = frame.f_locals.get("name", "")
    pandas = sys.modules.get("pandas")
    if not isinstance(error, AttributeError) or frame.f_code.co_name != "_absent" or pandas is None:
        return None
    if not any(hasattr(getattr(pandas, kind), name) for kind in ("Series", "DataFrame")):
        return None
    said = f"a table of pandas and an active number make an array, which has no .{name}: {cure('pandas')}"
    return MissingAttributeError(said + _place(call))


def _of_operator(error: Exception, steps: list[Step], call: Call, active: type) -> DualrevError | None:
    """Return our own error where a sparse matrix met an active number by an operator of Python's."""
    node = parsed(call.text)
    if not isinstance(error, TypeError) or steps[0][0] is not call.caller or not isinstance(node, ast.BinOp):
        return None
    if not says_kind(str(error), active):
        return None
    if not any(f"'{kind}" in str(error) for kind in _SPARSE):
        return None
    said = f"a matrix of scipy.sparse met an active number, which it does not know: {cure('scipy.sparse')}"
    return MissingRuleError(f"{said}{_place(call)} ({error})")


_SPARSE = ("bsr_", "coo_", "csc_", "csr_", "dia_", "dok_", "lil_")
"""How the names of classes begin whose operators do not ask active numbers."""


def _hidden(error: BaseException | None, in_library: bool) -> BaseException | None:
    """Return our own error of float(element) that NumPy, or a library that caught it, hides behind one of its own.

    What the user's code caught before is not behind an error that comes later.
    """
    while error is not None and not isinstance(error, ActiveConversionError):
        error = error.__cause__ or (error.__context__ if in_library else None)
    return error


def _raised_by_user(steps: list[Step]) -> bool:
    """Whether a statement of the user's raised an error."""
    package = package_of(steps[0][0])
    return package != "dualrev" and package not in LIBRARIES and _raised_here(steps)


def _raised_here(steps: list[Step]) -> bool:
    """Whether a `raise` raised an error, not what a statement has called."""
    frame, at = steps[0]
    return dis.opname[frame.f_code.co_code[at]] == "RAISE_VARARGS"


def _of_a_wrong_branch(error: Exception, package: str, active: type) -> bool:
    """Whether an error is one that follows where an active number is taken for something else."""
    if isinstance(error, DualrevError):
        return type(error) in (InPlaceError, ActiveConversionError, ObjectArrayError, WrongBranchError)
    if isinstance(error, IndexError) or (isinstance(error, ValueError) and package in ("numpy", "dualrev")):
        return True
    text = str(error)
    speaks = "NoneType" in text or "active number" in text or says_kind(text, active)
    return isinstance(error, UnboundLocalError) or (isinstance(error, TypeError | AttributeError) and speaks)
