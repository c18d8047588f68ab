"""Logistic regression on Fisher's iris data: few inputs, one output; and how such data are split."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from dualrev.errors import SplitError
from dualrev.problems import _logistic as logistic
from dualrev.problems.problem import Problem

VARIETY = "virginica"


VARIETIES = ("setosa", "versicolor", "virginica")


@cache
def flowers() -> tuple[np.ndarray, np.ndarray]:
    """Return the four measurements of 150 flowers, shape (150, 4), and 0, 1 or 2 for setosa, versicolor, virginica.

    Examples
    --------
    >>> import dualrev as dr
    >>> measured, varieties = dr.problems.flowers()
    >>> measured.shape, measured[0].tolist(), int(varieties[0])
    ((150, 4), [5.1, 3.5, 1.4, 0.2], 0)
    """
    text = files("dualrev.problems").joinpath("iris.csv").read_text(encoding="utf-8")
    rows = list(csv.reader(text.splitlines()))[1:]
    features = np.array([[float(number) for number in row[:4]] for row in rows])
    varieties = np.array([VARIETIES.index(row[4]) for row in rows])
    features.flags.writeable = varieties.flags.writeable = False
    return features, varieties


@cache
def measurements() -> tuple[np.ndarray, np.ndarray]:
    """Return a column of ones and the four measurements, shape (150, 5), and 1 for virginica, else 0, shape (150,)."""
    columns, varieties = flowers()
    features = np.column_stack([np.ones(len(columns)), columns])
    labels = (varieties == VARIETIES.index(VARIETY)).astype(np.float64)
    features.flags.writeable = labels.flags.writeable = False
    return features, labels


def problem() -> Problem:
    """Return the regression at a point where no flower's z is 0."""
    return Problem(
        name="iris",
        title="logistic regression on the iris data, virginica against the rest",
        f=logistic.negative_log_likelihood,
        loop=logistic.loop,
        derivative=logistic.gradient,
        data=measurements(),
        x=np.array([-0.5, -0.2, -0.3, 0.4, 0.6]),
        description="Mean negative log-likelihood of an intercept and four measurements of 150 flowers (Fisher, 1936).",
    )


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
