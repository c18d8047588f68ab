"""The test problems by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from inspect import signature

from dualrev.errors import ProblemSizeError, UnknownProblemError, meant
from dualrev.problems import (
    _brusselator as brusselator,
)
from dualrev.problems import (
    _bundle_adjustment as bundle_adjustment,
)
from dualrev.problems import (
    _curve as curve,
)
from dualrev.problems import (
    _gaussian_mixture as gaussian_mixture,
)
from dualrev.problems import (
    _helmholtz as helmholtz,
)
from dualrev.problems import (
    _logistic as logistic,
)
from dualrev.problems import (
    _lotka_volterra as lotka_volterra,
)
from dualrev.problems import (
    _lstm as lstm,
)
from dualrev.problems import (
    _network as network,
)
from dualrev.problems import (
    _rosenbrock as rosenbrock,
)
from dualrev.problems import (
    _softmax as softmax,
)
from dualrev.problems import (
    _spherical as spherical,
)
from dualrev.problems import (
    _stencils as stencils,
)
from dualrev.problems import (
    iris,
)
from dualrev.problems.problem import Problem

_MAKERS: dict[str, Callable[..., Problem]] = {
    "iris": iris.problem,
    "curve": curve.problem,
    "rosenbrock": rosenbrock.problem,
    "logistic": logistic.problem,
    "softmax": softmax.problem,
    "gaussian_mixture": gaussian_mixture.problem,
    "bundle_adjustment": bundle_adjustment.problem,
    "network": network.problem,
    "lstm": lstm.problem,
    "lotka_volterra": lotka_volterra.problem,
    "heat": stencils.heat_problem,
    "burgers": stencils.burgers_problem,
    "brusselator": brusselator.problem,
    "helmholtz": helmholtz.problem,
    "spherical": spherical.problem,
}

NAMES = tuple(_MAKERS)
"""Names of all test problems."""

SHOWN = ("iris", "curve", "rosenbrock")
"""Three that show what there is to choose between the modes."""


def names() -> tuple[str, ...]:
    """Return the names of all test problems.

    Examples
    --------
    >>> import dualrev as dr
    >>> "iris" in dr.problems.names()
    True
    """
    return NAMES


def sizes(name: str) -> dict[str, int]:
    """Return the sizes that a test problem takes, with their defaults.

    Raises
    ------
    UnknownProblemError
        If there is none of that name.

    Examples
    --------
    >>> import dualrev as dr
    >>> dr.problems.sizes("softmax")
    {'classes': 10, 'features': 50, 'points': 200}
    """
    return {size: parameter.default for size, parameter in signature(_maker(name)).parameters.items()}


def get(name: str, **given: int) -> Problem:
    """Return a test problem.

    Parameters
    ----------
    name : str
        One of `names()`.
    **given
        Sizes, of those that `sizes(name)` lists; the same sizes give the same data.

    Raises
    ------
    UnknownProblemError
        If there is none of that name.
    ProblemSizeError
        If the problem has no such size, or has it not as large or as small.

    Examples
    --------
    >>> import dualrev as dr
    >>> dr.problems.get("iris").n
    5
    >>> dr.problems.get("rosenbrock", n=100).n
    100
    """
    known = sizes(name)
    for size in given:
        if size not in known:
            of = f"of sizes {', '.join(known)}" if known else "without sizes"
            raise ProblemSizeError(f"the problem {name!r} has no size {size!r}{meant(size, known)}; it is {of}")
    return replace(_maker(name)(**given), sizes=known | given)


def table() -> str:
    """Return a table of all test problems at their usual sizes, as text.

    Examples
    --------
    >>> import dualrev as dr
    >>> print(dr.problems.table().splitlines()[3])
    rosenbrock         10000      1       1  n_much_larger_than_m   n=10000
    """
    made = [get(name) for name in NAMES]
    lines = [f"{'problem':17} {'n':>6} {'m':>6} {'points':>7}  {'regime':21}  sizes"]
    for problem in made:
        listed = ", ".join(f"{size}={value}" for size, value in problem.sizes.items())
        line = f"{problem.name:17} {problem.n:6} {problem.m:6} {problem.points:7}  {problem.regime:21}  {listed}"
        lines.append(line.rstrip())
    return "\n".join(lines)


def _maker(name: str) -> Callable[..., Problem]:
    if name not in _MAKERS:
        raise UnknownProblemError(
            f"there is no problem {name!r}{meant(name, NAMES)}; expected one of {', '.join(NAMES)}"
        )
    return _MAKERS[name]
