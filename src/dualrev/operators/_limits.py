"""Derivatives of functions that ask for vectors of values that coincide: as limits, in two directions.

The two limits also choose the vectors differently. A function that depends on the choice has a term in 1 / eps, or
two derivatives; it gets NaN. Functions of single values, such as the second of several equal ones, have a kink: two
derivatives too, the first of which is that of the plain run, and is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from typing import Any

import numpy as np

from dualrev.active.number import Active, new_level, primal
from dualrev.forward.dual import Dual
from dualrev.primitives.array.coincidence import unknown_slope
from dualrev.primitives.array.limit import Limit

Parts = tuple[Any, Any]
"""The term in 1 / eps, and the next, which is the derivative."""


def limits() -> Iterator[Limit]:
    """Return the limits that are taken, each at a level of its own."""
    for turned in (False, True):
        yield Limit(new_level(), Dual.at_level, turned)


def at_limit(limit: Limit, leaves: Sequence[Any]) -> list[Any]:
    """Return the point from which a limit is taken."""
    return [limit.number(x, np.zeros(x.shape, x.dtype)[()]) for x in leaves]


def _times_eps(limit: Limit, seeds: Sequence[Any]) -> list[Any]:
    return [None if t is None else limit.number(np.zeros(t.shape, t.dtype)[()], t) for t in seeds]


def pushed_by_limits(
    run: Callable[[list[Any], list[Any], Limit], list[Any]],
    leaves: Sequence[Any],
    tangents: Sequence[Any],
    values: Sequence[Any],
    pushed: Sequence[Any],
    pulled: Callable[[], list[Any]],
) -> list[Any]:
    """Return the tangents of a function as limits decide.

    Parameters
    ----------
    run
        Pushes tangents from a point, in a run that takes a limit.
    leaves, tangents, values, pushed
        Those of the plain run.
    pulled
        Returns the tangents by the pullback: of functions of the values as a whole that is a number, where the
        pushforward is NaN.
    """
    found: list[list[Any]] = []
    for limit in limits():
        out = run(at_limit(limit, leaves), _times_eps(limit, tangents), limit)
        found.append([(0.0, 0.0) if t is None else tuple(map(primal, limit.parts(t))) for t in out])
    again = cache(pulled)
    scale = max([_largest(t, t.ndim) for t in tangents if t is not None], default=0.0)
    results: list[Any] = []
    for n, (t, value, *pair) in enumerate(zip(pushed, values, *found, strict=True)):
        if t is None:
            results.append(None)
            continue
        size = np.maximum(scale * _largest(value, value.ndim), _largest(pair[0][1], np.ndim(pair[0][1])))
        results.append(_decided(t, pair, size, again=partial(_nth, again, n)))
    return results


def _nth(results: Callable[[], list[Any]], n: int) -> Any:
    return results()[n]


def pulled_by_limits(
    beside: Sequence[tuple[Limit, Callable[..., list[Any]]]],
    leaves: Sequence[Any],
    cotangents: Sequence[Any],
    values: Sequence[Any],
    adjoints: list[Any],
    last: bool,
    kinks: bool,
) -> list[Any]:
    """Return the adjoints of leaves as limits decide, of which recordings were made beside that of the plain run."""
    found: list[list[Any]] = []
    for limit, recorded in beside:
        # The transposes of what is computed times eps: of the derivative, and of the term in 1 / eps.
        derivatives, terms = recorded(cotangents), recorded(_times_eps(limit, cotangents), last)
        found.append(
            [
                tuple([0.0 if x is None else primal(limit.parts(x)[0]) for x in pair])
                for pair in zip(terms, derivatives, strict=True)
            ]
        )
    sizes = [
        _largest(w, y.ndim) * _largest(y, y.ndim) for w, y in zip(cotangents, values, strict=True) if w is not None
    ]
    sizes += [
        _largest(d, len(x.shape)) for a, (_, d), x in zip(adjoints, found[0], leaves, strict=True) if a is not None
    ]
    size = np.max(np.stack(sizes), axis=0)
    return [
        None if t is None else _decided(t, pair, np.reshape(size, size.shape + (1,) * (t.ndim - size.ndim)), kinks)
        for t, *pair in zip(adjoints, *found, strict=True)
    ]


def _largest(x: Any, ndim: int) -> Any:
    """Return the size of the largest finite entry on the last axes, so many of them."""
    sizes = np.abs(primal(x))
    sizes = np.where(np.isfinite(sizes), sizes, 0.0)
    return np.max(sizes, axis=tuple(range(max(sizes.ndim - ndim, 0), sizes.ndim)), initial=0.0)


def _decided(
    derivative: Any, pair: Sequence[Parts], size: Any, kinks: bool = True, again: Callable[[], Any] | None = None
) -> Any:
    """Return the derivative of a plain run as two limits decide.

    Parameters
    ----------
    derivative
        Of the plain run.
    pair
        The two limits. The first is of vectors as the plain run has them.
    size
        How large what is computed is: rounding is in proportion to it.
    kinks
        Whether functions of single values keep the derivative of the plain run.
    again
        Returns the derivative by the pullback, which is a number where the pushforward is NaN for functions of the
        values as a whole.
    """
    (term, limit), (other_term, other) = pair
    plain = primal(derivative)
    least = np.finfo(plain.dtype).eps ** 0.75 * size
    with np.errstate(invalid="ignore"):

        def near(a: Any, b: Any) -> Any:
            return (a == b) | (np.abs(a - b) <= least) | np.isinf(a)

        same = near(limit, other) & np.isfinite(limit)
        if again is not None and not np.all(same | near(plain, limit)):
            derivative = np.where(np.isnan(plain), again(), derivative)[()]
            plain = primal(derivative)
        chosen = (np.abs(term) > least) | (np.abs(other_term) > least)
        kept = near(plain, limit) & (same | kinks | np.isinf(plain)) & ~chosen  # infinite slopes have no limit beside
    if np.all(kept):
        return derivative
    found = np.where(same & ~chosen, limit, np.nan)
    instead = unknown_slope(derivative, value=found) if isinstance(derivative, Active) else found
    return np.where(kept, derivative, instead)[()]
