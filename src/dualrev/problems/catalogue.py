"""The test problems by name."""

from __future__ import annotations

from dualrev.errors import UnknownProblemError
from dualrev.problems import curve, iris, rosenbrock
from dualrev.problems.problem import Problem

_MAKERS = {"iris": iris.problem, "curve": curve.problem, "rosenbrock": rosenbrock.problem}

NAMES = tuple(_MAKERS)
"""Names of all test problems."""


def names() -> tuple[str, ...]:
    """Return the names of all test problems.

    Examples
    --------
    >>> import dualrev as dr
    >>> "iris" in dr.problems.names()
    True
    """
    return NAMES


def get(name: str) -> Problem:
    """Return a test problem.

    Parameters
    ----------
    name : str
        One of `names()`.

    Raises
    ------
    UnknownProblemError
        If there is none of that name.

    Examples
    --------
    >>> import dualrev as dr
    >>> dr.problems.get("iris").n
    5
    """
    if name not in _MAKERS:
        raise UnknownProblemError(f"there is no problem {name!r}; expected one of {', '.join(NAMES)}")
    return _MAKERS[name]()
