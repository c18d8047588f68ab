"""Calls of compiled functions from interpreted code, on Dual and Var: each call is differentiated as one step."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import optree
from numba.extending import typeof_impl

from dualrev.active import Active, looked_at, outermost
from dualrev.compiled.cloning import interpreted
from dualrev.compiled.derivative import Question, derivative, parameters
from dualrev.compiled.failures import expect_linear_algebra
from dualrev.errors import ActiveConversionError, ComplexInputError, NoOutputError
from dualrev.numpy_protocol import operand
from dualrev.ownership import lent, private, private_tree
from dualrev.primitives.array.complex_parts import is_complex
from dualrev.primitives.array.rule import ArrayRule
from dualrev.reverse.numba_limit import within_limit


class CompiledStep:
    """A compiled function that also takes active numbers.

    Parameters
    ----------
    dispatcher
        The function, as Numba made it.
    """

    def __init__(self, dispatcher: Any) -> None:
        self.dispatcher = dispatcher
        self.__name__ = dispatcher.py_func.__name__
        self.__doc__ = dispatcher.py_func.__doc__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function."""
        if looked_at():
            return interpreted(self.dispatcher)(*args, **kwargs)
        names = parameters(self.dispatcher)
        if kwargs or len(args) != len(names):
            bound = inspect.signature(self.dispatcher.py_func).bind(*args, **kwargs)
            bound.apply_defaults()
            args = bound.args[: len(names)]
        argnums = tuple(n for n, arg in enumerate(args) if any(map(_is_active, optree.tree_leaves(arg))))
        if not argnums:
            try:
                return self.dispatcher(*args)
            except ImportError as error:
                expect_linear_algebra(self.dispatcher, error)
                raise
        given: Any = tuple(args[n] for n in argnums)
        leaves: list[Any]
        leaves, spec = optree.tree_flatten(given)
        call = _Call(self.dispatcher, args, argnums, spec)
        rule = ArrayRule(self.__name__, call.value, ("*leaves",), call.linearize, frozenset(), None, variadic=True)
        operands = [operand(leaf) for leaf in leaves]
        if any(map(is_complex, operands)):
            raise ComplexInputError(
                f"{self.__name__}, a compiled function, was given active complex numbers; it takes real ones: "
                "np.real(z), np.imag(z) and np.abs(z)"
            )
        owner = outermost(operands)
        assert owner is not None
        return call.arranged(owner.apply_rule(rule, operands, {}))


class _Call:
    """One call: where its active leaves are, and what it returned."""

    def __init__(self, dispatcher: Any, args: Sequence[Any], argnums: tuple[int, ...], spec: Any) -> None:
        self.dispatcher, self.argnums, self.spec = dispatcher, argnums, spec
        self._given, self.kept = args, [None if n in argnums else private_tree(arg) for n, arg in enumerate(args)]
        self.shapes: list[tuple[int, ...]] = []
        self.output: Any = None

    def value(self, *leaves: Any) -> Any:
        """Return the function's output, as one array. Arguments that are not active are the caller's own."""
        out = CompiledStep(self.dispatcher)(*self._with(leaves, self._given))
        parts, self.output = optree.tree_flatten(out)
        if not parts:
            raise NoOutputError(
                f"{self.dispatcher.py_func.__name__} returned {out!r}; expected a number, an array or a container of "
                "them: is there a `return`?"
            )
        self.shapes = [np.shape(part) for part in parts]
        return self._joined([private(part) for part in parts])  # one may be a view of an argument

    def _with(self, leaves: Sequence[Any], given: Sequence[Any] | None = None) -> list[Any]:
        args = list(lent(self.kept) if given is None else given)
        for n, arg in zip(self.argnums, optree.tree_unflatten(self.spec, [_fresh(x) for x in leaves]), strict=True):
            args[n] = arg  # a copy, because the function may write to its arguments
        return args

    def _joined(self, parts: Sequence[Any]) -> Any:
        if self.output.is_leaf():
            return _number(parts[0])
        return np.concatenate([np.reshape(part, -1) for part in parts])

    def arranged(self, joined: Any) -> Any:
        """Return one array as the function's output."""
        if self.output.is_leaf():
            return joined
        parts, start = [], 0
        for shape in self.shapes:
            size = int(np.prod(shape, dtype=np.intp))
            parts.append(np.reshape(joined[start : start + size], shape) if shape else joined[start])
            start += size
        return optree.tree_unflatten(self.output, parts)

    def linearize(self, y: Any, *operands: Any) -> _StepLinearization:
        """Return the derivative of the call."""
        return _StepLinearization(self, operands)

    def push(self, leaves: Sequence[Any], tangents: Sequence[Any]) -> Any:
        """Return the tangent of the output for one direction."""
        pushed = derivative(self.dispatcher, Question("pushforward", "forward", self.argnums))
        directions = optree.tree_unflatten(self.spec, list(tangents))
        _, tangent = CompiledStep(pushed)(*self._with(leaves), *directions)
        return self._joined(optree.tree_leaves(tangent))

    def pull(self, leaves: Sequence[Any], cotangent: Any) -> list[Any]:
        """Return what a cotangent of the output contributes to the leaves."""
        pulled = derivative(self.dispatcher, Question("pullback", "reverse", self.argnums))
        gradients = within_limit(CompiledStep(pulled), *self._with(leaves), self.arranged(cotangent))
        return [_number(leaf) for leaf in optree.tree_leaves(gradients)]


