"""Cures: the functions to call instead of a library's that does not take active numbers."""

from __future__ import annotations

import numpy as np

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
_COUNT = "a count is no number to differentiate: pass it as an argument that argnums does not name"
_BINS = "it counts, and counts have no derivative; in the weights it has one"
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
    **{f"scipy.sparse.{name}": "use np.diag" for name in ("diags", "diags_array", "spdiags")},
    "scipy.sparse": "the product with a constant matrix is linear: S.toarray() @ x, or a rule with "
    "dualrev.custom_rule. For a solve dualrev.custom_rule or dualrev.implicit_root",
    "scipy.linalg": "write it with functions of np.linalg and dualrev.linalg, or give the call a rule with "
    "dualrev.custom_rule",
    "scipy.fft": "use np.fft",
    "scipy.stats.iqr": "use np.quantile",
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
    "range": _COUNT,
    "np.arange": _COUNT,
    "np.tri": _COUNT,
    **{f"np.{name}": _BINS for name in ("histogram", "histogram2d", "histogramdd", "histogram_bin_edges")},
    "np.fromiter": "join active numbers with np.stack([...])",
    "numba": "wrap the compiled function where it is called: dualrev.as_step(f)",
}
"""Cures: the function to call instead, by the name of the function that refused, or of its module."""

_OF_MATH = {"fsum": "np.sum", "dist": "np.linalg.norm(p - q)", "sumprod": "np.dot"}


def cure(name: str, counted: bool = False) -> str:
    """Return what to call instead of a function, by its public name, or of one that was to count with the number."""
    module, _, last = name.rpartition(".")
    if module == "math":
        instead = _OF_MATH.get(last) or _row_of_math(last) or (f"np.{last}" if hasattr(np, last) else "")
        way = f"use {instead} for {name}" if instead else "write it with functions of NumPy"
        return f'{way}; in a function that compiles, backend="numba" differentiates math as it is'
    default = _STACK if module.partition(".")[0] == "np" else _FORMULA
    why = reason(last) if module == "scipy.special" else None
    if why is not None:
        return why
    if counted and name not in CURES:
        return _COUNT
    if module == "scipy.linalg" and name not in CURES and hasattr(np.linalg, last):
        return f"use np.linalg.{last}"
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
