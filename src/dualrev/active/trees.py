"""Nested containers of numbers and arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import optree

from dualrev.active.array_operands import take_up
from dualrev.active.number import Active
from dualrev.errors import ComplexInputError, InputTypeError, NoOutputError

_SINGLE = (float, int, np.ndarray, np.float64, np.float32)


class Tree:
    """How leaves were arranged."""

    def __init__(self, spec: Any, paths: Sequence[Any]) -> None:
        self.spec = spec
        self.paths = paths

    def build(self, leaves: Sequence[Any]) -> Any:
        """Return the container with these leaves."""
        if self.spec is None:
            return leaves[0]
        return optree.tree_unflatten(self.spec, leaves)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tree) and self.spec == other.spec

    def __hash__(self) -> int:
        return hash(self.spec)


_LEAF = Tree(None, ((),))


def flatten(x: Any) -> tuple[list[Any], Tree]:
    """Return the leaves of an argument and their arrangement. None in a container is no leaf."""
    if type(x) in _SINGLE or isinstance(x, Active) or x is None:
        return [x], _LEAF
    leaves, spec = optree.tree_flatten(x)
    if spec.is_leaf():
        return leaves, _LEAF
    return leaves, Tree(spec, optree.treespec_paths(spec))


def flatten_output(out: Any, name: str) -> tuple[list[Any], Tree]:
    """Return the leaves of a function's output. A list of scalars is one array."""
    if isinstance(out, Active):
        return [_output_leaf(out, name)], _LEAF
    leaves, tree = flatten(_joined(out))
    if not leaves or leaves[0] is None:
        raise NoOutputError(
            f"{name} returned {_brief(out)}; expected a number, an array or a container of them: is there a `return`?"
        )
    return [_output_leaf(leaf, name) for leaf in leaves], tree


def _joined(out: Any) -> Any:
    if type(out) is list and out and all(_is_scalar(element) for element in out):
        return np.stack(out) if any(isinstance(element, Active) for element in out) else np.array(out)
    if type(out) is dict:
        return {key: _joined(value) for key, value in out.items()}
    if type(out) in (tuple, list):
        return type(out)(_joined(element) for element in out)
    return out


def _is_scalar(x: Any) -> bool:
    return isinstance(x, Active | int | float | np.number) and np.shape(x) == ()


def _real(leaf: Active, name: str) -> Active:
    if leaf.content.dtype.kind == "c":
        raise ComplexInputError(
            f"{name} returned {leaf.dtype} of shape {leaf.shape}; expected real numbers. Complex ones may come between "
            "real inputs and real results: return np.real(z), np.imag(z) or np.abs(z)"
        )
    return leaf


def _output_leaf(leaf: Any, name: str) -> Any:
    if isinstance(leaf, Active) and type(leaf).read is not Active.read:  # others are what they hold
        leaf = leaf.read()
    if isinstance(leaf, Active):
        return _real(leaf, name)
    if callable(leaf):
        raise InputTypeError(
            f"{name} returned a function; expected real numbers, arrays of them, or containers of those. Differentiate "
            "what that function returns: lambda x: f(x)(y)"
        )
    array = np.asarray(leaf)
    if array.dtype.kind == "O":
        return take_up(array)
    if array.dtype.kind not in "fiub":
        raise InputTypeError(
            f"{name} returned a {_brief(leaf)}; expected real numbers, arrays of them, or containers of those"
        )
    return np.array(array, dtype=array.dtype if array.dtype.kind == "f" else np.float64)[()]


def _brief(x: Any) -> str:
    text = repr(x)
    return text if len(text) < 60 else f"a {type(x).__name__}"


def map_leaves(function: Callable[[Any], Any], x: Any) -> Any:
    """Apply a function to every leaf."""
    leaves, tree = flatten(x)
    return tree.build([function(leaf) for leaf in leaves])


def active_inside(x: Any) -> bool:
    """Whether something is an active number, or a container or an array of objects that holds one."""
    if isinstance(x, Active):
        return True
    if isinstance(x, np.ndarray):
        return x.dtype == object and any(isinstance(element, Active) for element in x.flat)
    if isinstance(x, dict):
        return any(map(active_inside, x.values()))
    return isinstance(x, tuple | list | set) and any(map(active_inside, x))
