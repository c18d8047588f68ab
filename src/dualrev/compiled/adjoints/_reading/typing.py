"""Numba's own inference of types, asked for one operation at a time."""

from __future__ import annotations

import types as python_types
from collections.abc import Mapping, Sequence
from typing import Any

from numba.core import errors, types
from numba.core.registry import cpu_target

NUMBERS = (types.Integer, types.Float, types.Boolean)
"""The types of numbers that the generator takes."""


class Typing:
    """Types, as Numba infers them."""

    def __init__(self) -> None:
        # Numba loads what it knows of NumPy when it first compiles.
        cpu_target.target_context.refresh()
        self.context = cpu_target.typing_context
        self.context.refresh()
        self._signatures: dict[Any, Any] = {}

    def of(self, value: Any) -> Any:
        """Return the type of a constant, or of what a global name means; None where Numba has none."""
        try:
            return self.context.resolve_value_type(value)
        except (errors.NumbaError, ValueError):
            return None

    def signature(self, function: Any, operands: Sequence[Any], keywords: Mapping[str, Any] | None = None) -> Any:
        """Return the signature of a call, or of an operator; None where Numba does not know it."""
        key = (function, *operands, *(keywords or {}).items())
        if key not in self._signatures:
            known = function if isinstance(function, types.Type) else self.of(function)
            self._signatures[key] = self._resolved(
                function if known is None else known, tuple(operands), dict(keywords or {})
            )
        return self._signatures[key]

    def _resolved(self, function: Any, operands: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        try:
            return self.context.resolve_function_type(function, operands, keywords)
        except (errors.NumbaError, NotImplementedError, AttributeError):  # the last one where Numba did not expect them
            return None

    def call(self, function: Any, operands: Sequence[Any], keywords: Mapping[str, Any] | None = None) -> Any:
        """Return the type of a call's result, or of an operator's; None where Numba does not know it."""
        signature = self.signature(function, operands, keywords)
        return None if signature is None else signature.return_type

    def implementation(self, template: Any, operands: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
        """Return the implementation in Python that an overload chooses for types, or None."""
        choose = getattr(template, "_overload_func", None)
        if choose is None:
            return None
        try:
            found = choose(*operands, **keywords)
        except (errors.NumbaError, TypeError, AttributeError):  # where Numba did not expect these types
            return None
        return found if isinstance(found, python_types.FunctionType) else None

    def attribute(self, of: Any, name: str) -> Any:
        """Return the type of an attribute, or None."""
        return self.context.resolve_getattr(of, name)

    def unified(self, first: Any, second: Any) -> Any:
        """Return the type of a variable that is assigned both; None where there is none."""
        return first if first == second else self.context.unify_types(first, second)
