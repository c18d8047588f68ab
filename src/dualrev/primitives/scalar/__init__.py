"""The table of scalar primitives: the only place where the derivative of a scalar function is written."""

import math
from collections.abc import Callable

from dualrev.primitives.row import Row, Rule, calls, operators
from dualrev.primitives.scalar import (
    _arithmetic,
    _exponential,
    _flat,
    _hyperbolic,
    _information,
    _special,
    _trigonometric,
    selection,
)

FAMILIES = (_arithmetic, _exponential, _trigonometric, _hyperbolic, selection, _special, _information, _flat)

TABLE: dict[str, Row] = {row.name: row for family in FAMILIES for row in family.ROWS}
"""Every row, by name."""

FORMULAS: dict[str, Rule] = {
    name: rule for family in FAMILIES for name, rule in getattr(family, "FORMULAS", {}).items()
}
"""Formulas without a derivative of their own that rows share."""

NAMED: dict[str, Row] = {name: row for row in TABLE.values() for name in (row.name, *row.spelled("math"))}
"""Every row by the names under which rules find it in `math`."""

POWERS: dict[float, Row] = {row.exponent: row for row in TABLE.values() if row.exponent is not None}
"""The rows that are constant powers, by the exponent."""


def made_of(rule: Rule, kind: Callable[[Row], bool]) -> bool:
    """Whether a rule is arithmetic and functions of a kind alone, and so is all that it calls; a power is a call."""
    return "**" not in operators(rule) and all(_is_made_of(name, kind) for name in calls(rule))


def _is_made_of(name: str, kind: Callable[[Row], bool]) -> bool:
    if name in FORMULAS:
        return made_of(FORMULAS[name], kind)
    row = NAMED.get(name)
    if row is None:
        return isinstance(getattr(math, name, None), float)
    return kind(row) or (name not in calls(row.fn) and made_of(row.fn, kind))


__all__ = ["FAMILIES", "FORMULAS", "NAMED", "POWERS", "TABLE", "made_of"]
