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

from dualrev.allowance import default_limit, own_limit

_WORD = ir.IntType(64)
_POINTER = ir.IntType(8).as_pointer()
_NAME, _LOOK_UP = "dualrev_tape_limit", "dualrev_value_of_thread"


class _Limits(ctypes.Structure):
    _fields_ = [("default", ctypes.c_int64), ("key", ctypes.c_void_p)]


def _python(name: str, result: Any, *arguments: Any) -> Any:
    """Return a function of Python's thread specific storage, which can be called without its lock."""
    function = ctypes.pythonapi[name]  # a new object, whose types are nobody else's
    function.restype, function.argtypes = result, arguments
    return function


_value_of_thread = _python("PyThread_tss_get", ctypes.c_void_p, ctypes.c_void_p)
_set_for_thread = _python("PyThread_tss_set", ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)


def _registered() -> _Limits:
    limits = _Limits(default_limit(), _python("PyThread_tss_alloc", ctypes.c_void_p)())
    _python("PyThread_tss_create", ctypes.c_int, ctypes.c_void_p)(limits.key)
    binding.add_symbol(_NAME, ctypes.addressof(limits))
    binding.add_symbol(_LOOK_UP, ctypes.cast(_value_of_thread, ctypes.c_void_p).value)
    return limits


_limits = _registered()


def within_limit(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a function, in which compiled code of this thread keeps to the limit of its context."""
    limit = own_limit()
    if not limit:
        return function(*args, **kwargs)
    before = _value_of_thread(_limits.key)
    _set_for_thread(_limits.key, limit)
    try:
        return function(*args, **kwargs)
    finally:
        _set_for_thread(_limits.key, before)


def emit_limit(builder: Any) -> Any:
    """Emit the limit in bytes of the thread that runs."""
    module = builder.module
    layout = ir.LiteralStructType([_WORD, _POINTER])
    limits = module.globals.get(_NAME) or ir.GlobalVariable(module, layout, _NAME)
    look_up = cgutils.get_or_insert_function(module, ir.FunctionType(_POINTER, [_POINTER]), _LOOK_UP)
    default, key = (builder.load(cgutils.gep_inbounds(builder, limits, 0, n)) for n in (0, 1))
    own = builder.ptrtoint(builder.call(look_up, [key]), _WORD)
    return builder.select(builder.icmp_signed("==", own, _WORD(0)), default, own)
