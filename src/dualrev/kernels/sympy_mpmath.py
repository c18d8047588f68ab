"""Special functions that SymPy knows no derivative of: mpmath evaluates them, and differentiates them by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import sympy


class Numeric(sympy.Function):  # type: ignore[misc]
    """A partial derivative, of the orders in the last arguments, of a function that `value` gives."""

    @staticmethod
    def value(*args: Any) -> Any:
        """Return the function's value at mpmath's numbers."""
        raise NotImplementedError

    def fdiff(self, argindex: int = 1) -> Any:
        """Return the derivative in an argument."""
        arity = len(self.args) // 2
        orders = list(self.args[arity:])
        orders[argindex - 1] += 1
        return self.func(*self.args[:arity], *orders)

    def _eval_evalf(self, precision: int) -> Any:
        arity = len(self.args) // 2
        at, orders = self.args[:arity], tuple(int(order) for order in self.args[arity:])
        if not all(x.is_number for x in at):
            return None
        with mpmath.workprec(precision + 30):
            numbers = tuple(mpmath.mpmathify(x.n(mpmath.mp.dps)) for x in at)
            found = mpmath.diff(self.value, numbers, orders) if any(orders) else self.value(*numbers)
            return sympy.Float(mpmath.re(found), precision=precision)


def numeric(name: str, value: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function for SymPy of which mpmath has the value."""
    kind: Any = type(f"Numeric_{name}", (Numeric,), {"value": staticmethod(value)})
    return lambda *args: kind(*args, *[0] * len(args))


def _amplitude(u: Any, m: Any) -> Any:
    return mpmath.atan2(mpmath.ellipfun("sn", u, m=m), mpmath.ellipfun("cn", u, m=m))


_TWO_THIRDS = sympy.Rational(2, 3)


def _spherical(bessel: Any) -> Callable[[Any, Any], Any]:
    return lambda n, x: sympy.sqrt(sympy.pi / (2 * x)) * bessel(n + sympy.Rational(1, 2), x)


def _second_kind(order: int, z: Any) -> Any:
    """Return a modified Bessel function as an integral, whose sum over even steps converges in no time."""
    nats = mpmath.mp.prec * mpmath.log(2)
    step = mpmath.mpf(4.8) / (nats + 10)  # the integrand is regular as far as pi/4 from the line, z being on a diagonal
    last = int(mpmath.acosh(1 + nats / mpmath.re(z)) / step) + 1
    terms = [mpmath.exp(-z * mpmath.cosh(t)) * mpmath.cosh(order * t) for t in (n * step for n in range(1, last))]
    return step * (mpmath.exp(-z) / 2 + mpmath.fsum(terms))


def _kelvin(slope: bool, part: Callable[..., Any]) -> Callable[..., Any]:
    """Return Kelvin's function of the second kind, which is a part of a Bessel function on a diagonal."""

    def value(x: Any) -> Any:
        turn = mpmath.expjpi(mpmath.mpf(1) / 4)
        return part(-turn * _second_kind(1, x * turn) if slope else _second_kind(0, x * turn))

    return value


def _binomial(k: int, n: Any, p: Any) -> Any:
    return sympy.binomial(n, k) * p**k * (1 - p) ** (n - k)


def _negative_binomial(k: int, n: Any, p: Any) -> Any:
    return sympy.binomial(n + k - 1, k) * p**n * (1 - p) ** k


