"""Derivatives at many points on a device: validate, compile, launch, return."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from math import ceil, prod
from typing import Any

import numba
import numpy as np

from dualrev.cuda import batch_kernels, programs
from dualrev.cuda._clones import does_the_same_again
from dualrev.cuda._transfer import as_rows, first_point, nbytes_per_point, on_device, on_host, pieces, taken
from dualrev.cuda.programs import Layout, Program
from dualrev.errors import BatchError, DeviceError, NonScalarOutputError, ShapeMismatchError
from dualrev.kernels import cuda_target


class DeviceBatch:
    """A derivative of a function at every point of a batch, on a device.

    Parameters
    ----------
    f
        Compiled by Numba for the CPU, or plain.
    kind : str
        "jacobian", "gradient", "hessian" or "pushforward".
    argnums, carriers : tuple of int
        The arguments that are differentiated, and those that hold a point in each entry of their first axis.
    single : bool
        Whether there is one derivative, rather than a tuple of them.
    value : bool
        Whether the function's value is returned too.
    out_shape : tuple of int, optional
        The shape of what the function writes into its last argument.
    chunk : int, optional
        Directions to carry together.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        kind: str,
        argnums: tuple[int, ...],
        carriers: tuple[int, ...],
        *,
        single: bool = True,
        value: bool = False,
        out_shape: tuple[int, ...] | None = None,
        chunk: int | None = None,
    ) -> None:
        self.f = f if hasattr(f, "py_func") else numba.njit(f)
        self.name = getattr(f, "__name__", "the function")
        self.kind, self.argnums, self.carriers, self.single = kind, argnums, carriers, single
        self.value, self.out_shape, self.chunk = value, out_shape, chunk
        if len(argnums) > 1:
            raise DeviceError(
                f"argnums={argnums}: on the device one argument is differentiated; pack them into columns"
            )
        self._compiled: dict[Any, Any] = {}

    def __call__(self, args: Sequence[Any], tangents: Any = None, stream: Any = 0) -> Any:
        """Return the derivative at every point, where the points are: on the host, or on the device."""
        cuda_target.expect_device()
        carriers = [n % len(args) for n in self.carriers]
        (argnum,) = (n % len(args) for n in self.argnums)
        given: list[Any] = [
            taken(arg, f"argument {n} of {self.name}") if n in carriers else arg for n, arg in enumerate(args)
        ]
        points, x = self._points(given, carriers), given[argnum]
        resident = on_device(x)
        direction = None if tangents is None else self._direction(tangents, x)
        if any(on_device(given[n]) != resident for n in carriers):
            raise DeviceError(f"{self.name} was given points on the host and on the device; put all in one place")
        if not points:
            return self._nothing(x, resident)
        layout = self._layout(given, carriers, argnum)
        kernel, program, threads = self._kernel(layout, x.dtype, *_called_with(given, layout, x.dtype))
        cuda = cuda_target.api()
        make = cuda.device_array if resident else np.empty
        outs: list[Any] = [make((points, size), x.dtype) for size in program.outputs]
        moving = [given[n] for n in carriers] + ([] if direction is None else [direction])
        for start, stop in pieces(points, nbytes_per_point(moving, sum(program.outputs)), resident):
            on_card = self._arranged(given, carriers, argnum, layout, start, stop, stream)
            if direction is not None:
                on_card.append(_moved(as_rows(direction, layout.n)[start:stop], stream))
            results = [
                out[start:stop] if resident else cuda.device_array((stop - start, out.shape[1]), x.dtype)
                for out in outs
            ]
            kernel[ceil((stop - start) / threads), threads, stream](*on_card, *results)
            if not resident:
                for out, result in zip(outs, results, strict=True):
                    result.copy_to_host(out[start:stop], stream=stream)
        if not resident and stream:
            stream.synchronize()
        return self._shaped(outs, layout, x)

    def _nothing(self, x: Any, resident: bool) -> Any:
        """Return the derivatives at no points, where it is known how many outputs there are."""
        if self.out_shape is None and self.kind not in ("gradient", "hessian"):
            raise BatchError(f"{self.name} was given no points, and how many outputs it has is not known without one")
        layout = Layout((x.shape[1:],), (0,), self.out_shape or (), "number")
        make = cuda_target.api().device_array if resident else np.empty
        outs = [make((0, size), x.dtype) for size in self.program(layout, numba.from_dtype(x.dtype)).outputs]
        return self._shaped(outs, layout, x)

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_compiled": {}}

    def _points(self, given: Sequence[Any], carriers: Sequence[int]) -> int:
        counts = {n: given[n].shape[0] for n in carriers if given[n].ndim}
        if len(counts) < len(carriers):
            raise BatchError(f"{self.name} was given a number; batched, it needs an array with a point in each row")
        if len(set(counts.values())) > 1:
            raise BatchError(f"the arguments of {self.name} carry different numbers of points: {counts}")
        return int(next(iter(counts.values())))

    def _direction(self, tangents: Any, x: Any) -> Any:
        direction = taken(tangents, "the tangent")
        if direction.shape != x.shape or direction.dtype != x.dtype or on_device(direction) != on_device(x):
            raise ShapeMismatchError(
                f"the tangent has shape {direction.shape} and dtype {direction.dtype}; expected {x.shape} and "
                f"{x.dtype}, in the same place as the points"
            )
        return direction

    def _takes_columns(self, given: Sequence[Any], x: Any) -> bool:
        """Whether the function takes the numbers of a point one by one."""
        parameters = inspect.signature(self.f.py_func).parameters.values()
        needed = sum(each.default is each.empty for each in parameters) - (self.out_shape is not None)
        return x.ndim == 2 and needed == x.shape[1] + len(given) - 1 and needed != len(given)

    def _layout(self, given: Sequence[Any], carriers: Sequence[int], argnum: int) -> Layout:
        """Find out about the result by calling the function on the host, at the first point."""
        shapes = tuple(tuple(arg.shape[1:]) if n in carriers else None for n, arg in enumerate(given))
        spread = self._takes_columns(given, given[argnum])
        if self.out_shape is not None:
            return Layout(shapes, (argnum,), self.out_shape, "in place", spread)
        point = [first_point(arg) if n in carriers else on_host(arg) for n, arg in enumerate(given)]
        if spread:
            point[argnum : argnum + 1] = list(point[argnum])
        result = self.f(*point)
        if isinstance(result, np.ndarray):
            raise DeviceError(
                f"{self.name} returns an array, which it would have to allocate; on the device that is not possible. "
                "Write it in place, f(x, out), and give the operator out_shape=; or return a tuple of numbers"
            )
        if isinstance(result, tuple):
            if not all(isinstance(each, float | int | np.generic) for each in result):
                raise DeviceError(f"{self.name} returns a nested tuple; on the device, return a flat tuple of numbers")
            return Layout(shapes, (argnum,), (len(result),), "tuple", spread)
        return Layout(shapes, (argnum,), (), "number", spread)

    def _kernel(self, layout: Layout, dtype: Any, numba_types: Sequence[Any], afresh: Sequence[int]) -> Any:
        key = (layout, dtype, numba_types)
        if key not in self._compiled:
            if self.kind in ("gradient", "hessian") and layout.m != 1:
                raise NonScalarOutputError(
                    f"{self.name} returns {layout.m} numbers; grad and hessian need one: use jacobian"
                )
            program = self.program(layout, numba.from_dtype(dtype))
            if not does_the_same_again(self.f, numba_types, afresh):
                program = program.called_once()
            function, threads = batch_kernels.over_points(
                self.f, layout, program, numba.from_dtype(dtype), self.kind == "pushforward"
            )
            self._compiled[key] = cuda_target.kernel(function), program, threads
        return self._compiled[key]

    def program(self, layout: Layout, dtype: Any) -> Program:
        """Return what a thread does."""
        if self.kind == "hessian":
            return programs.hessian(layout, dtype, self.chunk)
        if self.kind == "pushforward":
            return programs.pushforward(layout, dtype)
        return programs.jacobian(layout, dtype, self.value, self.chunk)

    def _arranged(
        self,
        given: Sequence[Any],
        carriers: Sequence[int],
        argnum: int,
        layout: Layout,
        start: int,
        stop: int,
        stream: Any,
    ) -> list[Any]:
        arranged: list[Any] = []
        for n, arg in enumerate(given):
            if n not in carriers:
                arranged.append(_moved(arg, stream) if isinstance(arg, np.ndarray) else arg)
            elif n != argnum:
                arranged.append(_moved(arg[start:stop], stream))
            else:
                arranged.append(_moved(as_rows(arg, prod(arg.shape[1:]))[start:stop], stream))
        return arranged

    def _shaped(self, outs: Sequence[Any], layout: Layout, x: Any) -> Any:
        points = x.shape[0]
        inner = x.shape[1:]
        if self.kind == "pushforward":
            return tuple(out.reshape(points, *layout.result) for out in outs)
        derivative = outs[-1].reshape(points, *layout.result, *inner, *(inner if self.kind == "hessian" else ()))
        derivative = derivative if self.single else (derivative,)
        return (outs[0].reshape(points, *layout.result), derivative) if self.value else derivative


def _called_with(given: Sequence[Any], layout: Layout, dtype: Any) -> tuple[tuple[Any, ...], tuple[int, ...]]:
    """Return Numba's types of the function's arguments at a point, and the places of those made for each call."""
    found: list[Any] = []
    afresh: list[int] = []
    for n, (arg, shape) in enumerate(zip(given, layout.arguments, strict=True)):
        if n in layout.active:
            count = layout.n if layout.spread else 1
            afresh += range(len(found), len(found) + count)
            found += [_type_of(dtype, 0 if layout.spread else len(shape or ()))] * count
        elif shape is None and not getattr(arg, "ndim", 0):
            found.append(numba.typeof(arg))
        else:
            found.append(_type_of(arg.dtype, arg.ndim if shape is None else len(shape)))
    if layout.form == "in place":
        afresh.append(len(found))
        found.append(_type_of(dtype, len(layout.result)))
    return tuple(found), tuple(afresh)


def _type_of(dtype: Any, ndim: int) -> Any:
    of = numba.from_dtype(dtype)
    return numba.types.Array(of, ndim, "C") if ndim else of


def _moved(array: Any, stream: Any) -> Any:
    return array if on_device(array) else cuda_target.api().to_device(array, stream=stream)
