"""Errors for functions of libraries that do not take active numbers: they name the function to call instead."""

from __future__ import annotations

import dis
from types import FrameType, ModuleType
from typing import Any

import numpy as np

from dualrev.active.callers import LIBRARIES, Call, Step, called, package_of, raised_at, stack
from dualrev.active.type_tests import misled
from dualrev.errors import (
    ActiveConversionError,
    DualrevError,
    InactiveWriteError,
    InPlaceError,
    MissingRuleError,
    ObjectArrayError,
    WrongBranchError,
)
from dualrev.primitives.host import HOST
from dualrev.primitives.host.no_closed_form import reason
from dualrev.primitives.scalar import NAMED

_LINALG = (
    *("coshm", "cosm", "expm", "logm", "sinhm", "sinm", "solve_banded", "solve_triangular", "sqrtm", "tanhm", "tanm"),
    *("cho_factor", "cho_solve"),
)
_NUMPYS = ("det", "inv", "pinv", "lstsq", "norm", "solve", "svd", "svdvals", "qr", "eig", "eigh", "eigvals", "eigvalsh")
_STACK = (
    "np.array([...]) and lists of active numbers are arrays of objects to NumPy: join them with np.stack([...]), or "
    "make the array by np.array([...], like=x) with an active x"
)
_FORMULA = (
    "write the formula out with functions of NumPy, scipy.special or dualrev.special, or give the call a rule with "
    "dualrev.custom_rule"
)
_ROOT = "give the solution a derivative with dualrev.implicit_root, or with dualrev.custom_rule"
_LOOP = (
    "write its steps out in NumPy, or in an @njit function, which is differentiated as it is; dualrev.custom_rule "
    "gives the call a rule"
)
_NORMS = "np.linalg.norm(a[:, None] - b[None, :], axis=-1) has the distances of points; else " + _FORMULA

CURES: dict[str, str] = {
    **{f"scipy.linalg.{name}": f"use dualrev.linalg.{name}" for name in _LINALG},
    **{f"scipy.linalg.{name}": f"use np.linalg.{name}, which dualrev.linalg.{name} is, too" for name in _NUMPYS},
    "scipy.linalg.cholesky": "use dualrev.linalg.cholesky (that is np.linalg.cholesky: the lower factor)",
    **{
        f"scipy.special.{name}": f"use dualrev.special.{name}"
        for name in (
            *("logsumexp", "softmax", "log_softmax", "multigammaln", "polygamma"),
            *(row.name for row in HOST.values() if not row.names and row.part is None),
        )
    },
    "scipy.sparse": "the product with a constant matrix is linear: S.toarray() @ x, or a rule with "
    "dualrev.custom_rule. For a solve dualrev.custom_rule or dualrev.implicit_root",
    "scipy.linalg": "use the function of this name in np.linalg or dualrev.linalg, or dualrev.custom_rule",
    "scipy.fft": "use np.fft",
    "scipy.stats": _FORMULA,
    "scipy.interpolate": "np.interp is differentiated in x, xp and fp; for other interpolants dualrev.custom_rule "
    "takes the derivative that the interpolant itself offers",
    "scipy.integrate.quad": "sum weights times values at fixed nodes, as of np.polynomial.legendre.leggauss, or use "
    "dualrev.custom_rule",
    "scipy.integrate": _LOOP,
    "scipy.optimize": _ROOT,
    "scipy.signal": "use np.convolve, np.correlate or np.fft, or dualrev.custom_rule: a filter is linear",
    "scipy.ndimage": "use np.convolve, slices or np.fft, or dualrev.custom_rule: a filter is linear",
    "scipy.spatial": _NORMS,
    "scipy.cluster": _NORMS,
    "np.random": "draw standard numbers z without active ones, and write loc + scale * z",
    "random": "draw standard numbers z without active ones, and write loc + scale * z",
    "pandas": "take the values first, as in np.asarray(series), and compute with functions of NumPy",
    "statistics": "use np.mean, np.var or np.median of np.stack([...])",
    "sympy": "substitute plain numbers, or use sympy.lambdify(..., 'numpy')",
    "np.nditer": "loop over the indices, as in `for i in np.ndindex(y.shape): y[i] = ...`",
    "range": "a count is no number to differentiate: pass it as an argument that argnums does not name",
    "numba": "wrap the compiled function where it is called: dualrev.as_step(f)",
}
"""What to call instead, by the name of a function or of its module."""

_OF_MATH = {"fsum": "np.sum", "dist": "np.linalg.norm(p - q)", "sumprod": "np.dot"}


_OBJECTS = (
    *("not supported for the input types", "no callable", "Cannot cast ufunc", "must be real number", "ObjectDType"),
    *("input type 'object' not supported", "object arrays", "dtype object", "dtype('O')", "unsupported data types in"),
    *("NPY_ITER_REFS_OK", "iterator write flag"),
    *("not a proper array of floats", "does not have an identity", "array type object", "from object"),
    "coordinate array data type not supported",
    *("object dtype", "dtype='O'", "'object'", "must be scalar"),
)
"""What libraries say of objects where they want numbers."""
_PLAIN = ("float", "int", "complex", "np.float64", "np.float32", "np.asarray", "np.array", "np.asanyarray")


def cure(name: str) -> str:
    """Return what to call instead of a function, by its public name."""
    module, _, last = name.rpartition(".")
    if module == "math":
        instead = _OF_MATH.get(last) or _row_of_math(last) or (f"np.{last}" if hasattr(np, last) else "")
        way = f"use {instead} for {name}" if instead else "write it with functions of NumPy"
        return f'{way}; in a function that compiles, backend="numba" differentiates math as it is'
    default = _STACK if module.partition(".")[0] == "np" else _FORMULA
    why = reason(last) if module == "scipy.special" else None
    if why is not None:
        return why
    while name and name not in CURES:
        name = name.rpartition(".")[0]
    return CURES.get(name, default)


