"""Distribution functions in the number where they are taken, by their densities; and powers less 1.

Source: M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions, chapter 26.
"""

from dualrev.primitives.row import HostRow, math

ANY = (-2.0, 2.0)
POSITIVE = (0.3, 4.0)
WHOLE = frozenset({1.0, 2.0, 3.0})
REACH = (0.01, 30.0)

ROWS = (
    HostRow(
        "chdtr",
        fn=lambda v, x: math.chdtr(v, x),
        partials=(
            None,
            lambda y, v, x: 0.5 * math.exp(math.xlogy(0.5 * v - 1.0, 0.5 * x) - 0.5 * x - math.gammaln(0.5 * v)),
        ),
        refused=("v",),
        domain=(WHOLE, POSITIVE),
        names=("scipy.special.chdtr",),
        reach=((1.0, 3.0), REACH),
        ulp=256.0,
    ),
    HostRow(
        "chdtrc",
        fn=lambda v, x: math.chdtrc(v, x),
        partials=(
            None,
            lambda y, v, x: -0.5 * math.exp(math.xlogy(0.5 * v - 1.0, 0.5 * x) - 0.5 * x - math.gammaln(0.5 * v)),
        ),
        refused=("v",),
        domain=(WHOLE, POSITIVE),
        names=("scipy.special.chdtrc",),
        reach=((1.0, 3.0), REACH),
        ulp=256.0,
    ),
    HostRow(
        "gdtr",
        fn=lambda a, b, x: math.gdtr(a, b, x),
        partials=(
            lambda y, a, b, x: math.exp(math.xlogy(b - 1.0, a * x) - a * x - math.gammaln(b)) * x,
            None,
            lambda y, a, b, x: math.exp(math.xlogy(b - 1.0, a * x) - a * x - math.gammaln(b)) * a,
        ),
        refused=("b",),
        domain=(POSITIVE, WHOLE, POSITIVE),
        names=("scipy.special.gdtr",),
        reach=((0.1, 5.0), (1.0, 3.0), (0.1, 5.0)),
        ulp=256.0,
    ),
    HostRow(
        "gdtrc",
        fn=lambda a, b, x: math.gdtrc(a, b, x),
        partials=(
            lambda y, a, b, x: -math.exp(math.xlogy(b - 1.0, a * x) - a * x - math.gammaln(b)) * x,
            None,
            lambda y, a, b, x: -math.exp(math.xlogy(b - 1.0, a * x) - a * x - math.gammaln(b)) * a,
        ),
        refused=("b",),
        domain=(POSITIVE, WHOLE, POSITIVE),
        names=("scipy.special.gdtrc",),
        reach=((0.1, 5.0), (1.0, 3.0), (0.1, 5.0)),
        ulp=256.0,
    ),
    HostRow(
        "pdtr",
        fn=lambda k, m: math.pdtr(k, m),
        partials=(
            None,
            lambda y, k, m: -math.exp(math.xlogy(k, m) - m - math.gammaln(k + 1.0)),
        ),
        refused=("k",),
        domain=(WHOLE, POSITIVE),
        names=("scipy.special.pdtr",),
        reach=((1.0, 3.0), REACH),
        ulp=256.0,
    ),
    HostRow(
        "pdtrc",
        fn=lambda k, m: math.pdtrc(k, m),
        partials=(
            None,
            lambda y, k, m: math.exp(math.xlogy(k, m) - m - math.gammaln(k + 1.0)),
        ),
        refused=("k",),
        domain=(WHOLE, POSITIVE),
        names=("scipy.special.pdtrc",),
        reach=((1.0, 3.0), REACH),
        ulp=256.0,
    ),
    HostRow(
        "stdtr",
        fn=lambda df, t: math.stdtr(df, t),
        partials=(
            None,
            lambda y, df, t: (
                math.exp(-0.5 * (df + 1.0) * math.log1p(t * (t / df)) - math.betaln(0.5 * df, 0.5)) / math.sqrt(df)
            ),
        ),
        refused=("df",),
        domain=(WHOLE, ANY),
        names=("scipy.special.stdtr",),
        reach=((1.0, 3.0), (-30.0, 30.0)),
        ulp=1e3,
    ),
    HostRow(
        "fdtr",
        fn=lambda dfn, dfd, x: math.fdtr(dfn, dfd, x),
        partials=(
            None,
            None,
            lambda y, dfn, dfd, x: math.f_density(dfn, dfd, x),
        ),
        refused=("dfn", "dfd"),
        domain=(WHOLE, WHOLE, POSITIVE),
        names=("scipy.special.fdtr",),
        reach=((1.0, 3.0), (1.0, 3.0), REACH),
        ulp=256.0,
    ),
    HostRow(
        "fdtrc",
        fn=lambda dfn, dfd, x: math.fdtrc(dfn, dfd, x),
        partials=(
            None,
            None,
            lambda y, dfn, dfd, x: -math.f_density(dfn, dfd, x),
        ),
        refused=("dfn", "dfd"),
        domain=(WHOLE, WHOLE, POSITIVE),
        names=("scipy.special.fdtrc",),
        reach=((1.0, 3.0), (1.0, 3.0), REACH),
        ulp=256.0,
    ),
)

FORMULAS = {
    "f_density": lambda p, q, x: math.exp(
        0.5 * p * math.log(p / q)
        + math.xlogy(0.5 * p - 1.0, x)
        - 0.5 * (p + q) * math.log1p(x * (p / q))
        - math.betaln(0.5 * p, 0.5 * q)
    ),
}
"""Formulas that these rows share."""
