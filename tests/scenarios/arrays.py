"""Functions of arrays whose result is an array."""

from __future__ import annotations

from typing import Any

import numpy as np

import dualrev as dr
from scenarios.scenario import I2, I3, A, B, C, P, S, W, X, s

diag, einsum, outer = np.diag, np.einsum, np.outer
LOWER = np.tril(np.ones((3, 3)))
T = np.linspace(0.0, 2.0, 5)


def curve(p: Any) -> Any:
    return p[0] * np.exp(-p[1] * T) + p[2] * np.sin(p[3] * T)


def curve_jacobian(p: Any) -> Any:
    a, b, c, d = p
    return np.stack([np.exp(-b * T), -a * T * np.exp(-b * T), np.sin(d * T), c * T * np.cos(d * T)], axis=1)


def products_jacobian(x: Any) -> Any:
    return np.array([[x[1], x[0], 0.0], [0.0, 0.0, np.cos(x[2])]])


def object_matrix_jacobian(x: Any) -> Any:
    return np.array([[2 * x[0], 0.0, 0.0], [1.0, 2 * x[1], 0.0]])


def slices_jacobian(x: Any) -> Any:
    return np.array([[0.0, 0.0, 2 * x[2]], [0.0, x[2], x[1]]])


def logsumexp_rows_jacobian(a: Any) -> Any:
    return einsum("ik,il->ikl", I2, np.exp(a) / np.exp(a).sum(axis=1, keepdims=True))


def norm_rows_jacobian(a: Any) -> Any:
    return einsum("ik,il->ikl", I2, a / np.sqrt((a**2).sum(axis=1, keepdims=True)))


