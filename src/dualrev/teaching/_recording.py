"""Every operation of a function at a point, with its operands: what traces and graphs are made of."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from dualrev.active.carried import Carried
from dualrev.active.number import Active, new_level, primal
from dualrev.active.ownership import private, private_tree
from dualrev.active.trees import Tree, flatten_output
from dualrev.active.views import tie
from dualrev.errors import ActiveConversionError
from dualrev.operators.backends import returning
from dualrev.operators.call import Point, as_argnums, known_function
from dualrev.operators.options import Argnums
from dualrev.primitives.array.rule import ArrayRule
from dualrev.primitives.row import Row
from dualrev.teaching.summaries import summary

OutShape = int | tuple[int, ...] | None


@dataclass(eq=False)
class Step:
    """An input, or one operation.

    Attributes
    ----------
    operation : Row, ArrayRule or None
        Of the table of primitives; None for an input.
    operands : tuple
        Steps, and the values of constants.
    options : dict
        Further arguments of an array function.
    inner : Any
        The result, as the number type that was carried along: plain, `Dual` or `Var`.
    depth : int
        The longest way from an input.
    name : str
        Of an input, as the function's parameters call it.
    number : int
        Of the variable that holds the result: 1 and up for operations, 0 and down for inputs.
    """

    operation: Row | ArrayRule | None
    operands: tuple[Any, ...]
    inner: Any
    options: dict[str, Any] = field(default_factory=dict)
    depth: int = 0
    name: str = ""
    number: int = 0

    @property
    def value(self) -> Any:
        """The result, plain."""
        return primal(self.inner)

    @property
    def steps(self) -> list[Step]:
        """The operands that are no constants."""
        return [operand for operand in self.operands if isinstance(operand, Step)]


class Traced(Active, metaclass=Carried):
    """A number that notes every operation on it; its value is a plain number, a `Dual` or a `Var`."""

    __slots__ = ()
    held = ("content",)

    def __repr__(self) -> str:
        return f"<traced number {summary(primal(self))}>"

    def __init__(self, step: Step, notes: list[Step], level: int) -> None:
        self.content, self.level, self.ties = step.inner, level, None
        self.statement, self.pushed = step, notes

    @property
    def step(self) -> Step:
        """The input or operation that made this number."""
        step: Step = self.statement
        return step

    @property
    def notes(self) -> list[Step]:
        """All operations so far."""
        notes: list[Step] = self.pushed
        return notes

    def apply_row(self, row: Row, args: tuple[Any, ...], call: Callable[..., Any]) -> Any:
        """Apply a scalar primitive and note it."""
        operands = self._operands(args)
        return self._noted(row, operands, call(*[self._inner(arg) for arg in args]))

    def apply_rule(self, rule: Any, operands: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Apply an array function and note it."""
        noted = self._operands(operands)
        inner = rule.value([self._inner(operand) for operand in operands], kwargs)
        result = self._noted(rule, noted, inner, kwargs)
        if rule.alias:
            tie(result, operands)
        return result

    def snapshot(self) -> Traced:
        """Return this number as it is now, unmoved by later writes."""
        return Traced.of(self.step, self.notes, self.level)

    def adopt(self, other: Traced) -> None:
        """Become what another number is."""
        self.content, self.statement = other.content, other.statement

    def _mine(self, x: Any) -> bool:
        return type(x) is Traced and x.level == self.level

    def _inner(self, x: Any) -> Any:
        return x.content if self._mine(x) else x

    def _operands(self, args: Sequence[Any]) -> tuple[Any, ...]:
        """Return operands as they are noted, before the operation may write to one."""
        if any(isinstance(arg, Active) and not self._mine(arg) for arg in args):
            _refuse_outer()
        return tuple([arg.step if self._mine(arg) else private(arg) for arg in args])

    def _noted(self, operation: Any, operands: tuple[Any, ...], inner: Any, options: Any = None) -> Traced:
        depth = 1 + max(operand.depth for operand in operands if isinstance(operand, Step))
        step = Step(operation, operands, inner, private_tree(options or {}), depth)
        self.notes.append(step)
        return Traced.of(step, self.notes, self.level)


