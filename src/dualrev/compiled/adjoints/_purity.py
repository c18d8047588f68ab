"""The functions of a generated text that have no effect and raise no error, so that calls may be left out."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np
from numba.core import types

from dualrev.kernels.numpy_rows import FUNCTIONS

_BUILTIN = (abs, bool, float, int, len, max, min, range, round)
_METHODS = ("copy",)


def purity(scope: Mapping[str, Any], known: Collection[str]) -> Callable[[str], bool]:
    """Return what tells whether a function is pure.

    Compiled functions are not: those that divide raise an error where Python does. Nor is what is not known here.

    Parameters
    ----------
    scope
        What names in the text mean, besides variables.
    known
        Names of it that are pure, whatever they mean.
    """
    table = {id(each) for each in FUNCTIONS.values() if not hasattr(each, "py_func")}

    def pure(name: str) -> bool:
        first, _, rest = name.partition(".")
        if first in known:
            return True
        if first not in scope and not hasattr(builtins, first):
            return rest in _METHODS
        meaning = scope[first] if first in scope else getattr(builtins, first)
        meaning = getattr(meaning, rest, None) if rest else meaning
        if isinstance(meaning, np.ufunc | types.Type) or id(meaning) in table:
            return True
        # `np.empty` is not among these: a negative length is an error.
        return any(meaning is each for each in (*_BUILTIN, np.zeros)) or getattr(meaning, "__module__", "") == "math"

    return pure
