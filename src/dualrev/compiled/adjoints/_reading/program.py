"""From a compiled function and the types of its arguments to its program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numba.core import types

from dualrev.compiled.adjoints._form import Array, Constant, Program, Root, Value
from dualrev.compiled.adjoints._place import Place
from dualrev.compiled.adjoints._reading import handing, loop_copies
from dualrev.compiled.adjoints._reading.entries import Entry, Known, Tuple, Unreadable
from dualrev.compiled.adjoints._reading.exchanges import ReadAgain
from dualrev.compiled.adjoints._reading.expressions import expression
from dualrev.compiled.adjoints._reading.inlining import inlined
from dualrev.compiled.adjoints._reading.reader import Reader
from dualrev.compiled.adjoints._reading.statements import statement
from dualrev.compiled.adjoints._reading.typing import NUMBERS
from dualrev.compiled.adjoints._reading.whole import settled
from dualrev.compiled.adjoints.refusal import Refused


def read(dispatcher: Any, types: Sequence[Any], argnums: Sequence[int]) -> Program:
    """Return a compiled function in normal form.

    Parameters
    ----------
    dispatcher
        The function.
    types
        Numba's types of its arguments. A tuple is taken apart into a parameter for each number and array in it.
        What is None, or omitted, has no parameter.
    argnums
        The arguments that the derivative is asked for.

    Raises
    ------
    Refused
        Where the function holds what is not taken.
    """
    exchanges = reshapes = False
    while True:
        reader = Reader(statement, expression, settled)
        reader.exchanges, reader.reshapes = exchanges, reshapes
        try:
            return _read(reader, dispatcher, types, argnums)
        except ReadAgain as found:
            exchanges, reshapes = True, found.reshapes


def _read(reader: Reader, dispatcher: Any, types: Sequence[Any], argnums: Sequence[int]) -> Program:
    if len(types) > dispatcher.py_func.__code__.co_argcount:
        raise Refused("it takes any number of arguments")
    reader.line = Place(dispatcher.py_func.__code__.co_firstlineno)
    names = list(dispatcher.py_func.__code__.co_varnames[: dispatcher.py_func.__code__.co_argcount])
    parameters = _Parameters(reader, argnums)
    entries = [parameters.entry(names[n], of, n) for n, of in enumerate(types)]
    result = inlined(reader, dispatcher, entries, {})
    loop_copies.expect_unwritten(reader)
    handing.expect_unwritten(reader)
    return Program(
        dispatcher.py_func.__name__,
        parameters.all,
        parameters.differentiated,
        reader.body,
        _result(result),
        reader.scope,
    )


class _Parameters:
    """The numbers and arrays among the arguments."""

    def __init__(self, reader: Reader, argnums: Sequence[int]) -> None:
        self.reader, self.argnums = reader, argnums
        self.all: list[Value | Array] = []
        self.differentiated: list[Value | Array] = []

    def entry(self, name: str, of: Any, number: int) -> Entry:
        """Return what a parameter stands for."""
        if isinstance(of, types.BaseTuple):
            names = getattr(of, "fields", range(len(of)))
            items = tuple(self.entry(f"{name}_{each}", item, number) for each, item in zip(names, of, strict=True))
            return Tuple(items, getattr(of, "instance_class", None))
        if isinstance(of, types.Omitted):
            return self.reader.frozen(of.value)
        if isinstance(of, types.StringLiteral):
            return Known(of.literal_value)
        if of == types.none:
            return Known(None)
        if isinstance(of, types.Dispatcher):
            return Known(of.dispatcher)
        found: Value | Array
        active = number in self.argnums
        if isinstance(of, types.Array) and isinstance(of.dtype, NUMBERS) and of.ndim:
            name = self.reader.names.new(name)
            found = Array(name, of, Root(name, "argument", active), self.reader.body)
            self.reader.given.append(found)
        elif isinstance(of, NUMBERS) or of == types.unicode_type:
            found = Value(self.reader.names.new(name), of, self.reader.body)
        else:
            raise Refused(f"its argument {name} is of the type {of}")
        self.all.append(found)
        if active:
            self.differentiated.append(found)
        return found


def _result(entry: Entry) -> Any:
    if isinstance(entry, Tuple) and entry.kind is not list:
        return tuple(map(_result, entry.items))
    if isinstance(entry, Value | Constant | Array):
        return entry
    if isinstance(entry, Known) and entry.value is None:
        return None
    if isinstance(entry, Unreadable):
        raise Refused(f"it {entry.reason}")
    raise Refused("it returns what is no number, no array and no tuple of those")
