"""The two fundamental operators, pushforward and pullback. All others derive from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dualrev.active.number import Active, new_level
from dualrev.active.trees import Tree, flatten_output
from dualrev.errors import LeakedNumberError
from dualrev.forward.dual import Dual
from dualrev.forward.spans import widened
from dualrev.kernels.fused import FUSED_SIZE
from dualrev.kernels.heap_pages import keep_pages
from dualrev.operators._limits import at_limit, limits, pulled_by_limits, pushed_by_limits
from dualrev.primitives.array.limit import Limit, forget, met, taken
from dualrev.primitives.chain_rule import chain_product
from dualrev.reverse.adjoint_sweep import sweep
from dualrev.reverse.tape import Leaf, Statement, Tape
from dualrev.reverse.var import Var
from dualrev.reverse.variable import Variable

if TYPE_CHECKING:
    from dualrev.operators.call import Point

KEPT_SEEDS = 256
"""Unit directions of no more elements than this are made once."""

Call = Callable[[list[Any]], Any]
"""A function of the list of its differentiated leaves."""


def pushforward(
    call: Call, leaves: Sequence[Any], tangents: Sequence[Any], name: str
) -> tuple[list[Any], Tree, list[Any]]:
    """Push tangents forward through a function.

    Parameters
    ----------
    call
        The function, of the list of its leaves.
    leaves
        The point.
    tangents
        Per leaf a tangent of its shape, or with one leading axis of the same length in all; None for a constant leaf.
    name
        The function's name, for messages.

    Returns
    -------
    values, arrangement, tangents
        The leaves of the output, their arrangement, and per leaf its tangent: None where it depends on no active leaf.
    """
    level = new_level()
    values, tree, pushed = _pushed(call, leaves, tangents, name, level, None)
    if level in met.get():
        forget(level)
        pushed = pushed_by_limits(
            lambda start, seeds, limit: _pushed(call, start, seeds, name, new_level(), limit)[2],
            *(leaves, tangents, values, pushed, lambda: _by_pullback(call, leaves, tangents, name)),
        )
    return values, tree, pushed


def _pushed(
    call: Call, leaves: Sequence[Any], tangents: Sequence[Any], name: str, level: int, limit: Limit | None
) -> tuple[list[Any], Tree, list[Any]]:
    duals = [x if t is None else Dual.at_level(x, t, level) for x, t in zip(leaves, tangents, strict=True)]
    outputs, tree = flatten_output(call(duals) if taken.get() is limit else _called(call, duals, limit), name)
    values, pushed = [], []
    for out in outputs:
        own = _own(out, Dual, level, name)
        values.append(out.content if own else out)
        pushed.append(widened(out.pushed) if own else None)
    return values, tree, pushed


def _called(call: Call, leaves: list[Any], limit: Limit | None) -> Any:
    """Call a function in a run that takes a limit, or in a plain one, as inner derivatives are inside a limit."""
    before = taken.set(limit)
    try:
        return call(leaves)
    finally:
        taken.reset(before)


def _by_pullback(call: Call, leaves: Sequence[Any], tangents: Sequence[Any], name: str) -> list[Any]:
    """Push tangents by the rows of the Jacobian: for slopes of which the pullback alone can tell that none matters."""
    active = [n for n, t in enumerate(tangents) if t is not None]

    def part(own: list[Any]) -> Any:
        return call([own[active.index(n)] if n in active else x for n, x in enumerate(leaves)])

    pullback = _Recording(part, [leaves[n] for n in active], name)
    pushed = []
    for n, value in enumerate(pullback.values):
        rows = one_hot(value.shape, value.dtype, 0, value.size, 0) if value.size else np.zeros((0, *value.shape))
        adjoints = pullback([rows if m == n else None for m in range(len(pullback.values))])
        terms = [
            _contracted(adjoint, tangents[k], value.shape)
            for adjoint, k in zip(adjoints, active, strict=True)
            if adjoint is not None
        ]
        pushed.append(sum(terms[1:], start=terms[0]) if terms else None)
    return pushed


def _contracted(rows: Any, tangent: Any, shape: tuple[int, ...]) -> Any:
    """Multiply rows of a Jacobian with tangents, of one direction or several."""
    ahead = tangent.shape[: tangent.ndim - rows.ndim + 1]
    products = chain_product(rows, tangent.reshape((*ahead, 1, *rows.shape[1:])))
    return np.sum(products, axis=tuple(range(1 - rows.ndim, 0))).reshape((*ahead, *shape))


class Counts(NamedTuple):
    """Counts from the recording of a function: its outputs, its operations, and the elements of all their results."""

    outputs: int
    operations: int
    elements: int


class _Recording:
    """A function recorded at a point, in a plain run or in one that takes a limit.

    Attributes
    ----------
    values : list
        The leaves of the output.
    tree : Tree
        Their arrangement.
    tape : Tape
        What was recorded.
    """

    def __init__(self, call: Call, leaves: Sequence[Any], name: str, limit: Limit | None = None) -> None:
        self.level = level = new_level()
        self.leaves: list[Leaf] = []
        variables = []
        for x in leaves:
            if x.size >= FUSED_SIZE:
                keep_pages()
            leaf = Leaf(x)
            self.leaves.append(leaf)
            variables.append(Variable.at_level(x, leaf, level))
        out = call(variables) if taken.get() is limit else _called(call, variables, limit)
        outputs, self.tree = flatten_output(out, name)
        self.values: list[Any] = []
        self.statements: list[Statement | None] = []
        for out in outputs:
            own = _own(out, Var, level, name)
            self.values.append(out.content if own else out)
            self.statements.append(out.statement if own else None)
        self.tape = Tape([statement for statement in self.statements if statement is not None])
        self.coincided = level in met.get()

    def __call__(self, cotangents: Sequence[Any], last: bool = False) -> list[Any]:
        """Sweep back from cotangents of the output's leaves, as `Pullback` does."""
        seeds: dict[Statement, Any] = {}
        for statement, cotangent in zip(self.statements, cotangents, strict=True):
            if statement is not None and cotangent is not None:
                seeds[statement] = seeds[statement] + cotangent if statement in seeds else cotangent
        adjoints = sweep(self.tape, seeds, last)
        return [adjoints.get(leaf) for leaf in self.leaves]