Traced.__name__ = Traced.__qualname__ = "traced number"  # as messages call it


def _refuse_outer() -> NoReturn:
    raise ActiveConversionError(
        "trace or graph was called in a function that is being differentiated, and met one of its active numbers; "
        "what they show are plain numbers. Call them outside, or take the value alone: dualrev.stop_gradient(x)"
    )


@dataclass
class Recording:
    """The steps of a function at a point.

    Attributes
    ----------
    name : str
        The function's.
    inputs, operations : list of Step
        Operations by their numbers.
    ran : list of Step
        Operations as Python ran them.
    outputs : list
        Per leaf of the output its step, or the value of a constant.
    tree : Tree
        The arrangement of the output.
    point : Point
        The arguments.
    """

    name: str
    inputs: list[Step]
    operations: list[Step]
    outputs: list[Any]
    tree: Tree
    point: Point
    ran: list[Step] = field(init=False)

    def __post_init__(self) -> None:
        self.ran = list(self.operations)

    @property
    def steps(self) -> list[Step]:
        """Inputs and operations."""
        return self.inputs + self.operations

    def numbered(self, order: str) -> Recording:
        """Return this with its operations numbered in the order in which they ran, or level by level."""
        self.operations = list(self.ran)
        if known_order(order) == "level":
            self.operations.sort(key=lambda step: step.depth)
        for number, step in enumerate(self.operations, 1):
            step.number = number
        for number, step in enumerate(reversed(self.inputs)):
            step.number = -number
        return self


def known_order(order: str) -> str:
    """Return `order`, or raise `ValueError` if it is none of the two."""
    if order not in ("level", "evaluation"):
        raise ValueError(f"order is {order!r}; expected 'level' or 'evaluation'")
    return order


def record(
    f: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    what: str,
    carried: Callable[[Point, int], Sequence[Any]] = lambda point, level: point.leaves,
    out_shape: OutShape = None,
    argnums: Argnums = 0,
) -> Recording:
    """Call a function and note what it does; compiled functions are interpreted.

    Parameters
    ----------
    f, args, kwargs
        The call.
    what
        Who asks, for messages.
    carried
        From the point and a level: per leaf the number that the operations are done with.
    out_shape
        For a function that writes its result into its last argument, which is not among `args`: the shape of that.
    argnums
        The arguments to follow. The others go through untouched.
    """
    called = known_function(f, what) if out_shape is None else returning(known_function(f, what), out_shape, "numpy")
    argnums = as_argnums(argnums)
    followed = (argnums,) if isinstance(argnums, int) else argnums
    point = Point(called, args, kwargs, followed, backend="numpy")
    if any(isinstance(leaf, Active) for leaf in point.leaves):
        _refuse_outer()
    lower = new_level()
    inputs = [
        Step(None, (), inner, name=name)
        for inner, name in zip(carried(point, lower), leaf_names(f, point), strict=True)
    ]
    notes: list[Step] = []
    level = new_level()
    outputs, tree = flatten_output(point.call([Traced.of(step, notes, level) for step in inputs]), point.name)
    ends = [out.step if type(out) is Traced and out.level == level else out for out in outputs]
    if any(isinstance(end, Active) for end in ends):
        _refuse_outer()
    return Recording(point.name, inputs, notes, ends, tree, point)


def leaf_names(f: Any, point: Point) -> list[str]:
    """Return a name for each leaf of the arguments: the parameter's, and the way to it in a container."""
    names = []
    for position, (tree, _) in zip(point.positions, point.trees, strict=True):
        base = _parameter(f, position)
        names += [base + "".join(f"[{key!r}]" for key in path) for path in tree.paths]
    return names


def _parameter(f: Any, position: int) -> str:
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        return f"x{position + 1}"
    if position < len(parameters) and parameters[position].kind is not inspect.Parameter.VAR_POSITIONAL:
        return parameters[position].name
    rest = next((p.name for p in parameters if p.kind is inspect.Parameter.VAR_POSITIONAL), "x")
    return f"{rest}{position + 1}"