def fortran_jacobian(a: Any) -> Any:
    jacobian = np.zeros((3, 2, 2, 3))
    for k in range(6):
        jacobian[k % 3, k // 3, k % 2, k // 2] = 1.0
    return jacobian


def column_maxima_jacobian(a: Any) -> Any:
    return einsum("jl,kl->jkl", I3, (a == a.max(axis=0)) * 1.0)


def rows_normalised_jacobian(a: Any) -> Any:
    r = a.sum(axis=1)[:, None, None]
    return einsum("ik,ijl->ijkl", I2, I3[None] / r - a[:, :, None] / r**2)


def softmax_columns_jacobian(a: Any) -> Any:
    y = np.exp(a) / np.exp(a).sum(axis=0)
    return einsum("jl,ij,ik->ijkl", I3, y, I2) - einsum("jl,ij,kj->ijkl", I3, y, y)


def assembled_jacobian(a: Any) -> Any:
    return einsum("ik,jl->ijkl", diag([0.0, 1.0]), I3)


def joined_jacobian(x: Any) -> Any:
    return np.concatenate([I3, 2 * I3[:1], np.zeros((1, 3))])


ARRAYS = (
    S("elementwise", lambda x: np.sin(x) * np.exp(x), X, lambda x: diag((np.cos(x) + np.sin(x)) * np.exp(x))),
    S("worked 13: W x", lambda x: W @ x, X, lambda x: W),
    S("worked 13: tanh", np.tanh, X, lambda x: diag(1 - np.tanh(x) ** 2)),
    S("worked 13: softplus", dr.special.softplus, X, lambda x: diag(1 / (1 + np.exp(-x)))),
    S("worked 13: relu", dr.special.relu, X, lambda x: diag((x > 0) * 1.0)),
    S("worked 13: softmax", dr.special.softmax, X, lambda x: diag(s(x)) - outer(s(x), s(x))),
    S("worked 13: sigmoid", lambda x: 1 / (1 + np.exp(-x)), X, lambda x: diag(0.5 / (1 + np.cosh(x)))),
    S("curve", curve, np.array([1.5, 0.7, -0.4, 2.0]), curve_jacobian),
    S("object array", lambda x: np.array([x[0] * x[1], np.sin(x[2])]), X, products_jacobian),
    S("object array used further", lambda x: np.exp(np.array([x[0], x[1]])), X, lambda x: diag(np.exp(x))[:2]),
    S("object matrix", lambda x: np.array([[x[0], 0.0], [1.0, x[1]]]) @ x[:2], X, object_matrix_jacobian),
    S("list of scalars", lambda x: [x[0] * x[1], np.sin(x[2])], X, products_jacobian),
    S("list of one", lambda x: [x[0] ** 2], X, lambda x: np.array([[2 * x[0], 0.0, 0.0]])),
    S("broadcast (3,1) + (1,2)", lambda x: x[:, None] + np.ones((1, 2)), X, lambda x: np.repeat(I3[:, None], 2, 1)),
    S("broadcast to a matrix", lambda x: x * A, X, lambda x: einsum("ij,jk->ijk", A, I3)),
    S("broadcast_to", lambda x: np.broadcast_to(x, (2, 3)), X, lambda x: np.stack([I3, I3])),
    S("outer", lambda x: np.outer(x, x), X, lambda x: einsum("ik,j->ijk", I3, x) + einsum("jk,i->ijk", I3, x)),
    S("fancy index, repeated", lambda x: x[[2, 0, 2]] ** 2, X, lambda x: diag(2 * x)[[2, 0, 2]]),
    S("boolean index", lambda x: x[x > 0] * 3, X, lambda x: 3 * I3[[0, 2]]),
    S("boolean constant index", lambda a: a[A > 0], A, lambda a: np.eye(6).reshape(6, 2, 3)[(A > 0).ravel()]),
    S("slices and negative indices", lambda x: x[::-1][:2] * x[-1], X, slices_jacobian),
    S("newaxis and ellipsis", lambda x: x[..., None][::2], X, lambda x: I3[::2][:, None]),
    S("index out", lambda x: x[:0], X, lambda x: np.zeros((0, 3))),
    S("where", lambda x: np.where(x > 0, x**2, -x), X, lambda x: diag(np.where(x > 0, 2 * x, -1))),
    S("clip", lambda x: x.clip(-1.0, 1.5), X, lambda x: diag([1.0, 0.0, 0.0])),
    S("maximum", lambda x: np.maximum(x, 0.5), X, lambda x: diag([1.0, 0.0, 1.0])),
    S("absolute", lambda x: abs(x), X, lambda x: diag(np.sign(x))),
    S("cumsum", np.cumsum, X, lambda x: LOWER),
    S("cumsum along an axis", lambda a: np.cumsum(a, axis=1), A, lambda a: einsum("ik,jl->ijkl", I2, LOWER)),
    S("concatenate", lambda x: np.concatenate([x, x[:1] * 2, [5.0]]), X, joined_jacobian),
    S("stack", lambda x: np.stack([x, x**2], axis=1), X, lambda x: np.stack([I3, diag(2 * x)], axis=1)),
    S("differences", lambda x: x[1:] - x[:-1], X, lambda x: np.array([[-1.0, 1.0, 0.0], [0.0, -1.0, 1.0]])),
    S("logsumexp of rows", lambda a: dr.special.logsumexp(a, axis=1), A, logsumexp_rows_jacobian),
    S("norm of rows", lambda a: np.linalg.norm(a, axis=1), A, norm_rows_jacobian),
    S("transpose", lambda a: a.T, A, lambda a: einsum("jk,il->ijkl", I2, I3)),
    S("reshape", lambda a: a.reshape(-1, 2), A, lambda a: np.eye(6).reshape(3, 2, 2, 3)),
    S("Fortran reshape", lambda a: a.reshape(3, 2, order="F"), A, fortran_jacobian),
    S("matrix square", lambda a: a @ a, C, lambda a: einsum("ik,lj->ijkl", I2, a) + einsum("ik,lj->ijkl", a, I2)),
    S("matrix product", lambda a: a @ B, A, lambda a: einsum("ik,lj->ijkl", I2, B)),
    S("np.dot", lambda b: np.dot(A, b), B, lambda b: einsum("ik,jl->ijkl", A, I2)),
    S("row sums", lambda a: a.sum(axis=1), A, lambda a: einsum("ik,l->ikl", I2, np.ones(3))),
    S("column means", lambda a: a.mean(axis=0, keepdims=True), A, lambda a: einsum("jl,k->jkl", I3, [0.5, 0.5])[None]),
    S("column maxima", lambda a: a.max(axis=0), A, column_maxima_jacobian),
    S("rows normalised", lambda a: a / a.sum(axis=1, keepdims=True), P[None] + B.T, rows_normalised_jacobian),
    S("softmax of columns", lambda a: dr.special.softmax(a, axis=0), A, softmax_columns_jacobian),
    S("assembled", lambda a: np.stack([k * row for k, row in enumerate(a)]), A, assembled_jacobian),
    S("add.reduce", np.add.reduce, A, lambda a: einsum("jl,k->jkl", I3, np.ones(2))),
    S("maximum.reduce", np.maximum.reduce, A, column_maxima_jacobian),
    S("add.accumulate", np.add.accumulate, X, lambda x: LOWER),
    S("multiply.outer", lambda x: np.multiply.outer(x, P[:2]), X, lambda x: einsum("ik,j->ijk", I3, P[:2])),
    S("nothing to nothing", lambda x: x * 2, np.zeros(0), lambda x: np.zeros((0, 0))),
    S("matrix without rows", lambda a: a @ B, np.zeros((0, 3)), lambda a: np.zeros((0, 2, 0, 3))),
)
