"""Shape: the same elements in another arrangement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dualrev.primitives.array.rule import array_rule, from_the_end, leading, linear, plain
from dualrev.primitives.protocol_function import ProtocolFunction


def sum_to(array: Any, shape: tuple[int, ...], ndim: int) -> Any:
    """Sum the last `ndim` axes, which came by broadcasting from `shape`, back to it: the transpose of broadcasting."""
    ahead = array.ndim - ndim
    if array.shape[ahead:] == shape:
        return array
    if not shape:
        return array.sum(axis=tuple(range(-ndim, 0))) if ahead else array.sum()
    padded = (1,) * (ndim - len(shape)) + shape
    axes = tuple(n - ndim for n in range(ndim) if padded[n] == 1 and array.shape[ahead + n] != 1)
    total = np.sum(array, axis=axes, keepdims=True) if axes else array
    return total.reshape(array.shape[:ahead] + shape)


def pad_axes(array: Any, ndim: int, wanted: int) -> Any:
    """Insert axes of length 1 before the last `ndim` axes, so that there are `wanted` of them."""
    ahead = leading(array, ndim)
    return array if ndim == wanted else array.reshape(ahead + (1,) * (wanted - ndim) + array.shape[len(ahead) :])


@array_rule(np.reshape, direct=lambda a, shape, **options: a.reshape(shape, **options), itself=True)
def reshape(y: Any, a: Any, /, shape: Any = None, order: str = "C", copy: Any = None) -> Any:
    """Reshape; in Fortran order by reversing the axes before and after."""
    before, after = a.shape, y.shape
    if in_fortran_order(a, order):
        return linear(lambda t: _in_fortran_order(t, before, after), lambda w: _in_fortran_order(w, after, before))
    return linear(
        lambda t: t.reshape(leading(t, len(before)) + after),
        lambda w: w.reshape(leading(w, len(after)) + before),
    )


def in_fortran_order(a: Any, order: Any) -> bool:
    """Whether elements are read in Fortran order: asked for by name, or by "A" of an array that lies so."""
    return bool(order == "F" or (order == "A" and plain(a).flags.fnc))


def lies_in(a: Any, order: Any) -> bool:
    """Whether an array need not be copied to lie in an order of memory."""
    flags = plain(a).flags
    return order in (None, "K", "A") or bool(flags.c_contiguous if order == "C" else flags.f_contiguous)


def laid(y: Any, order: str) -> Any:
    """Return a result in the order of memory in which NumPy returns it."""
    return y if np.ndim(y) < 2 or lies_in(y, order) else np.copy(y, order=order)  # type: ignore[call-overload]


def laid_by(y: Any, a: Any) -> Any:
    """Return a result in Fortran order where the operand lies in that order alone."""
    return laid(y, "F" if plain(a).flags.fnc else "C")


def laid_like(y: Any, a: Any) -> Any:
    """Return a result in the memory order of `np.empty_like` of the operand, which has its shape."""
    strides = plain(a).strides
    order = sorted(range(y.ndim), key=lambda n: -abs(strides[n]))
    back = [order.index(n) for n in range(y.ndim)]
    return np.transpose(laid(np.transpose(y, order), "C"), back) if y.ndim > 1 else y


def _in_fortran_order(array: Any, before: tuple[int, ...], after: tuple[int, ...]) -> Any:
    ahead = leading(array, len(before))
    turned = permuted(array, range(len(before))[::-1])
    return permuted(turned.reshape(ahead + after[::-1]), range(len(after))[::-1])


@array_rule(np.transpose, itself=True)
def transpose(y: Any, a: Any, /, axes: Any = None) -> Any:
    """Permute the axes."""
    order = tuple(range(a.ndim - 1, -1, -1)) if axes is None else from_the_end(tuple(axes), a.ndim)
    order = tuple(n % a.ndim for n in order)
    return linear(lambda t: permuted(t, order), lambda w: permuted(w, tuple(int(n) for n in np.argsort(order))))


def permuted(array: Any, order: Sequence[int]) -> Any:
    """Permute the last axes."""
    ahead = array.ndim - len(order)
    return np.transpose(array, (*range(ahead), *(ahead + n for n in order)))


@array_rule(np.broadcast_to, itself=True)
def broadcast_to(y: Any, array: Any, /, shape: Any = None, subok: bool = False) -> Any:
    """Repeat along new axes and axes of length 1."""
    before, after = array.shape, y.shape
    return linear(
        lambda t: np.broadcast_to(pad_axes(t, len(before), len(after)), leading(t, len(before)) + after),
        lambda w: sum_to(w, before, len(after)),
    )


def _itself(x: Any, order: Any = "K") -> Any:
    return x


copied = ProtocolFunction("copy", lambda x, order="K": np.array(x, order=order))


@array_rule(copied, definition=_itself, itself=True)
def _copied_rule(y: Any, x: Any, /, order: Any = "K") -> Any:
    """Copy, in an order of memory that derivatives do not have."""
    return linear(_itself, _itself)


astype = ProtocolFunction("astype", lambda x, dtype, order="K", copy=True: x.astype(dtype, order=order, copy=copy))


def _same(x: Any, dtype: Any = None, order: Any = "K", copy: bool = True) -> Any:
    return x


@array_rule(astype, definition=_same, itself=True)
def _astype_rule(y: Any, x: Any, /, dtype: Any = None, order: Any = "K", copy: bool = True) -> Any:
    before, after = x.dtype, y.dtype
    if before.kind == after.kind:
        return linear(lambda t: astype(t, after), lambda w: astype(w, before))
    return linear(lambda t: _converted(t, after), lambda w: _converted(w, before))


def _converted(x: Any, dtype: Any) -> Any:
    """Make real numbers complex, or take the real part of complex ones."""
    return astype(np.real(x) if x.dtype.kind == "c" else x, dtype)
