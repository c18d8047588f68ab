"""Orthogonal polynomials in their variable. The derivative of one is another of a degree less, without a quotient.

Source: M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions, 22.5 and 22.8.
"""

from dualrev.primitives.row import HostRow, Rule, math, select

ANY = (-2.0, 2.0)
DEGREE = frozenset({0.0, 1.0, 2.0, 3.0})
SHAPE = frozenset({1.0, 2.0})

ROWS = (
    HostRow(
        "eval_legendre",
        fn=lambda n, x: math.eval_legendre(n, x),
        partials=(
            None,
            lambda y, n, x: select(
                math.degree_rank(n) > 0, math.eval_gegenbauer(math.degree_below(n), 1.5, x), math.degree_end(n, x)
            ),
        ),
        refused=("n",),
        domain=(
            DEGREE,
            ANY,
        ),
        points=(((0.0, 1.0), (0.0, 0.0)), ((1.0, -1.0), (0.0, 1.0)), ((3.0, 1.0), (0.0, 6.0))),
        names=("scipy.special.eval_legendre",),
        reach=((0.0, 3.0), (0.03, 1e4)),
        ulp=256.0,
    ),
    HostRow(
        "eval_sh_legendre",
        fn=lambda n, x: math.eval_sh_legendre(n, x),
        partials=(
            None,
            lambda y, n, x: select(
                math.degree_rank(n) > 0,
                2.0 * math.eval_gegenbauer(math.degree_below(n), 1.5, 2.0 * x - 1.0),
                math.degree_end(n, x),
            ),
        ),
        refused=("n",),
        domain=(
            DEGREE,
            ANY,
        ),
        points=(((0.0, 1.0), (0.0, 0.0)), ((1.0, -1.0), (0.0, 2.0)), ((3.0, 1.0), (0.0, 12.0))),
        names=("scipy.special.eval_sh_legendre",),
        reach=((0.0, 3.0), (0.6, 1e4)),
        ulp=256.0,
    ),
    HostRow(
        "eval_hermite",
        fn=lambda n, x: math.eval_hermite(n, x),
        partials=(
            None,
            lambda y, n, x: select(
                math.degree_rank(n) > 0, 2.0 * n * math.eval_hermite(math.degree_below(n), x), math.degree_end(n, x)
            ),
        ),
        refused=("n",),
        domain=(
            DEGREE,
            ANY,
        ),
        points=(((0.0, 1.0), (0.0, 0.0)), ((1.0, -1.0), (0.0, 2.0))),
        names=("scipy.special.eval_hermite",),
        reach=((0.0, 3.0), (-1e4, 1e4)),
        ulp=256.0,
        whole=("n",),
    ),
    HostRow(
        "eval_hermitenorm",
        fn=lambda n, x: math.eval_hermitenorm(n, x),
        partials=(
            None,
            lambda y, n, x: select(
                math.degree_rank(n) > 0, n * math.eval_hermitenorm(math.degree_below(n), x), math.degree_end(n, x)
            ),
        ),
        refused=("n",),
        domain=(
            DEGREE,
            ANY,
        ),
        points=(((0.0, 1.0), (0.0, 0.0)), ((1.0, -1.0), (0.0, 1.0))),
        names=("scipy.special.eval_hermitenorm",),
        reach=((0.0, 3.0), (-1e4, 1e4)),
        ulp=256.0,
        whole=("n",),
    ),
    HostRow(
        "eval_laguerre",
        fn=lambda n, x: math.eval_laguerre(n, x),
        partials=(
            None,
            lambda y, n, x: select(
                math.degree_rank(n) > 0, -math.eval_genlaguerre(math.degree_below(n), 1.0, x), math.degree_end(n, x)
            ),
        ),
        refused=("n",),
        domain=(
            DEGREE,
            ANY,
        ),
        points=(((0.0, 1.0), (0.0, 0.0)), ((1.0, -1.0), (0.0, -1.0))),
        names=("scipy.special.eval_laguerre",),
        reach=((0.0, 3.0), (-1e4, 1e4)),
        ulp=256.0,
    ),
    HostRow(
        "eval_genlaguerre",
        fn=lambda n, alpha, x: math.eval_genlaguerre(n, alpha, x),
        partials=(
            None,
            None,
            lambda y, n, alpha, x: select(
                math.degree_rank(n) > 0,
                -math.eval_genlaguerre(math.degree_below(n), alpha + 1.0, x),
                math.degree_end(n, x),
            ),
        ),
        refused=(
            "n",
            "alpha",
        ),
        domain=(
            DEGREE,
            SHAPE,
            ANY,
        ),
        names=("scipy.special.eval_genlaguerre",),
        reach=((0.0, 3.0), (1.0, 2.0), (0.03, 1e4)),
        ulp=256.0,
    ),
    HostRow(
        "eval_gegenbauer",
        fn=lambda n, alpha, x: math.eval_gegenbauer(n, alpha, x),
        partials=(
            None,
            None,
            lambda y, n, alpha, x: select(
                math.degree_rank(n) > 0,
                2.0 * alpha * math.eval_gegenbauer(math.degree_below(n), alpha + 1.0, x),
                math.degree_end(n, x),
            ),
        ),
        refused=(
            "n",
            "alpha",
        ),
        domain=(
            DEGREE,
            SHAPE,
            ANY,
        ),
        names=("scipy.special.eval_gegenbauer",),
        reach=((0.0, 3.0), (1.0, 2.0), (0.03, 1e4)),
        ulp=256.0,
    ),
    HostRow(
        "eval_jacobi",
        fn=lambda n, alpha, beta, x: math.eval_jacobi(n, alpha, beta, x),
        partials=(
            None,
            None,
            None,
            lambda y, n, alpha, beta, x: select(
                math.degree_rank(n) > 0,
                0.5 * (n + alpha + beta + 1.0) * math.eval_jacobi(math.degree_below(n), alpha + 1.0, beta + 1.0, x),
                math.degree_end(n, x),
            ),
        ),
        refused=(
            "n",
            "alpha",
            "beta",
        ),
        domain=(
            DEGREE,
            SHAPE,
            SHAPE,
            ANY,
        ),
        names=("scipy.special.eval_jacobi",),
        reach=((0.0, 3.0), (1.0, 2.0), (1.0, 2.0), (0.03, 1e4)),
        ulp=256.0,
    ),
    HostRow(
        "eval_sh_jacobi",
        fn=lambda n, p, q, x: math.eval_sh_jacobi(n, p, q, x),
        partials=(
            None,
            None,
            None,
            lambda y, n, p, q, x: select(
                math.degree_rank(n) > 0,
                n * math.eval_sh_jacobi(math.degree_below(n), p + 2.0, q + 1.0, x),
                math.degree_end(n, x),
            ),
        ),
        refused=(
            "n",
            "p",
            "q",
        ),
        domain=(
            DEGREE,
            frozenset({2.0, 3.0}),
            SHAPE,
            ANY,
        ),
        names=("scipy.special.eval_sh_jacobi",),
        reach=((0.0, 3.0), (2.0, 3.0), (1.0, 2.0), (-1e4, 1e4)),
        ulp=256.0,
    ),
)

FORMULAS: dict[str, Rule] = {
    "degree_below": lambda n: select(n == 0, 0, n - 1),
    # Of whole degrees only those above 0 have a polynomial below; below 0 SciPy has conventions of its own.
    "degree_rank": lambda n: select(math.floor(n) == n, n, 1),
    "degree_end": lambda n, x: select(n == 0, 0.0 * x, math.nan),
}
"""Formulas that these rows share."""
