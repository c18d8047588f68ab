"""One call of a compiled function with active numbers: what it is given, returns and writes to, and its derivative."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numba
import numpy as np
import optree
from numba.core import types

from dualrev.active.number import Active, primal
from dualrev.active.one_step import Joined, Leaves, OneStep, each_direction
from dualrev.active.ownership import lent, private, private_tree
from dualrev.compiled.drivers._written_arguments import arguments_written_to
from dualrev.compiled.drivers.derivative import Question, derivative
from dualrev.compiled.plain_first import plain_first
from dualrev.errors import InactiveWriteError, InputTypeError, NoOutputError
from dualrev.kernels.numba_extending import around
from dualrev.primitives.array.layout import apart
from dualrev.reverse.numba_tape_limit import within_limit


class Call(OneStep):
    """One call of a compiled function.

    Parameters
    ----------
    dispatcher
        The function.
    args
        Its arguments.
    argnums
        Which of them hold active numbers.
    names
        Of its parameters.
    step
        Makes a function that takes active numbers of a compiled one that is called with copies.

    Raises
    ------
    InputTypeError
        If active numbers come in containers that compiled code does not take.
    """

    def __init__(
        self,
        dispatcher: Any,
        args: Sequence[Any],
        argnums: tuple[int, ...],
        names: Sequence[str],
        step: Callable[[Any], Callable[..., Any]],
    ) -> None:
        self.dispatcher, self.args, self.argnums, self.names, self._step = dispatcher, args, argnums, names, step
        self.name = dispatcher.py_func.__name__
        # Constants are kept as they are now: the sweep runs after the caller may have changed them.
        self.kept = [None if n in argnums else private_tree(arg) for n, arg in enumerate(args)]
        for n in argnums:
            self._expect_tuples(args[n], names[n])
        differentiated: Any = tuple(args[n] for n in argnums)
        self.given: list[Any]
        """The numbers and arrays in the arguments that hold active ones."""
        self.given, self.spec = optree.tree_flatten(differentiated)
        self.written: list[int] = []
        """Arguments whose active arrays the function may write to; it is another then, which returns them too."""
        self.returns = True
        self.ndims: list[int] = []
        self.output: Any = None
        self.rest: list[Any] = []
        """Per number or array of the output its value if that is no float, and so has no derivative; else None."""

    def _expect_tuples(self, arg: Any, name: str) -> None:
        if isinstance(arg, tuple):
            for element in arg:
                self._expect_tuples(element, name)
        elif isinstance(arg, list | dict | set):
            raise InputTypeError(
                f"{self.name}, a compiled function, was given active numbers in {name}, a {type(arg).__name__}; it "
                "takes them in arrays, np.stack([...]), and in tuples"
            )

    # The function is called with plain copies, so what it writes is lost unless it is returned as well. What Numba's
    # typing can tell is told beforehand; the rest is compared after the call.
    def watched(self, leaves: Sequence[Any]) -> list[tuple[Any, Any, str]]:
        """Have the arrays returned that the function writes to, and return those of which it is not known, with copies.

        Raises
        ------
        InactiveWriteError
            If it writes to an array that is not active, whose reader would find no derivative there.
        """
        plain: Any = self._with([primal(leaf) for leaf in leaves], self.args)
        if not any(isinstance(leaf, np.ndarray) for leaf in optree.tree_leaves(plain)):
            return []
        numba_types = tuple(map(numba.typeof, plain))
        positions, surely = arguments_written_to(self.dispatcher, numba_types)
        passive = {n: self._passive(self.args[n]) for n in range(len(self.args))}
        for n in sorted(positions):
            if passive[n]:
                raise InactiveWriteError(self.refusal(self.names[n]))
        active = [n for n in self.argnums if any(isinstance(x, Active) and x.ndim for x in _leaves(self.args[n]))]
        self.written = [n for n in active if n in positions or not surely]
        if self.written:
            self.dispatcher, self.returns = returning_written(self.dispatcher, numba_types, self.written)
        return [] if surely else [(x, x.copy(), self.names[n]) for n, arrays in passive.items() for x in arrays]

    @staticmethod
    def _passive(arg: Any) -> list[Any]:
        return [x for x in _leaves(arg) if isinstance(x, np.ndarray) and x.dtype != object]

    def refusal(self, name: str) -> str:
        """Return what to say of an array that the function writes to and that is not active."""
        return (
            f"{self.name}, a compiled function that was called with active numbers, writes to {name}, an array that "
            "cannot hold their derivatives. Make it one that can: np.zeros_like(x), or np.zeros(n, like=x) where x is "
            "an active array; or return the result"
        )

    def result(self, out: Any) -> Any:
        """Return what the function returns, and give the arrays that it wrote to what it wrote."""
        if not self.written:
            return out
        targets, contents = (_leaves(part) for part in ([self.args[n] for n in self.written], out[int(self.returns) :]))
        for target, content in zip(targets, contents, strict=True):
            if isinstance(target, Active) and target.ndim:
                target[...] = content
        return out[0] if self.returns else None

    def outputs(self, leaves: Leaves) -> list[Any]:
        """Return the floats that the function returns. Arguments that are not active are the caller's own."""
        out = self._step(self.dispatcher)(*self._with(leaves, self.args))
        parts, self.output = optree.tree_flatten(out)
        if not parts:
            raise NoOutputError(
                f"{self.name} returned {out!r}; expected a number, an array or a container of "
                "them: is there a `return`?"
            )
        parts = [private(part) for part in parts]  # one may be a view of an argument
        self.rest = [None if _is_float(part) else part for part in parts]
        floats = self._floats(parts)
        self.ndims = [part.ndim for part in floats]
        return floats

    def _floats(self, parts: Leaves) -> list[Any]:
        """Return those parts of the output that have derivatives; an empty array if none has."""
        floats = [_number(part) for part, other in zip(parts, self.rest, strict=True) if other is None]
        return floats or [np.zeros(0)]

    def _with(self, leaves: Sequence[Any], given: Sequence[Any] | None = None) -> list[Any]:
        args = list(lent(self.kept) if given is None else given)
        for n, arg in zip(self.argnums, optree.tree_unflatten(self.spec, map(_alike, leaves)), strict=True):
            args[n] = arg  # a copy, because the function may write to its arguments
        return args

    def arranged(self, floats: Leaves, rest: Leaves) -> Any:
        """Return the function's output, in which `rest` stands for what is not of floats."""
        if self.output.is_leaf() and rest[0] is None:
            return floats[0]
        left = iter(floats)
        return optree.tree_unflatten(self.output, [next(left) if other is None else other for other in rest])

    def step(self, y: Any, leaves: Leaves) -> _CallAt:
        """Return the derivative at a point."""
        return _CallAt(self, leaves)

    def linearize(self, y: Any, *leaves: Any) -> _Counted:
        """Return the derivative as a rule's."""
        return _Counted(self, self.step(y, leaves), y, leaves)

    def push(self, leaves: Leaves, tangents: Leaves) -> list[Any]:
        """Return the tangents of the output's floats for one direction."""
        pushed = self._derivative(Question("pushforward", "forward", self.argnums), (*leaves, *tangents))
        directions = optree.tree_unflatten(self.spec, [_fresh(t) for t in tangents])
        tangent = pushed(*self._with(leaves), *directions)
        return self._floats(optree.tree_leaves(tangent))

    def pull(self, leaves: Leaves, cotangents: Leaves) -> list[Any]:
        """Return what cotangents of the output's floats contribute to the leaves."""
        pulled = self._derivative(Question("pullback", "reverse", self.argnums), (*leaves, *cotangents))
        nothing = [None if rest is None else np.zeros(np.shape(rest))[()] for rest in self.rest]
        given = self.arranged([_fresh(c) for c in cotangents], nothing)
        gradients = within_limit(pulled, *self._with(leaves), given)
        return [_number(leaf) for leaf in optree.tree_leaves(gradients)]

    def _derivative(self, question: Question, given: Sequence[Any]) -> Callable[..., Any]:
        """Return a derivative of the call; where an outer one is under way, as a step of that."""
        if any(isinstance(each, Active) for each in given):
            return self._step(derivative(self.dispatcher, question))
        return plain_first(self.dispatcher, question)


