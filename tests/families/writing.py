"""Arrays made like others, and functions that write to an array."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualrev.primitives.array.vector_parts import Region, Scattered, deposit, overwrite, window
from families.case import MASK, Case, calls

PARTS = (Region(1, (2, 2), (3, -1)), Region(5, (), ()), Region(4, (3,), (-2,)), Scattered(np.array([[4, 0], [2, 5]])))
OVERLAPPING = Region(0, (3, 2), (1, 1))


def _held(a: Any, b: Any) -> Any:
    """Return an array of the values of `a` that holds derivatives where `a` or `b` does."""
    return a + 0.0 * np.sum(b)


def _written(a: Any, write: Callable[[Any], Any]) -> Any:
    y = a.copy()
    write(y)
    return y


RULES: dict[Any, Callable[[Any], list[Case]]] = {
    window: calls(*((lambda f, x, p=part: f(x, p), ((6,),)) for part in (*PARTS, OVERLAPPING))),
    deposit: calls(*((lambda f, w, p=part: f(w, p, 7), (part.shape,)) for part in (*PARTS, OVERLAPPING))),
    overwrite: calls(
        *((lambda f, x, v, p=part: f(x, v, p), ((6,), part.shape)) for part in PARTS),
        (lambda f, x, v: f(x, v, PARTS[0]), ((6,), (2, 1))),
        (lambda f, x, v: f(x, v, PARTS[0]), ((6,), ())),
        (lambda f, x: f(x, 2.0, PARTS[0]), ((6,),)),
    ),
}

COMPOSITES: dict[Any, Callable[[Any], list[Case]]] = {
    **dict.fromkeys((np.zeros_like, np.ones_like), calls((lambda f, a: f(a) + a, ((2, 3),)))),
    np.empty_like: calls((lambda f, a: _written(f(a), lambda y: y.fill(a[0, 1])) * a, ((2, 3),))),
    **dict.fromkeys((np.zeros, np.ones), calls((lambda f, a: f(3, like=a) * a + a, ((2, 3),)))),
    np.empty: calls((lambda f, a: _written(f((2, 3), like=a), lambda y: y.fill(a[1, 1])), ((2, 3),))),
    **dict.fromkeys((np.eye, np.identity, np.tri, np.arange), calls((lambda f, a: f(3, like=a) * a, ((3, 3),)))),
    **dict.fromkeys(
        (np.array, np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray),
        calls(
            (lambda f, a: f([[a[0], 1.0], [a[1] * a[2], a[0]]], like=a), ((3,),)),
            (lambda f, a: f(a, like=a), ((2, 3),)),
        ),
    ),
    np.full_like: calls(
        (lambda f, a, b: f(_held(a, b), b), ((2, 3), ())),
        (lambda f, a, b: f(_held(a, b), b, shape=(4, 3)), ((2, 3), (3,))),
        (lambda f, a: f(a, 2.0) * a, ((3,),)),
    ),
    np.full: calls((lambda f, a: f((2, 3), a, like=a), ((3,),)), (lambda f, a: f(3, 2.0, like=a) * a, ((3,),))),
    np.copyto: calls(
        (lambda f, a, b: _written(_held(a, b), lambda y: f(y, b)), ((2, 3), (3,))),
        (lambda f, a, b: _written(_held(a, b), lambda y: f(y, b, where=MASK)), ((2, 3), (2, 3))),
    ),
    np.put: calls((lambda f, a, b: _written(_held(a, b), lambda y: f(y, [1, 4, 1, -1], b)), ((2, 3), (3,)))),
    np.place: calls((lambda f, a, b: _written(_held(a, b), lambda y: f(y, MASK, b)), ((2, 3), (2,)))),
    np.putmask: calls((lambda f, a, b: _written(_held(a, b), lambda y: f(y, MASK, b)), ((2, 3), (4,)))),
    np.put_along_axis: calls(
        (lambda f, a, b: _written(_held(a, b), lambda y: f(y, np.array([[1], [2]]), b, 1)), ((2, 3), (2, 1)))
    ),
    np.fill_diagonal: calls(
        (lambda f, a, b: _written(_held(a, b), lambda y: f(y, b)), ((3, 3), ())),
        (lambda f, a, b: _written(_held(a, b), lambda y: f(y, b, wrap=True)), ((5, 2), (2,))),
    ),
}
