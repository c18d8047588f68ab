"""Cases of array functions, a file per family of rules. Each has `RULES` and `COMPOSITES`."""

from families import reductions

FAMILIES = (reductions,)

__all__ = ["FAMILIES"]
