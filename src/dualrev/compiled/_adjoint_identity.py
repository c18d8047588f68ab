"""The adjoint identity <w, Jv> = <J^T w, v> of a derivative that compiled code has computed in reverse."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import optree

from dualrev.active.ownership import lent
from dualrev.compiled._marks import TAKES_OUT
from dualrev.compiled.drivers.derivative import Question, derivative
from dualrev.errors import CompilationFault

CLOSE = {np.dtype(np.float64): 1e-8, np.dtype(np.float32): 1e-3}
"""Of both sides, relative to the sum of their terms without signs."""


def expect_identity(
    f: Any, question: Question, args: Sequence[Any], kwargs: Mapping[str, Any], result: Any, rng: np.random.Generator
) -> None:
    """Compare a gradient, or what a pullback gave, with one direction of forward mode.

    Raises
    ------
    CompilationFault
        If they differ.
    """
    if question.kind not in ("gradient", "jacobian", "pullback") or question.carriers:
        return
    if getattr(f.py_func, TAKES_OUT, False):
        return
    own = inspect.signature(f.py_func)
    count = len(own.parameters)
    bound = own.bind(*args[:count], **{name: each for name, each in kwargs.items() if name in own.parameters})
    bound.apply_defaults()
    numbers = (question.argnums,) if isinstance(question.argnums, int) else question.argnums
    leaves, tree = optree.tree_flatten(tuple(bound.args[n] for n in numbers))  # type: ignore[arg-type, var-annotated]
    slopes = _leaves(result[1] if question.value else result[0] if question.aux else result)
    if list(map(np.shape, slopes)) != list(map(np.shape, leaves)):
        return  # a Jacobian of several numbers, by the tape
    directions = [rng.uniform(0.5, 1.5, np.shape(slope)).astype(slope.dtype)[()] for slope in slopes]
    pushed = derivative(f, Question("pushforward", "forward", numbers))
    tangents = pushed(*lent(bound.args), *optree.tree_unflatten(tree, directions))
    weights = _leaves(args[count]) if question.kind == "pullback" else [np.ones(())]
    forward = [np.sum(w * t) for w, t in zip(weights, _leaves(tangents), strict=False)]
    terms = [slope * direction for slope, direction in zip(slopes, directions, strict=True)]
    left, right = float(sum(forward)), float(sum(map(np.sum, terms)))
    size = sum(map(abs, forward)) + sum(np.sum(np.abs(term)) for term in terms)
    close = abs(left - right) <= max(CLOSE.get(slope.dtype, 0.0) for slope in slopes) * size
    # Where both are NaN, or the same infinity, there is nothing to tell them apart by.
    if not (close or left == right or (np.isnan(left) and np.isnan(right))):
        raise CompilationFault(
            f"the adjoint identity of {f.py_func.__name__} does not hold: <w, Jv> is {left} forward and <J^T w, v> is "
            f"{right} in reverse; mode='forward' is another way to the derivative"
        )


def _leaves(tree: Any) -> list[Any]:
    return [np.asarray(leaf) for leaf in optree.tree_leaves(tree)]
