"""SymPy's forms of SciPy's special functions, by name, where their rows cannot say it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import sympy


class GammaSign(sympy.Function):  # type: ignore[misc]
    """The sign of the gamma function."""

    @classmethod
    def eval(cls, x: Any) -> Any:
        """Return the value at a number."""
        return sympy.sign(sympy.gamma(x).n()) if x.is_number else None

    def fdiff(self, argindex: int = 1) -> Any:
        """Return the derivative, zero wherever it exists."""
        return sympy.Integer(0)


class HyperU(sympy.Function):  # type: ignore[misc]
    """Tricomi's confluent hypergeometric function, which SymPy does not know."""

    def fdiff(self, argindex: int = 3) -> Any:
        """Return the derivative in the last argument."""
        a, b, x = self.args
        return -a * HyperU(a + 1, b + 1, x)

    def _eval_evalf(self, precision: int) -> Any:
        return _quadrature(self.args, mpmath.hyperu, precision)


class OwensT(sympy.Function):  # type: ignore[misc]
    """Owen's function, by quadrature. SymPy would look for an antiderivative."""

    def fdiff(self, argindex: int = 1) -> Any:
        """Return the derivative: an integral again in h, the integrand in a."""
        h, a = self.args
        return OwensTSlope(h, a) if argindex == 1 else _owens_density(h, a) / (1 + a * a)

    def _eval_evalf(self, precision: int) -> Any:
        return _quadrature(
            self.args,
            lambda h, a: mpmath.quad(lambda t: _gauss(h, t) / (1 + t * t), [0, a]) / (2 * mpmath.pi),
            precision,
        )


# By quadrature, so that the rule's error function is compared with something else.
class OwensTSlope(sympy.Function):  # type: ignore[misc]
    """The derivative of Owen's function in h."""

    def fdiff(self, argindex: int = 1) -> Any:
        """Return the derivative, in h by parts."""
        h, a = self.args
        return -h * self - a * _owens_density(h, a) if argindex == 1 else -h * _owens_density(h, a)

    def _eval_evalf(self, precision: int) -> Any:
        return _quadrature(
            self.args, lambda h, a: -h * mpmath.quad(lambda t: _gauss(h, t), [0, a]) / (2 * mpmath.pi), precision
        )


def _gauss(h: Any, t: Any) -> Any:
    return mpmath.exp(-h * h * (1 + t * t) / 2)


def _owens_density(h: Any, a: Any) -> Any:
    return sympy.exp(-h * h * (1 + a * a) / 2) / (2 * sympy.pi)


def _quadrature(args: Any, value: Callable[..., Any], precision: int) -> Any:
    if not all(argument.is_number for argument in args):
        return None
    with mpmath.workprec(precision):
        return sympy.Float(value(*[mpmath.mpmathify(argument.n(60)) for argument in args]), precision=precision)


class Inverse(sympy.Function):  # type: ignore[misc]
    """The inverse, in its last argument, of a function that `forward` gives; found by mpmath."""

    @classmethod
    def forward(cls, *args: Any) -> Any:
        """Return the function that is inverted."""
        raise NotImplementedError

    @classmethod
    def start(cls, *args: float) -> float:
        """Return where the search begins."""
        raise NotImplementedError

    def fdiff(self, argindex: int = 1) -> Any:
        """Return the derivative, the reciprocal of the function's, by SymPy."""
        if argindex != len(self.args):
            raise sympy.core.function.ArgumentIndexError(self, argindex)
        x = sympy.Dummy("x", positive=True)
        return 1 / sympy.diff(self.forward(*self.args[:-1], x), x).subs(x, self)

    def _eval_evalf(self, precision: int) -> Any:
        if not all(argument.is_number for argument in self.args):
            return None
        x = sympy.Dummy("x", positive=True)
        difference = sympy.lambdify(x, self.forward(*self.args[:-1], x) - self.args[-1], modules="mpmath")
        # Twenty bits more than asked for: mpmath stops at a tolerance, which is not the last bit.
        with mpmath.workprec(precision + 20):
            # The search begins at SciPy's value, which has double precision, so that it finds this root and not
            # another.
            near = mpmath.mpf(self.start(*map(float, self.args)))
            root = mpmath.findroot(difference, (near, near * (1 + mpmath.mpf(2) ** -20)))
        return sympy.Float(root, precision=precision)


def _lower_gamma(a: Any, x: Any) -> Any:
    return sympy.lowergamma(a, x) / sympy.gamma(a)


def _upper_gamma(a: Any, x: Any) -> Any:
    return sympy.uppergamma(a, x) / sympy.gamma(a)


def betainc(a: Any, b: Any, x: Any) -> Any:
    """Return the incomplete beta function over the complete one; SymPy's function of the name is not divided."""
    return sympy.betainc(a, b, 0, x) * sympy.gamma(a + b) / (sympy.gamma(a) * sympy.gamma(b))


def _inverse(name: str, forward: Callable[..., Any]) -> Any:
    def starting(*args: float) -> float:
        import scipy.special

        return float(getattr(scipy.special, name)(*args))

    return type(name, (Inverse,), {"forward": staticmethod(forward), "start": staticmethod(starting)})


_HALF = sympy.Rational(1, 2)
_X = sympy.Dummy("x", real=True)


def hyp0f1(b: Any, x: Any) -> Any:
    """Return a confluent hypergeometric limit."""
    return sympy.hyper([], [b], x)


def hyp1f1(a: Any, b: Any, x: Any) -> Any:
    """Return Kummer's function."""
    return sympy.hyper([a], [b], x)


def hyp2f1(a: Any, b: Any, c: Any, x: Any) -> Any:
    """Return Gauss's function."""
    return sympy.hyper([a, b], [c], x)


def ber(x: Any) -> Any:
    """Return the real part of the Bessel function of order 0 on a diagonal, as a series."""
    return sympy.hyper([], [_HALF, _HALF, 1], -((x / 4) ** 4))


def bei(x: Any) -> Any:
    """Return the imaginary part."""
    return (x / 2) ** 2 * sympy.hyper([], [3 * _HALF, 3 * _HALF, 1], -((x / 4) ** 4))


def berp(x: Any) -> Any:
    """Return the derivative of ber."""
    return sympy.diff(ber(_X), _X).subs(_X, x)


def beip(x: Any) -> Any:
    """Return the derivative of bei."""
    return sympy.diff(bei(_X), _X).subs(_X, x)


def _struve_series(v: Any, x: Any, sign: int) -> Any:
    start = (x / 2) ** (v + 1) / (sympy.gamma(3 * _HALF) * sympy.gamma(v + 3 * _HALF))
    return start * sympy.hyper([1], [3 * _HALF, v + 3 * _HALF], sign * (x / 2) ** 2)


def struve(v: Any, x: Any) -> Any:
    """Return Struve's function."""
    return _struve_series(v, x, -1)


def modstruve(v: Any, x: Any) -> Any:
    """Return the modified function."""
    return _struve_series(v, x, 1)


gammasgn, hyperu, owens_t = GammaSign, HyperU, OwensT
gammaincinv = _inverse("gammaincinv", _lower_gamma)
gammainccinv = _inverse("gammainccinv", _upper_gamma)
betaincinv = _inverse("betaincinv", betainc)
