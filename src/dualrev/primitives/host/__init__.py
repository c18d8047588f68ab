"""Scalar primitives whose values SciPy computes: they are on the host alone, and need the extra `scipy`.

Their partials are written like those of the table of scalar primitives, and may use `math.<name>` of either. Nothing
here imports SciPy.
"""

from dualrev.primitives.host import bessel, error, gamma, hypergeometric
from dualrev.primitives.row import HostRow

HOST_FAMILIES = (gamma, error, bessel, hypergeometric)

HOST: dict[str, HostRow] = {row.name: row for family in HOST_FAMILIES for row in family.ROWS}
"""Every row, by name, which is also its name in `scipy.special`."""

__all__ = ["HOST", "HOST_FAMILIES"]
