"""Rules of array functions, a file per family."""

from dualrev.primitives.array import contraction, indexing, joining, reduction, shaping
from dualrev.primitives.array.rule import COMPOSITES, RULES, ArrayRule, Linearization

FAMILIES = (shaping, indexing, joining, reduction, contraction)

__all__ = ["COMPOSITES", "FAMILIES", "RULES", "ArrayRule", "Linearization"]
