"""Results of compiled derivatives as NumPy's numbers and arrays, of the types that their inputs have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import optree

from dualrev.compiled.drivers.derivative import Question


def as_numpy(result: Any, question: Question, leaves: list[Any]) -> Any:
    """Return a derivative with respect to some leaves, in which Python's floats stand where these are such."""
    kinds = {float if type(leaf) is float else getattr(leaf, "dtype", None) for leaf in leaves}
    if kinds <= {float}:
        return result
    number: Callable[[Any], Any] = np.float32 if kinds == {np.dtype(np.float32)} else np.float64
    if type(result) is float:
        return number(result)
    plain = optree.tree_map(lambda leaf: number(leaf) if type(leaf) is float else _without_box(leaf), result)
    if question.kind != "gradient" or len(kinds) == 1:
        return plain
    if question.value:
        return plain[0], _like(leaves, result[1])
    return (_like(leaves, result[0]), plain[1]) if question.aux else _like(leaves, result)


def _like(leaves: list[Any], gradient: Any) -> Any:
    """Return a gradient in which each number and array is of its own input's type; integers count as float64."""
    parts, structure = optree.tree_flatten(gradient)
    dtypes = [getattr(leaf, "dtype", np.dtype(np.float64)) for leaf in leaves]
    parts = [
        part if type(leaf) is float else np.asarray(part, dtype if dtype.kind == "f" else np.float64)[()]
        for part, leaf, dtype in zip(parts, leaves, dtypes, strict=True)
    ]
    return optree.tree_unflatten(structure, parts)


def _without_box(x: Any) -> Any:
    return x[()] if type(x) is np.ndarray and x.ndim == 0 else x
