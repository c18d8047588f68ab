"""Rules of array functions, a file per family."""

from dualrev.primitives.array import (
    contraction,
    indexing,
    joining,
    missing,
    multiplying,
    reduction,
    shaping,
    statistics,
)
from dualrev.primitives.array.rule import COMPOSITES, RULES, ArrayRule, Linearization

FAMILIES = (shaping, indexing, joining, reduction, multiplying, statistics, missing, contraction)

__all__ = ["COMPOSITES", "FAMILIES", "RULES", "ArrayRule", "Linearization"]
