"""Binding of rule bodies to a target's mathematics."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dualrev.primitives.row import Row, Rule, calls
from dualrev.primitives.rule_text import inlined
from dualrev.primitives.scalar import FORMULAS, TABLE

Wrap = Callable[[Rule], Any]


class Bound:
    """A row on one target: `value` and `partials`, ready to call."""

    __slots__ = ("partials", "value")

    def __init__(self, value: Any, partials: tuple[Any, ...]) -> None:
        self.value, self.partials = value, partials


class Target:
    """Binds rules to the functions of one target.

    Parameters
    ----------
    native
        What `math.<name>` means on the target, with "select". A name that is not native is a row or a formula of the
        table, bound in its turn.
    wrap
        Applied to each bound function: a compiler, or nothing.
    formulas
        Formulas that only some targets have.
    """

    def __init__(
        self, native: Mapping[str, Any], wrap: Wrap = lambda rule: rule, formulas: Mapping[str, Rule] = FORMULAS
    ) -> None:
        self.native = native
        self.wrap = wrap
        self.formulas = formulas
        self._names: dict[str, Any] = dict(native)

    def bind(self, rule: Rule) -> Any:
        """Return the rule over the target's functions."""
        # The code object of a rule runs with other globals: `math` is a module with the target's functions, and the
        # rule stays one function for all targets.
        module = types.ModuleType("target_math")
        for name in calls(rule):
            setattr(module, name, self.resolve(name))
        names = {"math": module, "select": self._names["select"], "__name__": __name__}
        return self.wrap(types.FunctionType(rule.__code__, names, rule.__name__))

    def resolve(self, name: str) -> Any:
        """Return what `math.<name>` means on the target."""
        if name not in self._names:
            self._names[name] = self.bind(self.formulas[name] if name in self.formulas else TABLE[name].fn)
        return self._names[name]

    def expression(self, rule: Rule, arguments: Sequence[str], scope: dict[str, Any]) -> str:
        """Return the text of a rule applied to arguments, after entering the names that it uses in a scope.

        One function for several rules compiles several times faster than one for each of them.
        """
        text = inlined(rule, arguments)
        if text is None:
            name = f"rule_{len(scope)}"
            scope[name] = self.bind(rule)
            return f"{name}({', '.join(arguments)})"
        scope.update({f"math_{name}": self.resolve(name) for name in calls(rule)})
        return text

    def row(self, row: Row) -> Bound:
        """Return the row's value and partials on the target."""
        return Bound(self.bind(row.fn), self.partials(row))

    def partials(self, row: Row) -> tuple[Any, ...]:
        """Return the row's partials on the target."""
        return tuple(None if rule is None else self.bind(rule) for rule in row.partials)
