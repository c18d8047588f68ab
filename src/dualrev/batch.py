"""Derivatives at many points at once: which arguments carry the points, and how many there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import optree

from dualrev.active import looked_at
from dualrev.errors import BatchError, DeviceError

Batched = bool | tuple[int, ...]


def carriers_of(batched: Batched, argnums: int | tuple[int, ...]) -> tuple[int, ...]:
    """Return the arguments that carry points: those that are differentiated, or those that are named."""
    if batched is True:
        return (argnums,) if isinstance(argnums, int) else argnums
    if isinstance(batched, tuple) and batched and all(isinstance(n, int) for n in batched):
        return batched
    raise BatchError(f"batched is {batched!r}; expected True, or a tuple that names the arguments which carry points")


def points_in(carriers: tuple[int, ...], args: tuple[Any, ...], name: str) -> int:
    """Return the number of points.

    Raises
    ------
    BatchError
        If an argument has no axis of points, or two have different numbers of them.
    """
    counts: dict[int, int] = {}
    for n in carriers:
        if not -len(args) <= n < len(args):
            raise BatchError(f"batched names argument {n} of {name}, which was given {len(args)} positional arguments")
        shape = np.shape(args[n])
        if not shape:
            raise BatchError(
                f"argument {n} of {name} is one number; batched, it needs an array with a point in each row"
            )
        counts[n] = shape[0]
    if len(set(counts.values())) > 1:
        raise BatchError(f"the arguments of {name} carry different numbers of points: {counts}")
    return next(iter(counts.values()))


def over_points(operator: Callable[..., Any], carriers: tuple[int, ...], args: tuple[Any, ...], kwargs: Any) -> Any:
    """Return an operator's results at every point, stacked along a new first axis."""
    name = getattr(operator, "__name__", "the function")
    count = points_in(carriers, args, name)
    carriers = tuple(n % len(args) for n in carriers)
    compiled = getattr(operator, "compiled", None)
    if compiled is not None and not kwargs and not looked_at():
        return compiled.over_points(carriers, args, count)
    if not count:
        raise BatchError(f"{name} was given no points, and how many outputs it has is not known without one")
    results = [
        operator(*(np.asarray(arg)[k] if n in carriers else arg for n, arg in enumerate(args)), **kwargs)
        for k in range(count)
    ]
    return optree.tree_map(lambda *parts: np.stack(parts), *results)


def known_device(device: str, batched: Batched, mode: str = "forward", has_aux: bool = False) -> str:
    """Return a device, or raise a `DeviceError` if it does not exist or cannot do what is asked."""
    if device not in ("cpu", "cuda"):
        raise DeviceError(f"device is {device!r}; expected 'cpu' or 'cuda'")
    if device == "cuda" and not batched:
        raise DeviceError("device='cuda' computes derivatives at many points, one thread each: pass batched=True")
    if device == "cuda" and (mode == "reverse" or has_aux):
        given = "has_aux=True" if has_aux else "mode='reverse'"
        raise DeviceError(
            f"{given} was given with device='cuda', where batches run in forward mode, and return derivatives and "
            "values; inside a kernel, dualrev.cuda.reverse_grad runs in reverse"
        )
    return device


def on_device(
    f: Callable[..., Any],
    kind: str,
    argnums: int | tuple[int, ...],
    batched: Batched,
    value: bool = False,
    out_shape: int | tuple[int, ...] | None = None,
    chunk: int | None = None,
) -> Callable[..., Any]:
    """Return a derivative of a function at many points on a CUDA device."""
    from dualrev.cuda.batch import DeviceBatch

    single = isinstance(argnums, int)
    shape = (out_shape,) if isinstance(out_shape, int) else out_shape
    numbers = (argnums,) if isinstance(argnums, int) else argnums
    carriers = carriers_of(batched, argnums)
    return DeviceBatch(f, kind, numbers, carriers, single=single, value=value, out_shape=shape, chunk=chunk)