class _StepLinearization:
    """The derivative of a call; directions go one after another."""

    def __init__(self, call: _Call, leaves: Sequence[Any]) -> None:
        self.call, self.leaves = call, leaves
        self._pulled: tuple[Any, list[Any]] | None = None

    def saved(self) -> list[Any]:
        """Return the arrays that are kept for the sweep."""
        kept: Any = (self.leaves, self.call.kept)
        return [leaf for leaf in optree.tree_leaves(kept) if isinstance(leaf, np.ndarray)]

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
        if self._pulled is None or self._pulled[0] is not cotangent:
            self._pulled = (cotangent, self._pull(cotangent))
        return self._pulled[1][operand]

    def _pull(self, cotangent: Any) -> list[Any]:
        shape = () if not self.call.output.is_leaf() else self.call.shapes[0]
        ndim = len(shape) if self.call.output.is_leaf() else 1
        if np.ndim(cotangent) == ndim:
            return self.call.pull(self.leaves, _fresh(cotangent))
        rows = [self.call.pull(self.leaves, _fresh(cotangent[k])) for k in range(np.shape(cotangent)[0])]
        return [np.stack([row[n] for row in rows]) for n in range(len(self.leaves))]


def _number(x: Any) -> Any:
    return np.float64(x) if type(x) in (float, int, bool) else x


def _fresh(x: Any) -> Any:
    """Return a contiguous, writable copy: Numba compiles anew for read-only and for strided arrays."""
    return x if isinstance(x, Active) or np.ndim(x) == 0 else np.array(x)


def _dtype(x: Any) -> Any:
    return x.dtype if isinstance(x, Active | np.ndarray | np.generic) else np.float64


def _is_active(x: Any) -> bool:
    return isinstance(x, Active)


@typeof_impl.register(Active)  # type: ignore[untyped-decorator]
def _typeof(x: Any, context: Any) -> Any:
    raise ActiveConversionError(
        f"a function that Numba compiled was called with a {type(x).__name__}. Wrap the function where it is called: "
        "dualrev.as_step(f)(x) is differentiated as one compiled step"
    )


def as_step(f: Callable[..., Any]) -> CompiledStep:
    """Return a compiled function in a form that interpreted code can differentiate through.

    Parameters
    ----------
    f : callable
        A function that Numba compiled, or one that it can compile.

    Returns
    -------
    CompiledStep
        A function of the same arguments. Called with numbers and arrays, it is `f`; called with the active numbers of
        a derivative under way, it is differentiated at compiled speed, as one step.

    Examples
    --------
    >>> import numpy as np
    >>> from numba import njit
    >>> import dualrev as dr
    >>> @njit
    ... def inner(x):
    ...     return np.sin(x[0]) * x[1]
    >>> step = dr.as_step(inner)
    >>> dr.grad(lambda x: step(x) ** 2)(np.array([0.0, 1.0]))
    array([0., 0.])
    """
    import numba

    return CompiledStep(f if hasattr(f, "py_func") else numba.njit(f))
