"""Calls of compiled functions, which are read in place."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from numba.core import types

from dualrev.compiled.adjoints._form import Array, Constant, Value
from dualrev.compiled.adjoints._reading.entries import Entry, Known, Tuple
from dualrev.compiled.adjoints._reading.functions import converted
from dualrev.compiled.adjoints._reading.indexing import whole_view
from dualrev.compiled.adjoints._reading.jumps import RESULT
from dualrev.compiled.adjoints._reading.liveness import assigned_by
from dualrev.compiled.adjoints._reading.reader import Frame, Reader
from dualrev.compiled.adjoints._reading.source import Source, source_of


def inlined(reader: Reader, dispatcher: Any, args: Sequence[Entry], keywords: Mapping[str, Entry]) -> Entry:
    """Return what a compiled function makes of entries."""
    function = dispatcher.py_func
    if any(frame.source.function is function for frame in reader.frame.path()):
        return reader.refuse(f"calls {function.__name__}, which calls itself")
    try:
        given = inspect.signature(function).bind(*args, **keywords)
    except TypeError:
        return reader.refuse(f"calls {function.__name__} with other arguments than it takes")
    if getattr(dispatcher, "locals", None):
        return reader.refuse(f"calls {function.__name__}, whose variables have types of their own")
    bound = _bound(reader, given)
    signature = _declared(reader, dispatcher, list(bound.values()))
    if signature is not None:
        pairs = zip(bound.items(), signature.args, strict=True)
        bound = {name: _declared_as(reader, entry, of) for (name, entry), of in pairs}
    result = body(reader, source_of(function), bound, raises_by_zero(dispatcher))
    return result if signature is None else _declared_as(reader, result, signature.return_type)


def body(reader: Reader, source: Source, bound: Mapping[str, Entry], raises: bool) -> Entry:
    """Read a function's body where it is called, and return its result."""
    caller, line = reader.frame, reader.line
    reader.frame = Frame(source, dict(bound), raises, caller)
    # A function that gives its array parameters other arrays must not change what its caller's names mean.
    for name in assigned_by(*source.body):
        array = bound.get(name)
        if isinstance(array, Array):
            reader.frame.bound[name] = whole_view(reader, array)
    reader.statements(source.body)
    result = reader.frame.bound.get(RESULT, Known(None))
    reader.frame, reader.line = caller, line
    return result


def raises_by_zero(dispatcher: Any) -> bool:
    """Whether a compiled function raises an error where it divides by 0."""
    return bool(dispatcher.targetoptions.get("error_model", "python") == "python")


def _bound(reader: Reader, given: inspect.BoundArguments) -> dict[str, Entry]:
    bound: dict[str, Entry] = {}
    for name, parameter in given.signature.parameters.items():
        if parameter.kind is parameter.VAR_KEYWORD:
            reader.refuse("calls a function that takes any keywords")
        if parameter.kind is parameter.VAR_POSITIONAL:
            bound[name] = Tuple(tuple(given.arguments.get(name, ())))
        elif name in given.arguments:
            bound[name] = given.arguments[name]
        else:
            bound[name] = reader.frozen(parameter.default)
    return bound


def _declared(reader: Reader, dispatcher: Any, entries: list[Entry]) -> Any:
    """Return the signature that a function was declared with, which converts its arguments and its result."""
    if dispatcher._can_compile:
        return None
    signature = reader.typing.signature(types.Dispatcher(dispatcher), [reader.type_of(each) for each in entries])
    return reader.refuse("calls a function declared for other types") if signature is None else signature


def _declared_as(reader: Reader, entry: Entry, of: Any) -> Entry:
    if isinstance(entry, Value | Constant):
        return converted(reader, entry, of)
    return entry if of == reader.type_of(entry) or isinstance(entry, Array) else reader.refuse(f"converts to {of}")
