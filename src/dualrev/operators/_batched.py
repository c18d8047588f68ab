"""Derivatives at many points at once: which arguments carry the points, and how many there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import optree

from dualrev.active.number import looked_at
from dualrev.environment import expect_room
from dualrev.errors import BatchError, DeviceError
from dualrev.operators.interpreted import is_gradient
from dualrev.operators.options import Batched


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


class OverPoints:
    """A derivative at many points, one after the other or in a compiled loop."""

    def __init__(self, operator: Callable[..., Any], batched: Batched) -> None:
        self.operator, self.carriers = operator, carriers_of(batched, operator.argnums)  # type: ignore[attr-defined]

    def run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return the derivative at every point."""
        return over_points(self.operator, self.carriers, args, kwargs)


class OnDevice:
    """A derivative at many points, a thread of a CUDA device for each."""

    def __init__(self, batch: Callable[..., Any]) -> None:
        self.batch = batch

    def run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return the derivative at every point."""
        return self.batch(args, **kwargs)


def over_points(operator: Callable[..., Any], carriers: tuple[int, ...], args: tuple[Any, ...], kwargs: Any) -> Any:
    """Return an operator's results at every point, stacked along a new first axis."""
    name = getattr(operator, "__name__", "the function")
    count = points_in(carriers, args, name)
    carriers = tuple(n % len(args) for n in carriers)
    known = vars(operator).setdefault(_KNOWN, {})
    key = tuple(np.shape(args[n])[1:] for n in carriers)
    compiled = getattr(operator, "compiled", None)
    if not count:
        nothing = known.get(key) or _without_points(operator, args)
        if nothing is not None:
            return optree.tree_map(np.copy, nothing[0])
    try:
        if compiled is not None and not kwargs and not looked_at():
            stacked = compiled.over_points(carriers, args, count)
        else:
            stacked = _one_by_one(operator, carriers, args, kwargs, count)
    except Exception as error:
        own = _of_the_points(carriers, args, count)
        if not (own and _of_shapes(error)):
            raise
        raise BatchError(
            f"{name} fails with argument {own[0]} of shape {np.shape(args[own[0]])}, which all points share. If each "
            f"of the {count} points has a row of it, pass batched={(*sorted(carriers), *own)!r}, which names the "
            "arguments that carry points"
        ) from error
    if count:
        known[key] = (optree.tree_map(lambda part: part[:0].copy(), stacked),)
    return stacked


_KNOWN = "_without_points"
"""Attribute of an operator: results at no points, by the shapes of a point at which it has been called."""


def _without_points(operator: Any, args: tuple[Any, ...]) -> tuple[Any] | None:
    """Return what a gradient or a Hessian is for no points, in a tuple; None where that depends on the function."""
    hessian = is_gradient(operator.f, operator.argnums)
    if operator.has_aux or not (hessian or operator._kind == "gradient"):
        return None
    single = isinstance(operator.argnums, int)
    arrays = [np.asarray(args[n]) for n in ((operator.argnums,) if single else operator.argnums)]
    parts = [x[:0] if x.dtype.kind == "f" else x[:0].astype(np.float64) for x in arrays]

    def like_argnums(parts: list[Any]) -> Any:
        return parts[0] if single else tuple(parts)

    if hessian:
        shapes = [[(0, *a.shape[1:], *b.shape[1:]) for b in parts] for a in parts]
        return (like_argnums([like_argnums([np.empty(shape, parts[0].dtype) for shape in row]) for row in shapes]),)
    gradient = like_argnums(parts)
    return ((np.empty(0, parts[0].dtype), gradient) if operator._value else gradient,)


def _of_the_points(carriers: tuple[int, ...], args: tuple[Any, ...], count: int) -> list[int]:
    """Return the arrays among the shared arguments that have as many rows as there are points."""
    others = [n for n in range(len(args)) if n not in carriers and isinstance(args[n], np.ndarray)]
    return [n for n in others if args[n].ndim and args[n].shape[0] == count > 1]


def _of_shapes(error: Exception) -> bool:
    """Whether an error may come from arguments of the wrong shapes; compiled code speaks of types."""
    spoken = any(word in str(error) for word in ("shape", "broadcast", "dimension"))
    return (
        isinstance(error, TypeError)
        or type(error).__name__ == "TypingError"
        or (spoken and isinstance(error, ValueError))
    )


def _one_by_one(
    operator: Callable[..., Any], carriers: tuple[int, ...], args: tuple[Any, ...], kwargs: Any, count: int
) -> Any:
    name = getattr(operator, "__name__", "the function")
    if not count:
        raise BatchError(f"{name} was given no points, and how many outputs it has is not known without one")
    results: list[Any] = []
    for k in range(count):
        at = [np.asarray(arg)[k] if n in carriers else arg for n, arg in enumerate(args)]
        results.append(operator(*at, **kwargs))
        if k == 0:
            parts: list[Any] = optree.tree_leaves(results[0])
            expect_room("batch of derivatives", name, (count, sum(map(np.size, parts))))
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
