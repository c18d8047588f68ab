"""Scalar functions: rows of the table by their spellings, and conversions."""

from __future__ import annotations

import builtins
import math
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numba.core import types

from dualrev.compiled.adjoints._form import Constant
from dualrev.compiled.adjoints._reading.entries import Number
from dualrev.compiled.adjoints._reading.reader import Reader
from dualrev.kernels.numpy_rows import FUNCTIONS
from dualrev.primitives.row import Row
from dualrev.primitives.scalar import TABLE


@cache
def _spellings() -> dict[Any, tuple[str, Row]]:
    """Return for each function that compiled code calls its name in texts, and its row."""
    found: dict[Any, tuple[str, Row]] = {}
    for row in TABLE.values():
        found[FUNCTIONS[row.name]] = f"special_{row.name}", row
        for module in (builtins, np, math):
            for name in row.spelled(module.__name__):
                if hasattr(module, name):
                    text = name if module is builtins else f"{module.__name__}_{name}"
                    found[getattr(module, name)] = text, row
    return found


def known_row(function: Any) -> tuple[str, Row] | None:
    """Return the name of a function in texts, and its row; None where it has none."""
    return _spellings().get(function) if is_hashable(function) else None


def is_hashable(value: Any) -> bool:
    """Whether a value can be looked up in a table."""
    try:
        hash(value)
    except TypeError:
        return False
    return True


def scalar_function(reader: Reader, function: Any, args: Sequence[Number]) -> Number | None:
    """Return what a function of the table makes of numbers; None where it is none."""
    known = known_row(function)
    if known is None:
        return None
    name, row = known
    of = reader.typing.call(function, [each.type for each in args])
    if of is None or len(args) != row.arity:
        return None
    called = name if getattr(builtins, name, None) is function else reader.scoped(name, function)
    return reader.operation(f"{called}({', '.join(f'{{{n}}}' for n in range(len(args)))})", args, of, row)


def converted(reader: Reader, number: Number, of: Any) -> Number:
    """Return a number as one of a type."""
    if number.type == of:
        return number
    if isinstance(number, Constant) and of in (types.float64, types.intp, types.boolean):
        kind = {types.float64: float, types.intp: int, types.boolean: bool}[of]
        return Constant(kind(number.value), of)
    if of is None:
        return reader.refuse("converts a number to a type that Numba does not take")
    return reader.operation(f"{of.name}({{0}})", [number], of, TABLE["positive"])
