"""Reverse mode: numbers that record adjoint statements."""
