"""Angles in degrees, functions of Wright, powers less 1, and binomial distributions in their probability.

Source: M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions, 4.3 and 26.5.
"""

from dualrev.primitives.row import host_row, math, select

ANY = (-2.0, 2.0)

# A table: a rule a line, and below it what else is true of the row.
# fmt: off
ROWS = (
    host_row("sindg", lambda x: math.sin(x * math.pi / 180),
        lambda y, x: 0.017453292519943295 * math.cosdg(x),
        domain=((-80.0, 80.0),), points={0.0: 0.017453292519943295, 90.0: 0.0}, reach=((-300.0, 300.0),)),
    host_row("cosdg", lambda x: math.cos(x * math.pi / 180),
        lambda y, x: -0.017453292519943295 * math.sindg(x),
        domain=((-80.0, 80.0),), points={0.0: 0.0}, reach=((-300.0, 300.0),)),
    host_row("tandg", lambda x: math.tan(x * math.pi / 180),
        lambda y, x: 0.017453292519943295 * (1.0 + y * y),
        domain=((-80.0, 80.0),), points={0.0: 0.017453292519943295}, reach=((-300.0, 300.0),)),
    host_row("cotdg", lambda x: math.cot(x * math.pi / 180),
        lambda y, x: -0.017453292519943295 * (1.0 + y * y),
        domain=((10.0, 80.0),), reach=((0.1, 300.0),), ulp=1e4),
    host_row("radian", lambda d, m, s: (d + m / 60 + s / 3600) * math.pi / 180,
        lambda y, d, m, s: 0.017453292519943295,
        lambda y, d, m, s: 0.0002908882086657216,
        lambda y, d, m, s: 4.84813681109536e-06,
        domain=((1.0, 80.0), (1.0, 80.0), (1.0, 80.0))),
    host_row("wrightomega", lambda x: math.LambertW(math.exp(x)),
        lambda y, x: select(y < 1.0, y / (1.0 + y), 1.0 - 1.0 / (1.0 + y)),
        points={1.0: 0.5}, reach=((-30.0, 1e4),)),
    host_row("powm1", lambda x, p: x**p - 1,
        lambda y, x, p: select(p == 0, 0.0, p * x ** (p - 1.0)),
        lambda y, x, p: math.xlogy(x**p, x),
        domain=((0.3, 4.0), ANY), points={(1.0, 2.0): (2.0, 0.0), (2.0, 0.0): (0.0, 0.6931471805599453)},
        reach=((0.01, 100.0), (-5.0, 5.0)), ulp=64.0),
    # Where a is 1.
    host_row("wright_bessel", lambda a, b, x: math.hyp0f1(b, x) / math.gamma(b),
        None, None, lambda y, a, b, x: math.wright_bessel(a, a + b, x),
        domain=(frozenset({1.0}), frozenset({1.0, 2.0}), (0.3, 4.0)), reach=((1.0, 1.0), (1.0, 2.0), (0.0, 100.0)),
        ulp=64.0),
    # Where a is 1.
    host_row("log_wright_bessel", lambda a, b, x: math.log(math.hyp0f1(b, x) / math.gamma(b)),
        None, None, lambda y, a, b, x: math.exp(math.log_wright_bessel(a, a + b, x) - y),
        domain=(frozenset({1.0}), frozenset({1.0, 2.0}), (0.3, 4.0)), reach=((1.0, 1.0), (1.0, 2.0), (0.1, 100.0)),
        ulp=1e4),
    host_row("bdtr", lambda k, n, p: math.bdtr(k, n, p),
        None, None, lambda y, k, n, p: (
            -math.exp(
                math.xlogy(math.floor(k), p)
                + math.xlog1py(n - math.floor(k) - 1.0, -p)
                - math.betaln(n - math.floor(k), math.floor(k) + 1.0)
            )
        ),
        domain=(frozenset({1.0, 2.0}), frozenset({4.0, 5.0}), (0.1, 0.9)),
        reach=((1.0, 2.0), (4.0, 5.0), (0.1, 0.9)), ulp=64.0, whole=("n",)),
    host_row("bdtrc", lambda k, n, p: math.bdtrc(k, n, p),
        None, None, lambda y, k, n, p: math.exp(
            math.xlogy(math.floor(k), p)
            + math.xlog1py(n - math.floor(k) - 1.0, -p)
            - math.betaln(n - math.floor(k), math.floor(k) + 1.0)
        ),
        domain=(frozenset({1.0, 2.0}), frozenset({4.0, 5.0}), (0.1, 0.9)),
        reach=((1.0, 2.0), (4.0, 5.0), (0.1, 0.9)), ulp=64.0, whole=("n",)),
    host_row("nbdtr", lambda k, n, p: math.nbdtr(k, n, p),
        None, None, lambda y, k, n, p: math.exp(math.xlogy(n - 1.0, p) + math.xlog1py(k, -p) - math.betaln(n, k + 1.0)),
        domain=(frozenset({1.0, 2.0}), frozenset({4.0, 5.0}), (0.1, 0.9)),
        reach=((1.0, 2.0), (4.0, 5.0), (0.1, 0.9)), ulp=64.0),
    host_row("nbdtrc", lambda k, n, p: math.nbdtrc(k, n, p),
        None, None,
        lambda y, k, n, p: -math.exp(math.xlogy(n - 1.0, p) + math.xlog1py(k, -p) - math.betaln(n, k + 1.0)),
        domain=(frozenset({1.0, 2.0}), frozenset({4.0, 5.0}), (0.1, 0.9)),
        reach=((1.0, 2.0), (4.0, 5.0), (0.1, 0.9)), ulp=64.0),
)
# fmt: on
