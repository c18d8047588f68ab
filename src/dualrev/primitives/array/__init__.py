"""Rules of array functions, a file per family."""

from dualrev.primitives.array import (
    active_options,
    arranging,
    axes,
    calculus,
    choosing,
    complex_parts,
    contraction,
    convolution,
    determinants,
    einsum,
    factorizations,
    faddeeva,
    fourier,
    gathering,
    grids,
    histograms,
    indexing,
    inner_outer,
    joining,
    linear_systems,
    matrix_functions,
    missing,
    multiplying,
    norms,
    ordering,
    padding,
    polynomials,
    reduction,
    shaping,
    spectra,
    splitting,
    statistics,
    structured_systems,
    vector_parts,
)
from dualrev.primitives.array.rule import COMPOSITES, OPTIONED, RULES, ArrayRule, Linearization

FAMILIES = (
    *(shaping, axes, indexing, vector_parts, gathering, arranging, joining, splitting, padding, choosing),
    *(reduction, multiplying, statistics, missing, ordering, active_options),
    *(contraction, inner_outer, einsum, convolution, calculus, polynomials, complex_parts, faddeeva, fourier),
    *(grids, histograms),
    *(linear_systems, structured_systems, determinants, factorizations, spectra, norms, matrix_functions),
)

__all__ = ["COMPOSITES", "FAMILIES", "OPTIONED", "RULES", "ArrayRule", "Linearization"]
