"""Discrete Fourier transforms. The matrix of one is symmetric, and so is its own transpose."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.primitives.array.rule import array_rule, composite, from_the_end, linear

_SWAPPED: dict[Any, Any] = {None: "forward", "backward": "forward", "forward": "backward", "ortho": "ortho"}


def _fitted(array: Any, axis: int, size: int) -> Any:
    """Crop an axis, counted from the end, to a length, or lengthen it by zeros: the transpose of doing the other."""
    have = array.shape[axis]
    if have >= size:
        return array if have == size else array[(Ellipsis, slice(size), *(slice(None),) * (-axis - 1))]
    shape = list(array.shape)
    shape[axis] = size - have
    return np.concatenate([array, np.zeros(shape, array.dtype)], axis=axis)


def _symmetric(transform: Any) -> None:
    @array_rule(transform)
    def transform_rule(y: Any, a: Any, /, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
        """Transform the tangent, and the cotangent as well."""
        (along,) = from_the_end(axis, a.ndim)
        size = a.shape[along]
        return linear(
            lambda t: transform(t, n, along, norm),
            lambda w: _fitted(transform(w, None, along, norm), along, size),
        )


for _transform in (np.fft.fft, np.fft.ifft):
    _symmetric(_transform)


@array_rule(np.fft.rfft)
def rfft(y: Any, a: Any, /, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    """Keep the first half of a transform of real numbers; the transpose puts zeros in place of the other half."""
    (along,) = from_the_end(axis, a.ndim)
    size = a.shape[along]
    length = size if n is None else n
    return linear(
        lambda t: np.fft.rfft(t, n, along, norm),
        lambda w: np.real(_fitted(np.fft.fft(w, length, along, norm), along, size)),
    )


@array_rule(np.fft.irfft)
def irfft(y: Any, a: Any, /, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    """Transform half a spectrum to real numbers; all but its first and its middle element count twice."""
    (along,) = from_the_end(axis, a.ndim)
    size, length = a.shape[along], y.shape[along]
    times = np.full(length // 2 + 1, 2.0, y.dtype)
    times[0] = 1.0
    if length % 2 == 0:
        times[-1] = 1.0
    times = times.reshape((-1, *(1,) * (-along - 1)))

    def pull(w: Any) -> Any:
        return _fitted(np.conjugate(np.fft.rfft(w, length, along, _SWAPPED[norm])) * times, along, size)

    return linear(lambda t: np.fft.irfft(t, n, along, norm), pull)


def _axes(a: Any, s: Any, axes: Any) -> list[tuple[Any, int]]:
    """Return the length and the axis of each transform, one after the other."""
    if axes is None:
        axes = range(-len(s), 0) if s is not None else range(-a.ndim, 0)
    lengths = [None] * len(axes) if s is None else [None if n == -1 else n for n in s]
    if len(lengths) != len(axes):
        raise ValueError(f"s={s} and axes={tuple(axes)} differ in length")
    return list(zip(lengths, axes, strict=True))


def _over_axes(whole: Any, single: Any, default: Any) -> None:
    def transform(a: Any, s: Any = None, axes: Any = default, norm: Any = None, out: None = None) -> Any:
        for n, axis in reversed(_axes(a, s, axes)):
            a = single(a, n, axis, norm)
        return a

    transform.__doc__ = f"Apply np.fft.{single.__name__} to each axis."
    composite(whole)(transform)


def _over_axes_of_real(whole: Any, default: Any) -> None:
    def transform(a: Any, s: Any = None, axes: Any = default, norm: Any = None, out: None = None) -> Any:
        *others, (n, axis) = _axes(a, s, axes)
        a = np.fft.rfft(a, n, axis, norm)
        for n, axis in reversed(others):
            a = np.fft.fft(a, n, axis, norm)
        return a

    transform.__doc__ = "Transform real numbers along the last axis, and then the others."
    composite(whole)(transform)


def _over_axes_to_real(whole: Any, default: Any) -> None:
    def transform(a: Any, s: Any = None, axes: Any = default, norm: Any = None, out: None = None) -> Any:
        *others, (n, axis) = _axes(a, s, axes)
        for length, other in others:
            a = np.fft.ifft(a, length, other, norm)
        return np.fft.irfft(a, n, axis, norm)

    transform.__doc__ = "Transform back all axes but the last, and then that to real numbers."
    composite(whole)(transform)


for _whole, _single, _default in (
    (np.fft.fftn, np.fft.fft, None),
    (np.fft.ifftn, np.fft.ifft, None),
    (np.fft.fft2, np.fft.fft, (-2, -1)),
    (np.fft.ifft2, np.fft.ifft, (-2, -1)),
):
    _over_axes(_whole, _single, _default)
_over_axes_of_real(np.fft.rfftn, None)
_over_axes_of_real(np.fft.rfft2, (-2, -1))
_over_axes_to_real(np.fft.irfftn, None)
_over_axes_to_real(np.fft.irfft2, (-2, -1))


@composite(np.fft.hfft)
def hfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: None = None) -> Any:
    """Transform half of what is symmetric up to conjugation."""
    return np.fft.irfft(np.conjugate(a), n, axis, _SWAPPED[norm])


@composite(np.fft.ihfft)
def ihfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: None = None) -> Any:
    """Transform back to half of what is symmetric up to conjugation."""
    return np.conjugate(np.fft.rfft(a, n, axis, _SWAPPED[norm]))


def _shifted(x: Any, axes: Any, sign: int) -> Any:
    axes = tuple(range(x.ndim)) if axes is None else tuple(np.atleast_1d(axes).tolist())
    halves = [x.shape[n] // 2 for n in axes]
    return np.roll(x, [sign * half for half in halves], axes)


@composite(np.fft.fftshift)
def fftshift(x: Any, axes: Any = None) -> Any:
    """Shift the frequency 0 to the middle."""
    return _shifted(x, axes, 1)


@composite(np.fft.ifftshift)
def ifftshift(x: Any, axes: Any = None) -> Any:
    """Shift the frequency 0 back."""
    return _shifted(x, axes, -1)
