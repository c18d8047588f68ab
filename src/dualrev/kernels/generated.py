"""Modules of generated source, kept in files so that Numba's own disk cache can keep the machine code beside them.

A file's name holds a digest of all that its code is made of. What is edited gets another file, so that stale machine
code is never found, and one function per file, so that two are never mixed up.
"""

from __future__ import annotations

import atexit
import hashlib
import shutil
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite
import numba
import numpy as np

from dualrev.environment import cache_folder, expect_version, write_whole
from dualrev.kernels.numba_patches import number_functions_at_random

expect_version("Numba", numba.__version__)
number_functions_at_random()


def load(folder: str, name: str, digest: str, text: str, names: dict[str, Any]) -> dict[str, Any]:
    """Return the names that a source text defines, with some there from the start."""
    path = _source_file(folder, f"{name}_{digest}.py", text)
    # Machine code that is read back from disk asks for its module by name: give one that can always be imported.
    scope = {"__name__": __name__, **names}
    exec(compile(text, path, "exec"), scope)
    return scope


# Versions are part of it: another NumPy or Numba compiles the same text to other code, and a stale file would be found
# first.
def digest_of(parts: Sequence[str]) -> str:
    """Return a digest of texts, and of the versions of all that compiles them, this file's included."""
    versions = [numba.__version__, llvmlite.__version__, np.__version__, sys.version, _own_source()]
    return hashlib.sha256("\0".join([*versions, *parts]).encode()).hexdigest()[:24]


@cache
def _own_source() -> str:
    return Path(__file__).read_text(encoding="utf-8")


# Installations and homes can be read-only; then the text, and the machine code beside it, live as long as the process.
def _source_file(folder: str, name: str, text: str) -> Path:
    """Return the file that holds a source: in the cache folder, or one of this process if that is closed."""
    path = cache_folder() / folder / name
    try:
        if not path.exists():
            write_whole(path, text)
    except OSError:
        path = _own_folder() / name
        write_whole(path, text)
    return path


@cache
def _own_folder() -> Path:
    folder = tempfile.mkdtemp(prefix="dualrev-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)
