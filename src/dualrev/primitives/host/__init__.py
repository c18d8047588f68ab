"""Scalar primitives whose values SciPy computes: they are on the host alone, and need the extra `scipy`.

Their partials are written like those of the table of scalar primitives, and may use `math.<name>` of either. Nothing
here imports SciPy.
"""

from dualrev.primitives.host import (
    _bessel,
    _chebyshev,
    _distributions,
    _elementary,
    _elliptic,
    _error,
    _gamma,
    _hypergeometric,
    _integrals,
    _orthogonal,
    _several,
    _spherical,
)
from dualrev.primitives.row import HostRow, Rule

HOST_FAMILIES = (
    *(_gamma, _error, _integrals, _bessel, _spherical, _hypergeometric, _elliptic, _several, _orthogonal, _chebyshev),
    *(_distributions, _elementary),
)

HOST: dict[str, HostRow] = {row.name: row for family in HOST_FAMILIES for row in family.ROWS}
"""Every row, by name, which is also its name in `scipy.special` unless it is a part of a function there."""

HOST_FORMULAS: dict[str, Rule] = (
    _hypergeometric.FORMULAS | _distributions.FORMULAS | _elliptic.FORMULAS | _orthogonal.FORMULAS
)
"""Formulas without a derivative of their own that rows share, on the host alone."""

__all__ = ["HOST", "HOST_FAMILIES", "HOST_FORMULAS"]
