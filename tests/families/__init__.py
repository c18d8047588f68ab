"""Cases of array functions, a file per family of rules. Each has `RULES` and `COMPOSITES`."""

from families import arranging, contraction, orders, reductions, samples, spectra, writing

FAMILIES = (arranging, contraction, orders, reductions, samples, spectra, writing)

__all__ = ["FAMILIES"]
