"""For every array rule and every composite, calls with the shapes of their operands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from families import FAMILIES
from families.case import AXES, MASK, PRODUCTS, Case, calls, of, over
from linalg_cases import LINALG_COMPOSITES, LINALG_RULES

from dualrev.primitives.array.indexing import index, scatter
from dualrev.primitives.array.reduction import logsumexp, norm_2, softmax
from dualrev.primitives.array.shaping import astype

RULE_CASES: dict[Any, Callable[[Any], list[Case]]] = {
    logsumexp: lambda f: [
        *AXES(f),
        *over({"b": np.float32([1.0, 0.0, 2.5])}, {"b": np.float32([[1.0], [0.5]]), "axis": 1, "keepdims": True})(f),
        *over({"b": np.ones((4, 2, 1), np.float32), "axis": -1}, shapes=((3,), (2, 3)))(f),
    ],
    norm_2: AXES,
    softmax: over({}, {"axis": 0}, {"axis": -1}, {"axis": (0, 1)}),
    np.reshape: over(*[{"shape": s, "order": o} for s in ((3, 2), -1, (1, 6, 1), (2, -1)) for o in "CFA"]),
    np.transpose: over({}, {"axes": (2, 0, 1)}, {"axes": (-1, 0, -2)}, shapes=((2, 3, 4),)),
    np.broadcast_to: over({"shape": (2, 3)}, {"shape": (4, 2, 3)}, shapes=((2, 3), (3,), (1, 3), (2, 1), ())),
    astype: over({"dtype": np.float64}),
    np.concatenate: calls(
        (lambda f, a, b: f([a, b]), ((2, 3), (1, 3))),
        (lambda f, a, b: f((a, b), axis=-1), ((2, 3), (2, 2))),
        (lambda f, a, b, c: f([a, b, np.ones((2, 1)), c], axis=1), ((2, 3), (2, 0), (2, 1))),
        (lambda f, a, b, c: f([a, np.ones(2), b, c], axis=None), ((2, 3), (), (0, 2))),
    ),
    np.stack: calls(
        *[(lambda f, a, b, n=n: f([a, np.zeros((2, 3)), b], axis=n), ((2, 3), (2, 3))) for n in (0, 1, 2, -1, -2)],
        (lambda f, a, b: f((a, b)), ((), ())),
    ),
    np.matmul: lambda f: [
        *PRODUCTS(f),
        *of(((4, 2, 3), (3,)), ((3,), (4, 3, 2)), ((4, 2, 3), (4, 3, 2)), ((1, 2, 3), (4, 3, 1)), ((2, 3), (4, 3, 2)))(
            f
        ),
    ],
    index: over(
        *({"index": at} for at in (0, -1, slice(1), (1, 2), (slice(None), 1), (Ellipsis, slice(None, None, -2)))),
        *({"index": at} for at in (None, (slice(None), None, 1), [1, 0, 1], ([0, 1, 1], [2, 2, 0]), MASK, MASK[:, 0])),
        *({"index": at} for at in (([0, 1], slice(1, 3)), (slice(None), [[0, 2], [2, 0]]), ([[0], [1]], [0, 0]), [])),
    ),
    scatter: calls(
        (lambda f, w: f(w, shape=(2, 3), index=1, ndim=1), ((3,),)),
        (lambda f, w: f(w, shape=(2, 3), index=([0, 1, 0], [2, 2, 2]), ndim=1), ((3,),)),
        (lambda f, w: f(w, shape=(2, 3), index=MASK, ndim=1), ((4,),)),
    ),
}

COMPOSITE_CASES: dict[Any, Callable[[Any], list[Case]]] = {
    np.ravel: over({}, *({"order": o} for o in "FAK")),
    np.squeeze: over({}, {"axis": 0}, {"axis": (0, -1)}, shapes=((1, 3, 1),)),
    np.expand_dims: over({"axis": 0}, {"axis": -1}, {"axis": (0, 2)}),
    np.swapaxes: over({"axis1": 0, "axis2": -1}, shapes=((2, 3, 4),)),
    np.moveaxis: calls(
        (lambda f, a: f(a, 0, -1), ((2, 3, 4),)),
        (lambda f, a: f(a, source=(0, 1), destination=(-1, 0)), ((2, 3, 4),)),
    ),
    np.atleast_1d: over({}, shapes=((), (3,), (2, 3))),
    np.dot: lambda f: [
        *PRODUCTS(f),
        *of(((), (3,)), ((2,), ()), ((2, 4, 3), (5, 3, 2)), ((2, 3), (5, 3, 2)), ((2, 4, 3), (3,)))(f),
    ],
    np.vdot: of(((3,), (3,)), ((2, 3), (2, 3))),
    np.inner: of(((3,), (3,)), ((2, 3), (3,)), ((2, 3), (4, 3)), ((), (3,)), ((2, 2, 3), (4, 3))),
    np.hstack: calls(
        (lambda f, a, b: f([a, b]), ((2,), (3,))),
        (lambda f, a, b: f([a, b]), ((2, 1), (2, 3))),
        (lambda f, a, b: f([a, 1.0, b]), ((), ())),
    ),
    np.vstack: calls((lambda f, a, b: f([a, b]), ((3,), (3,))), (lambda f, a, b: f((a, b)), ((2, 3), (3,)))),
    np.append: calls((lambda f, a, b: f(a, b), ((2, 2), (3,))), (lambda f, a, b: f(a, b, axis=0), ((2, 3), (1, 3)))),
    np.clip: calls(
        (lambda f, x: f(x, -0.5, 0.5), ((2, 3),)),
        (lambda f, x: f(x, 0.1, None), ((2, 3),)),
        (lambda f, x: f(x, None, 0.1), ((2, 3),)),
        (lambda f, x, low, high: f(x, low - 2, high + 2), ((2, 3), (3,), ())),
    ),
    np.where: calls(
        (lambda f, a, b: f(MASK, a, b), ((2, 3), (2, 3))),
        (lambda f, a, b: f(MASK, a, b), ((3,), (2, 1))),
        (lambda f, a, b: f(a > b, a, b), ((2, 3), ())),
    ),
}


for _family in FAMILIES:
    RULE_CASES |= _family.RULES
    COMPOSITE_CASES |= _family.COMPOSITES


for _cases, _linalg in ((RULE_CASES, LINALG_RULES), (COMPOSITE_CASES, LINALG_COMPOSITES)):
    _cases.update({f: lambda f, make=make: [Case(*case) for case in make(f)] for f, make in _linalg.items()})


def cases() -> list[tuple[Any, Case]]:
    """Return every case with its function."""
    return [(f, case) for table in (RULE_CASES, COMPOSITE_CASES) for f, make in table.items() for case in make(f)]
