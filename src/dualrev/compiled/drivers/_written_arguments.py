"""The array arguments that a compiled function may write to: Numba's typing tells, where they are read-only."""

from __future__ import annotations

from collections.abc import Sequence
from types import FunctionType
from typing import Any

import numba
import numpy as np
from numba.core import ir, types
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import FunctionPass, PassManager, register_pass
from numba.core.errors import NumbaError
from numba.core.typed_passes import NopythonTypeInference

from dualrev.compiled._marks import TAKES_OUT
from dualrev.compiled.clones.cloning import WRITERS
from dualrev.compiled.drivers._numba_errors import expect_linear_algebra
from dualrev.kernels.numba_extending import chooser_of

_FOUND = "_dualrev_writes"
_REFUSED = ("readonly array", "read-only")
"""Phrases of Numba's errors about writes to read-only arrays."""

_LOSE_READ_ONLY = ("ascontiguousarray", "asfortranarray", "nan_to_num", "nditer")
"""Functions whose result may be the array that they were given, while its type does not say so."""


# Numba has no call that types a function and stops there. An error raised after the types is how to leave early; no
# machine code is needed for this question.
class _Typed(Exception):
    """Typing is done, and the rest of a compilation not wanted."""

    def __init__(self, writes: bool | None) -> None:
        super().__init__(writes)
        self.writes = writes


@register_pass(mutates_CFG=False, analysis_only=True)
class _Stop(FunctionPass):  # type: ignore[misc]
    _name = "dualrev_stop_after_typing"

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        """Raise what is known of a function whose variables all have types."""
        raise _Typed(_writes_by_call(state.func_ir, state.typemap))


class _TypesOnly(CompilerBase):  # type: ignore[misc]
    def define_pipelines(self) -> list[Any]:
        """Numba's own, up to the types."""
        whole = DefaultPassBuilder.define_nopython_pipeline(self.state)
        manager = PassManager("types")
        for each in whole.passes:
            manager.passes.append(each)
            if each[0] is NopythonTypeInference:
                break
        manager.add_pass(_Stop, "stop")
        manager.finalize()
        return [manager]


# Numba refuses to write to read-only arrays when it types. So a function is typed for arguments that are read-only:
# if it passes, it writes to none of them. All are tried together first, which is enough for a function that writes to
# none.
def arguments_written_to(dispatcher: Any, numba_types: Sequence[Any]) -> tuple[set[int], bool]:
    """Return the positions of the arguments to whose arrays a function may write, and whether all of them are known."""
    key = tuple(numba_types)
    if chooser_of(dispatcher) is not None:  # a derivative, which writes to nothing but `out`, its last parameter
        last = dispatcher.py_func.__code__.co_argcount - 1
        return ({last} if getattr(dispatcher.py_func, TAKES_OUT, False) and last < len(key) else set()), True
    found = vars(dispatcher).setdefault(_FOUND, {})
    if key not in found:
        held = [n for n, each in enumerate(key) if _read_only(each) != each]
        together = _writes(dispatcher, key, held) if held else False
        alone = {n: _writes(dispatcher, key, [n]) if len(held) > 1 else together for n in held} if together else {}
        unknown = together is None or None in alone.values()
        found[key] = ({n for n, writes in alone.items() if writes}, not unknown)
    known: tuple[set[int], bool] = found[key]
    return known


def _writes(dispatcher: Any, numba_types: Sequence[Any], read_only: Sequence[int]) -> bool | None:
    """Whether a function may write to one of some arguments; None if Numba cannot type it for read-only ones."""
    given = tuple(_read_only(each) if n in read_only else each for n, each in enumerate(numba_types))
    try:
        numba.njit(dispatcher.py_func, pipeline_class=_TypesOnly).compile(given)
    except _Typed as typed:
        return typed.writes
    except NumbaError as error:
        return True if any(phrase in str(error) for phrase in _REFUSED) else None
    except AttributeError:  # Numba's own, for `out += x` where out is read-only
        return True
    except ImportError as error:
        expect_linear_algebra(dispatcher, error)
        raise
    raise AssertionError("a pipeline that ends with an error has ended without")


def _read_only(of: Any) -> Any:
    """Return the type of an argument whose arrays are read-only."""
    if isinstance(of, types.Array):
        return of.copy(readonly=True)
    if isinstance(of, types.BaseTuple):
        parts = [_read_only(each) for each in of]
        return types.BaseTuple.from_types(parts, getattr(of, "instance_class", None)) if parts else of
    return of


def _writes_by_call(func_ir: Any, typemap: Any) -> bool | None:
    """Whether the code may write to a read-only array in a way that Numba's typing does not notice; None: who knows."""
    known: bool | None = False
    for block in func_ir.blocks.values():
        for write in block.find_insts((ir.SetItem, ir.StaticSetItem)):
            target = typemap[write.target.name]
            if isinstance(target, types.NumpyFlatType) and _holds_read_only(target.array_type):
                return True
        for call in block.find_exprs("call"):
            function = typemap[call.func.name]
            given = [typemap[each.name] for each in call.args] + [typemap[each.name] for _, each in call.kws]
            if _writes_to_own(function, given):
                return True
            name = getattr(getattr(function, "typing_key", None), "__name__", None)
            if name in _LOSE_READ_ONLY and any(map(_holds_read_only, given)):
                known = None
    return known


def _writes_to_own(function: Any, given: Sequence[Any]) -> bool:
    if isinstance(function, types.BoundFunction):
        return _holds_read_only(function.this) and str(function.typing_key).rpartition(".")[2] in WRITERS
    shared = [n for n, each in enumerate(given) if _holds_read_only(each)]
    if not shared:
        return False
    if isinstance(function, types.Dispatcher):
        written, known = arguments_written_to(function.dispatcher, given)
        return not known or not written.isdisjoint(shared)
    key = getattr(function, "typing_key", None)
    if isinstance(key, np.ufunc):
        return any(n >= key.nin for n in shared)
    if getattr(key, "__name__", None) in WRITERS or (key is np.dot and 2 in shared):
        return True
    module = getattr(key, "__module__", None) or "numpy"
    return isinstance(key, FunctionType) and module.partition(".")[0] not in ("numba", "numpy", "dualrev")


def _holds_read_only(of: Any) -> bool:
    if isinstance(of, types.BaseTuple):
        return any(map(_holds_read_only, of))
    return isinstance(of, types.Array) and not of.mutable
