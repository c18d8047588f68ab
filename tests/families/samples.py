"""Differences, integrals, interpolation, convolution, polynomials, and choices between elements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualrev.primitives.array._calculus import difference, interpolated
from dualrev.primitives.array._convolution import convolved
from dualrev.primitives.array._histograms import totals
from dualrev.primitives.array.grids import windows
from families.case import MASK, Case, calls, of, over

CUBE = ((4, 3, 5),)
PLACES = [0.1, 0.7, 0.3, 0.9, 0.5, 0.2]
SQUARES = [0.01, 0.49, 0.09, 0.81, 0.25, 0.04]
KNOTS = np.array([-1.0, 0.1, 0.7, 2.0])
MODES = ("full", "same", "valid")
LENGTHS = (((5,), (3,)), ((5,), (4,)), ((3,), (5,)), ((2,), (5,)), ((4,), (4,)), ((1,), (3,)))


def _upwards(x: Any) -> Any:
    """Return x made an increasing sequence."""
    return np.cumsum(np.abs(x) + 0.1) - 1.0


RULES: dict[Any, Callable[[Any], list[Case]]] = {
    difference: calls((lambda f, a: f(a, 2, 0), CUBE), (lambda f, a: f(a, 6, 0), CUBE), (lambda f, a: f(a), ((1,),))),
    np.unwrap: calls(
        (lambda f, a: f(a * 5), ((2, 6),)),
        (lambda f, a: f(a * 5, axis=0, period=4.0), ((6, 2),)),
        (lambda f, a: f(a * 5, discont=4.0), ((6,),)),
    ),
    interpolated: calls((lambda f, x, y: f(x, KNOTS, y, 0.5), ((3,), (4,)))),
    totals: calls(
        (
            lambda f, w: f(
                w,
                function=lambda each: np.histogram(PLACES, [0.0, 0.4, 0.8], weights=each)[0],
                places=(np.array([0, 1, 2, 4, 5]), np.array([0, 1, 0, 1, 0]), (2,)),
            ),
            ((6,),),
        ),
    ),
    windows: over({"window_shape": 3, "axis": 1}, {"window_shape": (2, 2)}, shapes=((3, 4),)),
    convolved: calls(*((lambda f, a, v, m=mode: f(a, v, m), shapes) for mode in MODES for shapes in LENGTHS)),
    np.vander: over({}, {"N": 5}, {"N": 2, "increasing": True}, {"N": 1}, {"N": 0}, shapes=((3,),)),
}

COMPOSITES: dict[Any, Callable[[Any], list[Case]]] = {
    np.diff: calls(
        (lambda f, a: f(a), CUBE),
        (lambda f, a: f(a, 3, axis=0), CUBE),
        (lambda f, a: f(a, n=0), CUBE),
        (lambda f, a, b: f(a, prepend=b, append=1.0), ((3, 4), ())),
        (lambda f, a, b: f(a, n=2, axis=0, append=b), ((3, 4), (2, 4))),
    ),
    np.ediff1d: calls(
        (lambda f, a: f(a), ((2, 3),)),
        (lambda f, a, b, c: f(a, to_end=b, to_begin=c), ((4,), (2,), ())),
    ),
    np.trapezoid: calls(
        (lambda f, y: f(y), ((3, 4),)),
        (lambda f, y: f(y, dx=0.5, axis=0), ((3, 4),)),
        (lambda f, y, x: f(y, x), ((3, 4), (4,))),
        (lambda f, y, x: f(y, x, axis=0), ((3, 4), (3,))),
        (lambda f, y, x: f(y, x=x, axis=0), ((3, 4), (3, 4))),
        (lambda f, y, h: f(y, dx=h), ((3, 4), ())),
    ),
    np.gradient: calls(
        (lambda f, a: f(a), ((5,),)),
        (lambda f, a: f(a, 0.5, edge_order=2), ((5,),)),
        (lambda f, a, x: f(a, _upwards(x)), ((5,), (5,))),
        (lambda f, a, x: f(a, _upwards(x), edge_order=2), ((5,), (5,))),
        (lambda f, a, h: f(a, h), ((5,), ())),
        (lambda f, a: np.stack(f(a)), ((3, 4),)),
        (lambda f, a: np.stack(f(a, 0.5, [0.0, 1.0, 3.0, 3.5])), ((3, 4),)),
        (lambda f, a: f(a, axis=0, edge_order=2), ((3, 4),)),
        (lambda f, a: np.stack(f(a, 2.0, axis=(1, 0))), ((2, 3, 2),)),
        (lambda f, a: f(a, [0.0, 0.5, 1.0]), ((3,),)),
    ),
    np.interp: calls(
        (lambda f, x, y: f(x, KNOTS, y), ((2, 3), (4,))),
        (lambda f, x, xp, fp: f(x, _upwards(xp), fp), ((6,), (4,), (4,))),
        (lambda f, x, xp, fp: f(x, _upwards(xp), fp, left=0.25, right=3.0), ((6,), (4,), (4,))),
        (lambda f, x, fp, end: f(x * 3, KNOTS, fp + 0 * end, left=end, right=end * 2), ((6,), (4,), ())),
        (lambda f, x, fp: f(x * 3, KNOTS, fp, period=2.7), ((6,), (4,))),
        (lambda f, x, fp: f(x, KNOTS, fp), ((), (4,))),
        (lambda f, x, fp: f(x, [0.5], fp), ((3,), (1,))),
        (lambda f, fp: f([-2.0, -1.0, 0.4, 2.0, 5.0], KNOTS, fp), ((4,),)),
    ),
    np.convolve: calls(
        (lambda f, a, v: f(a, v), ((4,), (3,))),
        (lambda f, a, v: f(a, v, mode="same"), ((3,), (4,))),
        (lambda f, a, v: f(a, v), ((), (4,))),
    ),
    np.correlate: calls(*((lambda f, a, v, m=mode: f(a, v, m), shapes) for mode in MODES for shapes in LENGTHS)),
    np.polyval: calls(
        (lambda f, p, x: f(p, x), ((4,), (2, 3))),
        (lambda f, p, x: f(p, x), ((4,), ())),
        (lambda f, p: f(p, 0.5), ((4,),)),
        (lambda f, x: f([1.0, -2.0, 3.0], x), ((3,),)),
    ),
    np.polyadd: of(((4,), (2,)), ((2,), (3,)), ((3,), (3,))),
    np.polysub: of(((4,), (2,)), ((2,), (3,))),
    np.polymul: of(((4,), (2,)), ((2,), (3,))),
    np.polyder: over({}, {"m": 2}, shapes=((4,),)),
    np.polyint: over({}, {"m": 2}, {"m": 2, "k": [1.0, 2.0]}, {"k": 3.0}, shapes=((3,),)),
    np.full_like: calls((lambda f, a, c: f(a * c, c) * a, ((2, 3), ())), (lambda f, a: f(a, 2.0) * a, ((2, 3),))),
    np.nan_to_num: calls(
        (lambda f, a: f(np.where(MASK, a, np.nan), nan=1.0), ((2, 3),)),
        (lambda f, a: f(np.where(MASK, a, np.inf), posinf=2.0), ((2, 3),)),
        (lambda f, a: f(np.where(MASK, a, -np.inf), neginf=2.0), ((2, 3),)),
    ),
    np.select: calls(
        (lambda f, a, b: f([a > 0.5, a > -0.5], [a * 2, b], 1.0), ((2, 3), (3,))),
        (lambda f, a, b, c: f([MASK, ~MASK[:, :1]], [a, b], default=c), ((2, 3), (2, 3), ())),
    ),
    np.piecewise: calls(
        (lambda f, x: f(x, [x < 0, x >= 0], [3.0, lambda v: v**2]), ((2, 3),)),
        (lambda f, x: f(x, [x < -0.5, x > 0.5], [np.sin, np.cos, lambda v: v * 2]), ((2, 3),)),
        (lambda f, x: f(x, x > 0, [np.sin, np.cos]), ((4,),)),
        (lambda f, x, k: f(x + 0 * k, [x > 0], [lambda v, k: v * k, lambda v, k: v + k], k), ((4,), ())),
        (lambda f, x: f(x, [x > 0, x < 1], [np.sin, np.cos]), ((),)),
    ),
    np.linspace: calls(
        (lambda f, a, b: f(a, b, 5), ((), ())),
        (lambda f, a: f(a, 3.0, 4, endpoint=False), ((),)),
        (lambda f, a, b: f(a, b, 3, axis=-1), ((2,), ())),
        (lambda f, a, b: f(a, b, 3, retstep=True)[1], ((2,), (2,))),
        (lambda f, a: f(a, 3.0, 1), ((),)),
    ),
    np.logspace: calls((lambda f, a, b: f(a, b, 4), ((), ())), (lambda f, a: f(a, 2.0, 3, base=2.0), ((2,),))),
    np.geomspace: calls((lambda f, a, b: f(a * a, b * b, 4), ((), ())), (lambda f, a: f(a * a, 9.0, 3), ((2,),))),
    np.lib.stride_tricks.sliding_window_view: calls(
        (lambda f, a: f(a, 3), ((5,),)),
        (lambda f, a: f(a, (2, 2)), ((3, 4),)),
        (lambda f, a: f(a, 2, axis=1), ((3, 4),)),
    ),
    np.cov: calls(
        (lambda f, a: f(a), ((3, 5),)),
        (lambda f, a: f(a), ((5,),)),
        (lambda f, a, b: f(a, b, bias=True), ((5,), (5,))),
        (lambda f, a: f(a, rowvar=False, ddof=0), ((5, 2),)),
        (lambda f, a: f(a, fweights=[1, 2, 1, 3, 1], aweights=np.array([0.5, 1.0, 2.0, 1.0, 1.0])), ((2, 5),)),
        (lambda f, a: f(a, fweights=[1, 2, 1, 3, 1]), ((2, 5),)),
    ),
    np.corrcoef: calls((lambda f, a: f(a), ((3, 5),)), (lambda f, a, b: f(a, b), ((5,), (5,)))),
    np.bincount: calls((lambda f, w: f([0, 3, 0, 1], w), ((4,),)), (lambda f, w: f([0, 3, 0, 1], w, 6), ((4,),))),
    np.histogram: calls(
        (lambda f, w: f(PLACES, 3, weights=w)[0], ((6,),)),
        (lambda f, w: f(PLACES, [0.0, 0.5, 2.0], weights=w, density=True)[0], ((6,),)),
        (lambda f, w: f([PLACES[:3], PLACES[3:]], 4, (0.2, 0.9), None, w)[0], ((2, 3),)),
    ),
    np.histogram2d: calls(
        (lambda f, w: f(PLACES, SQUARES, (2, 3), weights=w)[0], ((6,),)),
        (lambda f, w: f(PLACES, SQUARES, [0.0, 0.5, 1.0], weights=w, density=True)[0], ((6,),)),
    ),
    np.histogramdd: calls(
        (lambda f, w: f([PLACES, SQUARES], (2, 3), weights=w)[0], ((6,),)),
        (lambda f, w: f([PLACES, SQUARES, PLACES], 2, weights=w, density=True)[0], ((6,),)),
    ),
    np.divmod: calls((lambda f, a, b: np.stack(f(a, b)), ((3,), ()))),
    np.modf: calls((lambda f, a: np.stack(f(a * 3)), ((3,),))),
    np.ldexp: calls((lambda f, a: f(a, [1, -2, 3]), ((2, 3),))),
    np.apply_along_axis: calls(
        (lambda f, a: f(np.sum, 0, a), CUBE),
        (lambda f, a: f(lambda v: v[:2] * v[2:], 1, a), ((2, 4, 3),)),
        (lambda f, a: f(lambda v, k: np.outer(v, v) * k, -1, a, 2.0), ((2, 3),)),
    ),
    np.apply_over_axes: calls(
        (lambda f, a: f(np.sum, a, [0, 2]), CUBE),
        (lambda f, a: f(np.cumsum, a, 1), CUBE),
    ),
}
