"""Calls of compiled functions, which are read in place."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numba.core import types
from numba.core.registry import cpu_target

from dualrev.compiled.adjoints._form import Array, Constant, Value
from dualrev.compiled.adjoints._reading.entries import Entry, Known, Tuple, Unreadable
from dualrev.compiled.adjoints._reading.frame import Frame
from dualrev.compiled.adjoints._reading.functions import converted
from dualrev.compiled.adjoints._reading.indexing import whole_view
from dualrev.compiled.adjoints._reading.jumps import RESULT
from dualrev.compiled.adjoints._reading.liveness import assigned_by
from dualrev.compiled.adjoints._reading.reader import Reader
from dualrev.compiled.adjoints._reading.source import Source, source_of, source_of_body


def inlined(
    reader: Reader, dispatcher: Any, args: Sequence[Entry], keywords: Mapping[str, Entry], library: str = ""
) -> Entry:
    """Return what a compiled function makes of entries; `library` names NumPy's function that it stands for."""
    function = dispatcher.py_func
    if function not in reader.sources:
        reader.sources[function] = source_of(function)
    source = reader.sources[function]
    given = _given(reader, source, inspect.signature(function), args, keywords)
    declared = getattr(dispatcher, "locals", {})
    bound = _bound(reader, given)
    for name, of in declared.items():
        if not isinstance(of, types.Float) or (name in bound and reader.type_of(bound[name]) != of):
            return reader.refuse(f"calls {function.__name__}, which declares {name} to be of a type of its own")
    signature = _declared(reader, dispatcher, list(bound.values()))
    if signature is not None:
        pairs = zip(bound.items(), signature.args, strict=True)
        bound = {name: _declared_as(reader, entry, of) for (name, entry), of in pairs}
    checks = bool(dispatcher.targetoptions.get("boundscheck"))
    frame = Frame(source, bound, raises_by_zero(dispatcher), library=library, checks_bounds=checks, declared=declared)
    result = body(reader, frame)
    return result if signature is None else _declared_as(reader, result, signature.return_type)


@dataclass(frozen=True, eq=False)
class Inner:
    """A function that is written in another.

    Attributes
    ----------
    signature
        Its parameters; defaults are entries.
    enclosing
        The other, whose names it reads.
    """

    source: Source
    signature: inspect.Signature
    enclosing: Frame


def define(reader: Reader, node: ast.FunctionDef | ast.Lambda) -> Known:
    """Return a function that is written in the one that is read."""
    if getattr(node, "decorator_list", ()) or node.args.vararg or node.args.kwarg or node.args.kwonlyargs:
        reader.refuse("has a function inside that is decorated, or that takes any number of arguments")
    name = node.name if isinstance(node, ast.FunctionDef) else "lambda"
    if node not in reader.sources:
        statements = node.body if isinstance(node, ast.FunctionDef) else [_returned(node.body)]
        around = reader.frame.source
        reader.sources[node] = source_of_body(name, around.file, statements, node.args, around.meanings)
    names = [each.arg for each in (*node.args.posonlyargs, *node.args.args)]
    defaults = [reader.expression(each) for each in node.args.defaults]
    empty = [inspect.Parameter.empty] * (len(names) - len(defaults))
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    pairs = zip(names, [*empty, *defaults], strict=True)
    signature = inspect.Signature([inspect.Parameter(name, kind, default=default) for name, default in pairs])
    return Known(Inner(reader.sources[node], signature, reader.frame))


def _returned(value: ast.expr) -> ast.stmt:
    return ast.copy_location(ast.Return(value), value)


def inner(reader: Reader, function: Inner, args: Sequence[Entry], keywords: Mapping[str, Entry]) -> Entry:
    """Return what a function inside another makes of entries."""
    given = _given(reader, function.source, function.signature, args, keywords)
    given.apply_defaults()
    if function.enclosing not in reader.frame.path():
        return reader.refuse("calls a function that is written in one that has ended")
    around = function.enclosing
    bound = dict(given.arguments)
    raises, checks = around.raises_by_zero, around.checks_bounds
    return body(reader, Frame(function.source, bound, raises, enclosing=around, checks_bounds=checks))


def _given(
    reader: Reader, source: Source, signature: inspect.Signature, args: Sequence[Entry], keywords: Mapping[str, Entry]
) -> inspect.BoundArguments:
    if any(frame.source is source for frame in reader.frame.path()):
        reader.refuse(f"calls {source.name}, which calls itself")
    try:
        return signature.bind(*args, **keywords)
    except TypeError:
        return reader.refuse(f"calls {source.name} with other arguments than it takes")


def body(reader: Reader, frame: Frame) -> Entry:
    """Read a function's body where it is called, and return its result."""
    caller, line = reader.frame, reader.line
    frame.around, frame.site, frame.line, frame.block = caller, reader.site, line, reader.block
    frame.by_user = not frame.library and caller.by_user
    reader.frame, bound = frame, dict(frame.bound)
    # A function that gives its array parameters other arrays must not change what its caller's names mean.
    for name in assigned_by(*frame.source.body):
        array = bound.get(name)
        if isinstance(array, Array) and caller.around is not None:
            reader.frame.bound[name] = whole_view(reader, array)
    reader.statements(frame.source.body)
    result = reader.frame.bound.get(RESULT, Known(None))
    reader.frame, reader.line = caller, line
    return reader.refuse(result.reason) if isinstance(result, Unreadable) else result


def overloaded(reader: Reader, function: Any, args: Sequence[Entry], keywords: Mapping[str, Entry]) -> Entry | None:
    """Return what a function makes of entries for which Numba has an implementation in Python; None where it has none.

    It is the one that the user's function calls, and is read like a function of the user's.
    """
    known = reader.typing.of(function)
    # What is ours may have a rule of its own.
    if not isinstance(known, types.Function) or str(getattr(function, "__module__", "")).startswith("dualrev"):
        return None
    given = [reader.type_of(each) for each in args], {name: reader.type_of(each) for name, each in keywords.items()}
    for template in known.templates:
        implementation = reader.typing.implementation(template, *given)
        if implementation is not None:
            # The implementation is another function object each time, but the same for the same types.
            key = function, template, tuple(given[0]), tuple(given[1].items())
            if key not in reader.sources:
                reader.sources[key] = source_of(implementation)
            source = reader.sources[key]
            raises = template._jit_options.get("error_model", "python") == "python"
            bound = _given(reader, source, inspect.signature(implementation), args, keywords)
            return body(reader, Frame(source, _bound(reader, bound), raises, library=function.__name__))
    return None


def raises_by_zero(dispatcher: Any) -> bool:
    """Whether a compiled function raises an error where it divides by 0."""
    return bool(
        dispatcher.targetoptions.get("error_model", "python") == "python" and dispatcher.targetdescr is cpu_target
    )


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
    if getattr(dispatcher, "_can_compile", True):
        return None
    signature = reader.typing.signature(types.Dispatcher(dispatcher), [reader.type_of(each) for each in entries])
    return reader.refuse("calls a function declared for other types") if signature is None else signature


def _declared_as(reader: Reader, entry: Entry, of: Any) -> Entry:
    if isinstance(entry, Value | Constant):
        return converted(reader, entry, of)
    return entry if of == reader.type_of(entry) or isinstance(entry, Array) else reader.refuse(f"converts to {of}")
