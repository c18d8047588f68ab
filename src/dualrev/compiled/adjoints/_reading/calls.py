"""Calls: of functions of the table, of Python's own, and of other compiled functions, which are inlined."""

from __future__ import annotations

import ast
import builtins
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numba.core import types
from numba.core.dispatcher import Dispatcher

from dualrev.compiled.adjoints._form import Array, Constant, Value
from dualrev.compiled.adjoints._reading.arithmetic import binary
from dualrev.compiled.adjoints._reading.entries import Entry, Known, Method, Number, Tuple
from dualrev.compiled.adjoints._reading.functions import converted, is_hashable, known_row, scalar_function
from dualrev.compiled.adjoints._reading.inlining import Inner, inlined, inner, overloaded
from dualrev.compiled.adjoints._reading.making import MAKERS
from dualrev.compiled.adjoints._reading.methods import FUNCTIONS, method, takes
from dualrev.compiled.adjoints._reading.reader import Reader
from dualrev.compiled.adjoints._reading.reductions import FUNCTIONS as SUMS
from dualrev.compiled.adjoints._reading.shapes import length
from dualrev.compiled.adjoints._reading.whole import chosen, elementwise, is_whole, settled
from dualrev.primitives.scalar import TABLE
from dualrev.primitives.scalar.selection import BUILTINS


def call(reader: Reader, node: ast.Call) -> Entry:
    """Read a call."""
    function = reader.expression(node.func)
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
    reader.line, reader.site = node.lineno, node
    if isinstance(function, Method) and function.name in _AS_FUNCTIONS:
        return called(reader, getattr(np, function.name), [function.of, *args], keywords)
    if isinstance(function, Method):
        return method(reader, function, args, keywords)
    if not isinstance(function, Known):
        return reader.refuse("calls what is no function")
    return called(reader, function.value, args, keywords)


def called(reader: Reader, function: Any, args: Sequence[Entry], keywords: Mapping[str, Entry]) -> Entry:
    """Return what a function makes of entries."""
    whole = _found(WHOLE, function)
    if whole is not None and not keywords and takes(whole, len(args) + 1):
        return whole(reader, *args)
    if not keywords and is_whole(*args) and known_row(function) is not None:
        return elementwise(reader, function, args, lambda *numbers: _of_numbers(reader, function, numbers))
    args = [settled(reader, each) for each in args]
    keywords = {name: settled(reader, each) for name, each in keywords.items()}
    if isinstance(function, Dispatcher):
        return inlined(reader, function, args, keywords)
    if isinstance(function, Inner):
        return inner(reader, function, args, keywords)
    own = _found(MAKERS | FUNCTIONS | _OWN, function)
    if own is not None:
        return _given(reader, own, args, keywords)
    if isinstance(function, type) and issubclass(function, np.generic) and not keywords and len(args) == 1:
        return _number_of_class(reader, function, args[0])
    if isinstance(function, type) and issubclass(function, tuple) and hasattr(function, "_fields"):
        return _named_tuple(reader, function, args, keywords)
    if not keywords and args and all(isinstance(each, Value | Constant) for each in args):
        number = scalar_function(reader, function, [reader.as_number(each) for each in args])
        if number is not None:
            return number
    found = overloaded(reader, function, args, keywords)
    return reader.refuse(f"calls {getattr(function, '__name__', function)}") if found is None else found


def _of_numbers(reader: Reader, function: Any, numbers: Sequence[Number]) -> Number:
    found = scalar_function(reader, function, numbers)
    return reader.refuse(f"calls {getattr(function, '__name__', function)}") if found is None else found


_AS_FUNCTIONS = ("all", "any", "argmax", "argmin", "clip", "cumprod", "cumsum", "diagonal", "std", "trace", "var")
"""Methods that are read as NumPy's functions."""

WHOLE: dict[Any, Callable[..., Entry]] = {**SUMS, np.where: chosen}
"""Functions of expressions over whole arrays."""


def _given(reader: Reader, made: Callable[..., Entry], args: Sequence[Entry], keywords: Mapping[str, Entry]) -> Entry:
    names = {"fill_value": "value", "a": "of", "prototype": "of"}
    try:
        given = inspect.signature(made).bind(reader, *args, **{names.get(k, k): v for k, v in keywords.items()})
    except TypeError:
        return reader.refuse("calls a function with arguments that are not taken")
    return made(*given.args, **given.kwargs)


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


