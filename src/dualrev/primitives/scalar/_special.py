"""Special functions, and the formulas that they and other rows share.

Sources: M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions, 6.3.5, 6.3.7, 6.3.18 (digamma),
6.4.7, 6.4.10 (polygamma); the Hurwitz zeta function by the Euler-Maclaurin formula, 23.2.
"""

from dualrev.primitives.row import Rule, math, row, select

ANY = (-2.0, 2.0)

# A table: a rule a line, and below it what else is true of the row.
# fmt: off
ROWS = (
    row("erf", lambda x: math.erf(x),
        lambda y, x: 1.1283791670955126 * math.exp(-x * x), also=("scipy.special.erf",)),
    row("erfc", lambda x: math.erfc(x),
        lambda y, x: -1.1283791670955126 * math.exp(-x * x), also=("scipy.special.erfc",)),
    row("ndtr", lambda x: 0.5 * math.erfc(-0.7071067811865476 * x),
        lambda y, x: 0.3989422804014327 * math.exp(-0.5 * x * x),
        points={0.0: 0.3989422804014327}, also=("scipy.special.ndtr",)),
    row("gamma", lambda x: math.gamma(x),
        lambda y, x: y * math.digamma(x),
        domain=((-2.8, 5.0),), points={1.0: -0.5772156649015329, 2.0: 0.42278433509846713},
        also=("scipy.special.gamma",), reach=((-20.0, 180.0),)),
    row("gammaln", lambda x: math.lgamma(x),
        lambda y, x: math.digamma(x),
        domain=((0.3, 5.0),), points={1.0: -0.5772156649015329}, also=("scipy.special.gammaln", "math.lgamma"),
        reach=((0.0, 1e8),)),
    row("digamma", lambda x: select(
            x >= 0,
            math.digamma_positive(x),
            math.digamma_positive(1.0 - x) - math.pi / math.tan(math.pi * (x - math.rint(x))),
        ),
        lambda y, x: math.polygamma(1.0, x),
        definition=lambda x: math.digamma(x),
        domain=((-2.5, 5.0),), points={1.0: 1.6449340668482264},
        also=("scipy.special.digamma", "scipy.special.psi"), reach=((-20.0, 1e8),)),
    row("polygamma", lambda n, x: select(
            n == 0,
            math.digamma(x),
            math.parity(n + 1.0)
            * math.gamma(n + 1.0)
            * select(x >= 0, math.zeta_positive(n + 1.0, x), math.zeta_reflected(n + 1.0, x)),
        ),
        None, lambda y, n, x: math.polygamma(n + 1.0, x),
        definition=lambda n, x: math.polygamma(n, x),
        domain=(frozenset({0.0, 1.0, 2.0, 3.0}), (-2.5, 5.0)), reach=((0.0, 3.0), (-20.0, 1e8)), ulp=16.0),
    row("expit", lambda x: 1.0 / (1.0 + math.exp(-x)),
        lambda y, x: math.square(0.5 / math.cosh(0.5 * x)),
        points={0.0: 0.25, 1000.0: 0.0, -1000.0: 0.0}, also=("scipy.special.expit",)),
    row("log_expit", lambda x: math.minimum(x, 0.0) - math.log1p(math.exp(-math.fabs(x))),
        lambda y, x: math.expit(-x), points={0.0: 0.5}, also=("scipy.special.log_expit",)),
    row("logit", lambda x: math.log(x) - math.log1p(-x),
        lambda y, x: 1.0 / ((x + 0.0) * (1.0 - x)),
        domain=((0.1, 0.9),), also=("scipy.special.logit",)),
    row("softplus", lambda x: math.maximum(x, 0.0) + math.log1p(math.exp(-math.fabs(x))),
        lambda y, x: math.expit(x), points={0.0: 0.5, 1000.0: 1.0, -1000.0: 0.0}),
)
# fmt: on

FORMULAS: dict[str, Rule] = {
    "sinc_slope": lambda x: -math.pi * math.sinc_series(math.pi * x * (math.pi * x)) * (math.pi * x),
    "sinc_series": lambda s: 1 / 3 - s * (1 / 30 - s * (1 / 840 - s * (1 / 45360 - s * (1 / 3991680 - s / 518918400)))),
    "digamma_positive": lambda x: math.digamma_large(x + 10.0) - math.ten_powers(x, -1.0),
    "digamma_large": lambda z: math.log(z) - 0.5 / z - math.digamma_series(1.0 / (z * z)),
    "digamma_series": lambda s: (
        s * (1 / 12 - s * (1 / 120 - s * (1 / 252 - s * (1 / 240 - s * (1 / 132 - s * (691 / 32760 - s / 12))))))
    ),
    # 0 where the gamma function has a pole; the slope of its reciprocal, there and elsewhere, over gamma(1 - x).
    "off_pole": lambda x: select(x < 0.5, math.floor(x) - x, 1.0),
    "reciprocal_slope": lambda x: math.cos(math.pi * x) - math.sin(math.pi * x) / math.pi * math.digamma(1.0 - x),
    # A pole of gamma(a + b) is a zero of beta, unless a or b is at one, too.
    "beta_slope": lambda y, a, b: select(
        math.off_pole(a + b) == 0,
        select(math.off_pole(a) == 0, y * (math.digamma(1.0 - a) - math.digamma(1.0 - a - b)), math.beta_zero(y, a, b)),
        y * (math.digamma(a) - math.digamma(a + b)),
    ),
    "beta_zero": lambda y, a, b: select(
        math.off_pole(b) == 0,
        y * (math.digamma(a) - math.digamma(a + b)),
        y * math.digamma(a) + math.gamma(a) * math.gamma(b) * math.gamma(1.0 - a - b) * math.reciprocal_slope(a + b),
    ),
    "ten_powers": lambda x, p: math.five_powers(x, p) + math.five_powers(x + 5.0, p),
    "five_powers": lambda x, p: x**p + (x + 1.0) ** p + (x + 2.0) ** p + (x + 3.0) ** p + (x + 4.0) ** p,
    # The sum of all (x + k)**-s, less that over k < 0.
    "zeta_reflected": lambda s, x: (
        math.zeta_positive(s, x - math.floor(x))
        + math.parity(s) * (math.zeta_positive(s, math.ceil(x) - x) - math.zeta_positive(s, 1.0 - x))
    ),
    "parity": lambda n: select(n % 2 == 0, 1.0, -1.0),
    "zeta_positive": lambda s, x: math.ten_powers(x, -s) + math.zeta_large(s, x + 10.0),
    "zeta_large": lambda s, z: z ** (1.0 - s) / (s - 1.0) + z ** (-s) * (0.5 + math.zeta_series(s, z) / z),
    "zeta_series": lambda s, z: (
        s * (1 / 12 - (s + 1) * (s + 2) / (z * z) * (1 / 720 - (s + 3) * (s + 4) / (z * z) * math.zeta_tail(s, z)))
    ),
    "zeta_tail": lambda s, z: (
        1 / 30240 - (s + 5) * (s + 6) / (z * z) * (1 / 1209600 - (s + 7) * (s + 8) / (z * z) * math.zeta_rest(s, z))
    ),
    "zeta_rest": lambda s, z: (
        1 / 47900160
        - (s + 9) * (s + 10) / (z * z) * (691 / 1307674368000 - (s + 11) * (s + 12) / (z * z) / 74724249600)
    ),
}
"""Formulas that rows share: part of the table, reached as `math.<name>`, with no derivative of their own."""
