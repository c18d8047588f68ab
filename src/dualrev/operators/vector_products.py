"""Products with the Jacobian: `jvp` and `vjp`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import update_wrapper
from typing import Any, overload

import numpy as np
import optree

from dualrev.active.ownership import all_owned, copied
from dualrev.active.trees import Tree, flatten
from dualrev.active.values import own_value
from dualrev.errors import BatchError, ShapeMismatchError
from dualrev.operators._batched import carriers_of, known_device, on_device, points_in
from dualrev.operators.call import Point, described, known_function
from dualrev.operators.fundamental import Pullback, pushforward
from dualrev.operators.options import Batched, Device


class Pushforward:
    """`jvp` of a function, waiting for the point and the direction."""

    def __init__(self, f: Callable[..., Any], batched: Batched = False, device: Device = "cpu") -> None:
        self.f, self.batched = known_function(f, "jvp"), batched
        on_card = known_device(device, batched) == "cuda"
        self._on_device = on_device(self.f, "pushforward", 0, batched) if on_card else None
        update_wrapper(self, f, updated=())

    __repr__ = described

    def __call__(self, primals: Any, tangents: Any, **kwargs: Any) -> tuple[Any, Any]:
        """Return the output and its tangent."""
        if self._on_device is not None:
            points = primals if isinstance(primals, tuple) else (primals,)
            value, pushed = self._on_device(points, tangents, **kwargs)
            return value, pushed
        if self.batched:
            return self._over_points(primals, tangents, kwargs)
        args = primals if isinstance(primals, tuple) else (primals,)
        directions = tangents if isinstance(primals, tuple) else (tangents,)
        if not isinstance(directions, tuple | list) or len(directions) != len(args):
            raise ShapeMismatchError(
                f"tangents hold {_length(directions)}; expected one for each of the {len(args)} primals"
            )
        point = Point(self.f, args, kwargs, tuple(range(len(args))))
        values, tree, out = push(point, _matching(point, tuple(directions), "tangent"))
        floats = all(point.python_float)
        return build(tree, values, floats), build(tree, out, floats)

    def _over_points(self, primals: Any, tangents: Any, kwargs: Any) -> tuple[Any, Any]:
        args = primals if isinstance(primals, tuple) else (primals,)
        directions = tangents if isinstance(primals, tuple) else (tangents,)
        carriers = carriers_of(self.batched, tuple(range(len(args))))
        count = points_in(carriers, args, getattr(self.f, "__name__", "the function"))
        one = Pushforward(self.f)

        def entry(parts: Any, k: int) -> tuple[Any, ...]:
            return tuple(np.asarray(part)[k] if n in carriers else part for n, part in enumerate(parts))

        results: Any = [one(entry(args, k), entry(directions, k), **kwargs) for k in range(count)]
        if not count:
            raise BatchError("jvp was given no points, and how many outputs there are is not known without one")
        value, pushed = optree.tree_map(lambda *parts: np.stack(parts), *results)
        return value, pushed


class VectorPullback:
    """The pullback of a function at a point, which `vjp` returns. It can be called again."""

    def __init__(self, point: Point) -> None:
        self._point = point
        self._recorded = Pullback.at(point)

    def __call__(self, cotangent: Any) -> tuple[Any, ...]:
        """Return a tuple with the gradient of each primal.

        Parameters
        ----------
        cotangent
            Of the output's structure and shapes.

        Raises
        ------
        ShapeMismatchError
            If it is not.
        """
        recorded, point = self._recorded, self._point
        leaves, tree = flatten(cotangent)
        listed = recorded.tree.spec is None and isinstance(cotangent, list | tuple)
        if tree != recorded.tree and not listed:
            raise ShapeMismatchError(
                f"the cotangent is arranged as {_spec(tree)}; expected the output's {_spec(recorded.tree)}"
            )
        if listed:
            leaves = [np.asarray(cotangent)]
        cotangents = [_cast(leaf, value, "cotangent") for leaf, value in zip(leaves, recorded.values, strict=True)]
        adjoints = recorded(cotangents)
        parts = all_owned(
            np.zeros(x.shape, x.dtype)[()] if a is None else a for a, x in zip(adjoints, point.leaves, strict=True)
        )
        gradients: tuple[Any, ...] = point.like_input([point.finished(n, part) for n, part in enumerate(parts)])
        return gradients


@overload
def jvp(
    f: Callable[..., Any], primals: None = None, tangents: None = None, *, batched: Batched = ..., device: Device = ...
) -> Pushforward: ...


@overload
def jvp(
    f: Callable[..., Any],
    primals: Any,
    tangents: Any,
    *,
    batched: Batched = ...,
    device: Device = ...,
    **kwargs: Any,
) -> tuple[Any, Any]: ...


def jvp(
    f: Callable[..., Any],
    primals: Any = None,
    tangents: Any = None,
    *,
    batched: Batched = False,
    device: Device = "cpu",
    **kwargs: Any,
) -> Any:
    """Push a tangent forward: the derivative of `f` in one direction, with its value.

    Parameters
    ----------
    f : callable
    primals : tuple or any
        A tuple is the list of arguments, anything else one argument. Left out, a callable of primals and tangents is
        returned.
    tangents : tuple or any
        Of the structure and shapes of `primals`.
    batched : bool or tuple of int
        Whether the arguments hold a point in each entry of their first axis, or which of them do.
    device : {"cpu", "cuda"}
        Where a batch is computed. On a CUDA device the first argument is differentiated.
    **kwargs
        Passed to `f`.

    Returns
    -------
    out, tangent_out
        Of one structure.

    Raises
    ------
    ShapeMismatchError
        If the tangents do not match the primals.

    Examples
    --------
    >>> import dualrev as dr
    >>> dr.jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 0.0))
    (6.0, 3.0)
    """
    operator = Pushforward(f, batched, device)
    return operator if primals is None else operator(primals, tangents, **kwargs)


def vjp(f: Callable[..., Any], *primals: Any, **kwargs: Any) -> tuple[Any, VectorPullback]:
    """Return the value of `f` and its pullback, which takes a cotangent of the output back to the primals.

    Parameters
    ----------
    f : callable
    *primals
        The arguments, copied: changing them later changes nothing.
    **kwargs
        Passed to `f`.

    Returns
    -------
    out, pullback
        `pullback(cotangent)` is a tuple with one gradient for each primal.

    Raises
    ------
    ShapeMismatchError
        When the pullback is called, if the cotangent does not have the structure and shapes of `out`.

    Examples
    --------
    >>> import dualrev as dr
    >>> out, pullback = dr.vjp(lambda x, y: x * y, 2.0, 3.0)
    >>> pullback(1.0)
    (3.0, 2.0)
    """
    point = Point(known_function(f, "vjp"), primals, kwargs, tuple(range(len(primals))))
    pullback = VectorPullback(point)
    recorded = pullback._recorded
    return build(recorded.tree, copied(recorded.values), all(point.python_float)), pullback


def push(point: Point, tangents: Sequence[Any]) -> tuple[list[Any], Tree, list[Any]]:
    """Return the output's leaves, their arrangement and their tangents, zeros where nothing arrives."""
    values, tree, pushed = pushforward(point.call, point.leaves, tangents, point.name)
    whole = [np.zeros(v.shape, v.dtype)[()] if t is None else t for v, t in zip(values, pushed, strict=True)]
    results = all_owned([*values, *whole])
    return results[: len(values)], tree, results[len(values) :]


