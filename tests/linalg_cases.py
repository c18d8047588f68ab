"""Calls of the functions of linear algebra. Operands are random; matrices near them are well conditioned."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.primitives.array._determinants import cofactors, log_det
from dualrev.primitives.array._factorizations import lower_factor, orthogonal_triangular
from dualrev.primitives.array._linear_systems import pseudoinverse
from dualrev.primitives.array._singular_values import thin_singular
from dualrev.primitives.array._spectra import real_spectrum, symmetric_spectrum
from dualrev.primitives.array.coincidence import open_slopes, settled, unknown_slope, unsettled
from dualrev.primitives.array.matrix_functions import MATRIX_FUNCTIONS
from dualrev.primitives.array.structured_systems import banded, solve_triangular

SQUARE = ((3, 3), (2, 3, 3), (1, 1), (0, 0), (0, 2, 2))
TALL = ((4, 2), (2, 3, 2), (3, 0))
WIDE = ((2, 4), (2, 2, 3))
NORMS = (None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)


def near(a: Any) -> Any:
    """Return a regular matrix near one with well separated eigenvalues and singular values."""
    m, n = a.shape[-2:]
    return 0.2 * a + np.eye(m, n, dtype=a.dtype) * np.array([1.0, 3.0, 6.0, 10.0][:n], a.dtype)


def definite(a: Any) -> Any:
    """Return a symmetric matrix whose eigenvalues are positive."""
    return near(a) @ np.swapaxes(near(a), -1, -2)


def bent(y: Any) -> Any:
    """Return something whose second derivative is not 0 where that of a matrix of one element would be."""
    return y + y * y


def dominant(ab: Any, row: int) -> Any:
    """Return the diagonals of a matrix, of which one is the largest by far."""
    return ab + 8 * np.eye(ab.shape[0], 1, -row, ab.dtype)


def matrices(*calls: Any, shapes: Any = SQUARE) -> Any:
    """Return a maker of cases: each call, given the function and a matrix, over each shape."""
    return lambda f: [(lambda a, g=g: g(f, near(a)), (shape,)) for g in calls for shape in shapes]


def both(*makers: Any) -> Any:
    """Return a maker of the cases of several."""
    return lambda f: [case for make in makers for case in make(f)]


def listed(*cases: Any) -> Any:
    """Return a maker of cases as they are."""
    return lambda f: [(lambda *x, g=g: g(f, *x), shapes) for g, shapes in cases]


def part(name: str, *args: Any, **kwargs: Any) -> Any:
    """Return a call that takes one of several results."""
    return lambda f, a: getattr(f(a, *args, **kwargs), name)


LINALG_RULES: dict[Any, Any] = {
    np.linalg.solve: listed(
        *[
            (lambda f, a, b: f(near(a), b), shapes)
            for shapes in (
                *(((3, 3), (3,)), ((3, 3), (3, 2)), ((2, 3, 3), (3,)), ((2, 3, 3), (3, 2)), ((3, 3), (2, 3, 2))),
                *(((2, 3, 3), (2, 3, 1)), ((2, 1, 3, 3), (4, 3, 2)), ((1, 3, 3), (2, 3, 2)), ((1, 1), (1,))),
                *(((0, 0), (0,)), ((3, 3), (3, 0)), ((0, 2, 2), (2,))),
            )
        ],
    ),
    np.linalg.inv: matrices(lambda f, a: f(a)),
    pseudoinverse: matrices(lambda f, a: f(a), shapes=(*SQUARE, *TALL, *WIDE)),
    np.linalg.det: matrices(lambda f, a: bent(f(a))),
    cofactors: matrices(lambda f, a: f(a)),
    log_det: matrices(lambda f, a: f(a)),
    lower_factor: matrices(lambda f, a: bent(f(definite(a)))),
    orthogonal_triangular: matrices(lambda f, a: bent(f(a)), shapes=(*SQUARE, *TALL)),
    symmetric_spectrum: matrices(lambda f, a: f(a + np.swapaxes(a, -1, -2))),
    real_spectrum: matrices(lambda f, a: f(a + 2 * np.triu(np.ones(a.shape), 1).astype(a.dtype))),
    unknown_slope: matrices(lambda f, a: f(0 * np.sign(a), value=0.0) + a),
    settled: matrices(lambda f, a: f(a, where=np.zeros(a.shape[-1], bool))),
    unsettled: matrices(lambda f, a: f(0 * np.sign(a)) + a),
    open_slopes: matrices(lambda f, a: f(a, where=np.zeros(a.shape, bool)) + 0 * a),
    thin_singular: matrices(lambda f, a: f(a), shapes=(*SQUARE, *TALL, *WIDE)),
    solve_triangular: listed(
        *[
            (lambda f, a, b, o=o: f(near(a), b, **o), shapes)
            for o in (
                *({}, {"lower": True}, {"trans": 1}, {"trans": "T", "lower": True}),
                *({"unit_diagonal": True}, {"unit_diagonal": True, "trans": 1, "lower": True}),
            )
            for shapes in (((3, 3), (3,)), ((3, 3), (3, 2)), ((2, 3, 3), (3,)), ((3, 3), (2, 3, 2)), ((0, 0), (0,)))
        ]
    ),
    banded: listed(
        *[
            (lambda f, ab, b, lu=lu: f(dominant(ab, lu[1]), b, below=lu[0], above=lu[1]), shapes)
            for lu in ((1, 1), (0, 2), (2, 1), (0, 0))
            for shapes in (((sum(lu) + 1, 5), (5,)), ((sum(lu) + 1, 4), (4, 2)))
        ]
    ),
    **{
        f: matrices(lambda f, a: f(0.1 * near(a)), shapes=((2, 2), (2, 2, 2), (0, 0)))
        for f in MATRIX_FUNCTIONS.values()
    },
}

LINALG_COMPOSITES: dict[Any, Any] = {
    np.linalg.pinv: matrices(
        lambda f, a: f(a),
        lambda f, a: f(a, rcond=1e-6),
        lambda f, a: f(a, rtol=1e-6),
        lambda f, a: f(a, hermitian=True),
    ),
    np.linalg.lstsq: both(
        *[
            listed(*[(lambda f, a, b, n=n: f(near(a), b)[n], s) for s in (((4, 2), (4,)), ((4, 2), (4, 3)))])
            for n in (0, 1, 3)
        ],
        listed((lambda f, a, b: f(near(a), b, rcond=-1)[0], ((2, 3), (2,)))),
    ),
    np.linalg.tensorinv: listed(
        (lambda f, a: f(np.reshape(near(a), (4, 2, 2)), ind=1), ((4, 4),)),
        (lambda f, a: f(np.reshape(near(a), (2, 2, 4))), ((4, 4),)),
    ),
    np.linalg.tensorsolve: listed(
        (lambda f, a, b: f(np.reshape(near(a), (2, 2, 4)), b), ((4, 4), (2, 2))),
        (lambda f, a, b: f(np.reshape(near(a), (2, 2, 2, 2)), b, axes=(0,)), ((4, 4), (2, 2))),
    ),
    np.linalg.matrix_power: matrices(*[lambda f, a, n=n: f(0.5 * a, n) + a for n in (0, 1, 2, 3, 5, -1, -2)]),
    np.linalg.slogdet: matrices(part("logabsdet"), lambda f, a: a * f(a).sign[..., None, None]),
    np.linalg.cholesky: matrices(
        lambda f, a: bent(f(definite(a))),
        lambda f, a: bent(f(definite(a), upper=True)),
    ),
    np.linalg.qr: both(
        matrices(
            part("Q"), lambda f, a: bent(f(a).R), lambda f, a: bent(f(a, mode="r")), shapes=(*SQUARE, *TALL, *WIDE)
        ),
        matrices(part("Q", mode="complete"), shapes=(*SQUARE, *WIDE)),
    ),
    np.linalg.eigh: matrices(
        part("eigenvalues"),
        part("eigenvectors"),
        part("eigenvectors", UPLO="U"),
        part("eigenvalues", "u"),
    ),
    np.linalg.eigvalsh: matrices(lambda f, a: f(a), lambda f, a: f(a, UPLO="U")),
    np.linalg.eig: matrices(part("eigenvalues"), lambda f, a: f(definite(a)).eigenvectors),
    np.linalg.eigvals: matrices(lambda f, a: f(a)),
    np.linalg.svd: both(
        matrices(part("U"), part("S"), part("Vh")),
        matrices(part("U", full_matrices=False), part("Vh", False), shapes=(*TALL, *WIDE)),
        matrices(lambda f, a: f(a, compute_uv=False), shapes=(*SQUARE, *TALL, *WIDE)),
    ),
    np.linalg.svdvals: matrices(lambda f, a: f(a), shapes=(*SQUARE, *TALL, *WIDE)),
    np.linalg.norm: both(
        matrices(*[lambda f, a, o=o: f(a, o, axis=(-2, -1)) for o in NORMS], shapes=((3, 3), (2, 3, 3), (4, 2))),
        matrices(lambda f, a: f(a), lambda f, a: f(a, 2), lambda f, a: f(a, "nuc", keepdims=True), shapes=((3, 2),)),
        matrices(lambda f, a: f(a, 1, (0, 2), True), lambda f, a: f(a, axis=1), shapes=((2, 3, 3),)),
        listed(*[(lambda f, x, o=o: f(x, o), ((4,),)) for o in (None, 1, 2, 3, 2.5, -1, -2, np.inf, -np.inf)]),
        listed(*[(lambda f, x, o=o: f(x, o, axis=0, keepdims=True), ((2, 3),)) for o in (None, 1, 2, 3, np.inf)]),
        listed((lambda f, x: f(x), ((0,),)), (lambda f, x: f(x, 0, 1) * x[:, 0], ((2, 3),))),
    ),
    np.linalg.vector_norm: listed(
        *[(lambda f, x, o=o: f(x, ord=o), ((2, 3),)) for o in (1, 2, 3, np.inf)],
        (lambda f, x: f(x, axis=(0, 1), keepdims=True), ((2, 3, 2),)),
    ),
    np.linalg.matrix_norm: matrices(*[lambda f, a, o=o: f(a, ord=o) for o in ("fro", "nuc", 2)], shapes=((2, 3, 3),)),
    np.linalg.cond: matrices(*[lambda f, a, p=p: f(a, p) for p in NORMS if p != "nuc"], shapes=((3, 3), (2, 3, 3))),
}
