"""A CUDA device on the CPU: kernels compiled by Numba for the host, and run for one thread after another.

Numba's simulator knows plain numbers only. Here a block has one thread, so that nothing waits for another.
"""

from __future__ import annotations

import ctypes
import types
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pytest

from dualrev.cuda import _transfer as transfer
from dualrev.cuda import batch, batch_kernels
from dualrev.kernels import cuda_target
from dualrev.kernels.numba_arrays import filled_array

LAUNCHES: list[tuple[int, int]] = []
"""Blocks and threads of the launches so far."""

_current = [0]
_index = ctypes.CFUNCTYPE(ctypes.c_int64)(lambda: _current[0])


class _Array(np.ndarray):
    """An array on the emulated device."""

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        return self.__array_interface__

    def is_c_contiguous(self) -> bool:
        return bool(self.flags.c_contiguous)

    def copy_to_device(self, array: Any) -> None:
        self[...] = array

    def copy_to_host(self, into: Any = None, stream: Any = 0) -> Any:
        if into is None:
            return np.array(self)
        into[...] = self
        return into


def to_device(array: Any, stream: Any = 0) -> Any:
    """Copy an array to the emulated device."""
    return np.array(array).view(_Array)


@numba.njit
def _array(shape: Any, dtype: Any) -> Any:
    return filled_array(dtype, shape, 77.0)  # what is not written is to be noticed


@numba.njit
def _grid(_: Any) -> Any:
    return _index()


@numba.njit
def _nothing() -> None:
    return


def _module(name: str, **names: Any) -> types.ModuleType:
    module = types.ModuleType(name)
    vars(module).update(names)
    return module


def _device() -> types.ModuleType:
    """Return what stands for the module `cuda` in compiled code."""
    kinds = {kind: _module(kind, array=_array) for kind in ("local", "shared")}
    return _module("emulated", grid=_grid, syncthreads=_nothing, **kinds)


class EmulatedKernel:
    """A kernel that is launched like one."""

    def __init__(self, function: Callable[..., Any]) -> None:
        scope = function.__globals__ | {"cuda": _device()}
        self.compiled = numba.njit(types.FunctionType(function.__code__, scope, function.__name__))

    def __getitem__(self, launch: tuple[int, int, Any]) -> Callable[..., None]:
        blocks, threads, _ = launch
        LAUNCHES.append((blocks, threads))

        def run(*args: Any) -> None:
            plain = [np.asarray(arg) if isinstance(arg, np.ndarray) else arg for arg in args]
            for thread in range(blocks * threads):
                _current[0] = thread
                self.compiled(*plain)

        return run


def emulate(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], Any]:
    """Emulate a device; the result copies an array there."""
    fake = _device()
    vars(fake).update(
        to_device=to_device,
        as_cuda_array=lambda array: array,
        device_array=lambda shape, dtype: np.full(shape, 77, dtype).view(_Array),
    )
    monkeypatch.setattr(cuda_target, "api", lambda: fake)
    monkeypatch.setattr(cuda_target, "missing", lambda: None)
    monkeypatch.setattr(cuda_target, "kernel", EmulatedKernel)
    monkeypatch.setattr(transfer, "pieces", lambda points, *rest: iter([(0, points - 1), (points - 1, points)]))
    monkeypatch.setattr(batch, "pieces", transfer.pieces)
    monkeypatch.setattr(batch_kernels, "SHARED_BYTES", 0)
    LAUNCHES.clear()
    return to_device
