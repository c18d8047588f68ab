"""Gamma and beta functions, complete and incomplete.

Sources: M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions, chapters 6, 23 and 26.
"""

from math import inf

from dualrev.primitives.row import host_row, math, select

POSITIVE = (0.3, 4.0)
UNIT = (0.1, 0.9)
SHAPE = frozenset({1.0, 2.0, 3.0})

# A table: a rule a line, and below it what else is true of the row.
# fmt: off
ROWS = (
    host_row("rgamma", lambda x: 1 / math.gamma(x),
        lambda y, x: select(
            x > 0.5,
            -y * math.digamma(x),
            math.gamma(1.0 - x) * math.reciprocal_slope(x),
        ),
        domain=((-2.5, 4.0),), points={0.0: 1.0, -1.0: -1.0, -2.0: 2.0, 1.0: 0.5772156649015329},
        reach=((-25.0, 150.0),), ulp=32.0),
    host_row("gammasgn", lambda x: math.gammasgn(x), domain=((-2.5, 4.0),)),
    # Digamma(a) - digamma(a + b) cancels where b is small.
    host_row("beta", lambda a, b: math.gamma(a) * math.gamma(b) / math.gamma(a + b),
        lambda y, a, b: math.beta_slope(y, a, b),
        lambda y, a, b: math.beta_slope(y, b, a),
        domain=(POSITIVE, POSITIVE),
        points={(1.0, 1.0): (-1.0, -1.0), (1.5, -1.5): (2.0943951023931953, 2.0943951023931953)},
        reach=((0.3, 30.0), (0.3, 30.0)), ulp=1e3),
    host_row("betaln", lambda a, b: math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b),
        lambda y, a, b: math.digamma(a) - math.digamma(a + b),
        lambda y, a, b: math.digamma(b) - math.digamma(a + b),
        domain=(POSITIVE, POSITIVE), points={(1.0, 1.0): (-1.0, -1.0)}, reach=((0.3, 30.0), (0.3, 30.0)), ulp=1e3),
    host_row("binom", lambda n, k: math.gamma(n + 1) / (math.gamma(k + 1) * math.gamma(n - k + 1)),
        lambda y, n, k: select(
            math.off_pole(n - k + 1.0) == 0,
            y * math.digamma(n + 1.0) + math.beta(n + 1.0, k - n) * math.reciprocal_slope(n - k + 1.0),
            y * (math.digamma(n + 1.0) - math.digamma(n - k + 1.0)),
        ),
        lambda y, n, k: select(
            math.off_pole(n - k + 1.0) == 0,
            -y * math.digamma(k + 1.0) - math.beta(n + 1.0, k - n) * math.reciprocal_slope(n - k + 1.0),
            select(
                math.off_pole(k + 1.0) == 0,
                y * math.digamma(n - k + 1.0) + math.beta(n + 1.0, -k) * math.reciprocal_slope(k + 1.0),
                y * (math.digamma(n - k + 1.0) - math.digamma(k + 1.0)),
            ),
        ),
        domain=((3.0, 6.0), (0.5, 2.5)),
        points={(2.0, 1.0): (1.0, 0.0), (2.0, 3.0): (1 / 3, -1 / 3), (3.0, 5.0): (-0.05, 0.05),
                (2.0, -1.0): (0.0, 1 / 3)},
        reach=((3.0, 30.0), (0.5, 2.5)), ulp=1e3),
    host_row("poch", lambda z, m: math.gamma(z + m) / math.gamma(z),
        lambda y, z, m: select(
            math.off_pole(z) == 0,
            select(
                math.off_pole(z + m) == 0,
                y * (math.digamma(1.0 - z - m) - math.digamma(1.0 - z)),
                y * math.digamma(z + m) + math.gamma(z + m) * math.gamma(1.0 - z) * math.reciprocal_slope(z),
            ),
            y * (math.digamma(z + m) - math.digamma(z)),
        ),
        lambda y, z, m: y * math.digamma(z + m),
        domain=(POSITIVE, POSITIVE),
        points={(1.0, 1.0): (1.0, 0.42278433509846713), (0.0, 1.0): (1.0, 0.0), (-3.0, 4.0): (-6.0, 0.0)},
        reach=((0.3, 30.0), (0.3, 30.0)), ulp=1e3),
    host_row("gammainc", lambda a, x: math.lowergamma(a, x) / math.gamma(a),
        None, lambda y, a, x: math.exp(math.xlogy(a - 1.0, x) - x - math.gammaln(a)),
        domain=(SHAPE, POSITIVE), points={(1.0, 0.0): (0.0, 1.0), (2.0, 0.0): (0.0, 0.0), (0.5, 0.0): (0.0, inf)},
        reach=((1.0, 3.0), (1e-20, 500.0)), ulp=64.0),
    host_row("gammaincc", lambda a, x: math.uppergamma(a, x) / math.gamma(a),
        None, lambda y, a, x: -math.exp(math.xlogy(a - 1.0, x) - x - math.gammaln(a)),
        domain=(SHAPE, POSITIVE), points={(1.0, 0.0): (0.0, -1.0)}, reach=((1.0, 3.0), (1e-20, 500.0)), ulp=64.0),
    host_row("gammaincinv", lambda a, p: math.gammaincinv(a, p),
        None, lambda y, a, p: select(p == 1, math.inf, math.exp(y - math.xlogy(a - 1.0, y) + math.gammaln(a))),
        domain=(SHAPE, UNIT), points={(1.0, 0.5): (0.0, 2.0)}, reach=((1.0, 3.0), (0.01, 0.99)), ulp=64.0),
    host_row("gammainccinv", lambda a, q: math.gammainccinv(a, q),
        None, lambda y, a, q: select(q == 0, -math.inf, -math.exp(y - math.xlogy(a - 1.0, y) + math.gammaln(a))),
        domain=(SHAPE, UNIT), points={(1.0, 0.5): (0.0, -2.0)}, reach=((1.0, 3.0), (0.01, 0.99)), ulp=64.0),
    host_row("betainc", lambda a, b, x: math.betainc(a, b, x),
        None, None, lambda y, a, b, x: math.exp(math.xlogy(a - 1.0, x) + math.xlog1py(b - 1.0, -x) - math.betaln(a, b)),
        domain=(SHAPE, SHAPE, UNIT), points={(1.0, 1.0, 0.0): (0.0, 0.0, 1.0), (2.0, 2.0, 1.0): (0.0, 0.0, 0.0)},
        reach=((1.0, 3.0), (1.0, 3.0), (1e-20, 1.0)), ulp=64.0),
    host_row("betaincc", lambda a, b, x: 1 - math.betainc(a, b, x),
        None, None,
        lambda y, a, b, x: -math.exp(math.xlogy(a - 1.0, x) + math.xlog1py(b - 1.0, -x) - math.betaln(a, b)),
        domain=(SHAPE, SHAPE, UNIT), points={(1.0, 1.0, 0.0): (0.0, 0.0, -1.0)},
        reach=((1.0, 3.0), (1.0, 3.0), (1e-20, 1.0)), ulp=64.0),
    host_row("betaincinv", lambda a, b, p: math.betaincinv(a, b, p),
        None, None, lambda y, a, b, p: math.exp(math.betaln(a, b) - math.xlogy(a - 1.0, y) - math.xlog1py(b - 1.0, -y)),
        domain=(SHAPE, SHAPE, UNIT), points={(1.0, 1.0, 0.5): (0.0, 0.0, 1.0)},
        reach=((1.0, 3.0), (1.0, 3.0), (0.01, 0.99)), ulp=64.0),
    host_row("zeta", lambda s, q: math.zeta(s, q),
        None, lambda y, s, q: -s * math.zeta(s + 1.0, q),
        domain=(frozenset({2.0, 3.0, 4.0}), POSITIVE), points={(2.0, 1.0): (0.0, -2.4041138063191885)},
        also=("scipy.special._ufuncs._zeta",), reach=((2.0, 4.0), (0.1, 1e6))),
)
# fmt: on
