"""Least squares with coefficients that are not negative."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.environment import module_of

REWEIGHTED = 5
LEAST_ERROR = 0.1
"""Measurements predicted better than this weigh alike."""


def optimize() -> Any:
    """Return SciPy's module of least squares, or raise `MissingExtraError`."""
    return module_of("scipy", "scipy.optimize", "a calibration needs SciPy")


def relative_fit(multiples: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return coefficients that predict times with small relative errors.

    Each measurement counts by its relative error; those that no coefficients predict well, such as one that something
    else on the machine disturbed, count less (iteratively reweighted towards least absolute errors).
    """
    scaled = multiples / times[:, None]
    sizes = np.linalg.norm(scaled, axis=0)
    sizes[sizes == 0] = 1.0
    scaled = scaled / sizes
    weights = np.ones(len(times))
    for _ in range(REWEIGHTED):
        x, _ = optimize().nnls(scaled * weights[:, None], weights)
        weights = 1.0 / np.sqrt(np.maximum(np.abs(scaled @ x - 1.0), LEAST_ERROR))
    return np.asarray(x / sizes)


def choice_fit(
    forward: np.ndarray, reverse: np.ndarray, forward_times: np.ndarray, reverse_times: np.ndarray
) -> np.ndarray:
    """Return coefficients that predict which of two times is the shorter, and both as well as that allows.

    The ratio of the times counts most where they are close, for there a choice goes wrong; where one is many times the
    other, any model chooses well. Found by a pattern search over the logarithms, from coefficients that predict each
    time by itself.

    Parameters
    ----------
    forward, reverse : ndarray
        How often each constant is paid in forward and in reverse mode, a row for each measured function.
    forward_times, reverse_times : ndarray
        The measured times.

    Examples
    --------
    >>> import numpy as np
    >>> paid = np.array([[1.0, 0.0], [2.0, 0.0], [3.0, 0.0]])
    >>> [round(float(c), 2) for c in choice_fit(paid, paid[:, ::-1], paid[:, 0], 2 * paid[:, 0])]
    [1.0, 2.0]
    """
    start = relative_fit(np.concatenate([forward, reverse]), np.concatenate([forward_times, reverse_times]))
    ratio = np.log(forward_times / reverse_times)
    weights = np.exp(-np.abs(ratio) / CLOSE)

    def loss(x: np.ndarray) -> float:
        constants = np.exp(x)
        a, b = np.log(forward @ constants), np.log(reverse @ constants)
        apart = np.sqrt((a - b - ratio) ** 2 + LEAST_ERROR**2)
        off = np.abs(a - np.log(forward_times)) + np.abs(b - np.log(reverse_times))
        return float(np.mean(weights * apart) + TIMES_COUNT * np.mean(off))

    x = np.log(np.maximum(start, SMALLEST * np.max(start)))
    best = loss(x)
    for step in STEP_SIZES:
        moved = True
        while moved:
            moved = False
            for k, sign in ((k, sign) for k in range(len(x)) for sign in (step, -step)):
                tried = x.copy()
                tried[k] += sign
                found = loss(tried)
                if found < best - 1e-9:
                    x, best, moved = tried, found, True
    return np.asarray(np.exp(x))


CLOSE = 1.5
"""How fast measurements lose weight with the logarithm of the ratio of their times."""

TIMES_COUNT = 0.2
"""The weight of a wrong time beside a wrong ratio."""

SMALLEST = 1e-5
"""Constants begin at no less than this part of the largest, so that each can grow."""

STEP_SIZES = (1.0, 0.3, 0.1, 0.03)
