"""Least squares with coefficients that are not negative."""

from __future__ import annotations

import numpy as np

STEPS = 20_000
REWEIGHTED = 5
LEAST_ERROR = 0.1
"""Measurements predicted better than this weigh alike."""


def nonnegative_least_squares(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return x >= 0 with the smallest |a x - b|, by coordinate descent.

    Examples
    --------
    >>> import numpy as np
    >>> x = nonnegative_least_squares(np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([2.0, -1.0]))
    >>> [float(v) for v in x]
    [2.0, 0.0]
    """
    gram, right = a.T @ a, a.T @ b
    x = np.zeros(a.shape[1])
    for _ in range(STEPS):
        before = x.copy()
        for k in np.flatnonzero(np.diag(gram)):
            x[k] = max(0.0, x[k] + (right[k] - gram[k] @ x) / gram[k, k])
        if np.max(np.abs(x - before), initial=0.0) <= 1e-9 * np.max(x, initial=0.0):
            break
    return x


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
        x = nonnegative_least_squares(scaled * weights[:, None], weights)
        weights = 1.0 / np.sqrt(np.maximum(np.abs(scaled @ x - 1.0), LEAST_ERROR))
    return np.asarray(x / sizes)
