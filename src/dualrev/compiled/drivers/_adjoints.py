"""Adjoints of compiled functions as code, made and compiled once for arguments of some types, or refused once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numba.core import types
from numba.core.errors import NumbaError

from dualrev.compiled._marks import MADE_OF, SHAPE
from dualrev.compiled.adjoints._form import Program
from dualrev.compiled.adjoints._generator import Generated, generate
from dualrev.compiled.adjoints._reading.program import read
from dualrev.compiled.adjoints._steps import with_pullbacks
from dualrev.compiled.adjoints.refusal import Refused, SeveralOutputs
from dualrev.compiled.drivers._arguments import Arguments
from dualrev.compiled.drivers._fingerprint import stays_in_place
from dualrev.compiled.drivers._leaves import parts_of, taken_of
from dualrev.compiled.drivers._numba_errors import expect_same_globals, reason_of
from dualrev.compiled.drivers._results import Outputs, type_returned
from dualrev.compiled.drivers._step_pullbacks import pullback_of
from dualrev.compiled.drivers._written_arguments import arguments_written_to
from dualrev.compiled.drivers.repeatable import called
from dualrev.kernels.numba_extending import chooser_of
from dualrev.kernels.numba_types import array_of, element
from dualrev.reverse.numba_workspace import workspace_type

_LOG = logging.getLogger("dualrev")
_KEPT = "_dualrev_adjoints"


class Adjoint(NamedTuple):
    """The adjoint of a function for arguments of some types.

    Attributes
    ----------
    program
        The function in normal form.
    generated
        What was written from it, compiled.
    returned
        The type of what the function returns.
    seeds
        The types of the cotangents, or of the number of the first row.
    rows
        Whether it carries several rows of a Jacobian.
    """

    program: Program
    generated: Generated
    returned: Any
    seeds: list[Any]
    rows: bool


def adjoint_of(dispatcher: Any, arguments: Arguments, value: bool, aux: bool, rows: bool = False) -> Adjoint:
    """Return the adjoint of a function, which returns the function's results too if `value` or `aux`.

    With `rows` it carries several rows of a Jacobian at once; see `adjoints/_row_sweeps.py`.

    Raises
    ------
    Refused
        If it is left to the tape.
    """
    key = (tuple(arguments.types), arguments.argnums, tuple(arguments.further), value, aux, rows, arguments.has_out)
    found: Adjoint = once(dispatcher, key, lambda: _made(dispatcher, arguments, value, aux, rows))
    return found


# The refusal is kept as well: a function is read once, whoever asks, and a refusal is told once.
def once(dispatcher: Any, key: Any, make: Callable[[], Any]) -> Any:
    """Return what is made of a function for a key, or raise the refusal that it was, without making it anew."""
    kept: dict[Any, Any] = vars(dispatcher).setdefault(_KEPT, {})
    if key not in kept:
        try:
            kept[key] = make()
        except SeveralOutputs as refused:  # other code is asked for then
            kept[key] = refused
        except Refused as refused:
            kept[key] = refused
            _LOG.info("%s goes in reverse by the tape: %s", dispatcher.py_func.__name__, refused.reason)
    if isinstance(kept[key], Refused):
        raise type(kept[key])(kept[key].reason)
    return kept[key]


def _made(dispatcher: Any, arguments: Arguments, value: bool, aux: bool, rows: bool) -> Adjoint:
    constants = [each for n, each in enumerate(arguments.types) if n not in arguments.argnums]
    functions = called(dispatcher, constants)
    if chooser_of(dispatcher) is not None:
        raise Refused(f"{arguments.of} is a derivative")
    # What writes its result into an argument is called by one of ours, which is no derivative.
    if any(hasattr(each.py_func, MADE_OF) and not hasattr(each.py_func, SHAPE) for each in functions):
        raise Refused("it calls a derivative")
    if not arguments.leaves:
        raise Refused("it has no inputs")
    given = floats(arguments)
    program = read(dispatcher, given, arguments.argnums)
    if any(isinstance(each, np.ndarray) and stays_in_place(each) for each in program.scope.values()):
        written, known = arguments_written_to(dispatcher, given)
        if written or not known:
            raise Refused("it writes to an argument, and reads a global array where it lies")
    # Classes of named tuples are not in the program. Where there is one number, there is none of them.
    returned = type_returned(dispatcher, given) if aux or rows else _type_of(program.result)
    seeds = [types.intp] if rows else _seeds(returned, arguments, aux)
    generated = generate(program, value or aux, shadows=arguments.has_out and not rows, rows=rows)
    generated.scope = with_pullbacks(generated.scope, pullback_of)
    expect_same_globals(functions)
    return Adjoint(program, generated, returned, seeds, rows)


def taken_by(adjoint: Adjoint, arguments: Arguments) -> list[Any]:
    """Return the types of what an adjoint is called with, for a derivative of arguments that may be active."""
    taken = [part.type for each in floats(arguments) for part in taken_of("", each)]
    assert len(taken) == len(adjoint.program.parameters), "every number, array and text is a parameter"
    given = [part.type for part in parts_of("c", arguments.further[0])] if arguments.further else adjoint.seeds
    shadows = [array_of(arguments.float_type, arguments.leaves[0].type.ndim)] if arguments.has_out else []
    shadows = [] if adjoint.rows else shadows
    return [*taken, *given, *shadows, *([workspace_type] if adjoint.generated.keeps else [])]


def compiled(dispatcher: Any, adjoint: Adjoint, numba_types: Sequence[Any]) -> Any:
    """Return the function of an adjoint, compiled for arguments of some types.

    Raises
    ------
    Refused
        If Numba does not compile it.
    """

    def make() -> Any:
        function = adjoint.generated.function
        try:
            function.compile(tuple(numba_types))
        except (NumbaError, NotImplementedError) as error:  # the latter where Numba has no machine code
            raise Refused(f"Numba does not compile its adjoint: {reason_of(error)}") from error
        return function

    return once(dispatcher, (adjoint.generated, tuple(numba_types)), make)


def floats(arguments: Arguments) -> list[Any]:
    """Return the types of all arguments, with floats for the integers among what is differentiated."""

    def float_leaf(leaf: Any) -> Any:
        if not isinstance(element(leaf.type), types.Integer | types.Boolean):
            return leaf.type
        return array_of(leaf.float_type, leaf.type.ndim, leaf.type.layout) if leaf.is_array else leaf.float_type

    return arguments.with_leaves(float_leaf)


def _type_of(result: Any) -> Any:
    if result is None:
        raise Refused("it returns None")
    return types.Tuple([_type_of(each) for each in result]) if isinstance(result, tuple) else result.type


def _seeds(returned: Any, arguments: Arguments, aux: bool) -> list[Any]:
    """Return the types of the cotangents: those that are given, or of ones and zeros for numbers."""
    results = [part.type for part in parts_of("y", returned)]
    if arguments.further:
        seeds = [part.type for part in parts_of("c", arguments.further[0])]
        if len(seeds) != len(results) or not all(isinstance(element(each), types.Float) for each in seeds):
            raise Refused(f"its cotangent is a {arguments.further[0]}")
        return seeds
    outputs = Outputs(returned, arguments.of, aux)
    if not outputs.is_number:
        raise SeveralOutputs(f"it returns {outputs.type}, which takes more than one sweep")
    # Floats among what is passed on are rounded to the inputs' type where they depend on these. Which do is not asked
    # here.
    for each in map(element, results[1:]):
        if isinstance(each, types.Float) and each != arguments.float_type:
            raise Refused(f"it returns a {each} beside its output, and its inputs are {arguments.float_type}")
    # The cotangent of what is passed on is the number 0, for arrays as well.
    return [each if isinstance(each, types.Float) else types.float64 for each in map(element, results)]
