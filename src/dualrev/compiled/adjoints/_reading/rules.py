"""Functions with a rule of the user's: a call is one step, whose pullback asks the rule."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from numba.core import types
from numba.core.dispatcher import Dispatcher

from dualrev.compiled._marks import MADE_OF
from dualrev.compiled.adjoints._reading.entries import Entry
from dualrev.compiled.adjoints._reading.frame import Frame
from dualrev.compiled.adjoints._reading.inlining import body
from dualrev.compiled.adjoints._reading.loops import Snapshot
from dualrev.compiled.adjoints._reading.reader import Reader
from dualrev.compiled.adjoints._reading.source import source_of
from dualrev.compiled.adjoints._reading.steps import step
from dualrev.kernels.numba_extending import chooser_of


def entry_of_rule(reader: Reader, function: Any) -> Any:
    """Return what compiled code calls where a function has a rule; None if it has none."""
    of = None if isinstance(function, Dispatcher) else reader.typing.of(function)
    if not isinstance(of, types.Dispatcher) or hasattr(of.dispatcher.py_func, MADE_OF):
        return None
    return None if chooser_of(of.dispatcher) is None else of.dispatcher


# A step runs the function again in the reverse sweep, and all that may not run twice is refused where it is read.
def with_rule(reader: Reader, function: Any, entry: Any, args: Sequence[Entry], keywords: Mapping[str, Entry]) -> Entry:
    """Read a call, of a function that could be read in its place."""
    try:
        given = inspect.signature(entry.py_func).bind(*args, **keywords)
    except TypeError:
        return reader.refuse(f"calls {function.__name__} with other arguments than it takes")
    if len(given.arguments) < len(given.signature.parameters):
        return reader.refuse(f"calls {function.__name__}, which has a rule, without some arguments")
    bound = {name: reader.as_number(each) for name, each in given.arguments.items()}
    numbers = list(bound.values())
    key = function, *(each.type for each in numbers)
    choose: Any = chooser_of(entry)
    before = Snapshot(reader)
    if key not in reader.sources:
        reader.sources[key] = source_of(choose(*key[1:]))
    body(reader, Frame(reader.sources[key], dict(bound), False, library=function.__name__))
    before.restore(reader)
    return step(reader, function, numbers, {})
