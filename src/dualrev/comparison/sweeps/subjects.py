"""The subject of a sweep: a family, a problem or a function of the user's, with arguments for every n and m."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from dualrev import problems
from dualrev.comparison.sweeps.families import FAMILIES
from dualrev.errors import SweepError, UnknownBackendError, meant
from dualrev.operators.call import name_of


class Asked(NamedTuple):
    """A function, what gives its arguments for n and m, a title, and the size of a problem that n gives instead."""

    function: Callable[..., Any]
    arguments: Callable[[int, int], Any]
    title: str
    growing: str | None = None


def swept_problems() -> list[str]:
    """Return the names of the problems that can be had in several sizes, at a point alone."""
    return [name for name in problems.names() if problems.sizes(name).keys() - {"points"}]


def asked(f: Any, at: Callable[[int, int], Any] | None, over: str | None, backend: str) -> Asked:
    """Return what is meant by the arguments of `sweep`."""
    if backend not in ("auto", "numpy", "numba"):
        raise UnknownBackendError(f"backend={backend!r} does not exist; expected 'auto', 'numpy' or 'numba'")
    if isinstance(f, str) and f in swept_problems():
        return _problem(f, at, over, backend)
    if over is not None:
        raise SweepError(f"over={over!r} is for problems; expected one of {', '.join(swept_problems())}")
    if callable(f):
        return Asked(f, at or (lambda n, m: np.linspace(0.5, 1.5, n)), name_of(f))
    if f not in FAMILIES:
        raise SweepError(
            f"there is no family {f!r}{meant(f, (*FAMILIES, *swept_problems()))}; "
            f"expected a function, one of {', '.join(FAMILIES)}, or one of the problems "
            f"{', '.join(swept_problems())}"
        )
    family = FAMILIES[f]
    function = family.compiled if backend == "numba" else family.interpreted
    return Asked(function, at or family.at, f"{f}: {family.title}")


def _problem(name: str, at: Callable[[int, int], Any] | None, over: str | None, backend: str) -> Asked:
    problem, sizes = problems.get(name), problems.sizes(name)
    function = problem.compiled if backend == "numba" else problem.f
    if over is not None and over not in sizes:
        raise SweepError(f"the problem {name} has no size {over!r}; expected one of {', '.join(sizes)}")
    if at is not None or (over is None and {"n", "m"} & sizes.keys()):

        def of_shape(n: int, m: int) -> Any:
            return problems.get(name, **{size: value for size, value in (("n", n), ("m", m)) if size in sizes}).args

        return Asked(function, at or of_shape, f"the problem {name}")
    growing = over or next(iter(sizes))
    return Asked(
        function,
        lambda size, _: problems.get(name, **{growing: size}).args,
        f"the problem {name} over {growing}",
        growing,
    )
