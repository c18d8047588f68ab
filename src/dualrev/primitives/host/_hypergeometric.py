"""Hypergeometric functions and what they express without cancellation: elliptic integrals, powers near 0.

Source: M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions, 13.4.8, 13.4.21, 15.2.1, 17.3.9 and 17.3.10.
"""

from dualrev.primitives.row import Rule, host_row, math, select

ANY = (-2.0, 2.0)
POSITIVE = (0.3, 3.0)
WHOLE = frozenset({1.0, 2.0, 3.0})

# A table: a rule a line, and below it what else is true of the row.
# fmt: off
ROWS = (
    host_row("hyp0f1", lambda b, x: math.hyp0f1(b, x),
        None, lambda y, b, x: math.hyp0f1(b + 1.0, x) / b,
        domain=(WHOLE, ANY), points={(2.0, 0.0): (0.0, 0.5)}, reach=((1.0, 3.0), (-100.0, 700.0)), ulp=64.0),
    host_row("hyp1f1", lambda a, b, x: math.hyp1f1(a, b, x),
        None, None, lambda y, a, b, x: a / b * math.hyp1f1(a + 1.0, b + 1.0, x),
        domain=(WHOLE, WHOLE, ANY), points={(1.0, 2.0, 0.0): (0.0, 0.0, 0.5)},
        reach=((1.0, 3.0), (1.0, 3.0), (-20.0, 500.0)), ulp=64.0),
    host_row("hyp2f1", lambda a, b, c, x: math.hyp2f1(a, b, c, x),
        None, None, None, lambda y, a, b, c, x: a * b / c * math.hyp2f1(a + 1.0, b + 1.0, c + 1.0, x),
        domain=(WHOLE, WHOLE, WHOLE, (-2.0, 0.8)), points={(1.0, 1.0, 2.0, 0.0): (0.0, 0.0, 0.0, 0.5)},
        reach=((1.0, 3.0), (1.0, 3.0), (1.0, 3.0), (-1e4, 0.9)), ulp=1e3),
    host_row("hyperu", lambda a, b, x: math.hyperu(a, b, x),
        None, None, lambda y, a, b, x: -a * math.hyperu(a + 1.0, b + 1.0, x),
        domain=(WHOLE, WHOLE, (100.0, 400.0)), reach=((1.0, 3.0), (1.0, 3.0), (80.0, 1e8)), ulp=64.0),
    host_row("ellipk", lambda m: math.elliptic_k(m),
        lambda y, m: 0.39269908169872414 * math.hyp2f1(1.5, 1.5, 2.0, m),
        domain=((-2.0, 0.9),), points={0.0: 0.39269908169872414}, reach=((-1e4, 0.96),), ulp=128.0),
    host_row("ellipe", lambda m: math.elliptic_e(m),
        lambda y, m: -0.39269908169872414 * math.hyp2f1(0.5, 1.5, 2.0, m),
        domain=((-2.0, 0.9),), points={0.0: -0.39269908169872414}, reach=((-1e4, 0.96),), ulp=64.0),
    host_row("exprel", lambda x: (math.exp(x) - 1) / x,
        lambda y, x: math.exprel_slope(x), points={0.0: 0.5}, ulp=16.0),
    host_row("boxcox", lambda x, k: (x**k - 1) / k,
        lambda y, x, k: x ** (k - 1.0),
        lambda y, x, k: math.square(math.log(x)) * math.exprel_slope(k * math.log(x)),
        domain=(POSITIVE, ANY), points={(2.0, 0.0): (0.5, 0.2402265069591007), (1.0, 2.0): (1.0, 0.0)},
        reach=((1e-20, 1e20), (-5.0, 5.0)), ulp=64.0),
    host_row("boxcox1p", lambda x, k: ((1 + x) ** k - 1) / k,
        lambda y, x, k: math.exp((k - 1.0) * math.log1p(x)),
        lambda y, x, k: math.square(math.log1p(x)) * math.exprel_slope(k * math.log1p(x)),
        domain=(POSITIVE, ANY), points={(1.0, 0.0): (0.5, 0.2402265069591007), (0.0, 2.0): (1.0, 0.0)},
        reach=((1e-20, 1e20), (-5.0, 5.0)), ulp=64.0),
    host_row("inv_boxcox", lambda p, k: (1 + k * p) ** (1 / k),
        lambda y, p, k: y / (1.0 + k * p),
        lambda y, p, k: -0.5 * y * math.square(p) * math.hyp2f1(2.0, 2.0, 3.0, -k * p),
        domain=(POSITIVE, (0.2, 2.0)), points={(1.0, 0.0): (2.718281828459045, -1.3591409142295225)},
        reach=((0.1, 100.0), (0.1, 100.0)), ulp=1e3),
    host_row("inv_boxcox1p", lambda p, k: (1 + k * p) ** (1 / k) - 1,
        lambda y, p, k: (1.0 + y) / (1.0 + k * p),
        lambda y, p, k: -0.5 * (1.0 + y) * math.square(p) * math.hyp2f1(2.0, 2.0, 3.0, -k * p),
        domain=(POSITIVE, (0.2, 2.0)), points={(1.0, 0.0): (2.718281828459045, -1.3591409142295225)},
        reach=((0.1, 100.0), (0.1, 100.0)), ulp=1e3),
)
# fmt: on

FORMULAS: dict[str, Rule] = {
    # The series takes for ever where its argument is large.
    "exprel_slope": lambda x: select(
        math.fabs(x) < 1.0,
        0.5 * math.hyp1f1(2.0, 3.0, select(math.fabs(x) < 1.0, x, 0.0)),
        (math.exp(x) - math.exprel(x)) / x,
    ),
}
"""Formulas that these rows share."""
