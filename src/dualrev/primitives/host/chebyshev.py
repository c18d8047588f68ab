"""Chebyshev's polynomials in their variable.

Source: M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions, 22.5 and 22.8.
"""

from dualrev.primitives.row import HostRow, math, select

ANY = (-2.0, 2.0)
DEGREE = frozenset({0.0, 1.0, 2.0, 3.0})

ROWS = (
    HostRow(
        "eval_chebyt",
        fn=lambda n, x: math.eval_chebyt(n, x),
        partials=(
            None,
            lambda y, n, x: select(
                math.degree_rank(n) > 0, n * math.eval_chebyu(math.degree_below(n), x), math.degree_end(n, x)
            ),
        ),
        refused=("n",),
        domain=(
            DEGREE,
            ANY,
        ),
        points=(((0.0, 1.0), (0.0, 0.0)), ((1.0, -1.0), (0.0, 1.0)), ((3.0, 1.0), (0.0, 9.0))),
        names=("scipy.special.eval_chebyt",),
        reach=((0.0, 3.0), (0.03, 1e4)),
        ulp=256.0,
    ),
    HostRow(
        "eval_chebyu",
        fn=lambda n, x: math.eval_chebyu(n, x),
        partials=(
            None,
            lambda y, n, x: select(
                math.degree_rank(n) > 0, 2.0 * math.eval_gegenbauer(math.degree_below(n), 2.0, x), math.degree_end(n, x)
            ),
        ),
        refused=("n",),
        domain=(
            DEGREE,
            ANY,
        ),
        points=(((0.0, 1.0), (0.0, 0.0)), ((1.0, -1.0), (0.0, 2.0)), ((3.0, 1.0), (0.0, 20.0))),
        names=("scipy.special.eval_chebyu",),
        reach=((0.0, 3.0), (0.03, 1e4)),
        ulp=256.0,
    ),
    HostRow(
        "eval_chebyc",
        fn=lambda n, x: math.eval_chebyc(n, x),
        partials=(
            None,
            lambda y, n, x: select(
                math.degree_rank(n) > 0, n * math.eval_chebyu(math.degree_below(n), 0.5 * x), math.degree_end(n, x)
            ),
        ),
        refused=("n",),
        domain=(
            DEGREE,
            ANY,
        ),
        points=(((0.0, 1.0), (0.0, 0.0)), ((1.0, -1.0), (0.0, 1.0))),
        names=("scipy.special.eval_chebyc",),
        reach=((0.0, 3.0), (0.03, 1e4)),
        ulp=256.0,
    ),
    HostRow(
        "eval_chebys",
        fn=lambda n, x: math.eval_chebys(n, x),
        partials=(
            None,
            lambda y, n, x: select(
                math.degree_rank(n) > 0, math.eval_gegenbauer(math.degree_below(n), 2.0, 0.5 * x), math.degree_end(n, x)
            ),
        ),
        refused=("n",),
        domain=(
            DEGREE,
            (1.0, 2.0),
        ),
        points=(((0.0, 1.0), (0.0, 0.0)), ((1.0, -1.0), (0.0, 1.0))),
        names=("scipy.special.eval_chebys",),
        reach=((0.0, 3.0), (0.03, 1e4)),
        ulp=256.0,
    ),
    HostRow(
        "eval_sh_chebyt",
        fn=lambda n, x: math.eval_sh_chebyt(n, x),
        partials=(
            None,
            lambda y, n, x: select(
                math.degree_rank(n) > 0,
                2.0 * n * math.eval_chebyu(math.degree_below(n), 2.0 * x - 1.0),
                math.degree_end(n, x),
            ),
        ),
        refused=("n",),
        domain=(
            DEGREE,
            ANY,
        ),
        points=(((0.0, 1.0), (0.0, 0.0)), ((1.0, -1.0), (0.0, 2.0)), ((3.0, 1.0), (0.0, 18.0))),
        names=("scipy.special.eval_sh_chebyt",),
        reach=((0.0, 3.0), (0.6, 1e4)),
        ulp=256.0,
    ),
    HostRow(
        "eval_sh_chebyu",
        fn=lambda n, x: math.eval_sh_chebyu(n, x),
        partials=(
            None,
            lambda y, n, x: select(
                math.degree_rank(n) > 0,
                4.0 * math.eval_gegenbauer(math.degree_below(n), 2.0, 2.0 * x - 1.0),
                math.degree_end(n, x),
            ),
        ),
        refused=("n",),
        domain=(
            DEGREE,
            ANY,
        ),
        points=(((0.0, 1.0), (0.0, 0.0)), ((1.0, -1.0), (0.0, 4.0)), ((3.0, 1.0), (0.0, 40.0))),
        names=("scipy.special.eval_sh_chebyu",),
        reach=((0.0, 3.0), (0.6, 1e4)),
        ulp=256.0,
    ),
)
