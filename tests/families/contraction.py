"""Contractions: einsum, tensordot and the products that others make up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualrev.primitives.array._einsum import Subscripts, contract
from families.case import Case, calls, of


def _sums(*given: tuple[Any, ...]) -> Callable[[Any], list[Case]]:
    """Return cases of einsum from tuples of subscripts, shapes and options."""
    return calls(*((lambda f, *x, t=text, o=options: f(t, *x, **o), shapes) for text, shapes, options in given))


TWO = ((2, 3), (3, 4))
EINSUM = _sums(
    ("ij,jk->ik", TWO, {}),
    ("ij,jk", TWO, {"optimize": True}),
    ("ij, jk -> ki", TWO, {}),
    ("ba", ((2, 3),), {}),
    ("ij->", ((2, 3),), {}),
    ("ii", ((3, 3),), {}),
    ("ii->i", ((3, 3),), {}),
    ("iij->ji", ((2, 2, 3),), {}),
    ("iii->i", ((2, 2, 2),), {}),
    ("i,i", ((3,), (3,)), {}),
    ("i,j", ((3,), (2,)), {}),
    (",ij", ((), (2, 3)), {}),
    ("ij,kl->", ((2, 3), (2, 2)), {}),
    ("ij,kj->k", ((2, 3), (4, 3)), {}),
    ("...j,jk", ((2, 5, 3), (3, 4)), {}),
    ("...ij,...jk->...ik", ((5, 2, 3), (3, 4)), {}),
    ("...ij,...jk->...ik", ((5, 2, 3), (4, 1, 3, 2)), {}),
    ("...,...", ((2, 3), (3,)), {}),
    ("i...->...", ((2, 3, 4),), {}),
    ("...ii->...i", ((3, 2, 2),), {}),
    ("ij,jk,kl->il", ((2, 3), (3, 2), (2, 4)), {}),
    ("ij,jk,kl,i->il", ((2, 3), (3, 2), (2, 4), (2,)), {"optimize": "optimal"}),
    ("ij,ij->ij", ((2, 3), (1, 3)), {}),
    ("ij,ji->", ((2, 3), (1, 2)), {}),
    ("i,i,i->i", ((3,), (1,), (3,)), {}),
    ("ij,j->i", ((0, 3), (3,)), {}),
    ("ij,j->i", ((2, 0), (0,)), {}),
)


def _lists(f: Any) -> list[Case]:
    cases: list[tuple[Any, Any]] = [
        (lambda f, a, b: f(a, [0, 1], b, [1, 2], [0, 2]), TWO),
        (lambda f, a, b: f(a, [0, 1], b, [1, 2]), TWO),
        (lambda f, a, b: f(a, [Ellipsis, 5], b, [5, 3], [Ellipsis, 3]), ((2, 2, 3), (3, 4))),
        (lambda f, a: f(a, [7, 7]), ((3, 3),)),
        (lambda f, a: f("ij,j->i", a, np.ones(3)), ((2, 3),)),
        (lambda f, a: f("ij,kj->ik", a, a), ((2, 3),)),
    ]
    return calls(*cases)(f)


RULES: dict[Any, Callable[[Any], list[Case]]] = {
    contract: calls(
        (lambda f, a, b: f(a, b, subscripts=Subscripts(("ij", "jk"), "ik")), TWO),
        (lambda f, a: f(a, subscripts=Subscripts(("iji",), "ij")), ((2, 3, 2),)),
        (lambda f, a: f(np.ones(30), a, np.ones((30, 20)), subscripts=Subscripts(("i", "ij", "ij"), "j")), ((30, 20),)),
    ),
    np.outer: of(((3,), (2,)), ((2, 2), (3,)), ((), (2,))),
    np.tensordot: calls(
        (lambda f, a, b: f(a, b), ((4, 2, 3), (2, 3, 2))),
        (lambda f, a, b: f(a, b, 1), TWO),
        (lambda f, a, b: f(a, b, axes=0), ((2,), (3, 2))),
        (lambda f, a, b: f(a, b, axes=(0, -1)), ((3, 2), (4, 3))),
        (lambda f, a, b: f(a, b, axes=([1, 0], [0, 2])), ((3, 2, 4), (2, 5, 3))),
        (lambda f, a, b: f(a, b, axes=1), ((0, 3), (3, 2))),
    ),
}

COMPOSITES: dict[Any, Callable[[Any], list[Case]]] = {
    np.einsum: lambda f: [*EINSUM(f), *_lists(f)],
    np.linalg.outer: of(((3,), (2,))),
    np.vecdot: of(((3,), (3,)), ((2, 3), (3,)), ((4, 1, 3), (2, 3))),
    np.linalg.vecdot: calls((lambda f, a, b: f(a, b, axis=0), ((3, 2), (3, 2)))),
    np.matvec: of(((2, 3), (3,)), ((4, 2, 3), (4, 3)), ((2, 3), (4, 3))),
    np.vecmat: of(((3,), (3, 2)), ((4, 3), (4, 3, 2)), ((4, 3), (3, 2))),
    np.linalg.matmul: of(((2, 3), (3, 2))),
    np.linalg.tensordot: calls((lambda f, a, b: f(a, b, axes=1), TWO)),
    np.kron: of(((2, 3), (3, 2)), ((2,), (3,)), ((2, 2), (3,)), ((3,), (2, 1, 2)), ((), (2,)), ((2, 2), ())),
    np.cross: calls(
        (lambda f, a, b: f(a, b), ((3,), (3,))),
        (lambda f, a, b: f(a, b), ((4, 3), (3,))),
        (lambda f, a, b: f(a, b, axisa=0, axisb=0, axisc=0), ((3, 4), (3, 4))),
        (lambda f, a, b: f(a, b, axis=0), ((3, 4), (3, 4))),
        (lambda f, a, b: f(a, b, 0, 1, -1), ((3, 2), (2, 3))),
    ),
    np.linalg.cross: calls((lambda f, a, b: f(a, b, axis=0), ((3, 2), (3, 2)))),
    np.linalg.multi_dot: calls(
        (lambda f, a, b: f([a, b]), TWO),
        (lambda f, a, b, c: f([a, b, c]), ((2, 3), (3, 4), (4, 2))),
        (lambda f, a, b, c: f((a, b, c)), ((3,), (3, 4), (4,))),
        (lambda f, a, b, c, d: f([a, b, c, d]), ((5,), (5, 2), (2, 4), (4, 3))),
        (lambda f, a, b, c: f([a, np.ones((3, 2)), b, c]), ((4, 3), (2, 3), (3,))),
    ),
    np.linalg.trace: calls((lambda f, a: f(a), ((2, 3, 3),)), (lambda f, a: f(a, offset=1), ((2, 3),))),
    np.linalg.diagonal: calls((lambda f, a: f(a), ((2, 3, 3),)), (lambda f, a: f(a, offset=-1), ((2, 3),))),
}
