"""Arrays on the host and on the device: what is given, what is returned, and in how many pieces."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

import numpy as np

from dualrev.errors import DeviceError
from dualrev.kernels import cuda_target

SHARE = 0.8
"""Of the free memory of a device, what a piece may take."""


def on_device(array: Any) -> bool:
    """Whether an array is on a device: Numba's, CuPy's, PyTorch's."""
    return hasattr(array, "__cuda_array_interface__")


def taken(array: Any, name: str) -> Any:
    """Return an array as kernels take it: a device array as it is, a contiguous array of floats on the host.

    Raises
    ------
    DeviceError
        If a device array is not contiguous, or does not hold floats of 32 or 64 bits.
    """
    if on_device(array):
        view = cuda_target.api().as_cuda_array(array)
        if view.dtype not in (np.float32, np.float64):
            raise DeviceError(f"{name} is a device array of {view.dtype}; expected float32 or float64")
        if not view.is_c_contiguous():
            raise DeviceError(
                f"{name} is a device array of shape {view.shape} that is not contiguous; hand over a contiguous copy"
            )
        return view
    host: Any = np.asarray(array, order="C")
    if host.dtype.kind in "iub":
        return host.astype(np.float64)
    if host.dtype not in (np.float32, np.float64):
        raise DeviceError(f"{name} is an array of {host.dtype}; expected float32, float64 or integers")
    return host


def pieces(points: int, bytes_per_point: int, resident: bool) -> Iterator[tuple[int, int]]:
    """Yield the ends of pieces that fit in the device's free memory, with progress on a terminal if there are several.

    `resident` arrays are on the device already: they are one piece.
    """
    size = max(points, 1)
    if not resident and not cuda_target.simulated():
        free, _ = cuda_target.api().current_context().get_memory_info()
        size = max(1, int(SHARE * free) // max(bytes_per_point, 1))
    for start in range(0, points, size):
        stop = min(start + size, points)
        yield start, stop
        if size < points and sys.stderr.isatty():
            done = round(30 * stop / points)
            end = "\n" if stop == points else ""
            print(
                f"\r[{'#' * done}{'.' * (30 - done)}] {stop} of {points} points", end=end, file=sys.stderr, flush=True
            )


def as_rows(array: Any, columns: int) -> Any:
    """Return an array of points as a matrix with a point in each row."""
    return array.reshape(array.shape[0], columns)


def first_point(array: Any) -> Any:
    """Return a copy of the first entry of an array, on the host."""
    return on_host(array[:1])[0]


def on_host(value: Any) -> Any:
    """Return a copy of an array, on the host; anything else is itself."""
    if on_device(value):
        return value.copy_to_host()
    return value.copy() if isinstance(value, np.ndarray) else value


def nbytes_per_point(arrays: Sequence[Any], extra: int) -> int:
    """Return what a point takes in some arrays, and in results with so many numbers."""
    numbers = sum(prod(array.shape[1:]) for array in arrays) + extra
    return int(numbers * arrays[0].dtype.itemsize)
