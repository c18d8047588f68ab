"""Distribution functions in the number where they are taken, by their densities; and powers less 1.

Source: M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions, chapter 26.
"""

from dualrev.primitives.row import host_row, math

ANY = (-2.0, 2.0)
POSITIVE = (0.3, 4.0)
WHOLE = frozenset({1.0, 2.0, 3.0})
REACH = (0.01, 30.0)

# A table: a rule a line, and below it what else is true of the row.
# fmt: off
ROWS = (
    host_row("chdtr", lambda v, x: math.gammainc(v / 2, x / 2),
        None, lambda y, v, x: 0.5 * math.exp(math.xlogy(0.5 * v - 1.0, 0.5 * x) - 0.5 * x - math.gammaln(0.5 * v)),
        domain=(WHOLE, POSITIVE), reach=((1.0, 3.0), REACH), ulp=256.0),
    host_row("chdtrc", lambda v, x: math.gammaincc(v / 2, x / 2),
        None, lambda y, v, x: -0.5 * math.exp(math.xlogy(0.5 * v - 1.0, 0.5 * x) - 0.5 * x - math.gammaln(0.5 * v)),
        domain=(WHOLE, POSITIVE), reach=((1.0, 3.0), REACH), ulp=256.0),
    host_row("gdtr", lambda a, b, x: math.gammainc(b, a * x),
        lambda y, a, b, x: math.exp(math.xlogy(b - 1.0, a * x) - a * x - math.gammaln(b)) * x,
        None, lambda y, a, b, x: math.exp(math.xlogy(b - 1.0, a * x) - a * x - math.gammaln(b)) * a,
        domain=(POSITIVE, WHOLE, POSITIVE), reach=((0.1, 5.0), (1.0, 3.0), (0.1, 5.0)), ulp=256.0),
    host_row("gdtrc", lambda a, b, x: math.gammaincc(b, a * x),
        lambda y, a, b, x: -math.exp(math.xlogy(b - 1.0, a * x) - a * x - math.gammaln(b)) * x,
        None, lambda y, a, b, x: -math.exp(math.xlogy(b - 1.0, a * x) - a * x - math.gammaln(b)) * a,
        domain=(POSITIVE, WHOLE, POSITIVE), reach=((0.1, 5.0), (1.0, 3.0), (0.1, 5.0)), ulp=256.0),
    host_row("pdtr", lambda k, m: math.gammaincc(k + 1, m),
        None, lambda y, k, m: -math.exp(math.xlogy(k, m) - m - math.gammaln(k + 1.0)),
        domain=(WHOLE, POSITIVE), reach=((1.0, 3.0), REACH), ulp=256.0),
    host_row("pdtrc", lambda k, m: math.gammainc(k + 1, m),
        None, lambda y, k, m: math.exp(math.xlogy(k, m) - m - math.gammaln(k + 1.0)),
        domain=(WHOLE, POSITIVE), reach=((1.0, 3.0), REACH), ulp=256.0),
    # Near t = 0 SciPy's own value, the incomplete beta function of a number next to 1, has lost half of its digits.
    host_row("stdtr", lambda df, t: (1 + math.sign(t) * (1 - math.betainc(df / 2, 0.5, df / (df + t * t)))) / 2,
        None, lambda y, df, t: (
            math.exp(-0.5 * (df + 1.0) * math.log1p(t * (t / df)) - math.betaln(0.5 * df, 0.5)) / math.sqrt(df)
        ),
        domain=(WHOLE, ANY), reach=((1.0, 3.0), REACH), ulp=64.0),
    host_row("fdtr", lambda dfn, dfd, x: math.betainc(dfn / 2, dfd / 2, dfn * x / (dfn * x + dfd)),
        None, None, lambda y, dfn, dfd, x: math.f_density(dfn, dfd, x),
        domain=(WHOLE, WHOLE, POSITIVE), reach=((1.0, 3.0), (1.0, 3.0), REACH), ulp=256.0),
    host_row("fdtrc", lambda dfn, dfd, x: 1 - math.betainc(dfn / 2, dfd / 2, dfn * x / (dfn * x + dfd)),
        None, None, lambda y, dfn, dfd, x: -math.f_density(dfn, dfd, x),
        domain=(WHOLE, WHOLE, POSITIVE), reach=((1.0, 3.0), (1.0, 3.0), REACH), ulp=256.0),
)
# fmt: on

FORMULAS = {
    "f_density": lambda p, q, x: math.exp(
        0.5 * p * math.log(p / q)
        + math.xlogy(0.5 * p - 1.0, x)
        - 0.5 * (p + q) * math.log1p(x * (p / q))
        - math.betaln(0.5 * p, 0.5 * q)
    ),
}
"""Formulas that these rows share."""