def _row_of_math(name: str) -> str:
    """Return what reaches the row that a function of `math` is, the same name in NumPy before another."""
    row = NAMED.get(name)
    if row is None or name not in row.spelled("math"):
        return ""
    of_numpy = row.spelled("numpy")
    return f"np.{name if name in of_numpy else of_numpy[0]}" if of_numpy else f"dualrev.special.{row.name}"


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
    return InactiveWriteError(f"{said}: {cure(name)}{_place(call)}" if library else f"{said}. {advice}")


def conversion_refused(what: str, kind: str) -> ActiveConversionError:
    """Return the error for an active number, of a class, that is to become a plain one by a conversion."""
    call = called(stack())
    where = _place(call)
    if call is not None and call.foreign and call.name and call.name not in _PLAIN:
        return ActiveConversionError(_given(call.name, kind) + where)
    alone = call is None or call.name in ("float", "int", "complex") or what == "int(x)"
    last = ", or take the value alone with dualrev.stop_gradient(x)" if alone else ""
    return ActiveConversionError(
        f"{what} was called on a {kind}, which would lose its derivative. Use NumPy's functions (np.sin for math.sin), "
        "leave out the conversion, write into arrays that hold derivatives (s[0] = x after s = np.zeros(n, like=x) or "
        f'np.zeros_like(x)), or let backend="numba" compile the function{last}{where}'
    )


def _place(call: Call | None) -> str:
    """Return where a call stands, and how it is written if that is short."""
    if call is None or not call.place:
        return ""
    return f". In {call.place}" + (f": {call.text}" if 0 < len(call.text) <= 80 and "\n" not in call.text else "")


def _given(name: str, kind: str) -> str:
    what = f"takes plain numbers, and was given an active one (a {kind}), whose derivative it would lose"
    return f"{name} {what}: {cure(name)}"


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
    if lead and _of_a_wrong_branch(error, active):
        return (type(error) if isinstance(error, DualrevError) else WrongBranchError)(f"{error}. {lead}")
    if isinstance(error, DualrevError):
        return None
    hidden = _hidden(error, package_of(steps[0][0]) in LIBRARIES)
    if hidden is not None:
        return ActiveConversionError(str(hidden))
    call = called(steps)
    if call is None or not call.foreign:
        return None
    if not (says_objects(error, active) and _at_hand(call.caller, active)) and not _took(call, error, active):
        return None
    what = "an array of objects" if call.name.startswith("np.") else "active numbers, or an array of objects"
    kind = ObjectArrayError if call.name.startswith("np.") else MissingRuleError
    where = _place(call)
    said = f"{call.name or call.text} was given {what}, and takes plain numbers"
    return kind(f"{said}: {cure(call.name)}{where} ({error})")


def _hidden(error: BaseException | None, in_library: bool) -> BaseException | None:
    """Return our own error of float(element) that NumPy, or a library that caught it, hides behind one of its own.

    What the user's code caught before is not behind an error that comes later.
    """
    while error is not None and not isinstance(error, ActiveConversionError):
        error = error.__cause__ or (error.__context__ if in_library else None)
    return error


def says_objects(error: Exception, active: type) -> bool:
    """Whether a library's error speaks of objects where it wants numbers."""
    text = str(error)
    return any(phrase in text for phrase in _OBJECTS) or _says_kind(text, active)


def _says_kind(text: str, active: type) -> bool:
    """Whether a text names a class of active numbers."""
    kinds: list[type] = active.__subclasses__()
    for kind in kinds:
        name = kind.__name__
        if f"'{name}'" in text or f"not {name}" in text or f"{name}(" in text or _says_kind(text, kind):
            return True
    return False


def _took(call: Call, error: Exception, active: type) -> bool:
    """Whether a library's function was entered with active numbers, and could not make sense of them."""
    if call.entered is None or not isinstance(error, TypeError | AttributeError | NotImplementedError):
        return False
    return _at_hand(call.entered, active)


def _at_hand(frame: FrameType | None, active: type) -> bool:
    """Whether a function has active numbers among its variables, or in the attributes of one."""
    if frame is None:
        return True
    found = [x for x in frame.f_locals.values() if not isinstance(x, ModuleType)]
    return any(_holds(x, active) or _holds(getattr(x, "__dict__", None), active) for x in found)


def _holds(x: Any, active: type, depth: int = 4) -> bool:
    """Whether something is an active number or holds one, a few containers deep: containers may hold themselves."""
    if isinstance(x, np.ndarray):
        return x.dtype.kind == "O" and any(isinstance(element, active) for element in x.flat)
    if isinstance(x, list | tuple | dict) and depth:
        return any(_holds(each, active, depth - 1) for each in (x.values() if isinstance(x, dict) else x))
    return isinstance(x, active)


def _raised_by_user(steps: list[Step]) -> bool:
    """Whether a statement of the user's raised an error."""
    frame, at = steps[0]
    if package_of(frame) == "dualrev" or package_of(frame) in LIBRARIES:
        return False
    return dis.opname[frame.f_code.co_code[at]] == "RAISE_VARARGS"


def _of_a_wrong_branch(error: Exception, active: type) -> bool:
    """Whether an error is one that follows where an active number is taken for something else."""
    if isinstance(error, DualrevError):
        return type(error) in (InPlaceError, ActiveConversionError, ObjectArrayError)
    text = str(error)
    speaks = "NoneType" in text or "active number" in text or _says_kind(text, active)
    return isinstance(error, UnboundLocalError) or (isinstance(error, TypeError | AttributeError) and speaks)
