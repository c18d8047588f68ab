"""Arguments of compiled functions that share memory, with each other or with a global array.

A derivative works on copies of what it differentiates. A function that writes to an argument sees that by another name;
its derivative would not.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product
from typing import Any

import numpy as np
import optree
from numba.core.dispatcher import Dispatcher

from dualrev.active.number import primal
from dualrev.active.ownership import lent
from dualrev.compiled._rebinding import names_in
from dualrev.compiled.drivers._fingerprint import stays_in_place
from dualrev.errors import InPlaceError

_KEPT = "_dualrev_global_arrays"


def expect_apart(f: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Raise an error if a function writes to an argument that shares memory with another, or with a global array.

    The function is called once, with copies, if there are such arguments.

    Raises
    ------
    InPlaceError
        If it writes to one of them.
    """
    given = args if not kwargs else (*args, *[value for name, value in kwargs.items() if name != "out"])
    nested = any(isinstance(x, tuple | list) for x in given)
    arrays = _arrays(given) if nested else [x for x in given if type(x) is np.ndarray]
    known = global_arrays(f)
    if len(arrays) + len(known) < 2 or not arrays:
        return
    # `may_share_memory` compares bounds only, which is quick, and may be wrong in one direction: then the call below,
    # which is the judge, finds nothing written.
    pairs = [pair for pair in combinations(arrays, 2) if np.may_share_memory(*pair)]
    in_globals = [pair for pair in product(arrays, known) if np.may_share_memory(*pair)]
    if not pairs and not in_globals:
        return
    before: Any = (args, {name: value for name, value in kwargs.items() if name != "out"})
    before = optree.tree_map(primal, before)
    after = lent(before)
    f(*after[0], **after[1])
    # Bytes and not values, for which a NaN would differ from itself.
    written = [id(x) for x, y in zip(_arrays(before), _arrays(after), strict=True) if x.tobytes() != y.tobytes()]
    for other, found in (("another argument", pairs), ("a global array", in_globals)):
        if any(id(x) in written for pair in found for x in pair):
            raise InPlaceError(
                f"{f.py_func.__name__} writes to an argument that shares its memory with {other}. Its derivative works "
                "on copies, and would be that of another function. Pass a copy: x.copy()"
            )


def _arrays(given: Any) -> list[np.ndarray]:
    return [x for x in optree.tree_leaves(given) if type(x) is np.ndarray]


def global_arrays(f: Any) -> list[np.ndarray]:
    """Return the arrays that a function and those that it calls refer to where they are."""
    kept: list[np.ndarray] | None = vars(f).get(_KEPT)
    if kept is None:
        kept = vars(f)[_KEPT] = list(_found(f, set()))
    return kept


def _found(f: Any, seen: set[int]) -> Iterator[np.ndarray]:
    seen.add(id(f))
    function = f.py_func
    values = [function.__globals__[name] for name in names_in(function.__code__) if name in function.__globals__]
    for value in (*values, *[cell.cell_contents for cell in function.__closure__ or ()]):
        if isinstance(value, np.ndarray):
            if stays_in_place(value):
                yield value
        elif isinstance(value, Dispatcher) and id(value) not in seen:
            yield from _found(value, seen)
