"""Logistic regression on Fisher's iris data: few inputs, one output."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

import numpy as np

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
