"""The table of scalar primitives: the only place where the derivative of a scalar function is written."""

from dualrev.primitives.row import Row, Rule
from dualrev.primitives.scalar import arithmetic, exponential, flat, hyperbolic, selection, special, trigonometric

FAMILIES = (arithmetic, exponential, trigonometric, hyperbolic, selection, special, flat)

TABLE: dict[str, Row] = {row.name: row for family in FAMILIES for row in family.ROWS}
"""Every row, by name."""

FORMULAS: dict[str, Rule] = selection.FORMULAS | special.FORMULAS
"""Formulas without a derivative of their own that rows share."""

__all__ = ["FAMILIES", "FORMULAS", "TABLE"]
