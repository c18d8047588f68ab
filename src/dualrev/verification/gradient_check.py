"""A check of derivatives for test suites."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dualrev.active.trees import flatten_output
from dualrev.errors import known_mode
from dualrev.operators.call import Point
from dualrev.operators.vector_products import jvp, vjp
from dualrev.verification import numeric


def check_grads(
    f: Callable[..., Any],
    args: Sequence[Any],
    order: int = 2,
    modes: Sequence[str] = ("forward", "reverse"),
    *,
    rtol: float | None = None,
    seed: int = 0,
) -> None:
    """Check derivatives against central differences of fourth order, for use in test suites.

    Parameters
    ----------
    f : callable
    args : sequence
        Its arguments, all differentiated.
    order : int
        Check derivatives up to this order, by differentiating derivatives.
    modes : sequence of {"forward", "reverse"}
    rtol : float, optional
        Relative tolerance; by default 1e-6 in double and 1e-2 in single precision.
    seed : int
        Seed of the random directions.

    Raises
    ------
    AssertionError
        If a derivative disagrees, naming mode, order and error.

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> dr.check_grads(lambda x: np.sin(x) * x, (1.0,))
    """
    rng = np.random.default_rng(seed)
    for mode in modes:
        known_mode(mode)
    _check(f, tuple(args), order, 1, tuple(modes), rtol, rng)


def _check(
    f: Callable[..., Any],
    args: tuple[Any, ...],
    order: int,
    depth: int,
    modes: tuple[str, ...],
    rtol: float | None,
    rng: Any,
) -> None:
    point = Point(f, args, {}, tuple(range(len(args))))
    eps = max((float(np.finfo(x.dtype).eps) for x in point.leaves), default=1e-16)
    tolerance = rtol if rtol is not None else (1e-6 if eps < 1e-10 else 1e-2)
    v = numeric.random_like(point.leaves, rng)

    def values(leaves: list[Any]) -> list[Any]:
        return flatten_output(point.call(leaves), point.name)[0]

    expected = numeric.directional_difference(values, point.leaves, v)
    w = numeric.random_like(expected, rng)
    arguments, direction = point.like_input(point.leaves), point.like_input(v)
    for mode in modes:
        if mode == "forward":
            pushed = flatten_output(jvp(f, arguments, direction)[1], point.name)[0]
            error = numeric.relative_error(pushed, expected)
            pair = (pushed, expected)
        else:
            out, pullback = vjp(f, *arguments)
            _, tree = flatten_output(out, point.name)
            gradients = flatten_output(pullback(tree.build(w)), point.name)[0]
            left, right = numeric.inner(gradients, v), numeric.inner(w, expected)
            size = sum(float(np.sum(np.abs(a * b))) for a, b in zip(w, expected, strict=True))
            error = (
                numeric.relative_error([left], [right]) * abs(right) / size
                if size and left != right
                else abs(left - right)
            )
            weight = max(sum(float(np.sum(np.abs(each))) for each in w), 1.0)
            pair = ([left / weight], [right / weight])
        if error > tolerance:
            error = numeric.lost(error, *pair, values, point.leaves, v)
        if not error <= tolerance:
            raise AssertionError(
                f"derivative {depth} of {point.name} in {mode} mode differs from central differences by {error:.1e} "
                f"(relative); expected at most {tolerance:.1e}"
            )
    if depth < order:
        if "forward" in modes:
            _check(lambda *x: jvp(f, x, direction)[1], args, order, depth + 1, modes, rtol, rng)
        if "reverse" in modes:
            _check(lambda *x: _pulled(f, x, w), args, order, depth + 1, modes, rtol, rng)


def _pulled(f: Callable[..., Any], args: tuple[Any, ...], w: list[Any]) -> Any:
    out, pullback = vjp(f, *args)
    _, tree = flatten_output(out, "f")
    return pullback(tree.build(w))
