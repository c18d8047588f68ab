"""Data split into a part to fit and a part to test."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.errors import SplitError


def split(labels: Any, test: float = 0.1, seed: int | np.random.Generator = 0) -> tuple[np.ndarray, np.ndarray]:
    """Split at random into two parts in which the classes are as frequent as in the whole.

    Parameters
    ----------
    labels : array
        Of shape (n,): the class of each element.
    test : float
        The part of each class that is to be tested, between 0 and 1.
    seed : int or numpy.random.Generator
        The same seed gives the same split.

    Returns
    -------
    train, test : ndarray of int
        Positions, in increasing order. Each is in one of the two.

    Raises
    ------
    SplitError
        If a class would have no element in one of the parts.

    Examples
    --------
    >>> from dualrev.problems import split
    >>> train, test = split([0] * 90 + [1] * 10, test=0.1)
    >>> len(train), [int(n >= 90) for n in test]
    (90, [0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
    """
    if not 0 < test < 1:
        raise ValueError(f"test is {test!r}; expected a part between 0 and 1, such as 0.1")
    random, classes = np.random.default_rng(seed), np.asarray(labels)
    if classes.ndim != 1 or not classes.size:
        raise SplitError(f"labels have shape {classes.shape}; expected (n,), one class for each element, and n > 0")
    tested = []
    for each in np.unique(classes):
        members = np.flatnonzero(classes == each)
        count = round(test * len(members))
        if not 0 < count < len(members):
            raise SplitError(
                f"class {each} has {len(members)} elements, of which {count} would be tested: one part would hold none "
                f"of it. Take test between {0.5 / len(members):.3g} and {1 - 0.5 / len(members):.3g}, or more data"
            )
        tested.append(random.permutation(members)[:count])
    chosen = np.sort(np.concatenate(tested))
    return np.setdiff1d(np.arange(len(classes)), chosen), chosen
