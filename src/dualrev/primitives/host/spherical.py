"""Spherical Bessel functions, Kelvin's of the second kind, and Bessel functions scaled off the real axis.

Source: M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions, 9.1.27, 9.9 and 10.1.20.
"""

from dualrev.primitives.row import HostRow, math, select

POSITIVE = (0.3, 4.0)
DEGREE = frozenset({0.0, 1.0, 2.0, 3.0})

ROWS = (
    HostRow(
        "spherical_jn",
        fn=lambda n, x: math.spherical_jn(n, x),
        partials=(
            None,
            lambda y, n, x: (
                (n * math.spherical_jn(math.maximum(n - 1.0, 0.0), x) - (n + 1.0) * math.spherical_jn(n + 1.0, x))
                / (2.0 * n + 1.0)
            ),
        ),
        refused=("n",),
        domain=(
            DEGREE,
            POSITIVE,
        ),
        points=(((0.0, 0.0), (0.0, 0.0)), ((1.0, 0.0), (0.0, 0.3333333333333333))),
        reach=((0.0, 3.0), (0.1, 20.0)),
        ulp=1e4,
        whole=("n",),
    ),
    HostRow(
        "spherical_yn",
        fn=lambda n, x: math.spherical_yn(n, x),
        partials=(
            None,
            lambda y, n, x: (
                (n * math.spherical_yn(math.maximum(n - 1.0, 0.0), x) - (n + 1.0) * math.spherical_yn(n + 1.0, x))
                / (2.0 * n + 1.0)
            ),
        ),
        refused=("n",),
        domain=(
            DEGREE,
            POSITIVE,
        ),
        reach=((0.0, 3.0), (0.1, 20.0)),
        ulp=1e4,
        whole=("n",),
    ),
    HostRow(
        "spherical_in",
        fn=lambda n, x: math.spherical_in(n, x),
        partials=(
            None,
            lambda y, n, x: (
                (n * math.spherical_in(math.maximum(n - 1.0, 0.0), x) + (n + 1.0) * math.spherical_in(n + 1.0, x))
                / (2.0 * n + 1.0)
            ),
        ),
        refused=("n",),
        domain=(
            DEGREE,
            POSITIVE,
        ),
        points=(((0.0, 0.0), (0.0, 0.0)), ((1.0, 0.0), (0.0, 0.3333333333333333))),
        reach=((0.0, 3.0), (0.1, 20.0)),
        ulp=1e4,
        whole=("n",),
    ),
    HostRow(
        "spherical_kn",
        fn=lambda n, x: math.spherical_kn(n, x),
        partials=(
            None,
            lambda y, n, x: (
                (-n * math.spherical_kn(math.maximum(n - 1.0, 0.0), x) - (n + 1.0) * math.spherical_kn(n + 1.0, x))
                / (2.0 * n + 1.0)
            ),
        ),
        refused=("n",),
        domain=(
            DEGREE,
            POSITIVE,
        ),
        reach=((0.0, 3.0), (0.1, 20.0)),
        ulp=1e4,
        whole=("n",),
    ),
    HostRow(
        "kei",
        fn=lambda x: math.kei(x),
        partials=(lambda y, x: math.keip(x),),
        domain=(POSITIVE,),
        names=("scipy.special.kei",),
        reach=((0.1, 5.1),),
        ulp=1e5,
    ),
    HostRow(
        "ker",
        fn=lambda x: math.ker(x),
        partials=(lambda y, x: math.kerp(x),),
        domain=(POSITIVE,),
        names=("scipy.special.ker",),
        reach=((0.1, 5.1),),
        ulp=1e5,
    ),
    HostRow(
        "keip",
        fn=lambda x: math.keip(x),
        partials=(lambda y, x: select(x == 0, math.inf, math.ker(x) - y / x),),
        domain=(POSITIVE,),
        names=("scipy.special.keip",),
        reach=((0.1, 5.1),),
        ulp=1e5,
    ),
    HostRow(
        "kerp",
        fn=lambda x: math.kerp(x),
        partials=(lambda y, x: select(x == 0, math.inf, -math.kei(x) - y / x),),
        domain=(POSITIVE,),
        names=("scipy.special.kerp",),
        reach=((0.1, 5.1),),
        ulp=1e5,
    ),
    HostRow(
        "jve",
        fn=lambda v, x: math.jve(v, x),
        partials=(
            None,
            lambda y, v, x: 0.5 * (math.jve(v - 1.0, x) - math.jve(v + 1.0, x)),
        ),
        refused=("v",),
        domain=(
            DEGREE,
            POSITIVE,
        ),
        names=("scipy.special.jve",),
        reach=((0.0, 3.0), (0.1, 30.0)),
        ulp=256.0,
    ),
    HostRow(
        "yve",
        fn=lambda v, x: math.yve(v, x),
        partials=(
            None,
            lambda y, v, x: 0.5 * (math.yve(v - 1.0, x) - math.yve(v + 1.0, x)),
        ),
        refused=("v",),
        domain=(
            DEGREE,
            POSITIVE,
        ),
        names=("scipy.special.yve",),
        reach=((0.0, 3.0), (0.1, 30.0)),
        ulp=256.0,
    ),
)