class _CallAt:
    """The derivative of a call; directions go one after another."""

    def __init__(self, call: Call, leaves: Leaves) -> None:
        self._call, self._leaves = call, leaves

    def push(self, tangents: Leaves) -> list[Any]:
        """Push tangents through the call."""
        pairs = zip(tangents, self._leaves, strict=True)
        filled = [np.zeros(np.shape(leaf), _dtype(leaf))[()] if t is None else t for t, leaf in pairs]
        return each_direction(
            lambda given: self._call.push(self._leaves, given), filled, list(map(np.ndim, self._leaves))
        )

    def pull(self, cotangents: Leaves) -> list[Any]:
        """Pull cotangents back to the leaves."""
        return each_direction(lambda given: self._call.pull(self._leaves, given), cotangents, self._call.ndims)


class _Counted(Joined):
    """The linearization of a call, which knows what of its memory is the tape's."""

    call: Call

    def saved(self) -> list[Any]:
        """Return the arrays that are kept for the sweep."""
        return [leaf for leaf in _leaves((self.leaves, self.call.kept)) if isinstance(leaf, np.ndarray)]


def _leaves(tree: Any) -> list[Any]:
    leaves: list[Any] = optree.tree_leaves(tree)
    return leaves


def _number(x: Any) -> Any:
    return np.float64(x) if type(x) in (float, int, bool) else x


def _fresh(x: Any) -> Any:
    """Return a contiguous, writable copy: Numba compiles anew for read-only and for strided arrays."""
    return x if isinstance(x, Active) or np.ndim(x) == 0 else np.array(x)


def _alike(x: Any) -> Any:
    """Return a writable copy of an argument, contiguous only where it is: the function may do another thing then."""
    return apart(x) if isinstance(x, np.ndarray) else x


def _dtype(x: Any) -> Any:
    return x.dtype if isinstance(x, Active | np.ndarray | np.generic) else np.float64


def _is_float(x: Any) -> bool:
    return isinstance(x, float) or getattr(x, "dtype", np.dtype(np.int64)).kind == "f"


_RETURNING = "_dualrev_returning_written"
"""Attribute of a compiled function: functions that call it and also return arguments that it writes to."""


def returning_written(dispatcher: Any, numba_types: Sequence[Any], written: Sequence[int]) -> tuple[Any, bool]:
    """Return a function that also returns the arguments that one writes to, and whether that returns a result."""
    signature = types.Dispatcher(dispatcher).get_call_type(dispatcher.typingctx, numba_types, {})
    returns = signature.return_type != types.none
    known = vars(dispatcher).setdefault(_RETURNING, {})
    key = (len(numba_types), *written, returns)
    if key not in known:
        names = [f"a{n}" for n in range(len(numba_types))]
        parts = [*(["result"] if returns else []), *(names[n] for n in written)]
        body = [f"result = f({', '.join(names)})", f"return ({', '.join(parts)},)"]
        known[key] = around(dispatcher.py_func, names, body, {"f": dispatcher})
    return known[key], returns
