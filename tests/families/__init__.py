"""Cases of array functions, a file per family of rules. Each has `RULES` and `COMPOSITES`."""

from families import arranging, contraction, orders, reductions, samples, spectra

FAMILIES = (arranging, contraction, orders, reductions, samples, spectra)

__all__ = ["FAMILIES"]
