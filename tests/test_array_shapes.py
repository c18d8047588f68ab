"""Array rules at shapes, axes and indices that hypothesis makes up, in both modes and for several directions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import dualrev as dr

EPS = float(np.finfo(np.float64).eps)
SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3)
FILLED = hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=3)
REDUCTIONS = (np.sum, np.mean, np.max, np.min, np.prod, np.var, np.std, np.ptp, np.median, dr.special.logsumexp)
PAIRS = (np.add, np.multiply, np.divide, np.arctan2, np.maximum, np.hypot)


def arrays(*shapes: Any, seed: int = 0) -> tuple[Any, ...]:
    """Return random arrays without ties or zeros."""
    rng = np.random.default_rng(seed)
    return tuple(np.float64(rng.uniform(0.5, 2.0, shape)) for shape in shapes)


def check(f: Callable[..., Any], *x: Any) -> None:
    """Check values, the adjoint identity, and that all directions at once are what they are one by one."""
    argnums = tuple(range(len(x)))
    plain = np.asarray(f(*x))
    v = arrays(*map(np.shape, x), seed=1)
    out, pushed = dr.jvp(f, x, v)
    again, pullback = dr.vjp(f, *x)
    for value in (out, again):
        assert np.shape(value) == plain.shape
        np.testing.assert_allclose(value, plain, rtol=4 * EPS, atol=4 * EPS)
    (w,) = arrays(plain.shape, seed=2)
    gradients = pullback(w)
    left, right = np.sum(w * pushed), sum(np.sum(g * d) for g, d in zip(gradients, v, strict=True))
    size = np.sum(np.abs(w * pushed)) + sum(np.sum(np.abs(g * d)) for g, d in zip(gradients, v, strict=True))
    assert abs(left - right) <= 32 * EPS * size
    forward, reverse = (dr.jacobian(f, argnums, mode=mode)(*x) for mode in ("forward", "reverse"))
    for a, b, g, arg in zip(forward, reverse, gradients, x, strict=True):
        assert np.shape(a) == np.shape(b) == plain.shape + np.shape(arg)
        np.testing.assert_allclose(a, b, rtol=32 * EPS, atol=32 * EPS)
        contracted = np.tensordot(w, a, axes=plain.ndim)
        np.testing.assert_allclose(contracted, g, rtol=64 * EPS, atol=64 * EPS * (1 + size))


@pytest.mark.parametrize("reduction", REDUCTIONS, ids=lambda f: f.__name__)
@given(data=st.data(), keepdims=st.booleans())
def test_reductions(reduction: Any, data: st.DataObject, keepdims: bool) -> None:
    shape = data.draw(FILLED)
    axis = data.draw(
        st.none() | st.integers(-len(shape), len(shape) - 1) | hnp.valid_tuple_axes(len(shape), min_size=1)
    )
    check(lambda x: reduction(x, axis=axis, keepdims=keepdims), *arrays(shape))


@given(data=st.data(), shape=SHAPES)
def test_sums_of_arrays_with_nothing_in_them(data: st.DataObject, shape: Any) -> None:
    axis = data.draw(hnp.valid_tuple_axes(len(shape)))
    check(lambda x: np.sum(x, axis=axis), *arrays(shape))


@given(data=st.data(), shape=SHAPES)
def test_rearrangements(data: st.DataObject, shape: Any) -> None:
    axis = data.draw(st.none() | st.integers(-len(shape), len(shape) - 1)) if shape else None
    by = data.draw(st.integers(-4, 4))
    check(lambda x: np.flip(x, axis), *arrays(shape))
    check(lambda x: np.roll(x, by, axis), *arrays(shape))
    check(lambda x: np.repeat(x, abs(by), axis), *arrays(shape))
    check(lambda x: np.tile(x, (abs(by) % 3, 2)), *arrays(shape))
    check(lambda x: np.pad(x, abs(by)), *arrays(shape))
    if len(shape) > 1:
        first, second = data.draw(st.permutations(range(-len(shape), 0)))[:2]
        check(lambda x: np.diagonal(x, by, first, second), *arrays(shape))
        check(lambda x: np.trace(x, by, first, second), *arrays(shape))
        check(lambda x: np.tril(x, by) + 2 * np.triu(x, by), *arrays(shape))
        check(lambda x: np.rot90(x, by, (first, second)), *arrays(shape))


@given(data=st.data(), shape=FILLED)
def test_lines_along_an_axis(data: st.DataObject, shape: Any) -> None:
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    times = data.draw(st.integers(0, 4))
    count = shape[axis]
    places = data.draw(st.lists(st.integers(-count, count - 1), max_size=4))
    check(lambda x: np.cumprod(x, axis=axis), *arrays(shape))
    check(lambda x: np.sort(x, axis=axis), *arrays(shape))
    check(lambda x: np.diff(x, times, axis), *arrays(shape))
    check(lambda x: np.take(x, np.array(places, int), axis), *arrays(shape))
    check(lambda x: np.quantile(x, 0.3, axis=axis), *arrays(shape))
    check(lambda x: np.trapezoid(x, axis=axis), *arrays(shape))
    check(lambda x: np.fft.irfft(np.fft.rfft(x, axis=axis), times + 1, axis=axis), *arrays(shape))
    check(lambda x: np.abs(np.fft.fft(x, times + 1, axis)), *arrays(shape))


@given(shapes=hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, min_side=0, max_side=3))
def test_sums_of_products_that_broadcast(shapes: Any) -> None:
    check(lambda a, b: np.einsum("...,...->...", a, b), *arrays(*shapes.input_shapes))
    check(lambda a, b: np.tensordot(a, b, axes=0), *arrays(*shapes.input_shapes))
    check(np.kron, *arrays(*shapes.input_shapes))


@given(data=st.data())
def test_cumsum_softmax_and_norm(data: st.DataObject) -> None:
    shape = data.draw(FILLED)
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    check(lambda x: np.cumsum(x, axis=axis), *arrays(shape))
    check(lambda x: dr.special.softmax(x, axis=axis), *arrays(shape))
    check(lambda x: np.linalg.norm(x, axis=axis), *arrays(shape))


@given(data=st.data(), shape=SHAPES)
def test_shaping(data: st.DataObject, shape: Any) -> None:
    order = data.draw(st.permutations(range(len(shape))))
    check(lambda x: np.transpose(x, order), *arrays(shape))
    turned = tuple(shape[n] for n in order)
    for memory in "CF":
        check(lambda x, memory=memory: np.reshape(x, turned, order=memory), *arrays(shape))
    if shape:
        source, destination = (data.draw(st.integers(-len(shape), len(shape) - 1)) for _ in range(2))
        check(lambda x: np.moveaxis(x, source, destination), *arrays(shape))
        check(lambda x: np.swapaxes(x, source, destination), *arrays(shape))
    check(np.squeeze, *arrays((1, *shape, 1)))


@pytest.mark.parametrize("function", PAIRS, ids=lambda f: f.__name__)
@given(shapes=hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, min_side=0, max_side=3))
def test_broadcasting(function: Any, shapes: Any) -> None:
    check(function, *arrays(*shapes.input_shapes))


@given(shapes=hnp.mutually_broadcastable_shapes(num_shapes=3, max_dims=3, max_side=3))
def test_three_operands_that_broadcast(shapes: Any) -> None:
    check(lambda a, b, c: np.where(a > b, b * c, a), *arrays(*shapes.input_shapes))
    check(lambda a, b, c: np.clip(a, b * 0.5, c + 1.0), *arrays(*shapes.input_shapes))


@given(shapes=hnp.mutually_broadcastable_shapes(signature=np.matmul.signature, max_dims=2, min_side=0, max_side=3))
def test_matmul(shapes: Any) -> None:
    check(np.matmul, *arrays(*shapes.input_shapes))


@given(data=st.data(), shape=FILLED)
def test_basic_indices(data: st.DataObject, shape: Any) -> None:
    at = data.draw(hnp.basic_indices(shape, allow_newaxis=True, allow_ellipsis=True))
    check(lambda x: x[at] * 1.0, *arrays(shape))


@given(data=st.data(), shape=FILLED)
def test_fancy_indices(data: st.DataObject, shape: Any) -> None:
    at = data.draw(hnp.integer_array_indices(shape, result_shape=hnp.array_shapes(max_dims=2, max_side=4)))
    check(lambda x: x[at], *arrays(shape))
    check(lambda x: x[at[0]], *arrays(shape))
    if len(shape) > 2:
        check(lambda x: x[at[0], :, at[2]], *arrays(shape))  # NumPy puts the indexed axes first
        check(lambda x: x[:, at[1], at[2], None], *arrays(shape))


@given(data=st.data(), shape=FILLED)
def test_boolean_indices(data: st.DataObject, shape: Any) -> None:
    ndim = data.draw(st.integers(1, len(shape)))
    mask = data.draw(hnp.arrays(np.bool_, shape[:ndim]))
    check(lambda x: x[mask], *arrays(shape))


@given(data=st.data(), shape=FILLED)
def test_joining(data: st.DataObject, shape: Any) -> None:
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    longer = list(shape)
    longer[axis] += data.draw(st.integers(0, 2))
    check(lambda a, b: np.concatenate([a, b, a], axis=axis), *arrays(shape, tuple(longer)))
    place = data.draw(st.integers(-len(shape) - 1, len(shape)))
    check(lambda a, b: np.stack([a, b], axis=place), *arrays(shape, shape))


@given(shapes=hnp.mutually_broadcastable_shapes(num_shapes=1, base_shape=(2, 3), max_dims=3, max_side=3))
def test_broadcast_to(shapes: Any) -> None:
    check(lambda x: np.broadcast_to(x, shapes.result_shape), *arrays(*shapes.input_shapes))
