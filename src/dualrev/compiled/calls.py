"""Calls of compiled derivatives from Python: which mode, and results as NumPy's numbers."""

from __future__ import annotations

from functools import cache
from math import inf
from typing import Any, Literal

import numpy as np
import optree
from numba import typeof
from numba.core.dispatcher import Dispatcher
from numba.core.errors import NumbaError, TypingError
from numba.core.types import Dispatcher as DispatcherType
from numba.extending import typeof_impl

from dualrev.active.ownership import lent
from dualrev.active.trees import active_inside
from dualrev.auto.calibration import current_compiled_costs
from dualrev.auto.choice import ModeChoice, choose
from dualrev.auto.costs import CompiledWork
from dualrev.compiled._batches import empty, over_points, written
from dualrev.compiled._marks import MADE_OF, SHAPE
from dualrev.compiled._numpy_results import as_numpy
from dualrev.compiled._pandas import of_pandas, without_index
from dualrev.compiled.drivers._care import CAREFUL, PLAIN
from dualrev.compiled.drivers._code import BY_ADJOINT, source, way
from dualrev.compiled.drivers._tape_counts import TapeCounts
from dualrev.compiled.drivers.aliasing import expect_apart, global_arrays
from dualrev.compiled.drivers.derivative import Question, derivative
from dualrev.compiled.drivers.forward import WIDEST
from dualrev.compiled.drivers.parameters import parameters
from dualrev.compiled.plain_first import plain_first
from dualrev.compiled.steps import CompiledStep
from dualrev.environment import expect_room
from dualrev.errors import (
    ActiveConversionError,
    ArgnumsError,
    CompilationError,
    DualrevError,
    InputTypeError,
    count_advice,
)
from dualrev.reverse.numba_adjoint_sweep import LANES
from dualrev.reverse.numba_tape_limit import note_refused, within_limit
from dualrev.reverse.tape_limit import own_limit

Mode = Literal["auto", "forward", "reverse"]

FEW = 1000
"""Inputs up to which a Jacobian is not asked whether it fits: its outputs would have to be very many."""