class Pullback(_Recording):
    """The reverse pass of a function at a point: recorded once, swept as often as wanted.

    Parameters
    ----------
    call, leaves, name
        As for `pushforward`.
    kinks
        Whether functions of single ones of values that coincide have the derivative that is promised, and not NaN.
    """

    def __init__(self, call: Call, leaves: Sequence[Any], name: str, kinks: bool = True) -> None:
        super().__init__(call, leaves, name)
        self._kinks = kinks
        self._beside: list[tuple[Limit, _Recording]] = []
        if self.coincided:
            forget(self.level)
            self._beside = [(limit, _Recording(call, at_limit(limit, leaves), name, limit)) for limit in limits()]

    @classmethod
    def at(cls, point: Point) -> Pullback:
        """Record the function of a call at its arguments."""
        return cls(point.call, point.leaves, point.name)

    @property
    def outputs(self) -> int:
        """Number of scalar outputs."""
        return sum([value.size for value in self.values])

    @property
    def counts(self) -> Counts:
        """The counts that the choice of mode depends on."""
        return Counts(self.outputs, max(self.tape.operations, 1), self.tape.elements)

    def __call__(self, cotangents: Sequence[Any], last: bool = False) -> list[Any]:
        """Sweep back from cotangents of the output's leaves; None stands for zero.

        Each has its leaf's shape, or one leading axis of the same length in all. Returned is an adjoint per leaf of the
        input, None where nothing reaches it. The `last` sweep gives back the tape's memory on its way.
        """
        adjoints = super().__call__(cotangents, last)
        if not self._beside:
            return adjoints
        return pulled_by_limits(self._beside, self.leaves, cotangents, self.values, adjoints, last, self._kinks)


def _own(out: Any, cls: type[Active], level: int, name: str) -> bool:
    """Whether an output belongs to the derivative of a level.

    Those of lower levels are constants to it. Higher levels belong to derivatives inside the function, which are over:
    whatever such a number holds of this derivative would be lost.
    """
    if isinstance(out, cls) and out.level == level:
        return True
    if isinstance(out, Active) and out.level > level:
        raise LeakedNumberError(
            f"{name} returned a {type(out).__name__} that belongs to another derivative or was made by hand inside "
            f"{name}: it was kept, or written into an array, while an inner derivative was computed. Return what the "
            "inner operator returns, or take .value of a number made by hand"
        )
    return False


def one_hot(shape: tuple[int, ...], dtype: Any, start: int, stop: int, offset: int) -> Any:
    """Return the unit directions `start` to `stop` of which the array's elements are those from `offset` on.

    The result has shape (stop - start, *shape), or None if none of the directions is in the array.
    """
    size = prod(shape)
    if (stop - start) * size > KEPT_SEEDS:
        return _one_hot(shape, size, dtype, start, stop, offset)
    return _kept_one_hot(shape, size, dtype, start, stop, offset)


def _one_hot(shape: tuple[int, ...], size: int, dtype: Any, start: int, stop: int, offset: int) -> Any:
    first, last = max(start, offset), min(stop, offset + size)
    if first >= last:
        return None
    directions = np.zeros((stop - start, size), dtype)
    rows = np.arange(first - start, last - start)
    directions[rows, rows + (start - offset)] = 1.0
    directions.flags.writeable = False
    return directions.reshape(stop - start, *shape)


_kept_one_hot = lru_cache(maxsize=1024)(_one_hot)


def plain(x: Any) -> bool:
    """Whether a value is a number or an array, not an active one of an outer derivative."""
    return not isinstance(x, Active)
