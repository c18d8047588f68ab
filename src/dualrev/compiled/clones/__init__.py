"""Clones of compiled functions, and what Numba has to know to type them with active numbers."""
