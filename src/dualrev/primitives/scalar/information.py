"""Entropies and losses."""

from dualrev.primitives.row import Row, math, select

ANY = (-2.0, 2.0)
POSITIVE = (0.2, 3.0)

ROWS = (
    Row(
        "entr",
        fn=lambda x: select(x > 0, -x * math.log(x), select(x == 0, 0.0, -math.inf)),
        partials=(lambda y, x: -math.log(x) - 1.0,),
        domain=(POSITIVE,),
        points=(((0.0,), (float("inf"),)), ((1.0,), (-1.0,))),
        names=("scipy.special.entr",),
    ),
    Row(
        "rel_entr",
        fn=lambda a, b: select((a > 0) & (b > 0), a * math.log(a / b), select((a == 0) & (b >= 0), 0.0, math.inf)),
        partials=(
            lambda y, a, b: math.log(a / b) + 1.0,
            lambda y, a, b: -a / b,
        ),
        domain=(POSITIVE, POSITIVE),
        points=(((0.0, 2.0), (-float("inf"), 0.0)), ((2.0, 2.0), (1.0, -1.0))),
        names=("scipy.special.rel_entr",),
    ),
    Row(
        "kl_div",
        fn=lambda a, b: select(
            (a > 0) & (b > 0), a * math.log(a / b) - a + b, select((a == 0) & (b >= 0), b, math.inf)
        ),
        partials=(
            lambda y, a, b: math.log(a / b),
            lambda y, a, b: 1.0 - a / b,
        ),
        domain=((0.2, 1.0), (1.5, 3.0)),
        points=(((0.0, 2.0), (-float("inf"), 1.0)), ((2.0, 2.0), (0.0, 0.0))),
        names=("scipy.special.kl_div",),
    ),
    Row(
        "huber",
        fn=lambda d, r: select(d < 0, math.inf, select(math.fabs(r) <= d, 0.5 * r * r, d * (math.fabs(r) - 0.5 * d))),
        partials=(
            lambda y, d, r: select(math.fabs(r) <= d, 0.0, math.fabs(r) - d),
            lambda y, d, r: select(math.fabs(r) <= d, r, d * math.sign(r)),
        ),
        domain=(POSITIVE, ANY),
        points=(((1.0, 1.0), (0.0, 1.0)), ((1.0, -3.0), (2.0, -1.0)), ((1.0, 0.0), (0.0, 0.0))),
        names=("scipy.special.huber",),
    ),
    Row(
        "pseudo_huber",
        fn=lambda d, r: select((d == 0) | (r == 0), 0.0, r * r / (1.0 + math.hypot(1.0, r / d))),
        partials=(
            lambda y, d, r: math.square(y / d) / (d * math.hypot(1.0, r / d)),
            lambda y, d, r: r / math.hypot(1.0, r / d),
        ),
        domain=(POSITIVE, ANY),
        points=(((1.0, 0.0), (0.0, 0.0)),),
        names=("scipy.special.pseudo_huber",),
    ),
    Row(
        "cosm1",
        fn=lambda x: -2.0 * math.sin(0.5 * x) * math.sin(0.5 * x),
        partials=(lambda y, x: -math.sin(x),),
        points=(((0.0,), (0.0,)),),
        names=("scipy.special.cosm1",),
    ),
)