MPMATH: dict[str, Any] = {
    "si": sympy.Si,
    "ci": sympy.Ci,
    "shi": sympy.Shi,
    "chi": sympy.Chi,
    "fresnel_s": sympy.fresnels,
    "fresnel_c": sympy.fresnelc,
    "airy_ai": sympy.airyai,
    "airy_aip": sympy.airyaiprime,
    "airy_bi": sympy.airybi,
    "airy_bip": sympy.airybiprime,
    "airye_ai": lambda x: sympy.airyai(x) * sympy.exp(_TWO_THIRDS * x * sympy.sqrt(x)),
    "airye_aip": lambda x: sympy.airyaiprime(x) * sympy.exp(_TWO_THIRDS * x * sympy.sqrt(x)),
    "airye_bi": lambda x: sympy.airybi(x) * sympy.exp(-_TWO_THIRDS * x * sympy.sqrt(x)),
    "airye_bip": lambda x: sympy.airybiprime(x) * sympy.exp(-_TWO_THIRDS * x * sympy.sqrt(x)),
    **{
        f"ellipj_{kind}": numeric(f"ellipj_{kind}", lambda u, m, kind=kind: mpmath.ellipfun(kind, u, m=m))
        for kind in ("sn", "cn", "dn")
    },
    "ellipj_ph": numeric("ellipj_ph", _amplitude),
    "eval_legendre": sympy.legendre,
    "eval_chebyt": sympy.chebyshevt,
    "eval_chebyu": sympy.chebyshevu,
    "eval_chebyc": lambda n, x: 2 * sympy.chebyshevt(n, x / 2),
    "eval_chebys": lambda n, x: sympy.chebyshevu(n, x / 2),
    "eval_sh_legendre": lambda n, x: sympy.legendre(n, 2 * x - 1),
    "eval_sh_chebyt": lambda n, x: sympy.chebyshevt(n, 2 * x - 1),
    "eval_sh_chebyu": lambda n, x: sympy.chebyshevu(n, 2 * x - 1),
    "eval_hermite": sympy.hermite,
    "eval_hermitenorm": lambda n, x: sympy.hermite(n, x / sympy.sqrt(2)) / sympy.sqrt(2) ** n,
    "eval_laguerre": sympy.laguerre,
    "eval_genlaguerre": sympy.assoc_laguerre,
    "eval_gegenbauer": sympy.gegenbauer,
    "eval_jacobi": sympy.jacobi,
    "eval_sh_jacobi": lambda n, p, q, x: sympy.jacobi(n, p - q, q - 1, 2 * x - 1) / sympy.binomial(2 * n + p - 1, n),
    "spherical_jn": _spherical(sympy.besselj),
    "spherical_yn": _spherical(sympy.bessely),
    "spherical_in": _spherical(sympy.besseli),
    "spherical_kn": _spherical(sympy.besselk),
    "ker": numeric("ker", _kelvin(False, mpmath.re)),
    "kei": numeric("kei", _kelvin(False, mpmath.im)),
    "kerp": numeric("kerp", _kelvin(True, mpmath.re)),
    "keip": numeric("keip", _kelvin(True, mpmath.im)),
    "jve": sympy.besselj,
    "yve": sympy.bessely,
    "ellipkinc": numeric("ellipkinc", lambda phi, m: mpmath.ellipf(phi, m)),
    "ellipeinc": numeric("ellipeinc", lambda phi, m: mpmath.ellipe(phi, m)),
    **{name: numeric(name, getattr(mpmath, name)) for name in ("elliprc", "elliprf", "elliprg", "elliprd", "agm")},
    "sindg": lambda x: sympy.sin(x * sympy.pi / 180),
    "cosdg": lambda x: sympy.cos(x * sympy.pi / 180),
    "tandg": lambda x: sympy.tan(x * sympy.pi / 180),
    "cotdg": lambda x: sympy.cot(x * sympy.pi / 180),
    "radian": lambda d, m, s: (d + m / 60 + s / 3600) * sympy.pi / 180,
    "wrightomega": lambda x: sympy.LambertW(sympy.exp(x)),
    "wright_bessel": lambda a, b, x: sympy.hyper([], [b], x) / sympy.gamma(b),  # where a is 1
    "log_wright_bessel": lambda a, b, x: sympy.log(sympy.hyper([], [b], x) / sympy.gamma(b)),
    "powm1": lambda x, p: x**p - 1,
    "bdtr": lambda k, n, p: sum(_binomial(j, n, p) for j in range(int(k) + 1)),
    "bdtrc": lambda k, n, p: sum(_binomial(j, n, p) for j in range(int(k) + 1, int(n) + 1)),
    "nbdtr": lambda k, n, p: sum(_negative_binomial(j, n, p) for j in range(int(k) + 1)),
    "nbdtrc": lambda k, n, p: 1 - sum(_negative_binomial(j, n, p) for j in range(int(k) + 1)),
}
"""What these functions are to SymPy."""
