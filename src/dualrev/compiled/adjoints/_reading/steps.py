"""Functions of the compiled array table that are not read as loops: a call is one step of the normal form."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numba
import numpy as np
from numba.core import types

from dualrev.compiled._array_functions.table import PULLBACKS, SHAPED_LIKE, STAND_INS
from dualrev.compiled.adjoints._form import Array, Constant, Operand, Root, Value
from dualrev.compiled.adjoints._primal_text import written
from dualrev.compiled.adjoints._reading.entries import Alone, Entry, Known, Tuple, numba_type
from dualrev.compiled.adjoints._reading.functions import is_hashable
from dualrev.compiled.adjoints._reading.indexing import transposed
from dualrev.compiled.adjoints._reading.making import make
from dualrev.compiled.adjoints._reading.nests import each_element
from dualrev.compiled.adjoints._reading.reader import Reader
from dualrev.compiled.adjoints._reading.shapes import WHOLE, length
from dualrev.compiled.adjoints._reading.typing import NUMBERS
from dualrev.compiled.adjoints._steps import Step
from dualrev.kernels.numba_extending import defined


def is_step(function: Any) -> bool:
    """Whether the table has a function, so that there is a pullback of it."""
    return is_hashable(function) and function in STAND_INS


def step(reader: Reader, function: Any, args: Sequence[Entry], keywords: Mapping[str, Entry]) -> Entry:
    """Read a call as one step."""
    call = _Call(reader)
    parts = [call.text(each) for each in args]
    parts += [f"{name}={call.text(each)}" for name, each in keywords.items()]
    name = reader.scoped(function.__name__, function)
    given = [call.type(each) for each in args], {key: call.type(each) for key, each in keywords.items()}
    of = reader.typing.call(function, *given)
    alone = isinstance(of, types.Array) and not of.ndim
    leaves = list(of) if isinstance(of, types.BaseTuple) else [of.dtype if alone else of]
    for each in leaves:
        if not isinstance(each.dtype if isinstance(each, types.Array) else each, NUMBERS):
            reader.refuse(
                f"calls {function.__name__}, which Numba does not compile here"
                if each is None
                else f"calls {function.__name__}, which returns a {each}"
            )
    bound = _bound(reader, function, args, keywords) if is_step(function) else {}
    text = f"{name}({', '.join(parts)}){'[()]' if alone else ''}"
    scope = tuple((each, reader.scope[each]) for each in (name, *call.names))
    made = Step(reader.block, reader.line, (), text, tuple(call.operands), None)
    made.tuple_name = reader.names.new("t") if isinstance(of, types.BaseTuple) else ""
    arrays = [each for each in args if isinstance(each, Array)]
    if function in PULLBACKS and len(arrays) == len(args) and not keywords:
        made.pulls = PULLBACKS[function](*(each.type for each in arrays))
    else:
        made.function = function_of(text, len(call.operands), scope)
    made.results = tuple(result_of(reader, each, made) for each in leaves)
    reader.add(made)
    like = bound.get(SHAPED_LIKE[function]) if function in SHAPED_LIKE else None
    axes = [(like, axis) for axis in range(like.type.ndim)] if isinstance(like, Array) else None
    found = tuple(outlasting(reader, each, axes) for each in made.results)
    if alone:
        return Alone(reader.as_number(found[0]))
    return Tuple(found) if made.tuple_name else found[0]


def result_of(reader: Reader, of: Any, made: Step) -> Value | Array:
    """Return a new number or array of a type, which a step makes."""
    name = reader.names.new("t")
    if not isinstance(of, types.Array):
        return Value(name, of, reader.block, made)
    if not of.ndim:
        reader.refuse("makes an array of no axes")
    array = Array(name, of, Root(name, "made"), reader.block, made)
    reader.unnamed.add(array)
    return array


# An argument more than the table's function takes is one that the call writes to.
def _bound(reader: Reader, function: Any, args: Sequence[Entry], keywords: Mapping[str, Entry]) -> Mapping[str, Entry]:
    """Return the arguments by the names that the table's function has for them."""
    try:
        return inspect.signature(STAND_INS[function].__wrapped__).bind(*args, **keywords).arguments
    except TypeError:
        return reader.refuse(f"calls {function.__name__} with other arguments than its derivative takes")


