"""Minimisation over containers: a function of parameters in dicts, tuples and lists, as one of a vector."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualrev.active.ownership import owned
from dualrev.active.trees import flatten
from dualrev.active.values import own_value
from dualrev.operators.call import interpretable, name_of
from dualrev.primitives.array.packing import Packing


class OfVector:
    """A function of a container as a function of the vector of all its elements.

    Parameters
    ----------
    f : callable
    x0 : container
        Of numbers and arrays; tells how they are arranged.

    Attributes
    ----------
    start : ndarray
        The elements of x0, of shape (n,).
    """

    def __init__(self, f: Callable[..., Any], x0: Any) -> None:
        self.f, self.__name__ = interpretable(f, "auto"), name_of(f)
        given, self._tree = flatten(x0)
        leaves = [own_value(leaf) for leaf in given]
        self._floats = [type(leaf) is float for leaf in given]
        self._dtypes = [leaf.dtype for leaf in leaves]
        self._packing = Packing(*(leaf.shape for leaf in leaves))
        self.start: np.ndarray = np.concatenate([np.ravel(leaf) for leaf in leaves]) if leaves else np.zeros(0)

    def __call__(self, vector: Any, *args: Any) -> Any:
        """Return the function's value."""
        return self.f(self._tree.build(self._parts(vector)), *args)

    def container(self, vector: np.ndarray) -> Any:
        """Return the elements of a vector as they are arranged in x0; a Python float for a Python float."""
        parts = zip(self._parts(vector), self._floats, strict=True)
        return self._tree.build([float(part) if plain else owned(part) for part, plain in parts])

    def _parts(self, vector: Any) -> list[Any]:
        parts = zip(self._packing.split(vector), self._dtypes, strict=True)
        return [(part if part.dtype == kind else part.astype(kind))[()] for part, kind in parts]
