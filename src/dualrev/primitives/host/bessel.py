"""Bessel functions. The derivative in the order has no closed form.

Source: M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions, 9.1.27, 9.1.28, 9.6.26 and 9.6.27.
"""

from dualrev.primitives.row import HostRow, math

ANY = (-3.0, 3.0)
POSITIVE = (0.4, 4.0)
ORDER = frozenset({0.0, 1.0, 2.0, 3.0})

ROWS = (
    HostRow(
        "j0",
        fn=lambda x: math.j0(x),
        partials=(lambda y, x: -math.j1(x),),
        domain=(ANY,),
        points=(((0.0,), (0.0,)),),
        names=("scipy.special.j0",),
    ),
    HostRow(
        "j1",
        fn=lambda x: math.j1(x),
        partials=(lambda y, x: 0.5 * (math.j0(x) - math.jv(2.0, x)),),
        domain=(ANY,),
        points=(((0.0,), (0.5,)),),
        names=("scipy.special.j1",),
    ),
    HostRow(
        "jv",
        fn=lambda v, x: math.jv(v, x),
        partials=(
            None,
            lambda y, v, x: 0.5 * (math.jv(v - 1.0, x) - math.jv(v + 1.0, x)),
        ),
        refused=("v",),
        domain=(ORDER, ANY),
        points=(((0.0, 0.0), (0.0, 0.0)), ((1.0, 0.0), (0.0, 0.5))),
        names=("scipy.special.jv", "scipy.special.jn"),
    ),
    HostRow(
        "y0",
        fn=lambda x: math.y0(x),
        partials=(lambda y, x: -math.y1(x),),
        domain=(POSITIVE,),
        points=(((0.0,), (float("inf"),)),),
        names=("scipy.special.y0",),
    ),
    HostRow(
        "y1",
        fn=lambda x: math.y1(x),
        partials=(lambda y, x: 0.5 * (math.y0(x) - math.yv(2.0, x)),),
        domain=(POSITIVE,),
        names=("scipy.special.y1",),
    ),
    HostRow(
        "yv",
        fn=lambda v, x: math.yv(v, x),
        partials=(
            None,
            lambda y, v, x: 0.5 * (math.yv(v - 1.0, x) - math.yv(v + 1.0, x)),
        ),
        refused=("v",),
        domain=(ORDER, POSITIVE),
        names=("scipy.special.yv", "scipy.special.yn"),
    ),
    HostRow(
        "i0",
        fn=lambda x: math.i0(x),
        partials=(lambda y, x: math.i1(x),),
        domain=(ANY,),
        points=(((0.0,), (0.0,)),),
        names=("scipy.special.i0", "numpy.i0"),
    ),
    HostRow(
        "i0e",
        fn=lambda x: math.i0e(x),
        partials=(lambda y, x: math.i1e(x) - math.sign(x) * y,),
        domain=(ANY,),
        points=(((0.0,), (0.0,)),),
        names=("scipy.special.i0e",),
    ),
    HostRow(
        "i1",
        fn=lambda x: math.i1(x),
        partials=(lambda y, x: 0.5 * (math.i0(x) + math.iv(2.0, x)),),
        domain=(ANY,),
        points=(((0.0,), (0.5,)),),
        names=("scipy.special.i1",),
    ),
    HostRow(
        "i1e",
        fn=lambda x: math.i1e(x),
        partials=(lambda y, x: 0.5 * (math.i0e(x) + math.ive(2.0, x)) - math.sign(x) * y,),
        domain=(ANY,),
        points=(((0.0,), (0.5,)),),
        names=("scipy.special.i1e",),
    ),
    HostRow(
        "iv",
        fn=lambda v, x: math.iv(v, x),
        partials=(
            None,
            lambda y, v, x: 0.5 * (math.iv(v - 1.0, x) + math.iv(v + 1.0, x)),
        ),
        refused=("v",),
        domain=(ORDER, ANY),
        points=(((0.0, 0.0), (0.0, 0.0)), ((1.0, 0.0), (0.0, 0.5))),
        names=("scipy.special.iv",),
    ),
    HostRow(
        "ive",
        fn=lambda v, x: math.ive(v, x),
        partials=(
            None,
            lambda y, v, x: 0.5 * (math.ive(v - 1.0, x) + math.ive(v + 1.0, x)) - math.sign(x) * y,
        ),
        refused=("v",),
        domain=(ORDER, ANY),
        points=(((0.0, 0.0), (0.0, 0.0)),),
        names=("scipy.special.ive",),
    ),
    HostRow(
        "k0",
        fn=lambda x: math.k0(x),
        partials=(lambda y, x: -math.k1(x),),
        domain=(POSITIVE,),
        points=(((0.0,), (-float("inf"),)),),
        names=("scipy.special.k0",),
    ),
    HostRow(
        "k0e",
        fn=lambda x: math.k0e(x),
        partials=(lambda y, x: y - math.k1e(x),),
        domain=(POSITIVE,),
        names=("scipy.special.k0e",),
    ),
    HostRow(
        "k1",
        fn=lambda x: math.k1(x),
        partials=(lambda y, x: -0.5 * (math.k0(x) + math.kv(2.0, x)),),
        domain=(POSITIVE,),
        points=(((0.0,), (-float("inf"),)),),
        names=("scipy.special.k1",),
    ),
    HostRow(
        "k1e",
        fn=lambda x: math.k1e(x),
        partials=(lambda y, x: y - 0.5 * (math.k0e(x) + math.kve(2.0, x)),),
        domain=(POSITIVE,),
        names=("scipy.special.k1e",),
    ),
    HostRow(
        "kv",
        fn=lambda v, x: math.kv(v, x),
        partials=(
            None,
            lambda y, v, x: -0.5 * (math.kv(v - 1.0, x) + math.kv(v + 1.0, x)),
        ),
        refused=("v",),
        domain=(ORDER, POSITIVE),
        names=("scipy.special.kv", "scipy.special.kn"),
    ),
    HostRow(
        "kve",
        fn=lambda v, x: math.kve(v, x),
        partials=(
            None,
            lambda y, v, x: y - 0.5 * (math.kve(v - 1.0, x) + math.kve(v + 1.0, x)),
        ),
        refused=("v",),
        domain=(ORDER, POSITIVE),
        names=("scipy.special.kve",),
    ),
)
