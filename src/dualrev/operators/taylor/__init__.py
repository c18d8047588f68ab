"""Truncated power series: numbers that carry the coefficients of an expansion."""
