"""SymPy's hyperbolic functions, of arguments that are real.

Asked whether one of its own is real, positive or finite, SymPy expands the imaginary part of an argument that it does
not know to be real, such as a logarithm, and divides polynomials: on expressions of a line that can take hours.
"""

from __future__ import annotations

from typing import Any

import sympy


class _OfReals:
    args: tuple[Any, ...]

    # SymPy asks this first, and would expand the argument to answer.
    def as_real_imag(self, deep: bool = True, **hints: Any) -> Any:
        """Return the real and the imaginary part."""
        return self, sympy.Integer(0)

    def _eval_is_real(self) -> bool:
        return True

    _eval_is_finite = _eval_is_extended_real = _eval_is_real


class sinh(_OfReals, sympy.sinh):  # type: ignore[misc]
    """The hyperbolic sine."""

    def fdiff(self, argindex: int = 1) -> Any:
        """Return the derivative."""
        return cosh(self.args[0])


class cosh(_OfReals, sympy.cosh):  # type: ignore[misc]
    """The hyperbolic cosine."""

    _eval_is_positive = _eval_is_nonnegative = _OfReals._eval_is_real

    def fdiff(self, argindex: int = 1) -> Any:
        """Return the derivative."""
        return sinh(self.args[0])


class tanh(_OfReals, sympy.tanh):  # type: ignore[misc]
    """The hyperbolic tangent."""

    def fdiff(self, argindex: int = 1) -> Any:
        """Return the derivative."""
        return 1 - tanh(self.args[0]) ** 2
