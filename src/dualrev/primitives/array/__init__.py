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
    indexing,
    joining,
    linear_systems,
    matrix_functions,
    memory,
    missing,
    multiplying,
    norms,
    ordering,
    padding,
    polynomials,
    products,
    reduction,
    shaping,
    spectra,
    splitting,
    statistics,
    structured_systems,
)
from dualrev.primitives.array.rule import COMPOSITES, OPTIONED, RULES, ArrayRule, Linearization

FAMILIES = (
    *(shaping, axes, indexing, memory, gathering, arranging, joining, splitting, padding, choosing),
    *(reduction, multiplying, statistics, missing, ordering, active_options),
    *(contraction, products, einsum, convolution, calculus, polynomials, complex_parts, faddeeva, fourier, grids),
    *(linear_systems, structured_systems, determinants, factorizations, spectra, norms, matrix_functions),
)

__all__ = ["COMPOSITES", "FAMILIES", "OPTIONED", "RULES", "ArrayRule", "Linearization"]
