"""The difference of two Jacobians, and of one from a reference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Agreement:
    """How far the Jacobians of the two modes are apart.

    Attributes
    ----------
    absolute : float
        The largest difference of two entries that are both finite.
    relative : float
        The same over the largest finite entry.
    entries : int
        How many entries were compared.
    total : int
        How many the Jacobian has.
    not_finite : int
        Entries that are the same infinity, or NaN, in both modes.
    contradictions : int
        Entries that are finite in one mode only, or not the same otherwise.
    """

    absolute: float
    relative: float
    entries: int
    total: int
    not_finite: int
    contradictions: int


@dataclass(frozen=True)
class Reference:
    """Entries of a Jacobian that others are measured against.

    Attributes
    ----------
    name : str
        Where they come from.
    rows, columns : ndarray of int
        Where in the Jacobian they are.
    values : ndarray
    """

    name: str
    rows: np.ndarray
    columns: np.ndarray
    values: np.ndarray

    @classmethod
    def whole(cls, name: str, jacobian: np.ndarray) -> Reference:
        """Return all entries of a Jacobian, or of its first columns or rows."""
        rows, columns = np.indices(jacobian.shape).reshape(2, -1)
        return cls(name, rows, columns, jacobian.ravel())

    def error_of(self, part: np.ndarray) -> tuple[float, int]:
        """Return the largest difference over the largest entry, and how many entries were compared.

        Examples
        --------
        >>> import numpy as np
        >>> Reference.whole("by hand", np.array([[2.0, 4.0]])).error_of(np.array([[2.0]]))
        (0.0, 1)
        """
        there = (self.rows < part.shape[0]) & (self.columns < part.shape[1])
        if not there.any():
            return float("nan"), 0
        found, expected = part[self.rows[there], self.columns[there]], self.values[there]
        same = (found == expected) | (np.isnan(found) & np.isnan(expected))
        with np.errstate(invalid="ignore"):
            difference = np.where(same, 0.0, np.abs(found - expected))
        worst = float(np.max(np.where(np.isnan(difference), np.inf, difference)))
        largest = float(np.max(np.abs(expected), initial=0.0, where=np.isfinite(expected)))
        return (worst / largest if largest else worst), int(there.sum())


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
