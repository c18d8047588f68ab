"""Second derivatives against SymPy's, and against differences of the gradient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dualrev.active.trees import flatten_output
from dualrev.errors import NonScalarOutputError
from dualrev.operators.call import Point
from dualrev.operators.operator import Gradient, Jacobian
from dualrev.operators.vector_products import jvp
from dualrev.verification import numeric
from dualrev.verification._jacobians import Compared
from dualrev.verification._report import HessianCheck
from dualrev.verification.symbols.exact import derivative, evaluated
from dualrev.verification.symbols.limits import Following, TooLargeError


def checked(point: Point, symbols: Compared, rng: np.random.Generator, most: int, following: Following) -> HessianCheck:
    """Check the Hessian of a function that returns a number, both modes over the other."""
    flat = _OfVector(point)
    x = flat.start
    values, _ = flatten_output(point.call([leaf.copy() for leaf in point.leaves]), point.name)  # it may write to them
    if len(values) != 1 or np.shape(values[0]) != ():
        shapes = ", ".join(str(np.shape(value)) for value in values)
        raise NonScalarOutputError(f"order=2 needs a function that returns a number; {point.name} returned {shapes}")
    gradient = Gradient(flat, mode="reverse")
    [v] = numeric.random_like([x], rng)

    def gradients(leaves: list[Any]) -> list[Any]:
        return [gradient(leaves[0])]

    expected, found = numeric.directional_difference(gradients, [x], [v]), [jvp(gradient, (x,), (v,))[1]]
    difference = numeric.relative_error(found, expected)
    if not difference <= float(np.finfo(x.dtype).eps) ** 0.5:
        difference = numeric.lost(difference, found, expected, gradients, [x], [v])
    entries, exact = _exact(symbols, x.size, rng, most, following)
    if not entries:
        return HessianCheck(0, None, None, difference)
    rows, columns = np.array(entries).T
    by_forward = Jacobian(gradient, mode="forward")(x)[rows, columns]
    by_reverse = Jacobian(Gradient(flat, mode="forward"), mode="reverse")(x)[rows, columns]
    errors = [numeric.relative_error([each], [np.array(exact)]) for each in (by_forward, by_reverse)]
    return HessianCheck(len(entries), errors[0], errors[1], difference)


class _OfVector:
    """A point's function as one of a single vector of all inputs."""

    def __init__(self, point: Point) -> None:
        self.point, self.__name__ = point, point.name
        self.start = np.concatenate([np.ravel(leaf) for leaf in point.leaves])

    def __call__(self, x: Any) -> Any:
        point = self.point
        parts = [
            np.reshape(x[start : start + size], leaf.shape)
            for start, size, leaf in zip(point.offsets, point.sizes, point.leaves, strict=True)
        ]
        return flatten_output(point.call(parts), point.name)[0][0]


def _exact(
    symbols: Compared, n: int, rng: np.random.Generator, most: int, following: Following
) -> tuple[Sequence[tuple[int, int]], Sequence[float]]:
    if symbols.symbolic is None:
        return [], []
    values, [expression] = symbols.symbolic.values, symbols.symbolic.expressions
    drawn = np.arange(n * n) if n * n <= most else np.sort(rng.choice(n * n, most, replace=False))
    entries, exact = [], []
    for k in drawn:
        i, j = divmod(int(k), n)
        try:
            following.in_time()
        except TooLargeError:
            break
        slope = derivative(expression, symbols.symbolic.symbols[i])
        number = evaluated(derivative(slope, symbols.symbolic.symbols[j]), values)
        if number is not None:
            entries.append((i, j))
            exact.append(float(number))
    return entries, exact
