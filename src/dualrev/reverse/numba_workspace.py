"""The workspace of generated adjoint code: two stacks behind one header, a tape without records.

It has a tape's limit, its growth, and its slots for reuse. What a stack held before a call means nothing: the code that
borrows the workspace knows how much of it is filled.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba.core import types
from numba.core.datamodel import models
from numba.extending import register_model
from numba.np.arrayobj import make_array, populate_array

from dualrev.kernels.numba_extending import intrinsic, overloads
from dualrev.kernels.numba_types import array_of
from dualrev.reverse._numba_tape_room import POINTER, RECORDS, WORDS, field, make_room
from dualrev.reverse.numba_tape import TapeType, acquire, idle

_BYTES = 8
"""Of an element, a float or an integer."""


class WorkspaceType(TapeType):
    """A workspace, to Numba."""

    def __init__(self) -> None:
        super().__init__(types.float64)
        self.name = "Workspace"

    def slots(self, context: Any, module: Any) -> Any:
        """Return the slots of idle workspaces."""
        return idle(module, "dualrev_idle_workspaces")


@register_model(WorkspaceType)
class WorkspaceModel(models.PrimitiveModel):  # type: ignore[misc]
    """The address of the header."""

    def __init__(self, dmm: Any, fe_type: Any) -> None:
        super().__init__(dmm, fe_type, POINTER)


workspace_type = WorkspaceType()


class Workspace:
    """A workspace for generated code that runs uncompiled."""

    def __init__(self) -> None:
        self.floats = np.empty(0)
        self.integers = np.empty(0, np.int64)


def _room(name: str, workspace: Workspace, filled: int, size: int) -> np.ndarray:
    stack: np.ndarray = getattr(workspace, name)
    if size > stack.size:
        larger = np.empty(max(size, 2 * stack.size), stack.dtype)
        larger[:filled] = stack[:filled]
        setattr(workspace, name, larger)
        return larger
    return stack


def room_for_floats(workspace: Workspace, filled: int, size: int) -> np.ndarray:
    """Return the stack of floats with room for a size; what is filled is kept.

    Raises
    ------
    TapeLimitError
        In compiled code, if that is more than a tape may take.
    """
    return _room("floats", workspace, filled, size)


def room_for_integers(workspace: Workspace, filled: int, size: int) -> np.ndarray:
    """Return the stack of integers with room for a size; see `room_for_floats`."""
    return _room("integers", workspace, filled, size)


@intrinsic
def workspace(typingctx: Any) -> Any:
    """Return a workspace, which has to be given back."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return acquire(context, builder, workspace_type)

    return workspace_type(), codegen


def _stack(part: int, dtype: Any) -> Any:
    """Return an intrinsic that makes room on a part of the header, and returns it as an array."""
    result = array_of(dtype, 1)

    @intrinsic
    def stack(typingctx: Any, workspace: Any, filled: Any, size: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            header, filled, size = args
            data, length, room = (field(builder, header, part + n) for n in range(3))
            with builder.if_then(builder.icmp_signed(">", size, builder.load(room)), likely=False):
                builder.store(filled, length)  # what growth copies
                make_room(context, builder, part, _BYTES, header, size)
            array = make_array(result)(context, builder)
            itemsize = context.get_constant(types.intp, _BYTES)
            populate_array(
                array,
                data=builder.bitcast(builder.load(data), array.data.type),
                shape=[builder.load(room)],
                strides=[itemsize],
                itemsize=itemsize,
                meminfo=None,
            )
            return array._getvalue()

        return result(workspace, types.intp, types.intp), codegen

    return stack


def _compiled(of: Callable[..., Any], part: int, dtype: Any) -> None:
    stack = _stack(part, dtype)
    overloads(of)(lambda workspace, filled, size: lambda workspace, filled, size: stack(workspace, filled, size))


_compiled(room_for_floats, RECORDS, types.float64)
_compiled(room_for_integers, WORDS, types.int64)
