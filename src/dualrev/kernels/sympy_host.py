"""What SciPy's special functions are to SymPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import sympy


def _scaled_bessel(function: Any, sign: int) -> Callable[[Any, Any], Any]:
    return lambda v, x: sympy.exp(sign * (sympy.Abs(x) if sign < 0 else x)) * function(v, x)


def _normal(x: Any) -> Any:
    return sympy.erfc(-x / sympy.sqrt(2)) / 2


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

    @staticmethod
    def integral(h: Any, a: Any) -> Any:
        """Return the value at mpmath's numbers."""
        weight = mpmath.quad(lambda t: mpmath.exp(-h * h * (1 + t * t) / 2) / (1 + t * t), [0, a])
        return weight / (2 * mpmath.pi)

    def fdiff(self, argindex: int = 1) -> Any:
        """Return the derivative, which mpmath takes by differences."""
        return OwensTSlope(*self.args, argindex)

    def _eval_evalf(self, precision: int) -> Any:
        return _quadrature(self.args, lambda h, a: self.integral(h, a), precision)


class OwensTSlope(sympy.Function):  # type: ignore[misc]
    """A partial derivative of Owen's function."""

    def _eval_evalf(self, precision: int) -> Any:
        order = (1, 0) if self.args[2] == 1 else (0, 1)
        return _quadrature(self.args[:2], lambda h, a: mpmath.diff(OwensT.integral, (h, a), order), precision)


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
        with mpmath.workprec(precision + 20):
            near = mpmath.mpf(self.start(*map(float, self.args)))
            root = mpmath.findroot(difference, (near, near * (1 + mpmath.mpf(2) ** -20)))
        return sympy.Float(root, precision=precision)


def _lower_gamma(a: Any, x: Any) -> Any:
    return sympy.lowergamma(a, x) / sympy.gamma(a)


def _upper_gamma(a: Any, x: Any) -> Any:
    return sympy.uppergamma(a, x) / sympy.gamma(a)


def _beta_regularized(a: Any, b: Any, x: Any) -> Any:
    return sympy.betainc(a, b, 0, x) * sympy.gamma(a + b) / (sympy.gamma(a) * sympy.gamma(b))


def _inverse(name: str, forward: Callable[..., Any], start: str) -> Any:
    def starting(*args: float) -> float:
        import scipy.special

        return float(getattr(scipy.special, start)(*args))

    return type(name, (Inverse,), {"forward": staticmethod(forward), "start": staticmethod(starting)})


_HALF = sympy.Rational(1, 2)


class _kelvin:
    """Kelvin's functions of order 0 as series: SymPy does not know them."""

    @staticmethod
    def ber(x: Any) -> Any:
        """Return the real part of the Bessel function on a diagonal."""
        return sympy.hyper([], [_HALF, _HALF, 1], -((x / 4) ** 4))

    @staticmethod
    def bei(x: Any) -> Any:
        """Return the imaginary part."""
        return (x / 2) ** 2 * sympy.hyper([], [3 * _HALF, 3 * _HALF, 1], -((x / 4) ** 4))

    @staticmethod
    def berp(x: Any) -> Any:
        """Return the derivative of ber."""
        return sympy.diff(_kelvin.ber(_X), _X).subs(_X, x)

    @staticmethod
    def beip(x: Any) -> Any:
        """Return the derivative of bei."""
        return sympy.diff(_kelvin.bei(_X), _X).subs(_X, x)


_X = sympy.Dummy("x", real=True)


def _struve_series(v: Any, x: Any, sign: int) -> Any:
    start = (x / 2) ** (v + 1) / (sympy.gamma(3 * _HALF) * sympy.gamma(v + 3 * _HALF))
    return start * sympy.hyper([1], [3 * _HALF, v + 3 * _HALF], sign * (x / 2) ** 2)


def _struve(v: Any, x: Any) -> Any:
    return _struve_series(v, x, -1)


def _modified_struve(v: Any, x: Any) -> Any:
    return _struve_series(v, x, 1)


