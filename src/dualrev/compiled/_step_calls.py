"""One call of a compiled function with active numbers: what it is given, returns and writes to, and its derivative."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numba
import numpy as np
import optree
from numba.core import types

from dualrev.active.number import Active, primal
from dualrev.active.ownership import lent, private, private_tree
from dualrev.compiled._plain_first import plain_first
from dualrev.compiled.drivers._written_arguments import arguments_written_to
from dualrev.compiled.drivers.derivative import Question, derivative
from dualrev.errors import InactiveWriteError, InputTypeError, NoOutputError
from dualrev.kernels.numba_extending import around
from dualrev.reverse.numba_tape_limit import within_limit


class Call:
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
        # Arguments that are constants are kept as they are now: the sweep runs after the caller may have changed
        # them.
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
        self.shapes: list[tuple[int, ...]] = []
        self.output: Any = None
        self.rest: list[Any] = []
        """Per number or array of the output its value if that is no float, and so has no derivative; else None."""

    @property
    def name(self) -> str:
        """The function's name."""
        return str(self.dispatcher.py_func.__name__)

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

    def value(self, *leaves: Any) -> Any:
        """Return the function's output, as one array. Arguments that are not active are the caller's own."""
        out = self._step(self.dispatcher)(*self._with(leaves, self.args))
        parts, self.output = optree.tree_flatten(out)
        if not parts:
            raise NoOutputError(
                f"{self.name} returned {out!r}; expected a number, an array or a container of "
                "them: is there a `return`?"
            )
        parts = [private(part) for part in parts]  # one may be a view of an argument
        self.shapes = [np.shape(part) for part in parts]
        self.rest = [None if _is_float(part) else part for part in parts]
        return self._joined(parts)

    def _with(self, leaves: Sequence[Any], given: Sequence[Any] | None = None) -> list[Any]:
        args = list(lent(self.kept) if given is None else given)
        for n, arg in zip(self.argnums, optree.tree_unflatten(self.spec, [_fresh(x) for x in leaves]), strict=True):
            args[n] = arg  # a copy, because the function may write to its arguments
        return args

    @property
    def _alone(self) -> bool:
        return bool(self.output.is_leaf()) and self.rest[0] is None

    def _joined(self, parts: Sequence[Any]) -> Any:
        if self._alone:
            return _number(parts[0])
        floats = [np.reshape(part, -1) for part, rest in zip(parts, self.rest, strict=True) if rest is None]
        return np.concatenate(floats) if floats else np.zeros(0)

    def arranged(self, joined: Any, rest: Sequence[Any]) -> Any:
        """Return one array as the function's output, in which `rest` stands for what is not of floats."""
        if self._alone:
            return joined
        parts, start = [], 0
        for shape, other in zip(self.shapes, rest, strict=True):
            if other is not None:
                parts.append(other)
                continue
            size = int(np.prod(shape, dtype=np.intp))
            parts.append(np.reshape(joined[start : start + size], shape) if shape else joined[start])
            start += size
        return optree.tree_unflatten(self.output, parts)

    def linearize(self, y: Any, *operands: Any) -> _StepLinearization:
        """Return the derivative of the call."""
        return _StepLinearization(self, operands)

    def push(self, leaves: Sequence[Any], tangents: Sequence[Any]) -> Any:
        """Return the tangent of the output for one direction."""
        pushed = self._derivative(Question("pushforward", "forward", self.argnums), (*leaves, *tangents))
        directions = optree.tree_unflatten(self.spec, list(tangents))
        _, tangent = pushed(*self._with(leaves), *directions)
        return self._joined(optree.tree_leaves(tangent))

    def pull(self, leaves: Sequence[Any], cotangent: Any) -> list[Any]:
        """Return what a cotangent of the output contributes to the leaves."""
        pulled = self._derivative(Question("pullback", "reverse", self.argnums), (*leaves, cotangent))
        nothing = [None if rest is None else np.zeros(np.shape(rest))[()] for rest in self.rest]
        gradients = within_limit(pulled, *self._with(leaves), self.arranged(cotangent, nothing))
        return [_number(leaf) for leaf in optree.tree_leaves(gradients)]

    def _derivative(self, question: Question, given: Sequence[Any]) -> Callable[..., Any]:
        """Return a derivative of the call; where an outer one is under way, as a step of that."""
        if any(isinstance(each, Active) for each in given):
            return self._step(derivative(self.dispatcher, question))
        return plain_first(self.dispatcher, question)


class _StepLinearization:
    """The derivative of a call; directions go one after another."""

    def __init__(self, call: Call, leaves: Sequence[Any]) -> None:
        self.call, self.leaves = call, leaves
        self._pulled: tuple[Any, list[Any]] | None = None

    def saved(self) -> list[Any]:
        """Return the arrays that are kept for the sweep."""
        return [leaf for leaf in _leaves((self.leaves, self.call.kept)) if isinstance(leaf, np.ndarray)]

    def push(self, tangents: Sequence[Any]) -> Any:
        """Push tangents, with or without a leading axis, through the call."""
        given = [(t, leaf) for t, leaf in zip(tangents, self.leaves, strict=True) if t is not None]
        zeros = [np.zeros(np.shape(leaf), _dtype(leaf))[()] for leaf in self.leaves]
        if np.ndim(given[0][0]) == np.ndim(given[0][1]):
            return self._push_one([z if t is None else t for t, z in zip(tangents, zeros, strict=True)])
        count = np.shape(given[0][0])[0]
        return np.stack(
            [
                self._push_one([z if t is None else t[k] for t, z in zip(tangents, zeros, strict=True)])
                for k in range(count)
            ]
        )

    def _push_one(self, tangents: Sequence[Any]) -> Any:
        return self.call.push(self.leaves, [_fresh(t) for t in tangents])

    def pull(self, operand: int, cotangent: Any) -> Any:
        """Pull a cotangent, with or without a leading axis, back to one leaf."""
        # The sweep asks for one operand after another with the same cotangent, and one pull answers for all.
        if self._pulled is None or self._pulled[0] is not cotangent:
            self._pulled = (cotangent, self._pull(cotangent))
        return self._pulled[1][operand]

    def _pull(self, cotangent: Any) -> list[Any]:
        ndim = len(self.call.shapes[0]) if self.call._alone else 1
        if np.ndim(cotangent) == ndim:
            return self.call.pull(self.leaves, _fresh(cotangent))
        rows = [self.call.pull(self.leaves, _fresh(cotangent[k])) for k in range(np.shape(cotangent)[0])]
        return [np.stack([row[n] for row in rows]) for n in range(len(self.leaves))]


def _leaves(tree: Any) -> list[Any]:
    leaves: list[Any] = optree.tree_leaves(tree)
    return leaves


def _number(x: Any) -> Any:
    return np.float64(x) if type(x) in (float, int, bool) else x


def _fresh(x: Any) -> Any:
    """Return a contiguous, writable copy: Numba compiles anew for read-only and for strided arrays."""
    return x if isinstance(x, Active) or np.ndim(x) == 0 else np.array(x)


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
