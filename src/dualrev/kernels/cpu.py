"""The table compiled by Numba for the CPU.

A kernel's source is written to a file whose name is a digest of the rules it is made of, the template and the
versions. Numba's own disk cache then keeps the machine code beside it. A rule that is edited gives another file, so a
stale kernel is never found; one kernel per file, so two kernels are never mixed up.
"""

from __future__ import annotations

import atexit
import hashlib
import importlib.util
import shutil
import sys
import tempfile
import types
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite
import numba
import numpy as np

from dualrev.folders import cache_folder, write_whole
from dualrev.kernels import source
from dualrev.kernels.binding import Bound, Target
from dualrev.primitives.row import Row, Rule, calls
from dualrev.primitives.scalar import FORMULAS, TABLE

_LIBM = {"erf": "math.erf", "erfc": "math.erfc", "gamma": "math.gamma", "lgamma": "math.lgamma"}
_NUMPY_ONLY = ("cbrt", "exp2", "log2", "rint", "sign")


def compiled(rule: Rule) -> Any:
    """Compile a scalar function with NumPy's treatment of division by zero."""
    return numba.njit(rule, error_model="numpy", nogil=True)


def _select(condition: Any, a: Any, b: Any) -> Any:
    return a if condition else b


def native() -> dict[str, Any]:
    """Return what `math.<name>` means to Numba: Python's functions, and NumPy's where Python has none."""
    import math

    python = {name: getattr(math, name) for name in dir(math) if not name.startswith("_")}
    return python | {name: getattr(np, name) for name in _NUMPY_ONLY} | {"select": compiled(_select)}


@cache
def target() -> Target:
    """Return the binding of rules to Numba's mathematics."""
    return Target(native(), compiled)


@cache
def bound(row: Row) -> Bound:
    """Return the row's value and partials as Numba functions of scalars."""
    return target().row(row)


@cache
def pushforward(row: Row, pattern: str, active: tuple[int, ...], with_value: bool) -> Callable[..., None]:
    """Return `kernel(y, *arguments, *tangents, ty)`, which fills `ty`, and `y` too if `with_value`.

    Values are matrices, tangents stacks of matrices, one for each direction; see `layout`.
    """
    text = source.pushforward(pattern, active, with_value)
    return _load(row, f"pushforward_{pattern}_{''.join(map(str, active))}_{with_value:d}", text)


@cache
def pullback(row: Row, pattern: str, cotangent: str, argument: int, add: bool) -> Callable[..., None]:
    """Return `kernel(y, *arguments, w, adjoint)`, which fills the adjoint of one argument, or adds to it."""
    kind = f"pullback_{pattern}_{cotangent}_{argument}_{add:d}"
    return _load(row, kind, source.pullback(pattern, cotangent, argument, add))


@cache
def value(row: Row) -> Callable[..., None]:
    """Return `kernel(y, *arguments)` over vectors, which fills `y`."""
    return _load(row, "value", source.value(row.arity))


@cache
def libm(name: str) -> Callable[..., Any]:
    """Return a function of the C library that NumPy lacks, over arrays and numbers."""
    text = source.libm(_LIBM[name])
    return _module(f"libm_{name}", _digest([text]), text, {})


def _load(row: Row, kind: str, text: str) -> Callable[..., Any]:
    rules = bound(row)
    names = {"value": rules.value} | {f"partial_{n}": rule for n, rule in enumerate(rules.partials)}
    return _module(f"{row.name}_{kind}", _digest([text, *_fingerprints(row)]), text, names)


def _module(name: str, digest: str, text: str, names: dict[str, Any]) -> Callable[..., Any]:
    path = _source_file(f"{name}_{digest}.py", text)
    spec = importlib.util.spec_from_file_location(f"dualrev_kernels_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    vars(module).update(names)
    sys.modules[spec.name] = module  # Numba's cache looks the module up by its name
    spec.loader.exec_module(module)
    return module.kernel  # type: ignore[no-any-return]


def _source_file(name: str, text: str) -> Path:
    """Return the file that holds a kernel's source: in the cache folder, or one of this process if that is closed."""
    path = cache_folder() / "kernels" / name
    try:
        if not path.exists():
            write_whole(path, text)
    except OSError:
        path = _own_folder() / name
        write_whole(path, text)
    return path


@cache
def _own_folder() -> Path:
    folder = tempfile.mkdtemp(prefix="dualrev-kernels-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _digest(parts: list[str]) -> str:
    versions = [numba.__version__, llvmlite.__version__, np.__version__, sys.version]
    return hashlib.sha256("\0".join(versions + parts).encode()).hexdigest()[:24]


def _fingerprints(row: Row) -> list[str]:
    """Return what the row's rules and all that they call are made of, so that an edit shows."""
    pending = [row.fn, *(rule for rule in row.partials if rule is not None)]
    seen: set[types.CodeType] = set()
    prints = []
    while pending:
        rule = pending.pop(0)
        if rule.__code__ in seen:
            continue
        seen.add(rule.__code__)
        prints.append(f"{rule.__code__.co_code.hex()} {rule.__code__.co_consts!r} {rule.__code__.co_names!r}")
        callees = sorted(calls(rule) - native().keys())
        pending += [FORMULAS[name] if name in FORMULAS else TABLE[name].fn for name in callees]
    return prints
