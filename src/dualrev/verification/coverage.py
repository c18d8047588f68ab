"""The public functions of NumPy and SciPy that are covered, and why others are not; read from the tables."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

import numpy as np

from dualrev import linalg, special
from dualrev.environment import scipy_module
from dualrev.kernels.numpy_rows import ROWS, scipy_row, ufuncs
from dualrev.primitives.array import COMPOSITES, RULES
from dualrev.primitives.array.constant import CONSTANT, REFUSED
from dualrev.primitives.host.no_closed_form import SPECIAL

MODULES = ("numpy", "numpy.linalg", "numpy.fft", "numpy.emath", "scipy.special", "scipy.linalg")

ROW, RULE, MADE = "a row", "a rule", "made of others"
FLAT, PLAIN, MISSING = "constant", "of plain numbers", "not covered"
COVERED = (ROW, RULE, MADE)


class Entry(NamedTuple):
    """How a function is covered.

    Attributes
    ----------
    name : str
        Its name in its module.
    status : str
        `ROW`, `RULE` or `MADE` for a function with derivatives; `FLAT` for one whose derivative is zero wherever it
        exists, which answers plain numbers; `PLAIN` for one that is not a function of real numbers; or `MISSING`.
    note : str
        How it is reached, or why it is not covered.
    """

    name: str
    status: str
    note: str = ""


def coverage(module: str) -> list[Entry]:
    """Return an entry for every public function of a module of `MODULES`, by name.

    Raises
    ------
    MissingExtraError
        For a module of SciPy, if that is not installed.

    Examples
    --------
    >>> from dualrev.verification.coverage import coverage
    >>> {entry.name: entry.status for entry in coverage("numpy")}["argsort"]
    'constant'
    """
    package, _, name = module.partition(".")
    found = scipy_module(name) if package == "scipy" else importlib.import_module(_HOME.get(module, module))
    return [_entry(module, name, function) for name, function in sorted(_functions(found))]


def _functions(module: Any) -> Iterator[tuple[str, Any]]:
    for name in dir(module):
        thing = getattr(module, name)
        if not name.startswith("_") and callable(thing) and not isinstance(thing, type) and name != "test":
            yield name, thing


def _entry(module: str, name: str, function: Any) -> Entry:
    row = _OF_ROWS.get(function) or (scipy_row(function) if isinstance(function, np.ufunc) else None)
    if row is not None:
        return Entry(name, ROW if row.partials else FLAT)
    if function in RULES:
        return Entry(name, RULE)
    if function in COMPOSITES:
        return Entry(name, MADE)
    if function in CONSTANT:
        return Entry(name, FLAT)
    if function in REFUSED:
        return Entry(name, MISSING, REFUSED[function])
    ours = {"scipy.special": special, "scipy.linalg": linalg}.get(module)
    if ours is not None and name in ours.__all__:
        return Entry(name, MADE, f"as dualrev.{module.partition('.')[2]}.{name}")
    for status, note, names in REASONS.get(module, ()):
        if any(fnmatchcase(name, pattern) for pattern in names.split()):
            return Entry(name, status, note)
    return Entry(name, MISSING, NO_RULE)


NO_RULE = "nobody has written it: a row or a rule adds it"

_HOME = {"numpy.emath": "numpy.lib.scimath"}
_OF_ROWS = {function: row for row in ROWS.values() for function in ufuncs(row)}
_HELD = "an array of active numbers is one of objects, which is taken up where it is used; np.stack makes an active one"
_OF_COUNTS = "its arguments are counts, shapes, indices or types"
_OF_TEXTS = "texts, dates, files and settings"
_NODES = "its arguments are integers; its results are constants"

_Reasons = tuple[tuple[str, str, str], ...]

REASONS: dict[str, _Reasons] = {
    "numpy": (
        (MADE, "of an active array that array, or a copy in the order asked for", "asarray_chkfinite require"),
        (MADE, _HELD, "asmatrix"),
        (MADE, "np.vstack under its old name", "row_stack"),
        (MADE, "with its second argument active", "kaiser"),
        (
            PLAIN,
            _OF_COUNTS,
            "bartlett blackman broadcast_shapes diag_indices from_dlpack frombuffer fromfunction "
            "fromiter frompyfunc hamming hanning indices isdtype isfortran issubdtype iterable "
            "mask_indices mintypecode nested_iters promote_types ravel_multi_index tril_indices "
            "triu_indices typename unravel_index",
        ),
        (
            PLAIN,
            _OF_TEXTS,
            "base_repr binary_repr bmat busday_count busday_offset datetime_as_string datetime_data "
            "format_float_positional format_float_scientific fromfile fromregex fromstring genfromtxt get_include "
            "get_printoptions getbufsize geterr geterrcall info is_busday isnat load loadtxt printoptions "
            "set_printoptions setbufsize seterr seterrcall show_config show_runtime",
        ),
    ),
    "numpy.fft": ((PLAIN, _OF_COUNTS, "fftfreq rfftfreq"),),
    "scipy.special": (
        (PLAIN, _OF_TEXTS, "geterr seterr"),
        (
            PLAIN,
            _NODES,
            "*_roots *_zeros roots_* bernoulli euler factorial factorial2 factorialk comb perm stirling2 chebyc "
            "chebys chebyt chebyu gegenbauer genlaguerre hermite hermitenorm jacobi laguerre legendre sh_chebyt "
            "sh_chebyu sh_jacobi sh_legendre",
        ),
        (
            MADE,
            "SciPy makes it of functions that are covered",
            "assoc_laguerre h1vp h2vp ivp jvp kvp yvp",
        ),
        *((MISSING, reason, names) for reason, names in SPECIAL),
    ),
    "scipy.linalg": (
        (PLAIN, _OF_COUNTS, "dft fiedler hadamard helmert hilbert invhilbert invpascal pascal"),
        (PLAIN, _OF_TEXTS, "find_best_blas_type get_blas_funcs get_lapack_funcs"),
        (PLAIN, "it asks a question of a matrix", "bandwidth ishermitian issymmetric"),
    ),
}
"""Functions outside the tables: status, reason, and names, in which a star stands for the rest."""
