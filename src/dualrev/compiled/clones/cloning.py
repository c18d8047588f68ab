"""Clones of compiled functions, in which NumPy's constructors make arrays that can hold active numbers.

A user's function is not changed: its code object is run with other globals. `np` stands there for a module that answers
as NumPy does but for the functions in `numpy_names`; the compiled functions that it calls are cloned with it.
"""

from __future__ import annotations

import math
import types
from collections.abc import Mapping, Sequence
from typing import Any

import numba
import numpy as np
from numba.core import ir
from numba.core import types as nbtypes
from numba.core.dispatcher import Dispatcher
from numba.np.ufunc.dufunc import DUFunc

from dualrev.compiled._rebinding import StandIn, bind, copied, names_in
from dualrev.compiled.clones._foreign import stand_in
from dualrev.compiled.clones._literals import pipeline
from dualrev.compiled.clones.vectorized import over_elements, vectorized
from dualrev.errors import CompilationError
from dualrev.kernels.numba_extending import chooser_of, written_by
from dualrev.kernels.numpy_rows import FUNCTIONS
from dualrev.primitives.array import COMPOSITES
from dualrev.primitives.scalar import TABLE

Replacements = Mapping[Any, Any]
"""Per function of NumPy's the function to use in a clone."""


BUFFERS = (np.zeros, np.ones, np.empty, np.full, np.zeros_like, np.ones_like, np.empty_like, np.full_like)
"""NumPy's functions that make arrays to be written to."""

_KEPT_OPTIONS = ("error_model", "boundscheck", "nogil", "forceobj", "looplift")
_UNSAFE = {"nnan", "ninf", "fast"}


class Cloner:
    """Clones functions, each once, with the same replacements.

    Parameters
    ----------
    replacements
        What to use instead of functions of NumPy's.
    literals
        The type of active numbers that floats in the functions' text are to have; their own if there is none.
    """

    kept_modules: tuple[str, ...] = ("math", "operator", "builtins")

    def __init__(self, replacements: Replacements, literals: Any = None) -> None:
        self.replacements, self.literals = replacements, literals
        self.builtins = {
            each.__name__: made for each, made in replacements.items() if getattr(each, "__module__", "") == "builtins"
        }
        self._clones: dict[int, Any] = {}
        self._kept: list[Any] = []
        self._foreign: dict[int, tuple[Any, Any]] = {}

    @property
    def clones(self) -> list[Any]:
        """The clones made so far."""
        return list(self._clones.values())

    @property
    def originals(self) -> list[Any]:
        """The functions that were cloned."""
        return list(self._kept)

    def clone(self, dispatcher: Any) -> Any:
        """Return a dispatcher for the clone of a compiled function."""
        if id(dispatcher) in self._clones:
            return self._clones[id(dispatcher)]
        function = dispatcher.py_func
        # A variable that is declared an integer would cut the derivative off, and one declared a float is what it is
        # anyway.
        narrowed = [name for name, kind in dispatcher.locals.items() if not isinstance(kind, nbtypes.Float)]
        if narrowed:
            raise CompilationError(
                f"{function.__name__} declares {', '.join(narrowed)} in locals= with a type that is not a float's; "
                "leave the declaration out, and convert where that is meant: int(x)"
            )
        # The copy is entered before what it calls is cloned: a function that calls itself, or one that calls it, finds
        # it here.
        twin = copied(function)
        clone = self.finished(twin, dispatcher)
        self._clones[id(dispatcher)] = clone
        # The key is the function's identity, which another object could get if this one were freed.
        self._kept.append(dispatcher)
        bind(twin, function, self.mapped, self.builtins)
        return clone

    def finished(self, twin: types.FunctionType, dispatcher: Any) -> Any:
        """Return what a copy of a function is used as: compiled, as the function is."""
        choose = chooser_of(dispatcher)
        kept = options(dispatcher)
        if choose is not None:
            return written_by(choose, twin, **kept)
        return numba.njit(twin, pipeline_class=pipeline(self.literals), **kept)

    def elementwise(self, ufunc: DUFunc) -> Any:
        """Return what stands for a function made by `numba.vectorize`."""
        return vectorized(self.clone(ufunc._dispatcher))

    def foreign(self, value: Any) -> Any:
        """Return what stands for a function that is made elsewhere, by machine code or an overload; None for others."""
        if isinstance(value, type | types.ModuleType):
            return None
        if id(value) not in self._foreign:
            self._foreign[id(value)] = (value, stand_in(value, self.clone))
        return self._foreign[id(value)][1]

    def mapped(self, value: Any) -> Any:
        """Return what stands for a global value in a clone."""
        if isinstance(value, Dispatcher):
            return self.clone(value)
        if isinstance(value, DUFunc):
            return self.elementwise(value)
        called = self.foreign(value)
        if called is not None:
            return called
        if isinstance(value, types.ModuleType):
            return value if value.__name__ in self.kept_modules else StandIn(value, self.mapped)
        if type(value) is tuple:
            return tuple(self.mapped(each) for each in value)
        # A global may be a type that the function makes containers of.
        if isinstance(value, nbtypes.Array) and self.literals is not None:
            return value.copy(dtype=self.mapped(value.dtype))
        try:
            return self.replacements.get(value, value)
        except TypeError:  # not hashable, so no function
            return value


