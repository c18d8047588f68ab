"""Calls: of functions of the table, of Python's own, and of other compiled functions, which are inlined."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numba.core import types
from numba.core.dispatcher import Dispatcher
from numba.np.ufunc.dufunc import DUFunc

from dualrev.compiled._array_functions.table import METHODS
from dualrev.compiled.adjoints._form import Array, Constant, Value
from dualrev.compiled.adjoints._reading.axes import AXES
from dualrev.compiled.adjoints._reading.comprehensions import array_of
from dualrev.compiled.adjoints._reading.entries import Elements, Entry, Known, Method, Number, Tuple, without_array
from dualrev.compiled.adjoints._reading.functions import converted, is_hashable, known_row, scalar_function
from dualrev.compiled.adjoints._reading.helpers import HELPERS, takes_array
from dualrev.compiled.adjoints._reading.inlining import Inner, inlined, inner, overloaded
from dualrev.compiled.adjoints._reading.joining import JOINS
from dualrev.compiled.adjoints._reading.loops import Snapshot
from dualrev.compiled.adjoints._reading.making import MAKERS
from dualrev.compiled.adjoints._reading.methods import FUNCTIONS, method, reads, takes
from dualrev.compiled.adjoints._reading.python_functions import PYTHONS
from dualrev.compiled.adjoints._reading.reader import Reader
from dualrev.compiled.adjoints._reading.reductions import FUNCTIONS as SUMS
from dualrev.compiled.adjoints._reading.rules import entry_of_rule, with_rule
from dualrev.compiled.adjoints._reading.steps import is_step, step
from dualrev.compiled.adjoints._reading.whole import chosen, elementwise, is_whole, settled
from dualrev.compiled.adjoints.refusal import Refused
from dualrev.kernels.numba_types import element


def call(reader: Reader, node: ast.Call) -> Entry:
    """Read a call."""
    function = reader.expression(node.func)
    if isinstance(function, Known) and function.value is np.array and len(node.args) == 1 and not node.keywords:
        (argument,) = node.args
        if isinstance(argument, ast.ListComp):
            return array_of(reader, argument)
    args: list[Entry] = []
    for each in node.args:
        if isinstance(each, ast.Starred):
            found = reader.expression(each.value)
            args += found.items if isinstance(found, Tuple) else reader.refuse("unpacks what is no tuple")
        else:
            args.append(reader.unsettled(each))
    if any(each.arg is None for each in node.keywords):
        reader.refuse("unpacks keywords")
    keywords = {str(each.arg): reader.unsettled(each.value) for each in node.keywords}
    reader.stand_at(node)
    reader.site = node
    if isinstance(function, Method) and isinstance(function.of, Value | Constant):
        return function.of
    if isinstance(function, Method):
        return _method(reader, function, args, keywords)
    if not isinstance(function, Known):
        return reader.refuse("calls what is no function")
    return called(reader, function.value, args, keywords)


_AS_FUNCTIONS: dict[str, Any] = {"diagonal": np.diagonal, "take": np.take, "trace": np.trace}
"""Methods that are read as NumPy's functions, beside those of the array table."""


def _method(reader: Reader, function: Method, args: Sequence[Entry], keywords: Mapping[str, Entry]) -> Entry:
    same = (_AS_FUNCTIONS | METHODS).get(function.name)
    if same is None or (not keywords and reads(function.name, len(args))):
        return method(reader, function, args, keywords)
    return called(reader, same, [function.of, *args], keywords)


def called(reader: Reader, function: Any, args: Sequence[Entry], keywords: Mapping[str, Entry]) -> Entry:
    """Return what a function makes of entries; one of the array table that cannot be read is a step."""
    entry = entry_of_rule(reader, function)
    if entry is not None:
        return with_rule(reader, function, entry, args, keywords)
    if not is_step(function):
        return _read(reader, function, args, keywords)
    before, frame = Snapshot(reader), reader.frame
    try:
        return _read(reader, function, args, keywords)
    except Refused:
        reader.frame = frame
        before.restore(reader)
    given = [settled(reader, each) for each in args]
    return step(reader, function, given, {name: settled(reader, each) for name, each in keywords.items()})


