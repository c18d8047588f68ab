"""Generated adjoints that are differentiated in their turn: clones for active numbers, with stacks that hold those.

The text of an adjoint is a function like any other of a user's. A derivative around it clones it, and no tape of a tape
is made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from numba.core.errors import NumbaError

from dualrev.compiled.adjoints._generator import Generated
from dualrev.compiled.adjoints.refusal import Refused
from dualrev.compiled.clones import registration
from dualrev.compiled.clones.cloning import Cloner
from dualrev.compiled.clones.constructors import constructors
from dualrev.compiled.drivers._adjoints import once
from dualrev.compiled.drivers._numba_errors import expect_no_python, reason_of
from dualrev.compiled.drivers._results import type_returned
from dualrev.kernels.cpu import native
from dualrev.kernels.numba_arrays import reinterpreted, words_of
from dualrev.kernels.numba_extending import compiled_only
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
        cloner = Cloner(registration.replacements(number) | constructors(number) | _replacements(generated, number))
        clone = cloner.clone(generated.function)
        try:
            type_returned(clone, numba_types)
            expect_no_python(cloner)
        except (NumbaError, NotImplementedError) as error:
            raise Refused(f"Numba does not compile its adjoint for {number}: {reason_of(error)}") from error
        return clone

    return once(dispatcher, (generated, number, tuple(numba_types)), make)


# The text calls what computes a row of floats. A row of active numbers is differentiated by its own partials.
def _replacements(generated: Generated, number: Any) -> dict[Any, Any]:
    rows = {
        meaning: FUNCTIONS[name.removeprefix("math_")]
        for name, meaning in generated.scope.items()
        if name.startswith("math_") and name.removeprefix("math_") in FUNCTIONS.keys() - native().keys()
    }
    return rows | {room_for_floats: _room(number)}


def _room(number: Any) -> Any:
    @compiled_only
    def room(workspace: Any, filled: Any, size: Any) -> Callable[..., Any]:
        """Return the stack of floats as one of active numbers, with room for a size."""

        def implementation(workspace, filled, size):  # type: ignore[no-untyped-def]
            words = words_of(number)
            return reinterpreted(number, room_for_floats(workspace, words * filled, words * size))

        return implementation

    return room
