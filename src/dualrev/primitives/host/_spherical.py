"""Spherical Bessel functions, Kelvin's of the second kind, and Bessel functions scaled off the real axis.

Source: M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions, 9.1.27, 9.9 and 10.1.20.
"""

from dualrev.primitives.row import host_row, math, select

POSITIVE = (0.3, 4.0)
DEGREE = frozenset({0.0, 1.0, 2.0, 3.0})

# A table: a rule a line, and below it what else is true of the row.
# fmt: off
ROWS = (
    host_row("spherical_jn", lambda n, x: math.sqrt(math.pi / (2 * x)) * math.besselj((2 * n + 1) / 2, x),
        None, lambda y, n, x: (
            (n * math.spherical_jn(math.maximum(n - 1.0, 0.0), x) - (n + 1.0) * math.spherical_jn(n + 1.0, x))
            / (2.0 * n + 1.0)
        ),
        domain=(DEGREE, POSITIVE), points={(0.0, 0.0): (0.0, 0.0), (1.0, 0.0): (0.0, 0.3333333333333333)}, names=(),
        reach=((0.0, 3.0), (0.1, 20.0)), ulp=1e4, whole=("n",)),
    host_row("spherical_yn", lambda n, x: math.sqrt(math.pi / (2 * x)) * math.bessely((2 * n + 1) / 2, x),
        None, lambda y, n, x: (
            (n * math.spherical_yn(math.maximum(n - 1.0, 0.0), x) - (n + 1.0) * math.spherical_yn(n + 1.0, x))
            / (2.0 * n + 1.0)
        ),
        domain=(DEGREE, POSITIVE), names=(), reach=((0.0, 3.0), (0.1, 20.0)), ulp=1e4, whole=("n",)),
    host_row("spherical_in", lambda n, x: math.sqrt(math.pi / (2 * x)) * math.besseli((2 * n + 1) / 2, x),
        None, lambda y, n, x: (
            (n * math.spherical_in(math.maximum(n - 1.0, 0.0), x) + (n + 1.0) * math.spherical_in(n + 1.0, x))
            / (2.0 * n + 1.0)
        ),
        domain=(DEGREE, POSITIVE), points={(0.0, 0.0): (0.0, 0.0), (1.0, 0.0): (0.0, 0.3333333333333333)}, names=(),
        reach=((0.0, 3.0), (0.1, 20.0)), ulp=1e4, whole=("n",)),
    host_row("spherical_kn", lambda n, x: math.sqrt(math.pi / (2 * x)) * math.besselk((2 * n + 1) / 2, x),
        None, lambda y, n, x: (
            (-n * math.spherical_kn(math.maximum(n - 1.0, 0.0), x) - (n + 1.0) * math.spherical_kn(n + 1.0, x))
            / (2.0 * n + 1.0)
        ),
        domain=(DEGREE, POSITIVE), names=(), reach=((0.0, 3.0), (0.1, 20.0)), ulp=1e4, whole=("n",)),
    host_row("kei", lambda x: math.kei(x),
        lambda y, x: math.keip(x), domain=(POSITIVE,), reach=((0.1, 5.1),), ulp=1e5),
    host_row("ker", lambda x: math.ker(x),
        lambda y, x: math.kerp(x), domain=(POSITIVE,), reach=((0.1, 5.1),), ulp=1e5),
    host_row("keip", lambda x: math.keip(x),
        lambda y, x: select(x == 0, math.inf, math.ker(x) - y / x),
        domain=(POSITIVE,), reach=((0.1, 5.1),), ulp=1e5),
    host_row("kerp", lambda x: math.kerp(x),
        lambda y, x: select(x == 0, math.inf, -math.kei(x) - y / x),
        domain=(POSITIVE,), reach=((0.1, 5.1),), ulp=1e5),
    host_row("jve", lambda v, x: math.besselj(v, x),
        None, lambda y, v, x: 0.5 * (math.jve(v - 1.0, x) - math.jve(v + 1.0, x)),
        domain=(DEGREE, POSITIVE), reach=((0.0, 3.0), (0.1, 30.0)), ulp=256.0),
    host_row("yve", lambda v, x: math.bessely(v, x),
        None, lambda y, v, x: 0.5 * (math.yve(v - 1.0, x) - math.yve(v + 1.0, x)),
        domain=(DEGREE, POSITIVE), reach=((0.0, 3.0), (0.1, 30.0)), ulp=256.0),
)
# fmt: on
