"""Orthogonal polynomials in their variable. The derivative of one is another of a degree less, without a quotient.

Source: M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions, 22.5 and 22.8.
"""

from dualrev.primitives.row import Rule, host_row, math, select

ANY = (-2.0, 2.0)
DEGREE = frozenset({0.0, 1.0, 2.0, 3.0})
SHAPE = frozenset({1.0, 2.0})

# A table: a rule a line, and below it what else is true of the row.
# fmt: off
ROWS = (
    host_row("eval_legendre", lambda n, x: math.legendre(n, x),
        None, lambda y, n, x: select(
            math.degree_rank(n) > 0, math.eval_gegenbauer(math.degree_below(n), 1.5, x), math.degree_end(n, x)
        ),
        domain=(DEGREE, ANY), points={(0.0, 1.0): (0.0, 0.0), (1.0, -1.0): (0.0, 1.0), (3.0, 1.0): (0.0, 6.0)},
        reach=((0.0, 3.0), (0.03, 1e4)), ulp=256.0),
    host_row("eval_sh_legendre", lambda n, x: math.legendre(n, 2 * x - 1),
        None, lambda y, n, x: select(
            math.degree_rank(n) > 0,
            2.0 * math.eval_gegenbauer(math.degree_below(n), 1.5, 2.0 * x - 1.0),
            math.degree_end(n, x),
        ),
        domain=(DEGREE, ANY), points={(0.0, 1.0): (0.0, 0.0), (1.0, -1.0): (0.0, 2.0), (3.0, 1.0): (0.0, 12.0)},
        reach=((0.0, 3.0), (0.6, 1e4)), ulp=256.0),
    host_row("eval_hermite", lambda n, x: math.hermite(n, x),
        None, lambda y, n, x: select(
            math.degree_rank(n) > 0, 2.0 * n * math.eval_hermite(math.degree_below(n), x), math.degree_end(n, x)
        ),
        domain=(DEGREE, ANY), points={(0.0, 1.0): (0.0, 0.0), (1.0, -1.0): (0.0, 2.0)},
        reach=((0.0, 3.0), (-1e4, 1e4)), ulp=256.0, whole=("n",)),
    host_row("eval_hermitenorm", lambda n, x: math.hermite(n, x / math.sqrt(2)) / math.sqrt(2) ** n,
        None, lambda y, n, x: select(
            math.degree_rank(n) > 0, n * math.eval_hermitenorm(math.degree_below(n), x), math.degree_end(n, x)
        ),
        domain=(DEGREE, ANY), points={(0.0, 1.0): (0.0, 0.0), (1.0, -1.0): (0.0, 1.0)},
        reach=((0.0, 3.0), (-1e4, 1e4)), ulp=256.0, whole=("n",)),
    host_row("eval_laguerre", lambda n, x: math.laguerre(n, x),
        None, lambda y, n, x: select(
            math.degree_rank(n) > 0, -math.eval_genlaguerre(math.degree_below(n), 1.0, x), math.degree_end(n, x)
        ),
        domain=(DEGREE, ANY), points={(0.0, 1.0): (0.0, 0.0), (1.0, -1.0): (0.0, -1.0)},
        reach=((0.0, 3.0), (-1e4, 1e4)), ulp=256.0),
    host_row("eval_genlaguerre", lambda n, alpha, x: math.assoc_laguerre(n, alpha, x),
        None, None, lambda y, n, alpha, x: select(
            math.degree_rank(n) > 0,
            -math.eval_genlaguerre(math.degree_below(n), alpha + 1.0, x),
            math.degree_end(n, x),
        ),
        domain=(DEGREE, SHAPE, ANY), reach=((0.0, 3.0), (1.0, 2.0), (0.03, 1e4)), ulp=256.0),
    host_row("eval_gegenbauer", lambda n, alpha, x: math.gegenbauer(n, alpha, x),
        None, None, lambda y, n, alpha, x: select(
            math.degree_rank(n) > 0,
            2.0 * alpha * math.eval_gegenbauer(math.degree_below(n), alpha + 1.0, x),
            math.degree_end(n, x),
        ),
        domain=(DEGREE, SHAPE, ANY), reach=((0.0, 3.0), (1.0, 2.0), (0.03, 1e4)), ulp=256.0),
    host_row("eval_jacobi", lambda n, alpha, beta, x: math.jacobi(n, alpha, beta, x),
        None, None, None, lambda y, n, alpha, beta, x: select(
            math.degree_rank(n) > 0,
            0.5 * (n + alpha + beta + 1.0) * math.eval_jacobi(math.degree_below(n), alpha + 1.0, beta + 1.0, x),
            math.degree_end(n, x),
        ),
        domain=(DEGREE, SHAPE, SHAPE, ANY), reach=((0.0, 3.0), (1.0, 2.0), (1.0, 2.0), (0.03, 1e4)), ulp=256.0),
    host_row("eval_sh_jacobi",
        lambda n, p, q, x: math.jacobi(n, p - q, q - 1, 2 * x - 1) / math.binomial(2 * n + p - 1, n),
        None, None, None, lambda y, n, p, q, x: select(
            math.degree_rank(n) > 0,
            n * math.eval_sh_jacobi(math.degree_below(n), p + 2.0, q + 1.0, x),
            math.degree_end(n, x),
        ),
        domain=(DEGREE, frozenset({2.0, 3.0}), SHAPE, ANY), reach=((0.0, 3.0), (2.0, 3.0), (1.0, 2.0), (-1e4, 1e4)),
        ulp=256.0),
)
# fmt: on

FORMULAS: dict[str, Rule] = {
    "degree_below": lambda n: select(n == 0, 0, n - 1),
    # Of whole degrees only those above 0 have a polynomial below; below 0 SciPy has conventions of its own.
    "degree_rank": lambda n: select(math.floor(n) == n, n, 1),
    "degree_end": lambda n, x: select(n == 0, 0.0 * x, math.nan),
}
"""Formulas that these rows share."""
