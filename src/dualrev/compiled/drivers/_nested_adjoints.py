"""Generated adjoints that are differentiated in their turn: clones for active numbers, with stacks that hold those.

The text of an adjoint is a function like any other of a user's. A derivative around it clones it, and no tape of a tape
is made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from numba.core.errors import NumbaError

from dualrev.compiled.adjoints import _row_sweeps as row_sweeps
from dualrev.compiled.adjoints._generator import Generated
from dualrev.compiled.adjoints.refusal import Refused
from dualrev.compiled.clones import registration
from dualrev.compiled.clones.cloning import Cloner
from dualrev.compiled.clones.constructors import constructors
from dualrev.compiled.drivers._adjoints import once
from dualrev.compiled.drivers._numba_errors import expect_no_python, reason_of
from dualrev.compiled.drivers._results import type_returned
from dualrev.forward.numba_dual import seeded
from dualrev.kernels.cpu import compiled, native
from dualrev.kernels.numba_arrays import reinterpreted, words_of, zero_array
from dualrev.kernels.numba_extending import compiled_only
from dualrev.kernels.numba_types import is_active
from dualrev.kernels.numpy_rows import FUNCTIONS
from dualrev.reverse.numba_workspace import room_for_floats


def cloned(dispatcher: Any, generated: Generated, number: Any, numba_types: Sequence[Any]) -> Any:
    """Return the generated adjoint of a function for active numbers, compiled for arguments of some types.

    Raises
    ------
    Refused
        If Numba does not compile it.
    """

    def make() -> Any:
        meanings = registration.replacements(number) | constructors(number) | _replacements(generated, number)
        return _compiled(meanings, generated, numba_types, number)

    return once(dispatcher, (generated, number, tuple(numba_types)), make)


def _compiled(meanings: dict[Any, Any], generated: Generated, numba_types: Sequence[Any], number: Any) -> Any:
    cloner = Cloner(meanings)
    clone = cloner.clone(generated.function)
    try:
        type_returned(clone, numba_types)
        expect_no_python(cloner)
    except (NumbaError, NotImplementedError) as error:
        raise Refused(f"Numba does not compile its adjoint for {number}: {reason_of(error)}") from error
    return clone


# The text calls what computes a row of floats. A row of active numbers is differentiated by its own partials.
def _replacements(generated: Generated, number: Any) -> dict[Any, Any]:
    rows = {
        meaning: FUNCTIONS[name.removeprefix("math_")]
        for name, meaning in generated.scope.items()
        if name.startswith("math_") and name.removeprefix("math_") in FUNCTIONS.keys() - native().keys()
    }
    return rows | {room_for_floats: _room(number)}


def of_rows(dispatcher: Any, generated: Generated, float_type: Any, row: Any, numba_types: Sequence[Any]) -> Any:
    """Return a generated adjoint that carries several rows, compiled for arguments of some types.

    Parameters
    ----------
    float_type
        What the forward sweep computes with: floats, or the numbers of a derivative around this one.
    row
        The type of dual numbers whose tangents are the rows.

    Raises
    ------
    Refused
        If Numba does not compile it.
    """
    meanings = registration.replacements(row) | _meanings(row)
    if is_active(float_type):
        meanings |= constructors(float_type) | _replacements(generated, float_type)
    key = (generated, row, tuple(numba_types))
    return once(dispatcher, key, lambda: _compiled(meanings, generated, numba_types, row))


def _meanings(row: Any) -> dict[Any, Any]:
    def zeros(shape, dtype):  # type: ignore[no-untyped-def]
        return zero_array(row, shape)

    def seed(n):  # type: ignore[no-untyped-def]
        return seeded(row, 0.0, n)

    def seed_all(shadow, first):  # type: ignore[no-untyped-def]
        for n in range(max(0, -first), min(shadow.size, row_count - first)):
            shadow.flat[n] += seeded(row, 0.0, first + n)

    row_count = row.count
    made = [compiled(each) for each in (zeros, seed, seed_all)]
    return dict(zip(row_sweeps.NAMES.values(), made, strict=True))


def _room(number: Any) -> Any:
    @compiled_only
    def room(workspace: Any, filled: Any, size: Any) -> Callable[..., Any]:
        """Return the stack of floats as one of active numbers, with room for a size."""

        def implementation(workspace, filled, size):  # type: ignore[no-untyped-def]
            words = words_of(number)
            return reinterpreted(number, room_for_floats(workspace, words * filled, words * size))

        return implementation

    return room
