"""The form of a test problem."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

import numpy as np

from dualrev.documents import Document, Facts, Part, Title
from dualrev.errors import ProblemSizeError

MUCH = 5
"""From this ratio of n and m on, one of them is much larger than the other."""


@dataclass(frozen=True, eq=False)
class Problem(Document):
    """A function, a point, its data, and its derivative written by hand.

    `f`, `compiled` and `derivative` are functions of `*args`: the point `x`, which is differentiated, and the data.

    Attributes
    ----------
    name, title : str
    f : callable
        The function over NumPy, of one array and the data; it returns a number or a vector.
    x : ndarray
        The point, of shape (n,), or (points, n) where `batched`; read-only.
    description : str
        What it is and where it comes from.
    derivative : callable
        The Jacobian written by hand, of shape (m, n); (n,) where f returns a number, (points, m, n) where `batched`.
    data : tuple
        Further arguments; arrays among them are read-only.
    loop : callable, optional
        The function in Python's loops, as it is written for Numba.
    batched : bool
        Whether x holds many points, of which f takes one.
    optimum : ndarray, optional
        Where f is smallest, if that is known.
    sizes : dict
        What the problem was made with.

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> problem = dr.problems.get("curve", m=50)
    >>> jacobian = dr.jacobian(problem.f)(*problem.args)
    >>> jacobian.shape == (problem.m, problem.n)
    True
    >>> bool(np.allclose(jacobian, problem.derivative(*problem.args)))
    True
    """

    name: str
    title: str
    f: Callable[..., Any]
    x: np.ndarray
    description: str
    derivative: Callable[..., np.ndarray]
    data: tuple[Any, ...] = ()
    loop: Callable[..., Any] | None = None
    batched: bool = False
    optimum: np.ndarray | None = None
    sizes: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for array in (self.x, self.optimum, *self.data):
            if isinstance(array, np.ndarray):
                array.flags.writeable = False

    @property
    def args(self) -> tuple[Any, ...]:
        """The point and the data, which `f`, `compiled` and `derivative` take."""
        return (self.x, *self.data)

    @property
    def compiled(self) -> Any:
        """The function as Numba compiles it when it is first called, or None where there is no loop to compile."""
        return None if self.loop is None else compiled_once(self.loop)

    @property
    def points(self) -> int:
        """Number of points: one, unless `batched`."""
        return len(self.x) if self.batched else 1

    @property
    def n(self) -> int:
        """Number of inputs of f."""
        return int(self.x.shape[-1])

    @cached_property
    def m(self) -> int:
        """Number of outputs of f."""
        return int(np.size(self.f(self.x[0] if self.batched else self.x, *self.data)))

    @property
    def regime(self) -> str:
        """``"n_much_larger_than_m"``, ``"n_much_smaller_than_m"``, or ``"square"`` where the two are alike."""
        if self.n >= MUCH * self.m:
            return "n_much_larger_than_m"
        return "n_much_smaller_than_m" if self.m >= MUCH * self.n else "square"

    def _parts(self, html: bool = False) -> list[Part]:
        facts = [("n", f"{self.n:,}"), ("m", f"{self.m:,}"), ("regime", self.regime.replace("_", " "))]
        if self.batched:
            facts.append(("points", f"{self.points:,}"))
        if self.sizes:
            facts.append(("sizes", ", ".join(f"{name}={size}" for name, size in self.sizes.items())))
        return [Title(f"{self.name}: {self.title}"), " ".join(self.description.split()), Facts(facts)]


@cache
def compiled_once(loop: Callable[..., Any]) -> Any:
    """Return a function as Numba compiles it when it is first called: the same dispatcher every time."""
    import numba

    return numba.njit(loop)


def at_least(least: int, **sizes: int) -> None:
    """Raise `ProblemSizeError` for a size that is no integer or below the least that makes sense."""
    for name, size in sizes.items():
        if isinstance(size, bool) or not isinstance(size, int | np.integer) or size < least:
            raise ProblemSizeError(f"{name}={size!r} is no size; expected an integer of at least {least}")
