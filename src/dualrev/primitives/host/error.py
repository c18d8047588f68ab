"""Error functions, the normal distribution, and integrals.

Sources: M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions, chapters 5, 7 and 27; for Owen's function
D. B. Owen, Annals of Mathematical Statistics 27, 1956.
"""

from dualrev.primitives.row import HostRow, math, select

ANY = (-2.0, 2.0)
POSITIVE = (0.3, 4.0)

ROWS = (
    HostRow(
        "erfinv",
        fn=lambda x: math.erfinv(x),
        partials=(lambda y, x: 0.886226925452758 * math.exp(y * y),),
        domain=((-0.9, 0.9),),
        points=(((0.0,), (0.886226925452758,)), ((1.0,), (float("inf"),))),
        names=("scipy.special.erfinv",),
    ),
    HostRow(
        "erfcinv",
        fn=lambda x: math.erfcinv(x),
        partials=(lambda y, x: -0.886226925452758 * math.exp(y * y),),
        domain=((0.1, 1.9),),
        points=(((1.0,), (-0.886226925452758,)), ((0.0,), (-float("inf"),))),
        names=("scipy.special.erfcinv",),
        ulp=64.0,
    ),
    HostRow(
        "erfcx",
        fn=lambda x: math.erfcx(x),
        partials=(
            lambda y, x: select(
                x > 1e8,
                -0.5641895835477563 / x / x,
                select(
                    x > 9.0,
                    -0.5641895835477563 * x * math.hyperu(1.5, 1.5, x * x),
                    2.0 * x * y - 1.1283791670955126,
                ),
            ),
        ),
        points=(((0.0,), (-1.1283791670955126,)), ((1e8,), (-5.641895835477562e-17,))),
        names=("scipy.special.erfcx",),
        ulp=2e4,  # by the result, 2 x y - 2 / sqrt(pi) cancels up to 9
    ),
    HostRow(
        "log_ndtr",
        fn=lambda x: math.log_ndtr(x),
        partials=(
            lambda y, x: select(
                x < 0,
                0.7978845608028654 / math.erfcx(-0.7071067811865476 * x),
                0.3989422804014327 * math.exp(-0.5 * x * x - y),
            ),
        ),
        domain=((-1.0, 2.0),),
        points=(((0.0,), (0.7978845608028654,)), ((-1e8,), (1e8,))),
        names=("scipy.special.log_ndtr",),
        ulp=256.0,
    ),
    HostRow(
        "ndtri",
        fn=lambda p: math.ndtri(p),
        partials=(lambda y, p: 2.5066282746310002 * math.exp(0.5 * y * y),),
        domain=((0.1, 0.9),),
        points=(((0.5,), (2.5066282746310002,)), ((1.0,), (float("inf"),))),
        names=("scipy.special.ndtri",),
        ulp=64.0,
    ),
    HostRow(
        "expi",
        fn=lambda x: math.expi(x),
        partials=(lambda y, x: math.exp(x) / x,),
        domain=(POSITIVE,),
        points=(((-1.0,), (-0.36787944117144233,)),),
        names=("scipy.special.expi",),
    ),
    HostRow(
        "exp1",
        fn=lambda x: math.exp1(x),
        partials=(lambda y, x: -math.exp(-x) / (x + 0.0),),
        domain=(POSITIVE,),
        points=(((1.0,), (-0.36787944117144233,)),),
        names=("scipy.special.exp1",),
    ),
    HostRow(
        "expn",
        fn=lambda n, x: math.expn(n, x),
        partials=(
            None,
            lambda y, n, x: select(n == 0, -y * (1.0 + 1.0 / x), -math.expn(n - 1, x)),
        ),
        refused=("n",),
        domain=(frozenset({0.0, 1.0, 2.0, 3.0}), POSITIVE),
        points=(((2.0, 0.0), (0.0, -float("inf"))), ((3.0, 0.0), (0.0, -1.0))),
        names=("scipy.special.expn",),
        reach=((0.0, 3.0), (1e-20, 700.0)),
        ulp=64.0,
    ),
    HostRow(
        "owens_t",
        fn=lambda h, a: math.owens_t(h, a),
        partials=(
            lambda y, h, a: -0.19947114020071635 * math.exp(-0.5 * h * h) * math.erf(0.7071067811865476 * a * h),
            lambda y, h, a: 0.15915494309189535 * math.exp(-0.5 * h * h * (1.0 + a * a)) / (1.0 + a * a),
        ),
        domain=(ANY, ANY),
        points=(((0.0, 0.0), (0.0, 0.15915494309189535)),),
        names=("scipy.special.owens_t",),
        reach=((-9.0, 9.0), (-9.0, 9.0)),
        ulp=64.0,
    ),
    HostRow(
        "spence",
        fn=lambda z: math.spence(z),
        partials=(lambda y, z: -1.0 / math.exprel(math.log(z)),),
        domain=(POSITIVE,),
        points=(((1.0,), (-1.0,)), ((0.0,), (-float("inf"),))),
        names=("scipy.special.spence",),
        reach=((0.0, 1e16),),
        ulp=32.0,
    ),
)
