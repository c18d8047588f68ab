"""Files: where dualrev keeps compiled kernels and calibrations, and how all that it writes is written."""

from __future__ import annotations

import errno
import os
import secrets
import stat
import sys
from pathlib import Path

import platformdirs


def cache_folder() -> Path:
    """Return the folder of compiled kernels: `DUALREV_CACHE_DIR`, or one in the user's cache folder."""
    return Path(os.environ.get("DUALREV_CACHE_DIR") or platformdirs.user_cache_dir("dualrev", appauthor=False))


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