def _read(reader: Reader, function: Any, args: Sequence[Entry], keywords: Mapping[str, Entry]) -> Entry:
    whole = _found(WHOLE, function)
    if whole is not None and not keywords and takes(whole, len(args) + 1):
        return whole(reader, *args)
    args = [without_array(each) if known_row(function) else each for each in args]
    if not keywords and is_whole(*args) and _is_of_numbers(reader, function, args):
        return elementwise(reader, function, args, lambda *numbers: _of_numbers(reader, function, numbers))
    args = [settled(reader, each) for each in args]
    keywords = {name: settled(reader, each) for name, each in keywords.items()}
    if isinstance(function, Dispatcher):
        return inlined(reader, function, args, keywords)
    if isinstance(function, DUFunc) and not keywords:
        return _of_each(reader, function, args)
    if isinstance(function, Inner):
        return inner(reader, function, args, keywords)
    own = _found(MAKERS | JOINS | AXES | FUNCTIONS | PYTHONS, function)
    if own is not None:
        given = _given(reader, own, args, keywords)
        if given is not None:
            return own(*given.args, **given.kwargs)
    if isinstance(function, type) and issubclass(function, np.generic) and not keywords and len(args) == 1:
        return _number_of_class(reader, function, args[0])
    if isinstance(function, type) and issubclass(function, tuple) and hasattr(function, "_fields"):
        return _named_tuple(reader, function, args, keywords)
    if not keywords and args and all(isinstance(each, Value | Constant) for each in args):
        number = scalar_function(reader, function, [reader.as_number(each) for each in args])
        if number is not None:
            return number
    helper = HELPERS.get(function) if is_hashable(function) else None
    one_dtype = len({each.type.dtype for each in args if isinstance(each, Array)}) == 1
    if helper is not None and one_dtype and isinstance(args[0], Array) and takes_array(function, args[0].type):
        return inlined(reader, helper, args, keywords, function.__name__)
    found = overloaded(reader, function, args, keywords)
    return reader.refuse(f"calls {getattr(function, '__name__', function)}") if found is None else found


def _is_of_numbers(reader: Reader, function: Any, args: Sequence[Entry]) -> bool:
    """Whether a function of arrays is one of numbers, which Numba knows, for each element."""
    known = known_row(function)
    if known is None or known[1].arity != len(args):
        return False
    of = [each.dtype if isinstance(each, Elements) else reader.type_of(each) for each in args]
    return reader.typing.call(function, [element(each) for each in of]) is not None


def _of_numbers(reader: Reader, function: Any, numbers: Sequence[Number]) -> Number:
    found = scalar_function(reader, function, numbers)
    return reader.refuse(f"calls {getattr(function, '__name__', function)}") if found is None else found


def _of_each(reader: Reader, function: Any, args: Sequence[Entry]) -> Entry:
    """Return what a function that `numba.vectorize` makes for elements makes of numbers or arrays."""
    if not is_whole(*args) and not all(isinstance(each, Value | Constant) for each in args):
        return reader.refuse(f"calls {function.__name__} of what are no numbers and no arrays")
    types_of = [reader.type_of(each) for each in args]
    of = reader.typing.call(function, types_of)
    dtype = of.dtype if isinstance(of, types.Array) else of
    if any((each.dtype if isinstance(each, types.Array) else each) != dtype for each in types_of):
        return reader.refuse(f"calls {function.__name__} with numbers of several types")

    def scalar(*numbers: Number) -> Number:
        found = inlined(reader, function._dispatcher, numbers, {}, function.__name__)
        return converted(reader, reader.as_number(found), dtype)

    return elementwise(reader, function, args, scalar) if is_whole(*args) else scalar(*map(reader.as_number, args))


WHOLE: dict[Any, Callable[..., Entry]] = {**SUMS, np.where: chosen}
"""Functions of expressions over whole arrays."""


# What is not taken so may be read as Numba writes it.
def _given(
    reader: Reader, own: Callable[..., Entry], args: Sequence[Entry], keywords: Mapping[str, Entry]
) -> inspect.BoundArguments | None:
    """Return the arguments of a reading; None where it does not take them."""
    names = {"fill_value": "value", "prototype": "of"}
    try:
        return inspect.signature(own).bind(reader, *args, **{names.get(k, k): v for k, v in keywords.items()})
    except TypeError:
        return None


def _found(table: Mapping[Any, Callable[..., Entry]], function: Any) -> Callable[..., Entry] | None:
    return table.get(function) if is_hashable(function) else None


def _named_tuple(reader: Reader, kind: Any, args: Sequence[Entry], keywords: Mapping[str, Entry]) -> Entry:
    given = dict(zip(kind._fields, args, strict=False)) | dict(keywords)
    if set(given) != set(kind._fields) or len(args) + len(keywords) != len(kind._fields):
        return reader.refuse("makes a named tuple with other fields than it has")
    return Tuple(tuple(given[name] for name in kind._fields), kind)


def _number_of_class(reader: Reader, kind: type, entry: Entry) -> Entry:
    of = reader.typing.call(kind, [reader.as_number(entry).type])
    return converted(reader, reader.as_number(entry), of)