def _int(reader: Reader, x: Entry) -> Entry:
    number = reader.as_number(x)
    return reader.operation("int({0})", [number], reader.typing.call(int, [number.type]))


def _power(reader: Reader, x: Entry, y: Entry) -> Entry:
    return binary(reader, ast.Pow, reader.as_number(x), reader.as_number(y))


def _divmod(reader: Reader, x: Entry, y: Entry) -> Entry:
    a, b = reader.as_number(x), reader.as_number(y)
    return Tuple((binary(reader, ast.FloorDiv, a, b), binary(reader, ast.Mod, a, b)))


def _float(reader: Reader, x: Entry) -> Entry:
    number = reader.as_number(x)
    return converted(reader, number, reader.typing.call(float, [number.type]))


def _bool(reader: Reader, x: Entry) -> Entry:
    number = reader.as_number(x)
    return reader.operation("bool({0})", [number], types.boolean)


def _len(reader: Reader, x: Entry) -> Entry:
    if isinstance(x, Tuple):
        return Constant(len(x.items), types.intp)
    return length(reader, x, 0) if isinstance(x, Array) else reader.refuse("takes the length of what is no array")


def _round(reader: Reader, x: Entry, digits: Entry | None = None) -> Entry:
    number = reader.as_number(x)
    operands = [number.type] if digits is None else [number.type, types.intp]
    if digits is not None and not (isinstance(digits, Constant) and digits.type == types.intp):
        return reader.refuse("rounds to a number of digits that is not known")
    text = "round({0})" if digits is None else f"round({{0}}, {digits.value})"
    return reader.operation(text, [number], reader.typing.call(round, operands), TABLE["rint"])


def _extreme(function: Callable[..., Any], sign: str) -> Callable[..., Entry]:
    """Return the reading of `max` or `min`; numbers that tie share the derivative equally, so that they are counted."""

    def read(reader: Reader, *args: Entry) -> Entry:
        items = args[0].items if len(args) == 1 and isinstance(args[0], Tuple) else args
        if len(items) < 2:
            return reader.refuse(f"calls {function.__name__} of one")
        best, *others = (reader.as_number(each) for each in items)
        ties: Number = Constant(1, types.intp)
        for n, each in enumerate(others):
            of = reader.typing.unified(best.type, each.type)
            row = BUILTINS[function.__name__] if isinstance(of, types.Float) else None
            operands = [best, each, ties, Constant(1, types.intp)][: 2 if row is None else 4]
            before, best = best, reader.operation(f"{function.__name__}({{0}}, {{1}})", operands, of, row)
            if row is not None and n < len(others) - 1:
                text = f"{{2}} + 1 if {{0}} == {{1}} else 1 if {{0}} {sign} {{1}} else {{2}}"
                ties = reader.operation(text, [each, before, ties], types.intp)
        return best

    return read


_KINDS: dict[Any, Any] = {
    int: types.Integer,
    float: types.Float,
    bool: types.Boolean,
    tuple: types.BaseTuple,
    np.ndarray: types.Array,
}


def _isinstance(reader: Reader, x: Entry, kinds: Entry) -> Entry:
    asked = [each.value if isinstance(each, Known) else None for each in _items(kinds)]
    if any(each not in _KINDS for each in asked):
        return reader.refuse("asks whether something is of a type that is not taken")
    of = types.none if isinstance(x, Known) and x.value is None else reader.type_of(x)
    return Constant(any(isinstance(of, _KINDS[each]) for each in asked), types.boolean)


def _items(entry: Entry) -> Sequence[Entry]:
    return entry.items if isinstance(entry, Tuple) else [entry]


def _tuple(reader: Reader, x: Entry | None = None) -> Entry:
    if x is not None and not isinstance(x, Tuple):
        return reader.refuse("makes a tuple of what is none")
    return Tuple(() if x is None else x.items)


_OWN: dict[Any, Callable[..., Entry]] = {
    builtins.int: _int,
    builtins.float: _float,
    builtins.bool: _bool,
    builtins.len: _len,
    builtins.pow: _power,
    builtins.divmod: _divmod,
    builtins.round: _round,
    builtins.max: _extreme(max, ">"),
    builtins.min: _extreme(min, "<"),
    builtins.isinstance: _isinstance,
    builtins.tuple: _tuple,
}