# The memory of a result is another one in each iteration, and that of arrays that are made is not.
def outlasting(reader: Reader, result: Value | Array, axes: Sequence[tuple[Array, int]] | None) -> Entry:
    """Return a result, or a copy of it: of an array in a loop. Its axes are as long as those given, if they are known.

    The step is already in the program.
    """
    if not isinstance(result, Array):
        return result
    if not reader.block.loops():
        if axes is not None:
            reader.axes[result] = {n: (axis, WHOLE) for n, axis in enumerate(axes)}
        return result
    axes = [(result, axis) for axis in range(result.type.ndim)] if axes is None else axes
    lengths = [length(reader, *each) for each in axes]
    if isinstance(result.made_by, Step):
        result.made_by.lengths[result] = tuple(lengths)
    if result.type.layout == "F" and len(axes) > 1:
        made = transposed(reader, make(reader, lengths[::-1], result.type.dtype))
    else:
        made = make(reader, lengths, result.type.dtype)
    each_element(reader, made, lambda indices: reader.load(result, indices))
    return made


class _Call:
    """The text of a call, with places for what is known when it runs."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.operands: list[Operand | Array] = []
        self.names: list[str] = []

    def text(self, entry: Entry) -> str:
        """Return the text of an argument."""
        if isinstance(entry, Value | Array):
            self.operands.append(entry)
            return f"{{{len(self.operands) - 1}}}"
        if isinstance(entry, Constant):
            return written(entry)
        if isinstance(entry, Tuple):
            items = "".join(f"{self.text(each)}, " for each in entry.items)
            return f"[{items}]" if entry.kind is list else f"({items})"
        if isinstance(entry, Known) and (entry.value is None or isinstance(entry.value, str | bool)):
            return repr(entry.value)
        if isinstance(entry, Known) and isinstance(entry.value, type | np.dtype | types.Type):
            self.names.append(self.reader.scoped(str(getattr(entry.value, "__name__", "dtype")), entry.value))
            return self.names[-1]
        return self.reader.refuse("calls a function of arrays with what is no array, no number and no text")

    def type(self, entry: Entry) -> Any:
        """Return Numba's type of an argument; that of a known number says which it is."""
        if isinstance(entry, Constant) and not isinstance(entry.type, types.Float):
            return types.literal(entry.value) if entry.type in (types.intp, types.boolean) else entry.type
        if isinstance(entry, Known) and isinstance(entry.value, str):
            return types.literal(entry.value)
        if isinstance(entry, Tuple):
            items = [self.type(each) for each in entry.items]
            if None in items:
                return self.reader.refuse("has a value of no type that is known")
            if entry.kind is list:
                return types.List(self._unified([types.unliteral(each) for each in items]), reflected=True)
            return types.BaseTuple.from_types(items, entry.kind)
        found = numba_type(entry, self.reader.typing.of)
        return self.reader.refuse("has a value of no type that is known") if found is None else found

    def _unified(self, items: Sequence[Any]) -> Any:
        of = items[0] if items else types.float64
        for each in items[1:]:
            of = None if of is None else self.reader.typing.unified(of, each)
        return self.reader.refuse("has a list of several types") if of is None else of


# The same for the same call, so that its pullback is compiled once.
@cache
def function_of(text: str, count: int, scope: tuple[tuple[str, Any], ...]) -> Any:
    """Return a call as a compiled function of what is put into its text."""
    names = [f"x{n}" for n in range(count)]
    return numba.njit(defined(names, [f"return {text.format(*names)}"], dict(scope), "step"), error_model="numpy")
