"""A function that is differentiated as one step, by a linearization of its own."""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Sequence
from functools import update_wrapper
from types import MethodType
from typing import Any

import numpy as np
import optree

from dualrev.active.array_operands import take_up
from dualrev.active.number import Active, outermost
from dualrev.active.one_step import Leaves, OneStep, Step
from dualrev.active.ownership import lent, private_tree
from dualrev.active.trees import Tree, flatten_output
from dualrev.errors import MissingRuleError
from dualrev.operators.call import name_of


class Arguments:
    """The positional arguments of a call, as a list of leaves.

    Attributes
    ----------
    leaves : list
        What the arguments hold: numbers, arrays, and anything else, which is not differentiated.
    owners : list of int
        Per leaf the position of the argument that holds it.
    """

    def __init__(self, args: tuple[Any, ...]) -> None:
        given: Any = args
        leaves: list[Any]
        leaves, self.spec = optree.tree_flatten(given, none_is_leaf=True)
        self.leaves = [take_up(x) if isinstance(x, np.ndarray) and x.dtype.kind == "O" else x for x in leaves]
        self.parts = optree.treespec_children(self.spec)
        self.owners = [n for n, part in enumerate(self.parts) for _ in range(part.num_leaves)]

    def build(self, leaves: Leaves) -> tuple[Any, ...]:
        """Return arguments that hold these leaves."""
        args: Any = optree.tree_unflatten(self.spec, leaves)
        return tuple(args)


class CustomFunction:
    """A function with a rule of its own. It is called as the function is, with active numbers or without.

    Parameters
    ----------
    f
        The function. It sees plain numbers alone, whatever derivatives are under way.
    argnums
        The arguments that the rule differentiates, None for all.
    """

    def __init__(self, f: Callable[..., Any], argnums: tuple[int, ...] | None = None) -> None:
        if not callable(f):
            raise TypeError(f"{type(self).__name__} was given a {type(f).__name__}; expected a function")
        self.f, self.argnums = f, argnums
        update_wrapper(self, f, updated=())
        self.__name__ = name_of(f)

    def step(self, y: Any, point: Arguments, leaves: Leaves, active: Sequence[int], kwargs: dict[str, Any]) -> Step:
        """Return the derivative where the arguments hold `leaves`, of which some are active, and the result is `y`."""
        raise NotImplementedError

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the function's result."""
        point = Arguments(args)
        owner = outermost(point.leaves)
        for key, value in kwargs.items():
            if outermost(optree.tree_leaves(value)) is not None:
                raise MissingRuleError(
                    f"{self.__name__}(..., {key}=...) was given an active number, and its rule does not differentiate "
                    "keyword arguments. Pass it by position, or its value: dualrev.stop_gradient(x)"
                )
        return self.value(args, kwargs) if owner is None else self._apply(point, owner, kwargs)

    def value(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return the function's result for plain arguments."""
        return self.f(*args, **kwargs)

    def _apply(self, point: Arguments, owner: Active, kwargs: dict[str, Any]) -> Any:
        for leaf, position in zip(point.leaves, point.owners, strict=True):
            if isinstance(leaf, Active) and self.argnums is not None and position not in self.argnums:
                raise MissingRuleError(
                    f"argument {position} of {self.__name__} holds an active number, and its rule differentiates "
                    f"arguments {list(self.argnums)} alone. Extend the rule, or pass dualrev.stop_gradient(x)"
                )
        call = _Call(self, point, private_tree(kwargs))
        return call.arranged(call.apply(owner, point.leaves))

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Pickle what decorates a function of a module by its name there."""
        try:
            found = operator.attrgetter(vars(self)["__qualname__"])(sys.modules[self.__module__])
        except (AttributeError, KeyError):
            found = None
        return vars(self)["__qualname__"] if found is self else super().__reduce_ex__(protocol)


class _Call(OneStep):
    """One call with active arguments."""

    def __init__(self, function: CustomFunction, point: Arguments, kwargs: dict[str, Any]) -> None:
        self.function, self.point, self.kwargs, self.name = function, point, kwargs, function.__name__
        self.tree: Tree | None = None

    def outputs(self, leaves: Leaves) -> list[Any]:
        """Call the function; return the leaves of its output."""
        outputs, self.tree = flatten_output(
            self.function(*self.point.build(lent(list(leaves))), **lent(self.kwargs)), self.name
        )
        if any(isinstance(x, Active) and x.level >= self.level for x in outputs):
            raise MissingRuleError(
                f"{self.name} uses an active number that is not among its arguments, whose derivative its "
                "rule would lose. Pass it as an argument"
            )
        return outputs

    def step(self, y: Any, leaves: Leaves) -> Step:
        """Return the derivative at a point."""
        return self.function.step(self.arranged(self.split(y)), self.point, leaves, self.active, self.kwargs)

    def arranged(self, outputs: Leaves) -> Any:
        """Return the output in the function's arrangement."""
        assert self.tree is not None
        return self.tree.build(outputs)
