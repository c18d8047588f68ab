"""Compiled functions with `assert`, which pytest writes anew in the modules of tests."""

from numba import njit


@njit
def raising(x, n):
    if n < 0:
        raise ValueError("{n} is below 0", n)
    assert x > 0, "x"
    for i in range(n):
        if i > 3:
            raise IndexError
        x *= 2
    return x
