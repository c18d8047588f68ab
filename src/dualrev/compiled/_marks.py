"""Attributes that derivatives leave at Numba's functions, by which they are known again."""

from __future__ import annotations

MADE_OF = "_dualrev_made_of"
"""Of a derivative's own function: the function that it is the derivative of, and the question."""

TAKES_OUT = "_dualrev_takes_out"
"""Of a derivative's own function: whether its last argument is where it writes its result."""

SHAPE = "_dualrev_shape"
"""Of a function that calls one which writes its result into its last argument: the shape of what it returns."""
