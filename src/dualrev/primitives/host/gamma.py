"""Gamma and beta functions, complete and incomplete.

Sources: M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions, chapters 6, 23 and 26.
"""

from dualrev.primitives.row import HostRow, math, select

POSITIVE = (0.3, 4.0)
UNIT = (0.1, 0.9)
SHAPE = frozenset({1.0, 2.0, 3.0})

ROWS = (
    HostRow(
        "rgamma",
        fn=lambda x: math.rgamma(x),
        partials=(
            lambda y, x: select(
                x > 0.5,
                -y * math.digamma(x),
                math.gamma(1.0 - x) * math.reciprocal_slope(x),
            ),
        ),
        domain=((-2.5, 4.0),),
        points=(((0.0,), (1.0,)), ((-1.0,), (-1.0,)), ((-2.0,), (2.0,)), ((1.0,), (0.5772156649015329,))),
        names=("scipy.special.rgamma",),
        reach=((-25.0, 150.0),),
        ulp=32.0,
    ),
    HostRow(
        "gammasgn",
        fn=lambda x: math.gammasgn(x),
        domain=((-2.5, 4.0),),
        names=("scipy.special.gammasgn",),
    ),
    HostRow(
        "beta",
        fn=lambda a, b: math.beta(a, b),
        partials=(
            lambda y, a, b: math.beta_slope(y, a, b),
            lambda y, a, b: math.beta_slope(y, b, a),
        ),
        domain=(POSITIVE, POSITIVE),
        points=(
            ((1.0, 1.0), (-1.0, -1.0)),
            ((1.5, -1.5), (2.0943951023931953, 2.0943951023931953)),
        ),
        names=("scipy.special.beta",),
        reach=((0.3, 30.0), (0.3, 30.0)),
        ulp=1e3,  # digamma(a) - digamma(a + b) cancels where b is small
    ),
    HostRow(
        "betaln",
        fn=lambda a, b: math.betaln(a, b),
        partials=(
            lambda y, a, b: math.digamma(a) - math.digamma(a + b),
            lambda y, a, b: math.digamma(b) - math.digamma(a + b),
        ),
        domain=(POSITIVE, POSITIVE),
        points=(((1.0, 1.0), (-1.0, -1.0)),),
        names=("scipy.special.betaln",),
        reach=((0.3, 30.0), (0.3, 30.0)),
        ulp=1e3,
    ),
    HostRow(
        "binom",
        fn=lambda n, k: math.binom(n, k),
        partials=(
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
        ),
        domain=((3.0, 6.0), (0.5, 2.5)),
        points=(
            ((2.0, 1.0), (1.0, 0.0)),
            ((2.0, 3.0), (1 / 3, -1 / 3)),
            ((3.0, 5.0), (-0.05, 0.05)),
            ((2.0, -1.0), (0.0, 1 / 3)),
        ),
        names=("scipy.special.binom",),
        reach=((3.0, 30.0), (0.5, 2.5)),
        ulp=1e3,
    ),
    HostRow(
        "poch",
        fn=lambda z, m: math.poch(z, m),
        partials=(
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
        ),
        domain=(POSITIVE, POSITIVE),
        points=(
            ((1.0, 1.0), (1.0, 0.42278433509846713)),
            ((0.0, 1.0), (1.0, 0.0)),
            ((-3.0, 4.0), (-6.0, 0.0)),
        ),
        names=("scipy.special.poch",),
        reach=((0.3, 30.0), (0.3, 30.0)),
        ulp=1e3,
    ),
    HostRow(
        "gammainc",
        fn=lambda a, x: math.gammainc(a, x),
        partials=(
            None,
            lambda y, a, x: math.exp(math.xlogy(a - 1.0, x) - x - math.gammaln(a)),
        ),
        refused=("a",),
        domain=(SHAPE, POSITIVE),
        points=(((1.0, 0.0), (0.0, 1.0)), ((2.0, 0.0), (0.0, 0.0)), ((0.5, 0.0), (0.0, float("inf")))),
        names=("scipy.special.gammainc",),
        reach=((1.0, 3.0), (0.0, 500.0)),
        ulp=64.0,
    ),
    HostRow(
        "gammaincc",
        fn=lambda a, x: math.gammaincc(a, x),
        partials=(
            None,
            lambda y, a, x: -math.exp(math.xlogy(a - 1.0, x) - x - math.gammaln(a)),
        ),
        refused=("a",),
        domain=(SHAPE, POSITIVE),
        points=(((1.0, 0.0), (0.0, -1.0)),),
        names=("scipy.special.gammaincc",),
        reach=((1.0, 3.0), (0.0, 500.0)),
        ulp=64.0,
    ),
    HostRow(
        "gammaincinv",
        fn=lambda a, p: math.gammaincinv(a, p),
        partials=(
            None,
            lambda y, a, p: select(p == 1, math.inf, math.exp(y - math.xlogy(a - 1.0, y) + math.gammaln(a))),
        ),
        refused=("a",),
        domain=(SHAPE, UNIT),
        points=(((1.0, 0.5), (0.0, 2.0)),),
        names=("scipy.special.gammaincinv",),
        reach=((1.0, 3.0), (0.01, 0.99)),
        ulp=64.0,
    ),
    HostRow(
        "gammainccinv",
        fn=lambda a, q: math.gammainccinv(a, q),
        partials=(
            None,
            lambda y, a, q: select(q == 0, -math.inf, -math.exp(y - math.xlogy(a - 1.0, y) + math.gammaln(a))),
        ),
        refused=("a",),
        domain=(SHAPE, UNIT),
        points=(((1.0, 0.5), (0.0, -2.0)),),
        names=("scipy.special.gammainccinv",),
        reach=((1.0, 3.0), (0.01, 0.99)),
        ulp=64.0,
    ),
    HostRow(
        "betainc",
        fn=lambda a, b, x: math.betainc(a, b, x),
        partials=(
            None,
            None,
            lambda y, a, b, x: math.exp(math.xlogy(a - 1.0, x) + math.xlog1py(b - 1.0, -x) - math.betaln(a, b)),
        ),
        refused=("a", "b"),
        domain=(SHAPE, SHAPE, UNIT),
        points=(((1.0, 1.0, 0.0), (0.0, 0.0, 1.0)), ((2.0, 2.0, 1.0), (0.0, 0.0, 0.0))),
        names=("scipy.special.betainc",),
        reach=((1.0, 3.0), (1.0, 3.0), (0.0, 1.0)),
        ulp=64.0,
    ),
    HostRow(
        "betaincc",
        fn=lambda a, b, x: math.betaincc(a, b, x),
        partials=(
            None,
            None,
            lambda y, a, b, x: -math.exp(math.xlogy(a - 1.0, x) + math.xlog1py(b - 1.0, -x) - math.betaln(a, b)),
        ),
        refused=("a", "b"),
        domain=(SHAPE, SHAPE, UNIT),
        points=(((1.0, 1.0, 0.0), (0.0, 0.0, -1.0)),),
        names=("scipy.special.betaincc",),
        reach=((1.0, 3.0), (1.0, 3.0), (0.0, 1.0)),
        ulp=64.0,
    ),
    HostRow(
        "betaincinv",
        fn=lambda a, b, p: math.betaincinv(a, b, p),
        partials=(
            None,
            None,
            lambda y, a, b, p: math.exp(math.betaln(a, b) - math.xlogy(a - 1.0, y) - math.xlog1py(b - 1.0, -y)),
        ),
        refused=("a", "b"),
        domain=(SHAPE, SHAPE, UNIT),
        points=(((1.0, 1.0, 0.5), (0.0, 0.0, 1.0)),),
        names=("scipy.special.betaincinv",),
        reach=((1.0, 3.0), (1.0, 3.0), (0.01, 0.99)),
        ulp=64.0,
    ),
    HostRow(
        "zeta",
        fn=lambda s, q: math.zeta(s, q),
        partials=(
            None,
            lambda y, s, q: -s * math.zeta(s + 1.0, q),
        ),
        refused=("s",),
        domain=(frozenset({2.0, 3.0, 4.0}), POSITIVE),
        points=(((2.0, 1.0), (0.0, -2.4041138063191885)),),
        names=("scipy.special.zeta", "scipy.special._ufuncs._zeta"),
        reach=((2.0, 4.0), (0.1, 1e6)),
    ),
)
