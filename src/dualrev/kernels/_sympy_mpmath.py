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
        # Orders are counted, and mpmath takes one difference of that order: differences of differences lose digits
        # each time.
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


def bdtr(k: Any, n: Any, p: Any) -> Any:
    """Return the binomial distribution function."""
    return sum(_binomial(j, n, p) for j in range(int(k) + 1))


def bdtrc(k: Any, n: Any, p: Any) -> Any:
    """Return its complement."""
    return sum(_binomial(j, n, p) for j in range(int(k) + 1, int(n) + 1))


def nbdtr(k: Any, n: Any, p: Any) -> Any:
    """Return the negative binomial distribution function."""
    return sum(_negative_binomial(j, n, p) for j in range(int(k) + 1))


def nbdtrc(k: Any, n: Any, p: Any) -> Any:
    """Return its complement."""
    return 1 - nbdtr(k, n, p)


ellipj_sn = numeric("ellipj_sn", lambda u, m: mpmath.ellipfun("sn", u, m=m))
ellipj_cn = numeric("ellipj_cn", lambda u, m: mpmath.ellipfun("cn", u, m=m))
ellipj_dn = numeric("ellipj_dn", lambda u, m: mpmath.ellipfun("dn", u, m=m))
ellipj_ph = numeric("ellipj_ph", _amplitude)
ker = numeric("ker", _kelvin(False, mpmath.re))
kei = numeric("kei", _kelvin(False, mpmath.im))
kerp = numeric("kerp", _kelvin(True, mpmath.re))
keip = numeric("keip", _kelvin(True, mpmath.im))
ellipkinc = numeric("ellipkinc", lambda phi, m: mpmath.ellipf(phi, m))
ellipeinc = numeric("ellipeinc", lambda phi, m: mpmath.ellipe(phi, m))
elliprc = numeric("elliprc", mpmath.elliprc)
elliprf = numeric("elliprf", mpmath.elliprf)
elliprg = numeric("elliprg", mpmath.elliprg)
elliprd = numeric("elliprd", mpmath.elliprd)
agm = numeric("agm", mpmath.agm)