class CompiledOperator:
    """The derivative of a compiled function, as an operator's way to it.

    Attributes
    ----------
    dispatcher
        What other compiled code calls. It chooses the mode when it runs.
    from_numbers
        What Python calls with numbers; it chooses the mode by their number.
    """

    def __init__(self, f: Dispatcher, question: Question) -> None:
        self.f, self.question = f, question
        names = parameters(f)
        numbers = (question.argnums,) if isinstance(question.argnums, int) else question.argnums
        if not isinstance(numbers, tuple) or not all(isinstance(n, int) for n in numbers):
            raise ArgnumsError(f"argnums is {question.argnums!r}; expected an int or a tuple of ints")
        for n in numbers:
            if not -len(names) <= n < len(names):
                raise ArgnumsError(
                    f"argnums names argument {n} of {f.py_func.__name__}, which has {len(names)} parameters"
                )
        self.numbers = [n % len(names) for n in numbers]
        if len(set(self.numbers)) < len(numbers):
            raise ArgnumsError(f"argnums {numbers} names an argument of {f.py_func.__name__} twice; name each once")
        self.names = names
        self._refers = bool(global_arrays(f))
        self._entries: dict[Any, Any] = {}
        self._of_one_array: dict[tuple[int, ...], Any] = {}
        self._counts: dict[Any, TapeCounts] = {}
        self.dispatcher: Any = derivative(f, question)
        self.from_numbers = plain_first(f, question)

    # The first two ways are short, because a step between the call and the code takes as long as a short function.
    def run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return the derivative."""
        try:
            if not kwargs and args and not own_limit():
                if type(args[0]) is float:
                    # No tree of leaves; what other compiled code calls chooses the mode faster.
                    return self.from_numbers.run(args, kwargs)
                if len(args) == 1 and type(args[0]) is np.ndarray:
                    entry = self._of_one_array.get(args[0].shape)
                    if entry is not None:
                        return self._as_numpy(entry.run(args, kwargs), args, kwargs)
            return self.by_shapes(args, kwargs)
        except CompilationError:
            if of_pandas(args, kwargs):  # of which Numba says so where a number is the first argument
                return self.run(*without_index(args, kwargs))
            self._expect_no_counts(args, kwargs)
            raise
        except ActiveConversionError:
            if active_inside((args, kwargs)):
                return self.step(args, kwargs)
            raise
        except TypingError as error:
            if "pyobject" not in str(error):
                raise
            if of_pandas(args, kwargs):
                return self.run(*without_index(args, kwargs))
            given = ", ".join(type(arg).__name__ for arg in (*args, *kwargs.values()))
            raise InputTypeError(
                f"{self.f.py_func.__name__} was given arguments of types {given}, one of which Numba does not know; "
                "compiled derivatives take real numbers, arrays of them, and tuples of those. backend='numpy' runs the "
                "function interpreted"
            ) from None
        except DualrevError as error:
            note_refused(error)
            raise error.with_traceback(None) from error.__cause__  # the way through Numba tells a user nothing

    # Everything that decides about the call depends on shapes alone, so it is decided once for each and kept.
    def by_shapes(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return the derivative in the mode that Python chooses by shapes."""
        # One array and no array among the globals: nothing can share memory with anything.
        alone = len(args) == 1 and not kwargs and not self._refers
        if not alone:
            expect_apart(self.f, args, kwargs)
        key = tuple(np.shape(leaf) for leaf in self._leaves(args, kwargs))
        entry = self._entries.get(key)
        if entry is None:
            if of_pandas(args, kwargs):
                return self.run(*without_index(args, kwargs))
            self._expect_room(key, args, kwargs)
            entry = self._entries[key] = plain_first(self.f, self.asked(args, kwargs))
        if alone and type(args[0]) is np.ndarray:
            self._of_one_array[args[0].shape] = entry
        result = within_limit(entry, *args, **kwargs)
        return self._as_numpy(result, args, kwargs)

    def _as_numpy(self, result: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return a result as NumPy has it."""
        if type(result) is np.ndarray:
            return result if result.ndim else result[()]
        # The value beside a gradient by one array, without a look at trees, which takes longer than the derivative of a
        # short function.
        if self.question.value and type(result[0]) is float and type(result[1]) is np.ndarray and result[1].ndim:
            return result[1].dtype.type(result[0]), result[1]
        return as_numpy(result, self.question, self._leaves(args, kwargs))

    # Without this, the system would be asked for the memory inside compiled code, and might grant it, and end the
    # process when it is written to.
    def _expect_room(self, key: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Raise an error if the result cannot fit into memory. Where that is in doubt, the function is called once."""
        n = sum(np.size(leaf) for leaf in self._leaves(args, kwargs))
        if self.question.kind != "jacobian" or n <= FEW or active_inside((args, kwargs)):
            return
        function, asked = getattr(self.f.py_func, MADE_OF, (self.f, None))
        hessian = isinstance(asked, Question) and asked.kind == "gradient" and asked.argnums == self.question.argnums
        if hessian:
            m = n
        elif key in self._counts:
            m = self._counts[key].outputs
        else:
            copies, named = lent((args, {name: each for name, each in kwargs.items() if name != "out"}))
            value: Any = self.f(*copies, **named)
            m = sum(map(np.size, optree.tree_leaves(value[0] if self.question.aux else value)))
        expect_room("Hessian" if hessian else "Jacobian", function.py_func.__name__, (m, n))

    # Asked only after a failure: integers among the arguments are often counts, and Numba's own message says nothing
    # of it. The function is typed with floats in their place; if that fails, they were.
    def _expect_no_counts(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Raise an error that says so if the derivative cannot be compiled because of integers among the arguments."""
        counts = [n for n, given in zip(self.numbers, self._given(args, kwargs), strict=True) if type(given) is int]
        floats = [float(arg) if n in counts else arg for n, arg in enumerate(args)]
        try:
            if counts and not kwargs:
                self.f.get_call_template(tuple(map(typeof, floats)), {})
        except NumbaError:
            raise CompilationError(count_advice(self.f.py_func.__name__, counts)) from None

    # Fewer than eight inputs get dual numbers of their own width: fewer tangents to compute, and a chunk that holds
    # all.
    def asked(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Question:
        """Return the question with the mode for arguments of these shapes, and numbers as wide as they need."""
        mode = self.question.mode
        if mode == "auto":
            mode = self.choice(args, kwargs).mode
        n = sum(np.size(leaf) for leaf in self._leaves(args, kwargs))
        chunk = self.question.chunk or (n if mode == "forward" and 0 < n < WIDEST else None)
        return self.question._replace(mode=mode, chunk=chunk, once=mode == "forward" and n <= (chunk or WIDEST))

    def source(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
        """Return the code that is written for the derivative."""
        return source(self.f, self.asked(args, kwargs)._replace(care=PLAIN), args, kwargs)

    def step(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return the derivative where an outer one is under way, interpreted."""
        return CompiledStep(self.dispatcher, private=True)(*args, **kwargs)

    def over_points(self, carriers: tuple[int, ...], args: tuple[Any, ...], count: int) -> Any:
        """Return the derivative at every point; see `batches`."""
        given = [_rows(arg) if n in carriers else arg for n, arg in enumerate(args)]
        example = tuple(arg[0] if n in carriers and count else arg for n, arg in enumerate(given))
        one_array = len(self.numbers) == 1 and self.numbers[0] in carriers and np.ndim(given[self.numbers[0]]) > 1
        takes_out = one_array and not (self.question.value or self.question.aux) and len(args) == len(self.names)
        if not count:
            known = getattr(self.f.py_func, SHAPE, None)
            if known is not None and takes_out:
                x = given[self.numbers[0]]
                nothing = np.empty((0, *known, *x.shape[1:]), x.dtype)
                return nothing if isinstance(self.question.argnums, int) else (nothing,)
            return empty(self.dispatcher, carriers, given)
        asked = self.asked(example, {})
        if takes_out and asked.mode == "forward":
            value = self.f(*lent(example))
            if not isinstance(value, tuple):
                x = example[self.numbers[0]]
                shape = (count, *np.shape(value), *x.shape)
                expect_room("batch of derivatives", self.f.py_func.__name__, shape, x.dtype.itemsize)
                out = np.empty(shape, x.dtype)
                written(plain_first(self.f, asked._replace(carriers=carriers)), carriers, given, out)
                return out if isinstance(self.question.argnums, int) else (out,)
        return over_points(plain_first(self.f, asked), carriers, given, count, takes_out)

    def tape(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> TapeCounts:
        """Return what a recording at these arguments is made of."""
        copies, named = lent((args, {name: value for name, value in kwargs.items() if name != "out"}))
        asked = self.question._replace(kind="tape", mode="reverse", value=False, chunk=None, care=CAREFUL)
        counts = derivative(self.f, asked)
        return TapeCounts(*within_limit(counts, *copies, **named))

    # A gradient's cost needs no recording, its output being one number; for a Jacobian the number of outputs decides.
    def choice(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], whole: bool = False, adjoint: bool = False
    ) -> ModeChoice:
        """Return the mode for these arguments, and why. The function is recorded once if its work must be known.

        With `whole`, that is done in any case, so that both costs are predicted as well as they can be. With `adjoint`,
        reverse mode is generated adjoint code.
        """
        n = sum(np.size(leaf) for leaf in self._leaves(args, kwargs))
        chunk, m, work = self.question.chunk or WIDEST, None, CompiledWork(n)
        if self.question.kind == "gradient":
            m = 1  # one sweep against passes, whatever the work
        if whole or (n > chunk and m is None):
            key = tuple(np.shape(leaf) for leaf in self._leaves(args, kwargs))
            try:
                counts = self._counts.get(key) or self._counts.setdefault(key, self.tape(args, kwargs))
            except (MemoryError, CompilationError) as error:
                reason = f"a recording is not possible, {type(error).__name__}"
                return ModeChoice("forward", reason, 0.0, inf, chunk, LANES)
            m = counts.outputs
            swept = (counts.alone, counts.passed, counts.active)
            work = CompiledWork(counts.records, counts.words(n), counts.calls, swept)
        return choose(n, m, chunk, LANES, work, current_compiled_costs(), n <= chunk, adjoint)

    def plan(self, args: tuple[Any, ...], kwargs: dict[str, Any], mode: Mode, whole: bool = False) -> ModeChoice:
        """Return the mode, and why, and by what reverse mode runs; with `whole` both costs, whatever the mode."""
        choice = self.choice(args, kwargs, whole)
        if choice.asked_for(mode).mode == "forward" and not whole:
            return choice.asked_for(mode)
        how = self._way(args, kwargs)
        if how == BY_ADJOINT:
            choice = self.choice(args, kwargs, whole, adjoint=True)
        return choice.asked_for(mode).running(how)

    def by_adjoint(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        """Whether reverse mode is generated adjoint code."""
        return self._way(args, kwargs) == BY_ADJOINT

    def _way(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
        return way(self.f, self.question._replace(mode="reverse", care=PLAIN), args, kwargs)

    def _given(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
        return [args[n] if n < len(args) else kwargs.get(self.names[n]) for n in self.numbers]

    def _leaves(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
        given: Any = self._given(args, kwargs)
        return optree.tree_leaves(given)


def _rows(x: Any) -> Any:
    """Return an array of points as a compiled loop takes it."""
    x = np.ascontiguousarray(x)
    return x.astype(np.float64) if x.dtype.kind in "iub" else x


@cache
def let_compiled_code_call(operators: type) -> None:
    """Let compiled code call what operators return, as a global or an argument."""

    @typeof_impl.register(operators)  # type: ignore[untyped-decorator]
    def typeof_operator(operator: Any, context: Any) -> Any:
        return None if operator.compiled is None else DispatcherType(operator.compiled.dispatcher)
