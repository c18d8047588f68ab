"""Dawson's and other integrals, Kelvin's and Struve's functions, angles in degrees.

Sources: M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions, chapters 7, 9.9, 12 and 17.
"""

from dualrev.primitives.row import HostRow, math, select

ANY = (-2.0, 2.0)
POSITIVE = (0.3, 4.0)
WHOLE = frozenset({0.0, 1.0, 2.0, 3.0})

ROWS = (
    HostRow(
        "dawsn",
        fn=lambda x: math.dawsn(x),
        partials=(lambda y, x: 1.0 - 2.0 * x * y,),
        points=(((0.0,), (1.0,)),),
        names=("scipy.special.dawsn",),
        reach=((-20.0, 20.0),),
        ulp=1e6,  # by the result, which cancels far out
    ),
    HostRow(
        "erfi",
        fn=lambda x: math.erfi(x),
        partials=(lambda y, x: 1.1283791670955126 * math.exp(x * x),),
        points=(((0.0,), (1.1283791670955126,)),),
        names=("scipy.special.erfi",),
        reach=((-26.0, 26.0),),
        ulp=16.0,
    ),
    HostRow(
        "loggamma",
        fn=lambda x: math.loggamma(x),
        partials=(lambda y, x: math.digamma(x + 0.0),),
        domain=(POSITIVE,),
        points=(((1.0,), (-0.5772156649015329,)),),
        names=("scipy.special.loggamma",),
        reach=((0.0, 1e8),),
        ulp=16.0,
    ),
    HostRow(
        "ndtri_exp",
        fn=lambda p: math.ndtri_exp(p),
        partials=(lambda y, p: 2.5066282746310002 * math.exp(p + 0.5 * y * y),),
        domain=((-4.0, -0.3),),
        names=("scipy.special.ndtri_exp",),
        reach=((-50.0, -0.02),),
        ulp=1e4,
    ),
    HostRow(
        "ellipkm1",
        fn=lambda p: math.ellipkm1(p),
        partials=(lambda y, p: -0.39269908169872414 * math.hyp2f1(1.5, 1.5, 2.0, 1.0 - p),),
        domain=((0.1, 3.0),),
        points=(((1.0,), (-0.39269908169872414,)),),
        names=("scipy.special.ellipkm1",),
        reach=((0.04, 1e4),),
        ulp=64.0,
    ),
    HostRow(
        "ber",
        fn=lambda x: math.ber(x),
        partials=(lambda y, x: math.berp(x),),
        domain=(POSITIVE,),
        names=("scipy.special.ber",),
        reach=((0.1, 20.0),),
        ulp=1e5,
    ),
    HostRow(
        "bei",
        fn=lambda x: math.bei(x),
        partials=(lambda y, x: math.beip(x),),
        domain=(POSITIVE,),
        names=("scipy.special.bei",),
        reach=((0.1, 20.0),),
        ulp=1e5,
    ),
    HostRow(
        "berp",
        fn=lambda x: math.berp(x),
        partials=(lambda y, x: select(x == 0, 0.0, -y / x - math.bei(x)),),
        domain=(POSITIVE,),
        points=(((0.0,), (0.0,)),),
        names=("scipy.special.berp",),
        reach=((0.3, 20.0),),
        ulp=1e5,
    ),
    HostRow(
        "beip",
        fn=lambda x: math.beip(x),
        partials=(lambda y, x: select(x == 0, 0.5, -y / x + math.ber(x)),),
        domain=(POSITIVE,),
        points=(((0.0,), (0.5,)),),
        names=("scipy.special.beip",),
        reach=((0.3, 20.0),),
        ulp=1e5,
    ),
    HostRow(
        "struve",
        fn=lambda v, x: math.struve(v, x),
        partials=(
            None,
            lambda y, v, x: (
                0.5 * (math.struve(v - 1.0, x) - math.struve(v + 1.0, x))
                + 0.28209479177387814 * (0.5 * x) ** v * math.rgamma(v + 1.5)
            ),
        ),
        refused=("v",),
        domain=(WHOLE, POSITIVE),
        names=("scipy.special.struve",),
        reach=((0.0, 3.0), (0.1, 30.0)),
        ulp=1e5,
    ),
    HostRow(
        "modstruve",
        fn=lambda v, x: math.modstruve(v, x),
        partials=(
            None,
            lambda y, v, x: (
                0.5 * (math.modstruve(v - 1.0, x) + math.modstruve(v + 1.0, x))
                + 0.28209479177387814 * (0.5 * x) ** v * math.rgamma(v + 1.5)
            ),
        ),
        refused=("v",),
        domain=(WHOLE, POSITIVE),
        names=("scipy.special.modstruve",),
        reach=((0.0, 3.0), (0.1, 30.0)),
        ulp=1e5,
    ),
)
