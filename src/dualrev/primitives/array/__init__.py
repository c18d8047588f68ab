"""Rules of array functions, a file per family."""

from dualrev.primitives.array import (
    arranging,
    axes,
    calculus,
    choosing,
    complex_parts,
    contraction,
    convolution,
    einsum,
    fourier,
    gathering,
    grids,
    indexing,
    joining,
    missing,
    multiplying,
    ordering,
    padding,
    polynomials,
    products,
    reduction,
    shaping,
    splitting,
    statistics,
)
from dualrev.primitives.array.rule import COMPOSITES, RULES, ArrayRule, Linearization

FAMILIES = (
    *(shaping, axes, indexing, gathering, arranging, joining, splitting, padding, choosing),
    *(reduction, multiplying, statistics, missing, ordering),
    *(contraction, products, einsum, convolution, calculus, polynomials, complex_parts, fourier, grids),
)

__all__ = ["COMPOSITES", "FAMILIES", "RULES", "ArrayRule", "Linearization"]
