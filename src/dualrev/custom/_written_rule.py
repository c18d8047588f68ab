"""The derivative that a user has written, at a point: one half of it, or both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ctypes import ArgumentError
from typing import Any, Protocol

import numpy as np
import optree

from dualrev.active.number import Active, outermost, primal
from dualrev.active.one_step import Leaves, each_direction
from dualrev.active.ownership import lent
from dualrev.active.trees import flatten_output
from dualrev.custom._custom_function import Arguments
from dualrev.errors import CustomRuleError, DualrevError, MissingRuleError, ShapeMismatchError
from dualrev.operators.call import interpretable
from dualrev.operators.fundamental import Pullback
from dualrev.primitives.array.rule import leading

_PLAIN = (np.ndarray, float, int, np.number, np.bool_)


class WrittenRule(Protocol):
    """A function with a rule, as its derivative needs it: `CustomRule`."""

    __name__: str
    f: Callable[..., Any]
    argnums: tuple[int, ...] | None
    pushforward: Callable[..., Any] | None
    pullback: Callable[..., Any] | None
    vectorized: bool
    _dispatcher: Any


class WrittenStep:
    """The derivative of a function with a rule at a point."""

    def __init__(
        self,
        rule: WrittenRule,
        y: Any,
        point: Arguments,
        leaves: Leaves,
        active: Sequence[int],
        kwargs: dict[str, Any],
    ) -> None:
        self._rule, self._point, self._kwargs = rule, point, kwargs
        self._leaves, self._active = list(leaves), list(active)
        self._results, self._tree = flatten_output(y, rule.__name__)
        self._nested = outermost([*leaves, *self._results]) is not None
        self._transposed: _Transposed | None = None

    def push(self, tangents: Leaves) -> Leaves:
        """Push tangents forward, by the pushforward or by the transpose of the pullback."""
        given = [tangents[n] for n in self._active]
        if self._rule.pushforward is None:
            filled = [_zeros(self._leaves[n]) if t is None else t for n, t in zip(self._active, given, strict=True)]
            pushed = self._transpose(self._pull, self._results, "pullback")(filled)
            ahead = self._directions(given)
            return [np.zeros(ahead + x.shape) if t is None else t for t, x in zip(pushed, self._results, strict=True)]
        if self._rule.vectorized:
            return self._push(given)
        return each_direction(self._push, given, [self._leaves[n].ndim for n in self._active])

    def pull(self, cotangents: Leaves) -> Leaves:
        """Pull cotangents back, by the pullback or by the transpose of the pushforward."""
        if self._rule.pullback is None:
            active = [self._leaves[n] for n in self._active]
            adjoints = self._transpose(self._push, active, "pushforward")(cotangents)
        elif self._rule.vectorized:
            adjoints = self._pull(cotangents)
        else:
            adjoints = each_direction(self._pull, cotangents, [x.ndim for x in self._results])
        found = dict(zip(self._active, adjoints, strict=True))
        return [found.get(n) for n in range(len(self._leaves))]

    def _directions(self, given: Leaves) -> tuple[int, ...]:
        """Return the shape of the leading axes of tangents of the active leaves."""
        return next(leading(t, self._leaves[n].ndim) for n, t in zip(self._active, given, strict=True) if t is not None)

    def _push(self, given: Leaves) -> list[Any]:
        """Apply the user's pushforward to the tangents of the active leaves."""
        tangents = dict(zip(self._active, given, strict=True))
        filled = [_zeros(x) if tangents.get(n) is None else tangents[n] for n, x in enumerate(self._leaves)]
        out = self._evaluated("pushforward", self._point.build(lent(filled)), outermost(given))
        pushed, tree = flatten_output(out, f"the pushforward of {self._rule.__name__}")
        ahead = self._directions(given)
        shapes, expected = [x.shape for x in pushed], [ahead + x.shape for x in self._results]
        if tree != self._tree or shapes != expected:
            raise ShapeMismatchError(
                f"the pushforward of {self._rule.__name__} returned shapes {shapes}; expected {expected}, those of the "
                f"result{' after the leading axis of directions' if ahead else ''}, arranged as it is"
            )
        return pushed

    def _pull(self, cotangents: Leaves) -> list[Any]:
        """Apply the user's pullback to a cotangent. Returned are the adjoints of the active leaves."""
        name, parts = self._rule.__name__, self._point.parts
        out = self._evaluated("pullback", self._tree.build(lent(list(cotangents))), outermost(cotangents))
        if not isinstance(out, tuple) or len(out) != len(parts):
            given = f"{len(out)} entries" if isinstance(out, tuple) else f"a {type(out).__name__}"
            raise ShapeMismatchError(
                f"the pullback of {name} returned {given}; expected a tuple with {len(parts)}, one for each positional "
                "argument, None where nothing flows"
            )
        adjoints: list[Any] = []
        for n, (entry, part) in enumerate(zip(out, parts, strict=True)):
            leaves, spec = optree.tree_flatten(entry, none_is_leaf=True)
            if entry is None:
                leaves = [None] * part.num_leaves
            elif spec != part:
                raise ShapeMismatchError(
                    f"the pullback of {name} arranges the adjoint of argument {n} as {spec}; expected {part}"
                )
            adjoints += leaves
        return [self._adjoint(n, adjoints[n], leading(cotangents[0], self._results[0].ndim)) for n in self._active]

    def _adjoint(self, n: int, adjoint: Any, ahead: tuple[int, ...]) -> Any:
        """Return an adjoint as it is to be for a leaf of the arguments."""
        leaf = self._leaves[n]
        if adjoint is None:
            return np.zeros(ahead + leaf.shape, leaf.dtype)[()]
        (found,), _ = flatten_output(adjoint, f"the pullback of {self._rule.__name__}")
        if found.shape != ahead + leaf.shape:
            raise ShapeMismatchError(
                f"the pullback of {self._rule.__name__} returned an adjoint of shape {found.shape} for argument "
                f"{self._point.owners[n]}; expected {ahead + leaf.shape}, the shape of what it belongs to"
                + (" after the leading axis of directions" if ahead else "")
            )
        return found

    def _evaluated(self, half: str, given: Any, active: Active | None) -> Any:
        """Call the user's half with tangents or a cotangent."""
        function = interpretable(getattr(self._rule, half), "auto")
        y, primals = self._tree.build(lent(self._results)), self._point.build(lent(self._leaves))
        if active is None and not self._nested:
            return function(y, primals, given, **lent(self._kwargs))
        try:
            return function(y, primals, given, **lent(self._kwargs))
        except (DualrevError, TypeError, ValueError, ArgumentError) as error:
            other = "pullback" if half == "pushforward" else "pushforward"
            why = (
                "A derivative of the derivative was asked for, which differentiates the rule"
                if self._nested
                else f"It was to be transposed, because the rule has no {other}; give one: {other}=..."
            )
            raise MissingRuleError(
                f"the {half} of {self._rule.__name__} cannot be evaluated on active numbers: {error}. {why}"
            ) from error

    def _transpose(self, function: Callable[..., Any], like: Leaves, half: str) -> _Transposed:
        if self._transposed is None:
            self._transposed = _Transposed(function, like, f"the {half} of {self._rule.__name__}")
        return self._transposed


