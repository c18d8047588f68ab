"""Derivatives of functions that Numba compiles, at compiled speed."""
