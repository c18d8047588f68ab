"""The limit of a tape as compiled code reads it, which may run without Python's lock and in threads of its own.

Machine code finds the default, and the key of what Python stores for each thread, by a name that is given to the linker
when this module is imported; it may come from a disk, so that no address can stand in it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

from llvmlite import binding, ir
from numba.core import cgutils

from dualrev.errors import TapeLimitError
from dualrev.reverse.tape_limit import default_limit, own_limit

_WORD = ir.IntType(64)
_POINTER = ir.IntType(8).as_pointer()
_NAME, _LOOK_UP, _STORE = "dualrev_tape_limit", "dualrev_value_of_thread", "dualrev_set_for_thread"


# Context variables, which Python code would use, can only be read with Python's lock, and compiled code may have let it
# go.
class _Limits(ctypes.Structure):
    """The default, and the keys of what is stored for each thread: its own limit, and what it was refused last."""

    _fields_ = [("default", ctypes.c_int64), ("own", ctypes.c_void_p), ("refused", ctypes.c_void_p)]


_LAYOUT = ir.LiteralStructType([_WORD, _POINTER, _POINTER])


def _python(name: str, result: Any, *arguments: Any) -> Any:
    """Return a function of Python's thread specific storage, which can be called without its lock."""
    function = ctypes.pythonapi[name]  # a new object, whose types are nobody else's
    function.restype, function.argtypes = result, arguments
    return function


# The same two functions of the C interface are called by Python here and by machine code below, so that both see one
# value.
_value_of_thread = _python("PyThread_tss_get", ctypes.c_void_p, ctypes.c_void_p)
_set_for_thread = _python("PyThread_tss_set", ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)


def _registered() -> _Limits:
    new = _python("PyThread_tss_alloc", ctypes.c_void_p)
    limits = _Limits(default_limit(), new(), new())
    for key in (limits.own, limits.refused):
        _python("PyThread_tss_create", ctypes.c_int, ctypes.c_void_p)(key)
    # `_limits` lives as long as the module does: from here on machine code reads its memory.
    binding.add_symbol(_NAME, ctypes.addressof(limits))
    binding.add_symbol(_LOOK_UP, ctypes.cast(_value_of_thread, ctypes.c_void_p).value)
    binding.add_symbol(_STORE, ctypes.cast(_set_for_thread, ctypes.c_void_p).value)
    return limits


_limits = _registered()


def within_limit(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a function, in which compiled code of this thread keeps to the limit of its context."""
    limit = own_limit()
    # Calls nest: a compiled derivative may call Python, which calls another derivative under a limit of its own.
    before = _value_of_thread(_limits.own) if limit else None
    if limit:
        _set_for_thread(_limits.own, limit)
    try:
        return function(*args, **kwargs)
    except TapeLimitError as error:
        note_refused(error)
        raise
    finally:
        if limit:
            _set_for_thread(_limits.own, before)


# Numba keeps every error that is raised with values of its run in memory for ever.
def note_refused(error: Exception) -> None:
    """Give the error of a tape the numbers, which machine code leaves out; of another error nothing is known."""
    if isinstance(error, TapeLimitError) and not error.asked:
        error.asked, error.limit = _value_of_thread(_limits.refused) or 0, own_limit() or _limits.default


def _limits_in(builder: Any) -> list[Any]:
    """Emit the reading of the limits."""
    limits = builder.module.globals.get(_NAME) or ir.GlobalVariable(builder.module, _LAYOUT, _NAME)
    return [builder.load(cgutils.gep_inbounds(builder, limits, 0, n)) for n in range(3)]


def emit_limit(builder: Any) -> Any:
    """Emit the limit in bytes of the thread that runs."""
    default, key, _ = _limits_in(builder)
    look_up = cgutils.get_or_insert_function(builder.module, ir.FunctionType(_POINTER, [_POINTER]), _LOOK_UP)
    own = builder.ptrtoint(builder.call(look_up, [key]), _WORD)
    return builder.select(builder.icmp_signed("==", own, _WORD(0)), default, own)


def emit_refused(builder: Any, asked: Any) -> None:
    """Emit the storing of what the thread that runs was refused."""
    *_, key = _limits_in(builder)
    kind = ir.FunctionType(ir.IntType(32), [_POINTER, _POINTER])
    builder.call(cgutils.get_or_insert_function(builder.module, kind, _STORE), [key, builder.inttoptr(asked, _POINTER)])
