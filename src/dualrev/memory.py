"""How much memory the machine has, and whether a result fits into it: what cannot is refused before it is computed."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from math import prod
from pathlib import Path

from dualrev.errors import ResultTooLargeError

_CONTROL_GROUPS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")

ALWAYS_FITS = 1 << 26
"""Bytes of results for which nobody asks how much memory there is."""


def expect_room(what: str, name: str, shape: Sequence[int], itemsize: int = 8) -> None:
    """Raise an error if a derivative takes more memory than the process may use.

    Parameters
    ----------
    what
        The derivative: "Jacobian".
    name
        The function's name.
    shape
        Of the result, or the numbers of its rows and columns.
    itemsize
        Bytes of a number.

    Raises
    ------
    ResultTooLargeError
        If it does not fit.
    """
    asked = prod(shape) * itemsize
    if asked <= ALWAYS_FITS:
        return
    limit = machine_memory()
    if asked > limit:
        raise ResultTooLargeError(what, name, tuple(shape), asked, limit)


def machine_memory() -> int:
    """Return the memory in bytes that the machine has, or that the process may use of it."""
    found = [sys.maxsize]
    with suppress(AttributeError, ValueError, OSError):  # not on Windows
        found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    if sys.platform == "win32":
        found.append(_windows_memory())
    with suppress(ImportError, ValueError):  # not on Windows
        import resource

        found += [resource.getrlimit(kind)[0] for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA)]  # -1: no limit
    for name in _CONTROL_GROUPS:
        with suppress(OSError, ValueError):  # no such group, or "max"
            found.append(int(Path(name).read_text(encoding="ascii")))
    return min(each for each in found if each > 0)


def _windows_memory() -> int:
    import ctypes

    class MemoryStatus(ctypes.Structure):
        _fields_ = [
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((name, ctypes.c_ulonglong) for name in ("physical", "free", "paged", "unpaged", "virtual", "v", "e")),
        ]

    status = MemoryStatus(length=ctypes.sizeof(MemoryStatus))
    ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))  # type: ignore[attr-defined,unused-ignore]
    return int(status.physical)
