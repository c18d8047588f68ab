"""The difference of two Jacobians."""

from __future__ import annotations

import numpy as np

from dualrev.comparison.report import Agreement


def agreement(columns: np.ndarray, rows: np.ndarray, total: int) -> Agreement:
    """Compare the entries that both modes computed.

    Parameters
    ----------
    columns : ndarray
        The first columns of the Jacobian, by forward mode.
    rows : ndarray
        The first rows, by reverse mode.
    total : int
        Number of entries of the whole Jacobian.

    Examples
    --------
    >>> import numpy as np
    >>> agreement(np.array([[1.0], [np.nan]]), np.array([[1.0, 7.0]]), 4).entries
    1
    """
    a, b = columns[: rows.shape[0]], rows[:, : columns.shape[1]]
    both = np.isfinite(a) & np.isfinite(b)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(invalid="ignore"):
        absolute = float(np.max(np.abs(a - b), initial=0.0, where=both))
    largest = float(np.max(np.maximum(np.abs(a), np.abs(b)), initial=0.0, where=both))
    return Agreement(
        absolute=absolute,
        relative=absolute / largest if largest else 0.0,
        entries=int(a.size),
        total=total,
        not_finite=int(np.sum(same & ~both)),
        contradictions=int(np.sum(~same & ~both)),
    )
