"""Rules of array functions, a file per family."""

from dualrev.primitives.array import (
    _active_options,
    _arranging,
    _axes,
    _calculus,
    _contraction,
    _convolution,
    _determinants,
    _einsum,
    _factorizations,
    _fourier,
    _gathering,
    _histograms,
    _inner_outer,
    _joining,
    _linear_systems,
    _missing,
    _multiplying,
    _norms,
    _ordering,
    _padding,
    _polynomials,
    _singular_values,
    _spectra,
    _splitting,
    _statistics,
    choosing,
    complex_parts,
    faddeeva,
    grids,
    indexing,
    matrix_functions,
    reduction,
    shaping,
    structured_systems,
    vector_parts,
)
from dualrev.primitives.array.rule import COMPOSITES, OPTIONED, RULES, ArrayRule, Linearization

FAMILIES = (
    *(shaping, _axes, indexing, vector_parts, _gathering, _arranging, _joining, _splitting, _padding, choosing),
    *(reduction, _multiplying, _statistics, _missing, _ordering, _active_options),
    *(_contraction, _inner_outer, _einsum, _convolution, _calculus, _polynomials, complex_parts, faddeeva, _fourier),
    *(grids, _histograms),
    *(
        _linear_systems,
        structured_systems,
        _determinants,
        _factorizations,
        _spectra,
        _singular_values,
        _norms,
        matrix_functions,
    ),
)

__all__ = ["COMPOSITES", "FAMILIES", "OPTIONED", "RULES", "ArrayRule", "Linearization"]
