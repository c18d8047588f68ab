"""The table of scalar primitives: the only place where the derivative of a scalar function is written."""

from dualrev.primitives.row import Row, Rule
from dualrev.primitives.scalar import (
    arithmetic,
    exponential,
    flat,
    hyperbolic,
    information,
    selection,
    special,
    trigonometric,
)

FAMILIES = (arithmetic, exponential, trigonometric, hyperbolic, selection, special, information, flat)

TABLE: dict[str, Row] = {row.name: row for family in FAMILIES for row in family.ROWS}
"""Every row, by name."""

FORMULAS: dict[str, Rule] = {
    name: rule for family in FAMILIES for name, rule in getattr(family, "FORMULAS", {}).items()
}
"""Formulas without a derivative of their own that rows share."""

HOLOMORPHIC = frozenset(
    {
        *("add", "subtract", "multiply", "divide", "negative", "positive", "power", "square", "reciprocal", "sqrt"),
        *("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "arcsin", "arccos", "arctan"),
        *("sinh", "cosh", "tanh", "arctanh", "deg2rad", "rad2deg", "where"),
    }
)
"""Rows whose partials are the derivatives of complex numbers as well."""

__all__ = ["FAMILIES", "FORMULAS", "HOLOMORPHIC", "TABLE"]