def _matching(point: Point, directions: Any, what: str) -> list[Any]:
    given: list[Any] = []
    for direction, (tree, _) in zip(directions, point.trees, strict=True):
        leaves, arrangement = flatten(direction)
        if arrangement != tree:
            raise ShapeMismatchError(
                f"the {what} is arranged as {_spec(arrangement)}; expected the primal's {_spec(tree)}"
            )
        given += leaves
    return [_cast(leaf, x, what) for leaf, x in zip(given, point.leaves, strict=True)]


def _cast(given: Any, like: Any, what: str) -> Any:
    value = own_value(given)
    if value.shape != like.shape:
        raise ShapeMismatchError(
            f"the {what} has shape {value.shape}; expected {like.shape}, the shape of what it belongs to"
        )
    return value if value.dtype == like.dtype else value.astype(like.dtype)


def build(tree: Tree, leaves: Sequence[Any], python_floats: bool) -> Any:
    """Return leaves in their arrangement, numbers as Python's floats if the arguments were such."""
    return tree.build([float(leaf) if python_floats and isinstance(leaf, np.generic) else leaf for leaf in leaves])


def _spec(tree: Tree) -> str:
    return "one array" if tree.spec is None else str(tree.spec)


def _length(x: Any) -> str:
    return f"{len(x)} parts" if isinstance(x, tuple | list) else f"a {type(x).__name__}"
