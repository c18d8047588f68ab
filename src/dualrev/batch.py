"""Derivatives at many points at once: which arguments carry the points, and how many there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import optree

from dualrev.errors import BatchError

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
    if compiled is not None and not kwargs:
        return compiled.over_points(carriers, args, count)
    if not count:
        raise BatchError(f"{name} was given no points, and how many outputs it has is not known without one")
    results = [
        operator(*(np.asarray(arg)[k] if n in carriers else arg for n, arg in enumerate(args)), **kwargs)
        for k in range(count)
    ]
    return optree.tree_map(lambda *parts: np.stack(parts), *results)