def _zeros(leaf: Any) -> Any:
    if isinstance(leaf, Active | np.ndarray | np.generic) and leaf.dtype.kind == "f":
        return np.zeros(leaf.shape, leaf.dtype)[()]
    return np.zeros(np.shape(leaf))[()] if isinstance(leaf, _PLAIN) else None


class _Transposed:
    """The transpose of a linear function, recorded at a point where a function that is not linear shows it.

    A function p is homogeneous of degree 1, as linear ones are, where <w, p(v)> = <p'(v)^T w, v> (Euler).
    """

    def __init__(self, function: Callable[..., Any], like: Leaves, name: str) -> None:
        rng = np.random.default_rng(0)
        self._name = name
        self._probes = [np.asarray(rng.uniform(0.5, 1.5, x.shape), x.dtype)[()] for x in like]
        self._recorded = Pullback(lambda leaves: tuple(function(leaves)), self._probes, name)

    def __call__(self, cotangents: Leaves) -> list[Any]:
        """Apply the transpose."""
        recorded = self._recorded
        found = recorded(cotangents)
        left = [primal(w) * primal(p) for w, p in zip(cotangents, recorded.values, strict=True)]
        right = [primal(a) * v for a, v in zip(found, self._probes, strict=True) if a is not None]
        error = abs(sum(map(np.sum, left)) - sum(map(np.sum, right)))
        size = sum(np.sum(np.abs(term)) for term in (*left, *right))
        eps = max((np.finfo(x.dtype).eps for x in (*left, *right)), default=0.0)
        if np.isfinite(size) and error > size * eps**0.5:
            raise CustomRuleError(
                f"{self._name} is not linear in its last argument, so it has no transpose. Expected a rule without "
                "constant terms or powers of what is pushed or pulled"
            )
        return found
