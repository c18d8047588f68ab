"""Discrete Fourier transforms. The matrix of one is symmetric, and so is its own transpose."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.primitives.array.rule import along, array_rule, composite, from_the_end, linear

_SWAPPED: dict[Any, Any] = {None: "forward", "backward": "forward", "forward": "backward", "ortho": "ortho"}


def _fitted(array: Any, axis: int, size: int) -> Any:
    """Crop an axis, counted from the end, to a length, or lengthen it by zeros: the transpose of doing the other."""
    have = array.shape[axis]
    if have >= size:
        return array if have == size else array[along(axis, slice(size))]
    shape = list(array.shape)
    shape[axis] = size - have
    return np.concatenate([array, np.zeros(shape, array.dtype)], axis=axis)


def _symmetric(transform: Any) -> None:
    @array_rule(transform)
    def transform_rule(y: Any, a: Any, /, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
        """Transform the tangent, and the cotangent as well."""
        (place,) = from_the_end(axis, a.ndim)
        size = a.shape[place]
        return linear(
            lambda t: transform(t, n, place, norm),
            lambda w: _fitted(transform(w, None, place, norm), place, size),
        )


for _transform in (np.fft.fft, np.fft.ifft):
    _symmetric(_transform)


@array_rule(np.fft.rfft)
def rfft(y: Any, a: Any, /, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    """Keep the first half of a transform of real numbers; the transpose puts zeros in place of the other half."""
    (place,) = from_the_end(axis, a.ndim)
    size = a.shape[place]
    length = size if n is None else n
    return linear(
        lambda t: np.fft.rfft(t, n, place, norm),
        lambda w: np.real(_fitted(np.fft.fft(w, length, place, norm), place, size)),
    )


@array_rule(np.fft.irfft)
def irfft(y: Any, a: Any, /, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    """Transform half a spectrum to real numbers; all but its first and its middle element count twice."""
    (place,) = from_the_end(axis, a.ndim)
    size, length = a.shape[place], y.shape[place]
    times = np.full(length // 2 + 1, 2.0, y.dtype)
    times[0] = 1.0
    if length % 2 == 0:
        times[-1] = 1.0
    times = times.reshape((-1, *(1,) * (-place - 1)))

    def pull(w: Any) -> Any:
        return _fitted(np.conjugate(np.fft.rfft(w, length, place, _SWAPPED[norm])) * times, place, size)

    return linear(lambda t: np.fft.irfft(t, n, place, norm), pull)


def _axes(a: Any, s: Any, axes: Any) -> list[tuple[Any, int]]:
    """Return the length and the axis of each transform, one after the other."""
    if axes is None:
        axes = range(-len(s), 0) if s is not None else range(-a.ndim, 0)
    lengths = [None] * len(axes) if s is None else [None if n == -1 else n for n in s]
    if len(lengths) != len(axes):
        raise ValueError(f"s={s} and axes={tuple(axes)} differ in length")
    return list(zip(lengths, axes, strict=True))


def _over_axes(whole: Any, default: Any, of_last: Any, of_others: Any, to_real: bool = False) -> None:
    """Enter a transform of several axes: the last one first, or at the end where the result is real."""

    def transform(a: Any, s: Any = None, axes: Any = default, norm: Any = None, out: None = None) -> Any:
        lengths = _axes(a, s, axes)
        if not lengths and of_last is not of_others:
            raise ValueError("at least 1 axis must be transformed")
        steps = list(zip([*[of_others] * (len(lengths) - 1), of_last], lengths, strict=False))
        for single, (n, axis) in steps if to_real else reversed(steps):
            a = single(a, n, axis, norm)
        return a

    transform.__doc__ = f"Apply np.fft.{of_last.__name__} to the last axis, np.fft.{of_others.__name__} to the others."
    composite(whole)(transform)


for _default, _whole, _inverse, _real, _to_real in (
    (None, np.fft.fftn, np.fft.ifftn, np.fft.rfftn, np.fft.irfftn),
    ((-2, -1), np.fft.fft2, np.fft.ifft2, np.fft.rfft2, np.fft.irfft2),
):
    _over_axes(_whole, _default, np.fft.fft, np.fft.fft)
    _over_axes(_inverse, _default, np.fft.ifft, np.fft.ifft)
    _over_axes(_real, _default, np.fft.rfft, np.fft.fft)
    _over_axes(_to_real, _default, np.fft.irfft, np.fft.ifft, to_real=True)


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
