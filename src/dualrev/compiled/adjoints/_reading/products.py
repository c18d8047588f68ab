"""Products of vectors and matrices: steps, so that the library that the function calls computes them here, too."""

from __future__ import annotations

import numpy as np
from numba.core import types

from dualrev.compiled._array_functions.pullbacks import contiguous, of_product
from dualrev.compiled.adjoints._form import Array
from dualrev.compiled.adjoints._reading.entries import Entry
from dualrev.compiled.adjoints._reading.reader import Reader
from dualrev.compiled.adjoints._reading.steps import outlasting, result_of
from dualrev.compiled.adjoints._reading.whole import settled
from dualrev.compiled.adjoints._steps import Step


def product(reader: Reader, x: Entry, y: Entry) -> Entry:
    """Read `x @ y`."""
    a, b = _array(reader, x), _array(reader, y)
    if a.type.ndim > 2 or b.type.ndim > 2 or not isinstance(a.type.dtype, types.Float):
        return reader.refuse("multiplies arrays of more than two axes, or of no floats")
    of = reader.typing.call(np.dot, [a.type.copy(layout="C"), b.type.copy(layout="C")])
    if of is None:
        return reader.refuse("multiplies arrays that Numba does not")
    step = Step(reader.block, reader.line, (), " @ ".join((_factor(a, 0), _factor(b, 1))), (a, b), None)
    step.pulls = of_product(a.type, b.type)
    step.results = (result_of(reader, of, step),)
    reader.add(step)
    rows = [(a, 0)] if a.type.ndim == 2 else []
    return outlasting(reader, step.results[0], rows + ([(b, 1)] if b.type.ndim == 2 else []))


def _array(reader: Reader, x: Entry) -> Array:
    found = settled(reader, x)
    return found if isinstance(found, Array) else reader.refuse("multiplies what is no array")


def _factor(array: Array, place: int) -> str:
    return f"{{{place}}}" if array.type.layout in "CF" else f"{contiguous.__name__}({{{place}}})"
