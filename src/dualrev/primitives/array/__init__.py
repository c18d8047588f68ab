"""Rules of array functions, a file per family."""

from dualrev.primitives.array import (
    _active_options as active_options,
)
from dualrev.primitives.array import (
    _arranging as arranging,
)
from dualrev.primitives.array import (
    _axes as axes,
)
from dualrev.primitives.array import (
    _calculus as calculus,
)
from dualrev.primitives.array import (
    _contraction as contraction,
)
from dualrev.primitives.array import (
    _convolution as convolution,
)
from dualrev.primitives.array import (
    _determinants as determinants,
)
from dualrev.primitives.array import (
    _einsum as einsum,
)
from dualrev.primitives.array import (
    _factorizations as factorizations,
)
from dualrev.primitives.array import (
    _fourier as fourier,
)
from dualrev.primitives.array import (
    _gathering as gathering,
)
from dualrev.primitives.array import (
    _histograms as histograms,
)
from dualrev.primitives.array import (
    _inner_outer as inner_outer,
)
from dualrev.primitives.array import (
    _joining as joining,
)
from dualrev.primitives.array import (
    _linear_systems as linear_systems,
)
from dualrev.primitives.array import (
    _missing as missing,
)
from dualrev.primitives.array import (
    _multiplying as multiplying,
)
from dualrev.primitives.array import (
    _norms as norms,
)
from dualrev.primitives.array import (
    _ordering as ordering,
)
from dualrev.primitives.array import (
    _padding as padding,
)
from dualrev.primitives.array import (
    _polynomials as polynomials,
)
from dualrev.primitives.array import (
    _spectra as spectra,
)
from dualrev.primitives.array import (
    _splitting as splitting,
)
from dualrev.primitives.array import (
    _statistics as statistics,
)
from dualrev.primitives.array import (
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
    *(shaping, axes, indexing, vector_parts, gathering, arranging, joining, splitting, padding, choosing),
    *(reduction, multiplying, statistics, missing, ordering, active_options),
    *(contraction, inner_outer, einsum, convolution, calculus, polynomials, complex_parts, faddeeva, fourier),
    *(grids, histograms),
    *(linear_systems, structured_systems, determinants, factorizations, spectra, norms, matrix_functions),
)

__all__ = ["COMPOSITES", "FAMILIES", "OPTIONED", "RULES", "ArrayRule", "Linearization"]
