"""Functions without a derivative: those that answer plain numbers, and those that are refused, with the reason."""

from __future__ import annotations

from typing import Any

import numpy as np

CONSTANT: set[Any] = {
    *(np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.common_type, np.min_scalar_type),
    *(np.iscomplexobj, np.isrealobj, np.isscalar),
    *(np.argmax, np.argmin, np.nanargmax, np.nanargmin, np.argsort, np.argpartition, np.lexsort),
    *(np.searchsorted, np.digitize, np.nonzero, np.flatnonzero, np.argwhere, np.count_nonzero, np.isin),
    *(np.any, np.all, np.isclose, np.allclose, np.array_equal, np.array_equiv),
    *(np.isneginf, np.isposinf, np.isreal, np.iscomplex),
    *(np.may_share_memory, np.shares_memory, np.array_repr, np.array_str, np.array2string),
    *(np.around, np.round, np.fix, np.einsum_path, np.linalg.matrix_rank),
    *(np.tril_indices_from, np.triu_indices_from, np.diag_indices_from),
    *(np.nextafter, np.spacing),
}
"""Functions whose derivative is zero wherever it exists: they are called on plain values."""

_RULE = "give the call a rule with dualrev.custom_rule"
_COUNTS = f"it counts, and counts have no derivative. Take a sum of smooth functions of x for a count, or {_RULE}"
_KINDS = "it counts, and counts have no derivative. Use np.unique(x)"
_SETS = "it compares elements of sets. Use np.unique(x)"
_FILES = "a file holds plain numbers. Return x, as a second result with has_aux=True, and write it afterwards"

_POLYNOMIAL = "NumPy computes it by loops over plain numbers. Use "
_PAIR = f"its parts jump at the powers of two. Use np.log2(np.abs(x)) for the exponent, or {_RULE}"
_COMPLEX = "it leaves the real numbers beyond a branch point. Use np.{0} within them"
_BITS = f"it is a function of integers. Give it plain ones, or {_RULE}"

REFUSED: dict[Any, str] = {
    np.poly: _POLYNOMIAL + "np.polymul of the factors",
    np.roots: _POLYNOMIAL + "np.linalg.eigvals of the companion matrix",
    np.polyfit: _POLYNOMIAL + "np.linalg.lstsq(np.vander(x, degree + 1), y)[0]",
    np.polydiv: _POLYNOMIAL + "the values np.polyval(u, x) / np.polyval(v, x)",
    np.frexp: _PAIR,
    np.sort_complex: "it orders complex numbers. Use np.sort(x)",
    **dict.fromkeys((np.unique_all, np.unique_inverse, np.unique_counts), _KINDS),
    **{getattr(np.emath, name): _COMPLEX.format(name) for name in ("arccos", "arcsin", "arctanh", "power")},
    np.emath.logn: "it leaves the real numbers beyond 0. Use np.log(x) / np.log(n)",
    **dict.fromkeys((np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert, np.bitwise_count), _BITS),
    **dict.fromkeys((np.left_shift, np.right_shift, np.gcd, np.lcm, np.packbits, np.unpackbits), _BITS),
    **dict.fromkeys((np.histogram_bin_edges,), _COUNTS),
    **dict.fromkeys((np.intersect1d, np.setdiff1d, np.setxor1d, np.union1d), _SETS),
    **dict.fromkeys((np.save, np.savetxt, np.savez, np.savez_compressed), _FILES),
}
"""Functions that cannot be differentiated, and why."""