HOST_NATIVE: dict[str, Any] = {
    "rgamma": lambda x: 1 / sympy.gamma(x),
    "gammasgn": GammaSign,
    "beta": lambda a, b: sympy.gamma(a) * sympy.gamma(b) / sympy.gamma(a + b),
    "betaln": lambda a, b: sympy.loggamma(a) + sympy.loggamma(b) - sympy.loggamma(a + b),
    "binom": lambda n, k: sympy.gamma(n + 1) / (sympy.gamma(k + 1) * sympy.gamma(n - k + 1)),
    "poch": lambda z, m: sympy.gamma(z + m) / sympy.gamma(z),
    "gammainc": _lower_gamma,
    "gammaincc": _upper_gamma,
    "gammaincinv": _inverse("gammaincinv", _lower_gamma, "gammaincinv"),
    "gammainccinv": _inverse("gammainccinv", _upper_gamma, "gammainccinv"),
    "betainc": _beta_regularized,
    "betaincc": lambda a, b, x: 1 - _beta_regularized(a, b, x),
    "betaincinv": _inverse("betaincinv", _beta_regularized, "betaincinv"),
    "zeta": sympy.zeta,
    "erfinv": sympy.erfinv,
    "erfcinv": lambda x: sympy.erfinv(1 - x),
    "erfcx": lambda x: sympy.exp(x * x) * sympy.erfc(x),
    "log_ndtr": lambda x: sympy.log(_normal(x)),
    "ndtri": lambda p: sympy.sqrt(2) * sympy.erfinv(2 * p - 1),
    "expi": sympy.Ei,
    "exp1": sympy.E1,
    "expn": sympy.expint,
    "owens_t": OwensT,
    "spence": lambda z: sympy.polylog(2, 1 - z),
    **{f"j{n}": lambda x, n=n: sympy.besselj(n, x) for n in (0, 1)},
    **{f"y{n}": lambda x, n=n: sympy.bessely(n, x) for n in (0, 1)},
    **{f"i{n}": lambda x, n=n: sympy.besseli(n, x) for n in (0, 1)},
    **{f"k{n}": lambda x, n=n: sympy.besselk(n, x) for n in (0, 1)},
    **{f"i{n}e": lambda x, n=n: _scaled_bessel(sympy.besseli, -1)(n, x) for n in (0, 1)},
    **{f"k{n}e": lambda x, n=n: _scaled_bessel(sympy.besselk, 1)(n, x) for n in (0, 1)},
    "jv": sympy.besselj,
    "yv": sympy.bessely,
    "iv": sympy.besseli,
    "kv": sympy.besselk,
    "ive": _scaled_bessel(sympy.besseli, -1),
    "kve": _scaled_bessel(sympy.besselk, 1),
    "hyp0f1": lambda b, x: sympy.hyper([], [b], x),
    "hyp1f1": lambda a, b, x: sympy.hyper([a], [b], x),
    "hyp2f1": lambda a, b, c, x: sympy.hyper([a, b], [c], x),
    "hyperu": HyperU,
    "loggamma": sympy.loggamma,
    "dawsn": lambda x: sympy.sqrt(sympy.pi) / 2 * sympy.exp(-x * x) * sympy.erfi(x),
    "erfi": sympy.erfi,
    "ndtri_exp": lambda p: sympy.sqrt(2) * sympy.erfinv(2 * sympy.exp(p) - 1),
    "ellipkm1": lambda p: sympy.elliptic_k(1 - p),
    "chdtr": lambda v, x: _lower_gamma(v / 2, x / 2),
    "chdtrc": lambda v, x: _upper_gamma(v / 2, x / 2),
    "gdtr": lambda a, b, x: _lower_gamma(b, a * x),
    "gdtrc": lambda a, b, x: _upper_gamma(b, a * x),
    "pdtr": lambda k, m: _upper_gamma(k + 1, m),
    "pdtrc": lambda k, m: _lower_gamma(k + 1, m),
    "stdtr": lambda v, t: (1 + sympy.sign(t) * (1 - _beta_regularized(v / 2, _HALF, v / (v + t * t)))) / 2,
    "fdtr": lambda p, q, x: _beta_regularized(p / 2, q / 2, p * x / (p * x + q)),
    "fdtrc": lambda p, q, x: 1 - _beta_regularized(p / 2, q / 2, p * x / (p * x + q)),
    **{name: getattr(_kelvin, name) for name in ("ber", "bei", "berp", "beip")},
    "struve": _struve,
    "modstruve": _modified_struve,
    "ellipk": sympy.elliptic_k,
    "ellipe": sympy.elliptic_e,
    "exprel": lambda x: (sympy.exp(x) - 1) / x,
    "boxcox": lambda x, k: (x**k - 1) / k,
    "boxcox1p": lambda x, k: ((1 + x) ** k - 1) / k,
    "inv_boxcox": lambda p, k: (1 + k * p) ** (1 / k),
    "inv_boxcox1p": lambda p, k: (1 + k * p) ** (1 / k) - 1,
}
