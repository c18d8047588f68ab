"""Error functions, the normal distribution, and integrals.

Sources: M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions, chapters 5, 7 and 27; for Owen's function
D. B. Owen, Annals of Mathematical Statistics 27, 1956.
"""

from math import inf

from dualrev.primitives.row import host_row, math, select

ANY = (-2.0, 2.0)
POSITIVE = (0.3, 4.0)

# A table: a rule a line, and below it what else is true of the row.
# fmt: off
ROWS = (
    host_row("erfinv", lambda x: math.erfinv(x),
        lambda y, x: 0.886226925452758 * math.exp(y * y),
        domain=((-0.9, 0.9),), points={0.0: 0.886226925452758, 1.0: inf}),
    host_row("erfcinv", lambda x: math.erfinv(1 - x),
        lambda y, x: -0.886226925452758 * math.exp(y * y),
        domain=((0.1, 1.9),), points={1.0: -0.886226925452758, 0.0: -inf}, ulp=1024.0),
    # By the result, 2 x y - 2 / sqrt(pi) cancels up to 9.
    host_row("erfcx", lambda x: math.exp(x * x) * math.erfc(x),
        lambda y, x: select(
            x > 1e8,
            -0.5641895835477563 / x / x,
            select(
                x > 9.0,
                -0.5641895835477563 * x * math.hyperu(1.5, 1.5, x * x),
                2.0 * x * y - 1.1283791670955126,
            ),
        ),
        points={0.0: -1.1283791670955126, 1e8: -5.641895835477562e-17}, ulp=2e4),
    host_row("log_ndtr", lambda x: math.log(math.erfc(-x / math.sqrt(2)) / 2),
        lambda y, x: select(
            x < 0,
            0.7978845608028654 / math.erfcx(-0.7071067811865476 * x),
            0.3989422804014327 * math.exp(-0.5 * x * x - y),
        ),
        domain=((-1.0, 2.0),), points={0.0: 0.7978845608028654, -1e8: 1e8}, ulp=256.0),
    host_row("ndtri", lambda p: math.sqrt(2) * math.erfinv(2 * p - 1),
        lambda y, p: 2.5066282746310002 * math.exp(0.5 * y * y),
        domain=((0.1, 0.9),), points={0.5: 2.5066282746310002, 1.0: inf}, ulp=1024.0),
    host_row("expi", lambda x: math.Ei(x),
        lambda y, x: math.exp(x) / x, domain=(POSITIVE,), points={-1.0: -0.36787944117144233}),
    host_row("exp1", lambda x: math.E1(x),
        lambda y, x: -math.exp(-x) / (x + 0.0),
        domain=(POSITIVE,), points={1.0: -0.36787944117144233}),
    host_row("expn", lambda n, x: math.expint(n, x),
        None, lambda y, n, x: select(n == 0, -y * (1.0 + 1.0 / x), -math.expn(n - 1, x)),
        domain=(frozenset({0.0, 1.0, 2.0, 3.0}), POSITIVE),
        points={(2.0, 0.0): (0.0, -inf), (3.0, 0.0): (0.0, -1.0)}, reach=((0.0, 3.0), (1e-20, 700.0)), ulp=64.0),
    host_row("owens_t", lambda h, a: math.owens_t(h, a),
        lambda y, h, a: -0.19947114020071635 * math.exp(-0.5 * h * h) * math.erf(0.7071067811865476 * a * h),
        lambda y, h, a: 0.15915494309189535 * math.exp(-0.5 * h * h * (1.0 + a * a)) / (1.0 + a * a),
        points={(0.0, 0.0): (0.0, 0.15915494309189535)}, reach=((-9.0, 9.0), (-9.0, 9.0)), ulp=64.0),
    host_row("spence", lambda z: math.polylog(2, 1 - z),
        lambda y, z: -1.0 / math.exprel(math.log(z)),
        domain=(POSITIVE,), points={1.0: -1.0, 0.0: -inf}, reach=((0.0, 1e16),), ulp=32.0),
)
# fmt: on
