"""Active arrays that share memory, as NumPy's views do.

Active arrays hold NumPy's arrays, and views of those are views of the active arrays, too. Nothing depends on it until
one of them is written to; then all of them have to know.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from weakref import ref

import numpy as np

from dualrev.active.number import Active, primal

_Array = np.ndarray

FIRST_LOOK = 64
"""So many views are noted before those that are gone are forgotten."""


def tie(result: Active, operands: Sequence[Any]) -> None:
    """Note that a result is a view of the operand whose memory it shares.

    The view refers to the array that it is a view of, and that refers weakly to its views.
    """
    value = result.content
    if type(value) is not _Array:
        value = primal(value)
    base = value.base
    if base is not None and type(base) is not _Array:
        base = getattr(base, "base", None)  # what NumPy's as_strided puts between a view and its array
    for x in operands:
        if not isinstance(x, Active):
            continue
        whole = x.content
        if type(whole) is not _Array:
            whole = primal(whole)
        if base is whole or value is whole or (base is not None and base is whole.base):
            views = x.ties
            if views is None:
                x.ties = [ref(result)]
                result.ties = x
                return
            root: Any = x
            if isinstance(views, Active):
                root, views = views, views.ties
            result.ties = root
            views.append(ref(result))
            count = len(views)
            if count >= FIRST_LOOK and count & (count - 1) == 0:
                views[:] = [each for each in views if each() is not None]
            return


def show(x: Active, array: np.ndarray) -> None:
    """Note an array of objects of which users may think that it is a view of this array, as long as they hold it."""
    root: Any = x.ties if isinstance(x.ties, Active) else x
    if root.ties is None:
        root.ties = []
    root.ties.append(ref(array))


def family(x: Active) -> tuple[Active, list[Active]]:
    """Return the array that an array is a view of, or the array itself, and all its views that are still there."""
    root: Any = x.ties if isinstance(x.ties, Active) else x
    views = [] if root.ties is None else [view for each in root.ties if (view := each()) is not None]
    return root, views
