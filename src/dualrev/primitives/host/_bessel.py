"""Bessel functions. The derivative in the order has no closed form.

Source: M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions, 9.1.27, 9.1.28, 9.6.26 and 9.6.27.
"""

from math import inf

from dualrev.primitives.row import host_row, math, select

ANY = (-3.0, 3.0)
POSITIVE = (0.4, 4.0)
ORDER = frozenset({0.0, 1.0, 2.0, 3.0})

# A table: a rule a line, and below it what else is true of the row.
# fmt: off
ROWS = (
    host_row("j0", lambda x: math.besselj(0, x),
        lambda y, x: -math.j1(x), domain=(ANY,), points={0.0: 0.0}, reach=((-1e16, 1e16),)),
    host_row("j1", lambda x: math.besselj(1, x),
        lambda y, x: 0.5 * (math.j0(x) - math.jv(2.0, x)),
        domain=(ANY,), points={0.0: 0.5}, reach=((-1e16, 1e16),), ulp=32.0),
    host_row("jv", lambda v, x: math.besselj(v, x),
        None, lambda y, v, x: 0.5 * (math.jv(v - 1.0, x) - math.jv(v + 1.0, x)),
        domain=(ORDER, ANY), points={(0.0, 0.0): (0.0, 0.0), (1.0, 0.0): (0.0, 0.5)}, also=("scipy.special.jn",),
        reach=((0.0, 3.0), (-1e4, 1e4)), ulp=256.0),
    host_row("y0", lambda x: math.bessely(0, x),
        lambda y, x: -math.y1(x), domain=(POSITIVE,), points={0.0: inf}, reach=((0.0, 1e8),)),
    host_row("y1", lambda x: math.bessely(1, x),
        lambda y, x: select(x == 0, math.inf, 0.5 * (math.y0(x) - math.yv(2.0, x))),
        domain=(POSITIVE,), reach=((0.0, 1e8),)),
    host_row("yv", lambda v, x: math.bessely(v, x),
        None, lambda y, v, x: select(x == 0, math.inf, 0.5 * (math.yv(v - 1.0, x) - math.yv(v + 1.0, x))),
        domain=(ORDER, POSITIVE), also=("scipy.special.yn",), reach=((0.0, 3.0), (1e-20, 1e4)), ulp=64.0),
    host_row("i0", lambda x: math.besseli(0, x),
        lambda y, x: math.i1(x), domain=(ANY,), points={0.0: 0.0}, also=("numpy.i0",)),
    # By the result, i1e - i0e cancels far out.
    host_row("i0e", lambda x: math.exp(-math.fabs(x)) * math.besseli(0, x),
        lambda y, x: math.i1e(x) - math.sign(x) * y,
        domain=(ANY,), points={0.0: 0.0}, reach=((-300.0, 300.0),), ulp=1e5),
    host_row("i1", lambda x: math.besseli(1, x),
        lambda y, x: 0.5 * (math.i0(x) + math.iv(2.0, x)), domain=(ANY,), points={0.0: 0.5}),
    host_row("i1e", lambda x: math.exp(-math.fabs(x)) * math.besseli(1, x),
        lambda y, x: 0.5 * (math.i0e(x) + math.ive(2.0, x)) - math.sign(x) * y,
        domain=(ANY,), points={0.0: 0.5}, reach=((-300.0, 300.0),), ulp=1e5),
    host_row("iv", lambda v, x: math.besseli(v, x),
        None, lambda y, v, x: 0.5 * (math.iv(v - 1.0, x) + math.iv(v + 1.0, x)),
        domain=(ORDER, ANY), points={(0.0, 0.0): (0.0, 0.0), (1.0, 0.0): (0.0, 0.5)},
        reach=((0.0, 3.0), (1e-20, 700.0)), ulp=64.0),
    host_row("ive", lambda v, x: math.exp(-math.fabs(x)) * math.besseli(v, x),
        None, lambda y, v, x: 0.5 * (math.ive(v - 1.0, x) + math.ive(v + 1.0, x)) - math.sign(x) * y,
        domain=(ORDER, ANY), points={(0.0, 0.0): (0.0, 0.0)}, reach=((0.0, 3.0), (-300.0, 300.0)), ulp=2e5),
    host_row("k0", lambda x: math.besselk(0, x),
        lambda y, x: -math.k1(x),
        domain=(POSITIVE,), points={0.0: -inf}, reach=((0.0, 700.0),), ulp=128.0),
    host_row("k0e", lambda x: math.exp(x) * math.besselk(0, x),
        lambda y, x: select(x == 0, -math.inf, y - math.k1e(x)),
        domain=(POSITIVE,), reach=((0.0, 300.0),), ulp=1e5),
    host_row("k1", lambda x: math.besselk(1, x),
        lambda y, x: -0.5 * (math.k0(x) + math.kv(2.0, x)),
        domain=(POSITIVE,), points={0.0: -inf}, reach=((0.0, 700.0),), ulp=128.0),
    host_row("k1e", lambda x: math.exp(x) * math.besselk(1, x),
        lambda y, x: select(x == 0, -math.inf, y - 0.5 * (math.k0e(x) + math.kve(2.0, x))),
        domain=(POSITIVE,), reach=((0.0, 300.0),), ulp=1e5),
    host_row("kv", lambda v, x: math.besselk(v, x),
        None, lambda y, v, x: -0.5 * (math.kv(v - 1.0, x) + math.kv(v + 1.0, x)),
        domain=(ORDER, POSITIVE), also=("scipy.special.kn",), reach=((0.0, 3.0), (1e-20, 700.0)), ulp=128.0),
    host_row("kve", lambda v, x: math.exp(x) * math.besselk(v, x),
        None, lambda y, v, x: select(x == 0, -math.inf, y - 0.5 * (math.kve(v - 1.0, x) + math.kve(v + 1.0, x))),
        domain=(ORDER, POSITIVE), reach=((0.0, 3.0), (1e-20, 300.0)), ulp=1e5),
)
# fmt: on
