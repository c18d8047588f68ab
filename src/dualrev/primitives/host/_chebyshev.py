"""Chebyshev's polynomials in their variable.

Source: M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions, 22.5 and 22.8.
"""

from dualrev.primitives.row import host_row, math, select

ANY = (-2.0, 2.0)
DEGREE = frozenset({0.0, 1.0, 2.0, 3.0})

# A table: a rule a line, and below it what else is true of the row.
# fmt: off
ROWS = (
    host_row("eval_chebyt", lambda n, x: math.chebyshevt(n, x),
        None, lambda y, n, x: select(
            math.degree_rank(n) > 0, n * math.eval_chebyu(math.degree_below(n), x), math.degree_end(n, x)
        ),
        domain=(DEGREE, ANY), points={(0.0, 1.0): (0.0, 0.0), (1.0, -1.0): (0.0, 1.0), (3.0, 1.0): (0.0, 9.0)},
        reach=((0.0, 3.0), (0.03, 1e4)), ulp=256.0),
    host_row("eval_chebyu", lambda n, x: math.chebyshevu(n, x),
        None, lambda y, n, x: select(
            math.degree_rank(n) > 0, 2.0 * math.eval_gegenbauer(math.degree_below(n), 2.0, x), math.degree_end(n, x)
        ),
        domain=(DEGREE, ANY), points={(0.0, 1.0): (0.0, 0.0), (1.0, -1.0): (0.0, 2.0), (3.0, 1.0): (0.0, 20.0)},
        reach=((0.0, 3.0), (0.03, 1e4)), ulp=256.0),
    host_row("eval_chebyc", lambda n, x: 2 * math.chebyshevt(n, x / 2),
        None, lambda y, n, x: select(
            math.degree_rank(n) > 0, n * math.eval_chebyu(math.degree_below(n), 0.5 * x), math.degree_end(n, x)
        ),
        domain=(DEGREE, ANY), points={(0.0, 1.0): (0.0, 0.0), (1.0, -1.0): (0.0, 1.0)},
        reach=((0.0, 3.0), (0.03, 1e4)), ulp=256.0),
    host_row("eval_chebys", lambda n, x: math.chebyshevu(n, x / 2),
        None, lambda y, n, x: select(
            math.degree_rank(n) > 0, math.eval_gegenbauer(math.degree_below(n), 2.0, 0.5 * x), math.degree_end(n, x)
        ),
        domain=(DEGREE, (1.0, 2.0)), points={(0.0, 1.0): (0.0, 0.0), (1.0, -1.0): (0.0, 1.0)},
        reach=((0.0, 3.0), (0.03, 1e4)), ulp=256.0),
    host_row("eval_sh_chebyt", lambda n, x: math.chebyshevt(n, 2 * x - 1),
        None, lambda y, n, x: select(
            math.degree_rank(n) > 0,
            2.0 * n * math.eval_chebyu(math.degree_below(n), 2.0 * x - 1.0),
            math.degree_end(n, x),
        ),
        domain=(DEGREE, ANY), points={(0.0, 1.0): (0.0, 0.0), (1.0, -1.0): (0.0, 2.0), (3.0, 1.0): (0.0, 18.0)},
        reach=((0.0, 3.0), (0.6, 1e4)), ulp=256.0),
    host_row("eval_sh_chebyu", lambda n, x: math.chebyshevu(n, 2 * x - 1),
        None, lambda y, n, x: select(
            math.degree_rank(n) > 0,
            4.0 * math.eval_gegenbauer(math.degree_below(n), 2.0, 2.0 * x - 1.0),
            math.degree_end(n, x),
        ),
        domain=(DEGREE, ANY), points={(0.0, 1.0): (0.0, 0.0), (1.0, -1.0): (0.0, 4.0), (3.0, 1.0): (0.0, 40.0)},
        reach=((0.0, 3.0), (0.6, 1e4)), ulp=256.0),
)
# fmt: on
