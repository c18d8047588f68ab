"""Scalar primitives whose values SciPy computes: they are on the host alone, and need the extra `scipy`.

Their partials are written like those of the table of scalar primitives, and may use `math.<name>` of either. Nothing
here imports SciPy.
"""

from dualrev.primitives.host import (
    _bessel as bessel,
)
from dualrev.primitives.host import (
    _chebyshev as chebyshev,
)
from dualrev.primitives.host import (
    _distributions as distributions,
)
from dualrev.primitives.host import (
    _elementary as elementary,
)
from dualrev.primitives.host import (
    _elliptic as elliptic,
)
from dualrev.primitives.host import (
    _error as error,
)
from dualrev.primitives.host import (
    _gamma as gamma,
)
from dualrev.primitives.host import (
    _hypergeometric as hypergeometric,
)
from dualrev.primitives.host import (
    _integrals as integrals,
)
from dualrev.primitives.host import (
    _orthogonal as orthogonal,
)
from dualrev.primitives.host import (
    _several as several,
)
from dualrev.primitives.host import (
    _spherical as spherical,
)
from dualrev.primitives.row import HostRow, Rule

HOST_FAMILIES = (
    *(gamma, error, integrals, bessel, spherical, hypergeometric, elliptic, several, orthogonal, chebyshev),
    *(distributions, elementary),
)

HOST: dict[str, HostRow] = {row.name: row for family in HOST_FAMILIES for row in family.ROWS}
"""Every row, by name, which is also its name in `scipy.special` unless it is a part of a function there."""

HOST_FORMULAS: dict[str, Rule] = (
    hypergeometric.FORMULAS | distributions.FORMULAS | elliptic.FORMULAS | orthogonal.FORMULAS
)
"""Formulas without a derivative of their own that rows share, on the host alone."""

__all__ = ["HOST", "HOST_FAMILIES", "HOST_FORMULAS"]
