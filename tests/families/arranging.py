"""Axes, joining, splitting, and functions that move or repeat elements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualrev.primitives.array._padding import padded
from dualrev.primitives.array.shaping import copied
from families.case import MASK, Case, calls, over

CUBE = ((2, 3, 4),)
MATRIX = ((2, 3),)
TRIANGLES = over({}, {"k": 1}, {"k": -1}, shapes=((3, 3), (2, 3), (2, 3, 2), (3,)))


def _parts(*given: tuple[Any, ...], shapes: Any = ((4, 3),)) -> Callable[[Any], list[Case]]:
    """Return cases of functions that return several arrays, of all of them."""
    return lambda f: [
        Case(lambda x, a=args: np.concatenate([np.ravel(p) * (n + 1) for n, p in enumerate(f(x, *a))]), (shape,))
        for args in given
        for shape in shapes
    ]


def _pads(*options: tuple[Any, ...], shapes: Any = MATRIX) -> Callable[[Any], list[Case]]:
    return lambda f: [
        Case(lambda x, w=width, o=named: f(x, w, **o), (shape,)) for width, named in options for shape in shapes
    ]


WIDTH = ((1, 2), (2, 0))
RULES: dict[Any, Callable[[Any], list[Case]]] = {
    np.take: calls(
        (lambda f, a: f(a, [2, 0, 2]), MATRIX),
        (lambda f, a: f(a, [[0, 1], [-1, 0]], axis=0), MATRIX),
        (lambda f, a: f(a, 1, axis=-1), MATRIX),
        (lambda f, a: f(a, [0, 5, -7], axis=1, mode="wrap"), MATRIX),
        (lambda f, a: f(a, [0, 9, -7], mode="clip"), MATRIX),
        (lambda f, a: f(a, [1, 1, -1]), ((3,),)),
        (lambda f, a: f(a, np.zeros((0, 2), int), axis=1), MATRIX),
    ),
    np.take_along_axis: calls(
        (lambda f, a: f(a, np.array([[0, 2, 0, 1]]), 1), MATRIX),
        (lambda f, a: f(a, np.array([5, 0, 5]), None), MATRIX),
        (lambda f, a: f(a, np.argsort(a, axis=0), axis=0), MATRIX),
    ),
    np.delete: calls(
        (lambda f, a: f(a, 1), MATRIX),
        (lambda f, a: f(a, [0, 2], axis=1), MATRIX),
        (lambda f, a: f(a, slice(None, None, 2), 0), MATRIX),
        (lambda f, a: f(a, np.array([True, False, True]), axis=-1), MATRIX),
    ),
    np.resize: over({"new_shape": (2, 4)}, {"new_shape": 3}, {"new_shape": (3, 5)}),
    copied: over({}, {"order": "F"}),
    np.diagonal: over(
        {}, {"offset": 1}, {"offset": -1, "axis1": 1, "axis2": 0}, {"axis1": -1, "axis2": 0}, shapes=CUBE
    ),
    np.rot90: over({}, {"k": 2}, {"k": -1, "axes": (2, 0)}, {"k": 4}, shapes=CUBE),
    np.flip: over({}, {"axis": 0}, {"axis": (-1, 0)}, shapes=CUBE),
    np.roll: calls(
        (lambda f, a: f(a, 2), MATRIX),
        (lambda f, a: f(a, -1, axis=1), MATRIX),
        (lambda f, a: f(a, (1, -5), axis=(0, 1)), MATRIX),
        (lambda f, a: f(a, 1, axis=(0, -1)), MATRIX),
        (lambda f, a: f(a, (1, 2), axis=1), MATRIX),
        (lambda f, a: f(a, 3), ((0,),)),
    ),
    np.tile: calls(
        *(
            (lambda f, a, r=reps: f(a, r), shape)
            for reps in (2, (2, 3), (2, 1, 2), (0,))
            for shape in (MATRIX, ((3,),))
        ),
        (lambda f, a: f(a, (2, 2)), ((),)),
    ),
    np.repeat: calls(
        (lambda f, a: f(a, 2), MATRIX),
        (lambda f, a: f(a, 3, axis=0), CUBE),
        (lambda f, a: f(a, [1, 0, 3], axis=1), CUBE),
        (lambda f, a: f(a, [2], axis=-1), CUBE),
        (lambda f, a: f(a, np.arange(6)), MATRIX),
        (lambda f, a: f(a, 2), ((),)),
    ),
    np.tril: TRIANGLES,
    np.triu: TRIANGLES,
    np.trace: over({}, {"offset": 1}, {"offset": -1, "axis1": 2, "axis2": 0}, {"axis1": -1, "axis2": 1}, shapes=CUBE),
    padded: _pads((1, {}), (WIDTH, {"mode": "wrap"})),
}

STATISTICS = [
    (WIDTH, {"mode": mode} | more)
    for mode in ("maximum", "mean", "median", "minimum")
    for more in ({}, {"stat_length": 1}, {"stat_length": ((1, 2), (2, 1))})
]
COMPOSITES: dict[Any, Callable[[Any], list[Case]]] = {
    np.fliplr: over({}, shapes=CUBE),
    np.flipud: over({}, shapes=((3,), (2, 3))),
    np.diag: over({}, {"k": 1}, {"k": -2}, shapes=((3,), (3, 4))),
    np.diagflat: over({}, {"k": 1}, shapes=((3,), (2, 2))),
    np.pad: lambda f: [
        *_pads(
            (1, {}), ((1, 2), {}), (WIDTH, {"constant_values": 3.0}), (WIDTH, {"constant_values": ((1, 2), (3, 4))})
        )(f),
        *_pads(*[(WIDTH, {"mode": mode}) for mode in ("edge", "reflect", "symmetric", "wrap", "linear_ramp")])(f),
        *_pads(*[(((5, 4), (0, 7)), {"mode": mode}) for mode in ("reflect", "symmetric", "wrap")])(f),
        *_pads(*[(((1, 4), (3, 0)), {"mode": mode, "reflect_type": "odd"}) for mode in ("reflect", "symmetric")])(f),
        *_pads(
            (WIDTH, {"mode": "linear_ramp", "end_values": ((1, 2), (3, 4))}),
            ({1: (1, 2)}, {}),
            ({-1: 1}, {"mode": "edge"}),
        )(f),
        *_pads(*STATISTICS, shapes=((2, 3),))(f),
        *_pads((2, {}), (2, {"mode": "mean"}), (1, {"mode": "edge"}), shapes=((3,),))(f),
        *calls(
            (lambda f, a, c: f(a + 0 * c, WIDTH, constant_values=c), ((2, 3), ())),
            (lambda f, a, c: f(a + 0 * c[0], WIDTH, constant_values=(c[0], 2.0)), ((2, 3), (1,))),
            (lambda f, a, c: f(a + 0 * c[0], WIDTH, constant_values=((c[0], c[1]), (5.0, c[2]))), ((2, 3), (3,))),
        )(f),
    ],
    np.insert: calls(
        (lambda f, a, v: f(a, 1, v), ((2, 3), ())),
        (lambda f, a, v: f(a, [0, 2], v), ((3,), (2,))),
        (lambda f, a, v: f(a, 1, v, axis=1), ((2, 3), (2,))),
        (lambda f, a, v: f(a, [0, 0, 2], v, axis=0), ((2, 3), (3, 3))),
        (lambda f, a, v: f(a, slice(0, 2), v, axis=-1), ((2, 3), (2, 1))),
        (lambda f, a: f(a, 1, 5.0), ((3,),)),
    ),
    np.choose: calls(
        (lambda f, a, b: f([0, 1, 0], [a, b]), ((3,), (3,))),
        (lambda f, a, b: f([[0], [1]], (a, b)), ((2, 3), ())),
        (lambda f, a: f([2, 5, -1], a, mode="clip"), ((3, 3),)),
    ),
    np.compress: calls(
        (lambda f, a: f([True, False, True], a, axis=1), MATRIX),
        (lambda f, a: f(a[0] > -9, a), MATRIX),
    ),
    np.extract: calls((lambda f, a: f(MASK, a), MATRIX)),
    np.trim_zeros: calls(
        (lambda f, a: f(np.concatenate([[0.0], a, [0.0, 0.0]])), ((3,),)),
        (lambda f, a: f(np.concatenate([[0.0], a, [0.0, 0.0]]), "f"), ((3,),)),
        (lambda f, a: f(np.pad(a, 1)), MATRIX),
    ),
    np.unique: calls(
        (lambda f, a: f(a), MATRIX),
        (lambda f, a: f(np.concatenate([a, a])), ((3,),)),
        (lambda f, a: f(a, return_inverse=True, return_counts=True)[0], ((4,),)),
        (lambda f, a: f(a, axis=0), MATRIX),
    ),
    np.unique_values: calls((lambda f, a: np.sort(f(a)), ((4,),))),
    np.permute_dims: over({}, {"axes": (2, 0, 1)}, shapes=CUBE),
    np.matrix_transpose: over({}, shapes=CUBE),
    np.linalg.matrix_transpose: over({}, shapes=CUBE),
    np.rollaxis: calls((lambda f, a: f(a, 2), CUBE), (lambda f, a: f(a, 0, 3), CUBE), (lambda f, a: f(a, -1, 1), CUBE)),
    np.atleast_2d: over({}, shapes=((), (3,), (2, 3))),
    np.atleast_3d: over({}, shapes=((), (3,), (2, 3), (2, 3, 4))),
    np.broadcast_arrays: calls((lambda f, a, b: f(a, b)[0] * f(a, b)[1], ((2, 1), (3,)))),
    np.meshgrid: calls(
        *[
            (lambda f, a, b, c, n=n, o=o: f(a, b, c, **o)[n], ((2,), (3,), (4,)))
            for n in (0, 1, 2)
            for o in ({}, {"indexing": "ij"}, {"sparse": True})
        ],
        (lambda f, a: f(a)[0], ((3,),)),
    ),
    np.ix_: calls((lambda f, a, b: f(a, b)[0] * f(a, b)[1], ((2,), (3,)))),
    np.copy: over({}, {"order": "F"}),
    np.astype: calls((lambda f, a: f(a, np.float64), MATRIX)),
    np.dstack: calls(*((lambda f, a, b: f([a, b]), (s, s)) for s in ((), (3,), (2, 3), (2, 3, 4)))),
    np.column_stack: calls((lambda f, a, b: f([a, b]), ((3,), (3, 2))), (lambda f, a, b: f((a, b)), ((3,), (3,)))),
    np.block: calls(
        (lambda f, a, b: f([a, b]), ((2,), (3,))),
        (lambda f, a, b: f([[a, b], [np.ones((1, 5))]]), ((2, 3), (2, 2))),
        (lambda f, a, b: f([[a], [b]]), ((3,), (2, 3))),
        (lambda f, a: f(a), ((2,),)),
        (lambda f, a, b: f([[1.0, a], [b, 2.0]]), ((), ())),
    ),
    np.split: _parts((2,), ([1, 3],), ([1, 3], 1), (3, -1)),
    np.array_split: _parts((3,), ([2, 2, 9],), (2, 1)),
    np.hsplit: _parts((2,), ([1],), shapes=((4,), (2, 4))),
    np.vsplit: _parts((2,), ([1],)),
    np.dsplit: _parts((2,), ([1],), shapes=CUBE),
    np.unstack: lambda f: [
        *_parts(())(f),
        Case(lambda x: f(x, axis=-1)[1], ((2, 3),)),
    ],
}