class Interpreted(Cloner):
    """Clones compiled functions to plain ones that run over NumPy, in which `math.sin` is `np.sin`."""

    kept_modules = ("operator", "builtins")

    def finished(self, twin: types.FunctionType, dispatcher: Any) -> Any:
        """Return the copy itself."""
        return twin

    def elementwise(self, ufunc: DUFunc) -> Any:
        """Return a function of arrays that applies the copy to their elements."""
        return over_elements(self.clone(ufunc._dispatcher))

    def foreign(self, value: Any) -> Any:
        """Leave all functions as they are."""
        return None


def interpreted(dispatcher: Any) -> Any:
    """Return a compiled function as one that NumPy's arrays and active numbers run through.

    Its buffers, `np.empty(n)` and the like, can hold derivatives, as they can where it runs compiled.
    """
    numpy_of: dict[Any, Any] = {
        getattr(math, name): FUNCTIONS[row.name] for row in TABLE.values() for name in row.spelled("math")
    }
    return Interpreted(numpy_of | {each: COMPOSITES[each] for each in BUFFERS}).clone(dispatcher)


def options(dispatcher: Any) -> dict[str, Any]:
    """Return the options of a compiled function that its derivative keeps.

    Derivatives tell an infinity from a number, so that freedom is taken from `fastmath`.
    """
    given = dispatcher.targetoptions
    kept: dict[str, Any] = {name: given[name] for name in _KEPT_OPTIONS if name in given}
    kept |= {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}  # active numbers never meet Python
    fast = given.get("fastmath", False)
    if fast is True:
        kept["fastmath"] = {"nsz", "arcp", "contract", "afn", "reassoc"}
    elif fast:
        kept["fastmath"] = set(fast) - _UNSAFE
    return kept


WRITERS = frozenset(
    {"copyto", "fill", "fill_diagonal", "sort", "partition", "shuffle", "put", "putmask", "place", "itemset", "resize"}
)


# An operator that repeats a pass, for a further chunk or carefully, has to know whether the arguments are still those
# that it was given.
def rewrites_arrays(cloner: Cloner) -> bool:
    """Whether the clones, which have been compiled, may write to an array: perhaps to one that they were given."""
    clones = cloner.clones
    return any(_writes(clone, clones) for clone in clones)


def _writes(clone: Any, clones: Sequence[Any]) -> bool:
    # Names first: whether `fill` or `sort` are methods of an array stands in no statement of the typed code.
    if not WRITERS.isdisjoint(names_in(clone.py_func.__code__)):
        return True
    if chooser_of(clone) is not None:  # a derivative, which writes to nothing but its last argument
        return any(isinstance(signature[-1], nbtypes.Array) for signature in clone.overloads)
    for compiled in clone.overloads.values():
        typed = compiled.type_annotation
        if any(_unseen(each, clones) for each in typed.typemap.values()):
            return True
        for block in typed.blocks.values():
            for statement in block.body:
                if isinstance(statement, ir.SetItem | ir.StaticSetItem):
                    return True
                value: Any = getattr(statement, "value", None)
                in_place = isinstance(value, ir.Expr) and value.op == "inplace_binop"
                if in_place and isinstance(typed.typemap[value.lhs.name], nbtypes.Array):
                    return True
    return False


def _unseen(numba_type: Any, clones: Sequence[Any]) -> bool:
    """Whether a type is that of a user's function which is no clone: an argument, a method, or a Numba overload."""
    if isinstance(numba_type, nbtypes.ClassInstanceType | nbtypes.ClassType):
        return True
    if isinstance(numba_type, nbtypes.Dispatcher):
        return numba_type.dispatcher not in clones
    key = numba_type.typing_key if isinstance(numba_type, nbtypes.Function) else None
    module = getattr(key, "__module__", None) or "dualrev"  # our generated functions have none
    return isinstance(key, types.FunctionType) and module.partition(".")[0] not in ("numba", "numpy", "dualrev")
