"""Angles in degrees, functions of Wright, powers less 1, and binomial distributions in their probability.

Source: M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions, 4.3 and 26.5.
"""

from dualrev.primitives.row import HostRow, math, select

ANY = (-2.0, 2.0)

ROWS = (
    HostRow(
        "sindg",
        fn=lambda x: math.sindg(x),
        partials=(lambda y, x: 0.017453292519943295 * math.cosdg(x),),
        domain=((-80.0, 80.0),),
        points=(((0.0,), (0.017453292519943295,)), ((90.0,), (0.0,))),
        names=("scipy.special.sindg",),
        reach=((-300.0, 300.0),),
    ),
    HostRow(
        "cosdg",
        fn=lambda x: math.cosdg(x),
        partials=(lambda y, x: -0.017453292519943295 * math.sindg(x),),
        domain=((-80.0, 80.0),),
        points=(((0.0,), (0.0,)),),
        names=("scipy.special.cosdg",),
        reach=((-300.0, 300.0),),
    ),
    HostRow(
        "tandg",
        fn=lambda x: math.tandg(x),
        partials=(lambda y, x: 0.017453292519943295 * (1.0 + y * y),),
        domain=((-80.0, 80.0),),
        points=(((0.0,), (0.017453292519943295,)),),
        names=("scipy.special.tandg",),
        reach=((-300.0, 300.0),),
    ),
    HostRow(
        "cotdg",
        fn=lambda x: math.cotdg(x),
        partials=(lambda y, x: -0.017453292519943295 * (1.0 + y * y),),
        domain=((10.0, 80.0),),
        names=("scipy.special.cotdg",),
        reach=((0.1, 300.0),),
        ulp=1e4,
    ),
    HostRow(
        "radian",
        fn=lambda d, m, s: math.radian(d, m, s),
        partials=(
            lambda y, d, m, s: 0.017453292519943295,
            lambda y, d, m, s: 0.0002908882086657216,
            lambda y, d, m, s: 4.84813681109536e-06,
        ),
        domain=(
            (1.0, 80.0),
            (1.0, 80.0),
            (1.0, 80.0),
        ),
        names=("scipy.special.radian",),
    ),
    HostRow(
        "wrightomega",
        fn=lambda x: math.wrightomega(x),
        partials=(lambda y, x: select(y < 1.0, y / (1.0 + y), 1.0 - 1.0 / (1.0 + y)),),
        domain=(ANY,),
        points=(((1.0,), (0.5,)),),
        names=("scipy.special.wrightomega",),
        reach=((-30.0, 1e4),),
    ),
    HostRow(
        "powm1",
        fn=lambda x, p: math.powm1(x, p),
        partials=(
            lambda y, x, p: select(p == 0, 0.0, p * x ** (p - 1.0)),
            lambda y, x, p: math.xlogy(x**p, x),
        ),
        domain=(
            (0.3, 4.0),
            ANY,
        ),
        points=(((1.0, 2.0), (2.0, 0.0)), ((2.0, 0.0), (0.0, 0.6931471805599453))),
        names=("scipy.special.powm1",),
        reach=((0.01, 100.0), (-5.0, 5.0)),
        ulp=64.0,
    ),
    HostRow(
        "wright_bessel",
        fn=lambda a, b, x: math.wright_bessel(a, b, x),
        partials=(
            None,
            None,
            lambda y, a, b, x: math.wright_bessel(a, a + b, x),
        ),
        refused=(
            "a",
            "b",
        ),
        domain=(
            frozenset({1.0}),
            frozenset({1.0, 2.0}),
            (0.3, 4.0),
        ),
        names=("scipy.special.wright_bessel",),
        reach=((1.0, 1.0), (1.0, 2.0), (0.0, 100.0)),
        ulp=64.0,
    ),
    HostRow(
        "log_wright_bessel",
        fn=lambda a, b, x: math.log_wright_bessel(a, b, x),
        partials=(
            None,
            None,
            lambda y, a, b, x: math.exp(math.log_wright_bessel(a, a + b, x) - y),
        ),
        refused=(
            "a",
            "b",
        ),
        domain=(
            frozenset({1.0}),
            frozenset({1.0, 2.0}),
            (0.3, 4.0),
        ),
        names=("scipy.special.log_wright_bessel",),
        reach=((1.0, 1.0), (1.0, 2.0), (0.1, 100.0)),
        ulp=1e4,
    ),
    HostRow(
        "bdtr",
        fn=lambda k, n, p: math.bdtr(k, n, p),
        partials=(
            None,
            None,
            lambda y, k, n, p: (
                -math.exp(
                    math.xlogy(math.floor(k), p)
                    + math.xlog1py(n - math.floor(k) - 1.0, -p)
                    - math.betaln(n - math.floor(k), math.floor(k) + 1.0)
                )
            ),
        ),
        refused=(
            "k",
            "n",
        ),
        domain=(
            frozenset({1.0, 2.0}),
            frozenset({4.0, 5.0}),
            (0.1, 0.9),
        ),
        names=("scipy.special.bdtr",),
        reach=((1.0, 2.0), (4.0, 5.0), (0.1, 0.9)),
        ulp=64.0,
        whole=("n",),
    ),
    HostRow(
        "bdtrc",
        fn=lambda k, n, p: math.bdtrc(k, n, p),
        partials=(
            None,
            None,
            lambda y, k, n, p: math.exp(
                math.xlogy(math.floor(k), p)
                + math.xlog1py(n - math.floor(k) - 1.0, -p)
                - math.betaln(n - math.floor(k), math.floor(k) + 1.0)
            ),
        ),
        refused=(
            "k",
            "n",
        ),
        domain=(
            frozenset({1.0, 2.0}),
            frozenset({4.0, 5.0}),
            (0.1, 0.9),
        ),
        names=("scipy.special.bdtrc",),
        reach=((1.0, 2.0), (4.0, 5.0), (0.1, 0.9)),
        ulp=64.0,
        whole=("n",),
    ),
    HostRow(
        "nbdtr",
        fn=lambda k, n, p: math.nbdtr(k, n, p),
        partials=(
            None,
            None,
            lambda y, k, n, p: math.exp(math.xlogy(n - 1.0, p) + math.xlog1py(k, -p) - math.betaln(n, k + 1.0)),
        ),
        refused=(
            "k",
            "n",
        ),
        domain=(
            frozenset({1.0, 2.0}),
            frozenset({4.0, 5.0}),
            (0.1, 0.9),
        ),
        names=("scipy.special.nbdtr",),
        reach=((1.0, 2.0), (4.0, 5.0), (0.1, 0.9)),
        ulp=64.0,
    ),
    HostRow(
        "nbdtrc",
        fn=lambda k, n, p: math.nbdtrc(k, n, p),
        partials=(
            None,
            None,
            lambda y, k, n, p: -math.exp(math.xlogy(n - 1.0, p) + math.xlog1py(k, -p) - math.betaln(n, k + 1.0)),
        ),
        refused=(
            "k",
            "n",
        ),
        domain=(
            frozenset({1.0, 2.0}),
            frozenset({4.0, 5.0}),
            (0.1, 0.9),
        ),
        names=("scipy.special.nbdtrc",),
        reach=((1.0, 2.0), (4.0, 5.0), (0.1, 0.9)),
        ulp=64.0,
    ),
)
