"""The surroundings of dualrev: versions, optional packages, memory, and the folders of its files.

It is imported first, and says what is too old.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from math import prod
from pathlib import Path
from typing import Any

import platformdirs

from dualrev.errors import MissingExtraError, ResultTooLargeError

__version__ = "0.1.0"

LOWEST = {"Python": (3, 11), "NumPy": (2, 0), "Numba": (0, 61)}
"""The lowest versions; those of pyproject.toml."""

_CONTROL_GROUPS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")

ALWAYS_FITS = 1 << 26
"""Bytes of results for which nobody asks how much memory there is."""


def expect_version(name: str, installed: str) -> None:
    """Raise an `ImportError` if Python, or a package that dualrev is nothing without, is older than it may be."""
    numbers = ["".join(c for c in part if c.isdigit()) for part in installed.split("+")[0].split(".")[:2]]
    if tuple(int(number or 0) for number in numbers) >= LOWEST[name]:
        return
    lowest = ".".join(map(str, LOWEST[name]))
    cure = "make an environment with a newer one" if name == "Python" else f"pip install '{name.lower()}>={lowest}'"
    raise ImportError(f"dualrev needs {name} {lowest} or later; {installed} is installed: {cure}")


def expect_packages() -> None:
    """Check Python and NumPy, and Numba if it is imported already; which is checked when it is needed otherwise."""
    expect_version("Python", ".".join(map(str, sys.version_info[:3])))
    import numpy

    expect_version("NumPy", numpy.__version__)
    numba: Any = sys.modules.get("numba")
    if numba is not None:
        expect_version("Numba", numba.__version__)


def install(extra: str) -> str:
    """Return the command that installs an extra.

    Examples
    --------
    >>> print(install("plot"))
    from a checkout of dualrev: pip install '.[plot]'
    """
    return f"from a checkout of dualrev: pip install '.[{extra}]'"


def module_of(extra: str, name: str, what: str) -> Any:
    """Return a module of a package that an extra installs.

    Parameters
    ----------
    extra, name
        The extra and the module.
    what
        What needs it, for the message: "plot() needs Matplotlib".

    Raises
    ------
    MissingExtraError
        If the package is not installed.
    """
    try:
        __import__(name)
    except ImportError as error:
        raise MissingExtraError(f"{what}, which is not installed; {install(extra)}") from error
    return sys.modules[name]


def installed(package: str) -> bool:
    """Return whether a package can be imported."""
    try:
        __import__(package)
    except ImportError:
        return False
    return True


def scipy_module(name: str) -> Any:
    """Return a module of SciPy, or raise `MissingExtraError`."""
    return module_of("scipy", f"scipy.{name}", f"functions of scipy.{name} need SciPy")


def pyplot() -> Any:
    """Return Matplotlib's pyplot, or raise `MissingExtraError`."""
    return module_of("plot", "matplotlib.pyplot", "a plot needs Matplotlib")


def from_scipy(name: str, function: str) -> Callable[..., Any]:
    """Return a function of a module of SciPy, looked up when it is called."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return getattr(scipy_module(name), function)(*args, **kwargs)

    call.__doc__ = f"The same as `scipy.{name}.{function}`."
    return call


def cache_folder() -> Path:
    """Return the folder of compiled kernels: `DUALREV_CACHE_DIR`, or one in the user's cache folder."""
    return Path(os.environ.get("DUALREV_CACHE_DIR") or platformdirs.user_cache_dir("dualrev", appauthor=False))


def checks_adjoints() -> bool:
    """Return whether compiled reverse mode is compared with forward mode at first calls: `DUALREV_CHECK_ADJOINTS`."""
    return bool(os.environ.get("DUALREV_CHECK_ADJOINTS"))


def config_folder() -> Path:
    """Return the folder of calibrations: `DUALREV_CONFIG_DIR`, or one in the user's configuration folder."""
    return Path(os.environ.get("DUALREV_CONFIG_DIR") or platformdirs.user_config_dir("dualrev", appauthor=False))


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file so that no other process ever reads half of it.

    A complete file takes the place of the one that a path leads to, through links, and keeps its mode. Where that would
    change more than the content, the file is written to as it stands: a device or a pipe, a file with other names or
    another owner, one in a folder where nothing can be made, and what is standard output or standard error.
    """
    data = content.encode() if isinstance(content, str) else content
    try:
        found = path.stat()
    except FileNotFoundError:
        found = None
    if found is None:
        path.resolve().parent.mkdir(parents=True, exist_ok=True)
    elif not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    elif (descriptor := open_descriptor(found)) is not None:
        _write(os.dup(descriptor), data)
        return
    elif not _replaceable(path.resolve(), found):
        _write(os.open(path, os.O_WRONLY | os.O_TRUNC), data)
        return
    path = path.resolve()
    part = path.with_name(f".dualrev-{secrets.token_hex(8)}.part")
    try:
        _write(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), data)
        if found is not None:
            part.chmod(stat.S_IMODE(found.st_mode))
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def open_descriptor(found: os.stat_result) -> int | None:
    """Return the descriptor of standard output or standard error if a file is one of them."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
            descriptor = stream.fileno()
            if os.path.samestat(os.fstat(descriptor), found):
                return descriptor
        except (AttributeError, ValueError, OSError):
            continue  # there is no such stream, or no file behind it
    return None


def _replaceable(path: Path, found: os.stat_result) -> bool:
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1 or not os.access(path.parent, os.W_OK | os.X_OK):
        return False
    if not path.exists() or not os.path.samestat(path.stat(), found):
        return False  # such as a deleted file behind /dev/fd
    return not hasattr(os, "geteuid") or (found.st_uid, found.st_gid) == (os.geteuid(), os.getegid())


def _write(descriptor: int, data: bytes) -> None:
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


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


expect_packages()
