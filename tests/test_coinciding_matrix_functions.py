"""Functions of matrices that are put together from vectors, where values coincide, against closed forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dualrev as dr

RNG = np.random.default_rng(5)
TURN = np.linalg.qr(RNG.normal(size=(4, 4)))[0]
WEIGHTS, DIRECTION = RNG.normal(size=(2, 4, 4))
MODES = ("forward", "reverse", "auto")

Function = Callable[[Any], Any]

SCALES: dict[str, tuple[Function, Function]] = {
    "log": (np.log, lambda w: 1 / w),
    "sqrt": (np.sqrt, lambda w: 0.5 / np.sqrt(w)),
    "w - 1": (lambda w: w - 1, np.ones_like),
    "exp": (np.exp, np.exp),
    "w**2": (lambda w: w**2, lambda w: 2 * w),
    "(w - 1)**2": (lambda w: (w - 1) ** 2, lambda w: 2 * (w - 1)),
}
MATRICES = {
    "I": np.eye(4),
    "2I": 2 * np.eye(4),
    "blocks": np.diag([1.0, 3.0, 1.0, 3.0]),
    "one block": TURN @ np.diag([1.0, 2.0, 2.0, 2.0]) @ TURN.T,
    "rotated blocks": TURN @ np.diag([1.0, 1.0, 2.5, 2.5]) @ TURN.T,
    "generic": TURN @ np.diag([1.0, 2.0, 3.0, 5.0]) @ TURN.T,
}


def by_eigh(a: Any, g: Function) -> Any:
    w, v = np.linalg.eigh((a + np.swapaxes(a, -1, -2)) / 2)
    return (v * g(w)[..., None, :]) @ np.swapaxes(v, -1, -2)


def by_eig(a: Any, g: Function) -> Any:
    w, v = np.linalg.eig((a + a.T) / 2)
    return (v * g(w)) @ np.linalg.inv(v)


def by_svd(a: Any, g: Function) -> Any:
    u, s, vh = np.linalg.svd((a + a.T) / 2, full_matrices=False)
    return (u * g(s)) @ vh


WAYS = {"eigh": by_eigh, "eig": by_eig, "svd": by_svd}


def closed_form(a: Any, t: Any, g: Function, slope: Function) -> Any:
    """Return the derivative in a direction, of divided differences (Daleckii and Krein, 1965); it is its transpose."""
    w, v = np.linalg.eigh(a)
    gaps = w[:, None] - w
    same = np.abs(gaps) < 1e-9
    divided = np.where(same, (slope(w)[:, None] + slope(w)) / 2, (g(w)[:, None] - g(w)) / np.where(same, 1.0, gaps))
    return v @ (divided * (v.T @ (t + t.T) @ v / 2)) @ v.T


def close(found: Any, exact: Any) -> None:
    np.testing.assert_allclose(found, exact, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("matrix", MATRICES)
@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("way", WAYS)
def test_every_operator_gives_the_closed_form(way: str, scale: str, matrix: str) -> None:
    a, (g, slope) = MATRICES[matrix], SCALES[scale]
    if way == "eig" and matrix in ("one block", "rotated blocks"):
        a = MATRICES["blocks"]  # rounding makes equal eigenvalues of others complex

    def f(x: Any) -> Any:
        return WAYS[way](x, g)

    gradient = closed_form(a, WEIGHTS, g, slope)
    units = np.eye(16).reshape(16, 4, 4)
    jacobian = np.moveaxis([closed_form(a, unit, g, slope) for unit in units], 0, -1).reshape(4, 4, 4, 4)
    for mode in MODES:
        close(dr.grad(lambda x: np.sum(WEIGHTS * f(x)), mode=mode)(a), gradient)
        close(dr.jacobian(f, mode=mode)(a), jacobian)
        value, found = dr.value_and_grad(lambda x: np.sum(WEIGHTS * f(x)), mode=mode)(a)
        close(found, gradient)
        assert value == np.sum(WEIGHTS * f(a))
    close(dr.jacobian(f, mode="forward", chunk_size=3)(a), jacobian)
    close(dr.jvp(f, a, DIRECTION)[1], closed_form(a, DIRECTION, g, slope))
    close(dr.vjp(f, a)[1](WEIGHTS)[0], gradient)
    points = np.stack([a, MATRICES["generic"]])
    batch = dr.grad(lambda x: np.sum(WEIGHTS * f(x)), batched=True)(points)
    close(batch, [closed_form(x, WEIGHTS, g, slope) for x in points])


@pytest.mark.parametrize("mode", MODES)
def test_stacks_of_matrices(mode: str) -> None:
    stack = np.stack(list(MATRICES.values()))
    found = dr.grad(lambda x: np.sum(WEIGHTS * by_eigh(x, np.log)), mode=mode)(stack)
    close(found, [closed_form(x, WEIGHTS, *SCALES["log"]) for x in stack])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("shape", [(4, 4), (4, 3), (3, 4)], ids=str)
def test_polar_factor(mode: str, shape: tuple[int, int]) -> None:
    """At orthonormal rows or columns; of a square matrix it moves with the antisymmetric part."""
    a = TURN[: shape[0], : shape[1]] if shape == (4, 4) else 2 * np.eye(*shape)

    def polar(x: Any) -> Any:
        u, _, vh = np.linalg.svd(x, full_matrices=False)
        return u @ vh

    def smooth(x: Any) -> Any:
        if shape[0] < shape[1]:
            return np.linalg.inv(dr.linalg.sqrtm(x @ x.T)) @ x
        return x @ np.linalg.inv(dr.linalg.sqrtm(x.T @ x))

    close(dr.jacobian(polar, mode=mode)(a), dr.jacobian(smooth)(a))


@pytest.mark.parametrize("mode", MODES)
def test_functions_in_a_chain(mode: str) -> None:
    """The second decomposition is of a matrix that the first made, whose values coincide as well."""

    def chain(x: Any) -> Any:
        return np.sum(WEIGHTS * by_eigh(by_eigh(x, np.log), np.exp))

    for a in (np.eye(4), MATRICES["rotated blocks"]):
        close(dr.grad(chain, mode=mode)(a), (WEIGHTS + WEIGHTS.T) / 2)


@pytest.mark.parametrize("mode", MODES)
def test_what_depends_on_the_choice_is_no_number(mode: str) -> None:
    """Entries that do not depend on it are numbers beside; a projector on vectors of another value is one."""
    a = MATRICES["one block"]
    for f in (
        lambda x: np.linalg.eigh((x + x.T) / 2).eigenvectors[0, 1],
        lambda x: np.linalg.eigh((x + x.T) / 2).eigenvectors[:, 1:3] ** 2,
        lambda x: by_eigh(x, lambda w: w * np.arange(4.0)),
        lambda x: np.linalg.svd(x).U[0, 0],
        lambda x: np.linalg.svd(x).Vh[0, 0] + np.sum(x),
        lambda x: np.linalg.eig(np.eye(4) + 0 * a + x - a).eigenvectors[0, 1],
    ):
        assert np.isnan(dr.jacobian(f, mode=mode)(a)).any()
        assert np.isnan(dr.jacobian(f, mode=mode)(a)).sum() == np.isnan(dr.jacobian(f, mode="forward")(a)).sum()
    first = TURN[:, 0]
    others = np.eye(4) - np.outer(first, first)

    def projector(x: Any) -> Any:
        v = np.linalg.eigh((x + x.T) / 2).eigenvectors[:, 0]
        return np.outer(v, v)

    half = np.outer(first, first) @ (DIRECTION + DIRECTION.T) @ others / -2
    close(np.einsum("ijkl,kl", dr.jacobian(projector, mode=mode)(a), DIRECTION), half + half.T)


@pytest.mark.parametrize("mode", MODES)
def test_single_values_keep_their_promise(mode: str) -> None:
    """The second of equal values is at a kink, with or without its vectors."""
    unit = np.diag([0.0, 1.0, 0.0, 0.0])
    for f in (lambda x: np.linalg.eigvalsh(x)[1], lambda x: np.linalg.eigh(x).eigenvalues[1]):
        np.testing.assert_array_equal(dr.grad(f, mode=mode)(np.eye(4)), unit)


@pytest.mark.parametrize("inner", MODES[:2])
@pytest.mark.parametrize("scale", ["log", "w - 1"])
def test_derivatives_inside_others_are_right_or_no_numbers(scale: str, inner: Any) -> None:
    """The value of an inner derivative is right, and its own derivative is not taken for 0."""
    g, slope = SCALES[scale]
    gradient = dr.grad(lambda x: np.sum(WEIGHTS * by_eigh(x, g)), mode=inner)
    smooth = dr.hessian(lambda x: np.sum(WEIGHTS * dr.linalg.logm((x + x.T) / 2)))(np.eye(4))
    second = smooth if scale == "log" else np.zeros((4, 4, 4, 4))
    value, change = dr.jvp(gradient, np.eye(4), DIRECTION)
    close(value, closed_form(np.eye(4), WEIGHTS, g, slope))
    products = [change, dr.hvp(lambda x: np.sum(WEIGHTS * by_eigh(x, g)), np.eye(4), DIRECTION)]
    for product in products:
        exact, known = np.einsum("ijkl,kl", second, DIRECTION), ~np.isnan(product)
        np.testing.assert_allclose(product[known], exact[known], atol=1e-9)
    for outer in MODES[:2]:
        for hessian in (dr.jacobian(gradient, mode=outer)(np.eye(4)), dr.hessian(gradient_of(g))(np.eye(4))):
            known = ~np.isnan(hessian)
            np.testing.assert_allclose(hessian[known], second[known], atol=1e-9)


def gradient_of(g: Function) -> Function:
    return lambda x: np.sum(WEIGHTS * by_eigh(x, g))


@pytest.mark.parametrize("mode", MODES)
def test_extra_output_and_value_are_those_of_the_plain_run(mode: str) -> None:
    def f(x: Any) -> Any:
        _, v = np.linalg.eigh(x)
        return np.sum(v @ v.T), v

    (value, aux), found = dr.value_and_grad(f, mode=mode, has_aux=True)(np.eye(4))
    np.testing.assert_array_equal(aux, np.eye(4))
    assert value == 4.0
    np.testing.assert_allclose(found, np.zeros((4, 4)), atol=1e-14)


@pytest.mark.parametrize("mode", MODES)
def test_a_checkpoint_between_vectors_and_their_use_is_right_or_no_number(mode: str) -> None:
    parts = dr.checkpoint(np.linalg.eigh)

    def f(x: Any) -> Any:
        w, v = parts(x)
        return np.sum((WEIGHTS + WEIGHTS.T) * ((v * np.log(w)) @ v.T))

    found = dr.grad(f, mode=mode)(np.eye(4))
    exact = np.tril(2 * (WEIGHTS + WEIGHTS.T)) - np.diag(2 * np.diag(WEIGHTS))
    known = ~np.isnan(found)
    np.testing.assert_allclose(found[known], exact[known], atol=1e-12)
    assert known.all() or mode != "forward"


@pytest.mark.parametrize("mode", MODES)
def test_infinite_slopes(mode: str) -> None:
    """Of a square root at 0, as a number has it."""
    with np.errstate(all="ignore"):
        found = dr.grad(lambda x: np.trace(by_eigh(x, np.sqrt)), mode=mode)(np.zeros((4, 4)))
    np.testing.assert_array_equal(np.diag(found), np.full(4, np.inf))
