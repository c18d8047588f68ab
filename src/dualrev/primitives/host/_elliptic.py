"""Incomplete elliptic integrals, Carlson's symmetric ones, and the mean of Gauss.

Where two arguments of Carlson's R_D nearly agree, its partials are lost in rounding, and are NaN.
Source: NIST Digital Library of Mathematical Functions, 19.8, 19.18 and 19.25.
"""

from dualrev.primitives.row import Rule, host_row, math, select

# A table: a rule a line, and below it what else is true of the row.
# fmt: off
ROWS = (
    host_row("ellipkinc", lambda phi, m: math.ellipkinc(phi, m),
        lambda y, phi, m: 1.0 / math.sqrt(1.0 - m * math.square(math.sin(phi))),
        lambda y, phi, m: (
            0.7853981633974483 * math.rint(0.3183098861837907 * phi) * math.hyp2f1(1.5, 1.5, 2.0, m)
            + math.legendre_slope(phi - 3.141592653589793 * math.rint(0.3183098861837907 * phi), m)
        ),
        domain=((0.3, 1.4), (0.1, 0.9)), reach=((0.1, 1.5), (0.1, 0.9)), ulp=1e4),
    host_row("ellipeinc", lambda phi, m: math.ellipeinc(phi, m),
        lambda y, phi, m: math.sqrt(1.0 - m * math.square(math.sin(phi))),
        lambda y, phi, m: (
            -0.7853981633974483 * math.rint(0.3183098861837907 * phi) * math.hyp2f1(0.5, 1.5, 2.0, m)
            - math.legendre_fall(phi - 3.141592653589793 * math.rint(0.3183098861837907 * phi), m)
        ),
        domain=((0.3, 1.4), (0.1, 0.9)), reach=((0.1, 1.5), (0.1, 0.9)), ulp=1e4),
    host_row("elliprc", lambda x, y: math.elliprc(x, y),
        lambda r, x, y: -0.16666666666666666 * math.elliprd(y, y, x),
        lambda r, x, y: (0.16666666666666666 * x * math.elliprd(y, y, x) - 0.5 * r) / y,
        domain=((0.3, 1.0), (1.5, 2.5)), reach=((0.1, 0.96), (1.2, 2.0)), ulp=1e3),
    host_row("elliprf", lambda x, y, z: math.elliprf(x, y, z),
        lambda r, x, y, z: -0.16666666666666666 * math.elliprd(y, z, x),
        lambda r, x, y, z: -0.16666666666666666 * math.elliprd(x, z, y),
        lambda r, x, y, z: -0.16666666666666666 * math.elliprd(x, y, z),
        domain=((0.3, 1.0), (1.5, 2.5), (3.0, 4.0)), reach=((0.1, 0.96), (1.2, 2.0), (2.8, 12.0)), ulp=1e3),
    host_row("elliprg", lambda x, y, z: math.elliprg(x, y, z),
        lambda r, x, y, z: (
            0.25 * (math.elliprf(x, y, z) - select(x == 0, 0.0, 0.3333333333333333 * x * math.elliprd(y, z, x)))
        ),
        lambda r, x, y, z: (
            0.25 * (math.elliprf(x, y, z) - select(y == 0, 0.0, 0.3333333333333333 * y * math.elliprd(x, z, y)))
        ),
        lambda r, x, y, z: (
            0.25 * (math.elliprf(x, y, z) - select(z == 0, 0.0, 0.3333333333333333 * z * math.elliprd(x, y, z)))
        ),
        domain=((0.3, 1.0), (1.5, 2.5), (3.0, 4.0)), reach=((0.1, 0.96), (1.2, 2.0), (2.8, 12.0)), ulp=1e3),
    host_row("elliprd", lambda x, y, z: math.elliprd(x, y, z),
        lambda r, x, y, z: math.carlson_slope(x, y, z),
        lambda r, x, y, z: math.carlson_slope(y, x, z),
        lambda r, x, y, z: select(
            z == 0, -math.inf, -(1.5 * r + x * math.carlson_slope(x, y, z) + y * math.carlson_slope(y, x, z)) / z
        ),
        domain=((0.3, 1.0), (1.5, 2.5), (3.0, 4.0)), reach=((0.1, 0.96), (1.2, 2.0), (2.8, 12.0)), ulp=1e3),
    host_row("agm", lambda a, b: math.agm(a, b),
        lambda y, a, b: select(
            a == 0,
            math.inf,
            select(
                b == 0,
                0.0 * y,
                y
                / (a + b)
                * (
                    1.0
                    - 2.0
                    * y
                    * b
                    * (a - b)
                    / (a + b) ** 3.0
                    * math.hyp2f1(1.5, 1.5, 2.0, math.square((a - b) / (a + b)))
                ),
            ),
        ),
        lambda y, a, b: select(
            b == 0,
            math.inf,
            select(
                a == 0,
                0.0 * y,
                y
                / (a + b)
                * (
                    1.0
                    - 2.0
                    * y
                    * a
                    * (b - a)
                    / (a + b) ** 3.0
                    * math.hyp2f1(1.5, 1.5, 2.0, math.square((a - b) / (a + b)))
                ),
            ),
        ),
        domain=((0.3, 1.0), (1.5, 2.5)), points={(2.0, 2.0): (0.5, 0.5)}, reach=((0.1, 0.96), (1.2, 2.0)), ulp=1e3),
)
# fmt: on

FORMULAS: dict[str, Rule] = {
    # Of the part within half a turn.
    "legendre_slope": lambda phi, m: (
        0.16666666666666666
        * math.sin(phi) ** 3.0
        * math.elliprd(math.square(math.cos(phi)), 1.0, 1.0 - m * math.square(math.sin(phi)))
    ),
    "legendre_fall": lambda phi, m: (
        0.16666666666666666
        * math.sin(phi) ** 3.0
        * math.elliprd(math.square(math.cos(phi)), 1.0 - m * math.square(math.sin(phi)), 1.0)
    ),
    "carlson_slope": lambda x, y, z: select(
        math.fabs(z - x) < 1e-6 * z,
        math.nan,
        0.5 * (math.elliprd(x, y, z) - math.elliprd(y, z, x)) / (z - x),
    ),
}
"""Formulas that these rows share."""
