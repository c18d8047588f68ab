"""Dawson's and other integrals, Kelvin's and Struve's functions, angles in degrees.

Sources: M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions, chapters 7, 9.9, 12 and 17.
"""

from dualrev.primitives.row import host_row, math, select

ANY = (-2.0, 2.0)
POSITIVE = (0.3, 4.0)
WHOLE = frozenset({0.0, 1.0, 2.0, 3.0})

# A table: a rule a line, and below it what else is true of the row.
# fmt: off
ROWS = (
    # By the result, which cancels far out.
    host_row("dawsn", lambda x: math.sqrt(math.pi) / 2 * math.exp(-x * x) * math.erfi(x),
        lambda y, x: 1.0 - 2.0 * x * y, points={0.0: 1.0}, reach=((-20.0, 20.0),), ulp=1e6),
    host_row("erfi", lambda x: math.erfi(x),
        lambda y, x: 1.1283791670955126 * math.exp(x * x),
        points={0.0: 1.1283791670955126}, reach=((-26.0, 26.0),), ulp=16.0),
    host_row("loggamma", lambda x: math.lgamma(x),
        lambda y, x: math.digamma(x + 0.0),
        domain=(POSITIVE,), points={1.0: -0.5772156649015329}, reach=((0.0, 1e8),), ulp=16.0),
    host_row("ndtri_exp", lambda p: math.sqrt(2) * math.erfinv(2 * math.exp(p) - 1),
        lambda y, p: 2.5066282746310002 * math.exp(p + 0.5 * y * y),
        domain=((-4.0, -0.3),), reach=((-50.0, -0.02),), ulp=1e4),
    host_row("ellipkm1", lambda p: math.elliptic_k(1 - p),
        lambda y, p: -0.39269908169872414 * math.hyp2f1(1.5, 1.5, 2.0, 1.0 - p),
        domain=((0.1, 3.0),), points={1.0: -0.39269908169872414}, reach=((0.04, 1e4),), ulp=64.0),
    host_row("ber", lambda x: math.ber(x),
        lambda y, x: math.berp(x), domain=(POSITIVE,), reach=((0.1, 20.0),), ulp=1e5),
    host_row("bei", lambda x: math.bei(x),
        lambda y, x: math.beip(x), domain=(POSITIVE,), reach=((0.1, 20.0),), ulp=1e5),
    host_row("berp", lambda x: math.berp(x),
        lambda y, x: select(x == 0, 0.0, -y / x - math.bei(x)),
        domain=(POSITIVE,), points={0.0: 0.0}, reach=((0.3, 20.0),), ulp=1e5),
    host_row("beip", lambda x: math.beip(x),
        lambda y, x: select(x == 0, 0.5, -y / x + math.ber(x)),
        domain=(POSITIVE,), points={0.0: 0.5}, reach=((0.3, 20.0),), ulp=1e5),
    host_row("struve", lambda v, x: math.struve(v, x),
        None, lambda y, v, x: (
            0.5 * (math.struve(v - 1.0, x) - math.struve(v + 1.0, x))
            + 0.28209479177387814 * (0.5 * x) ** v * math.rgamma(v + 1.5)
        ),
        domain=(WHOLE, POSITIVE), reach=((0.0, 3.0), (0.1, 30.0)), ulp=1e5),
    host_row("modstruve", lambda v, x: math.modstruve(v, x),
        None, lambda y, v, x: (
            0.5 * (math.modstruve(v - 1.0, x) + math.modstruve(v + 1.0, x))
            + 0.28209479177387814 * (0.5 * x) ** v * math.rgamma(v + 1.5)
        ),
        domain=(WHOLE, POSITIVE), reach=((0.0, 3.0), (0.1, 30.0)), ulp=1e5),
)
# fmt: on
