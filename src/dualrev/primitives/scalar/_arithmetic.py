"""Arithmetic."""

from math import inf, nan

from dualrev.primitives.row import Rule, math, row, select

ANY = (-2.0, 2.0)
AWAY = (0.5, 2.5)

# A table: a rule a line, and below it what else is true of the row.
# fmt: off
ROWS = (
    row("add", lambda a, b: a + b,
        lambda y, a, b: 1.0,
        lambda y, a, b: 1.0,
        also=("operator.add",), holomorphic=True),
    row("subtract", lambda a, b: a - b,
        lambda y, a, b: 1.0,
        lambda y, a, b: -1.0,
        also=("operator.sub",), holomorphic=True),
    row("multiply", lambda a, b: a * b,
        lambda y, a, b: b,
        lambda y, a, b: a,
        points={(0.0, 3.0): (3.0, 0.0)}, also=("operator.mul",), holomorphic=True),
    row("divide", lambda a, b: a / b,
        lambda y, a, b: 1.0 / b,
        lambda y, a, b: -y / b,
        domain=(ANY, AWAY), points={(0.0, 2.0): (0.5, 0.0)}, also=("numpy.true_divide", "operator.truediv"),
        holomorphic=True, raises_by_zero=True),
    row("negative", lambda x: -x,
        lambda y, x: -1.0, also=("operator.neg",), holomorphic=True),
    row("positive", lambda x: +x,
        lambda y, x: 1.0, also=("numpy.conjugate", "operator.pos"), holomorphic=True, exponent=1),
    row("power", lambda a, b: a**b,
        lambda y, a, b: select(b == 0, select(math.fabs(a) > 0, y * (b / a), 0.0), b * a ** (b - 1)),
        lambda y, a, b: math.xlogy(y, a),
        domain=(AWAY, ANY),
        points={(0.0, 0.0): (0.0, -inf), (0.0, 2.0): (0.0, 0.0), (0.0, 1.0): (1.0, 0.0), (-2.0, 0.0): (0.0, nan)},
        also=("numpy.float_power", "operator.pow", "math.pow"), ulp=64.0, reach=((1e-20, 1e20), (-1e300, 1e300)),
        holomorphic=True),
    row("square", lambda x: x * x,
        lambda y, x: 2.0 * x, holomorphic=True, exponent=2),
    row("reciprocal", lambda x: 1.0 / x,
        lambda y, x: -y * y, domain=(AWAY,), holomorphic=True, exponent=-1),
    row("absolute", lambda x: math.fabs(x),
        lambda y, x: math.sign(x),
        points={0.0: 0.0}, also=("numpy.fabs", "operator.abs", "math.fabs", "builtins.abs"), instruction=True,
        quiet=True),
    row("sqrt", lambda x: math.sqrt(x),
        lambda y, x: 0.5 / (y + 0.0),
        domain=(AWAY,), points={0.0: inf}, holomorphic=True, exponent=0.5, instruction=True),
    row("cbrt", lambda x: math.cbrt(x),
        lambda y, x: 1.0 / (3.0 * y * y),
        domain=(AWAY,), points={0.0: inf, -8.0: 1.0 / 12.0}, also=("scipy.special.cbrt",), as_numpy=True),
    row("floor_divide", lambda a, b: select(b == 0, a / b, math.rint((a - math.modulo(a, b)) / b)),
        domain=(ANY, AWAY), also=("operator.floordiv",), raises_by_zero=True),
    row("remainder", lambda a, b: select(b == 0, 0.0 * (a / b), math.modulo(a, b)),
        lambda y, a, b: 1.0,
        lambda y, a, b: math.rint((y - a) / b),
        domain=(ANY, AWAY), names=("numpy.remainder", "operator.mod"), raises_by_zero=True),
    row("fmod", lambda a, b: math.fmod(a, b),
        lambda y, a, b: 1.0,
        lambda y, a, b: math.rint((y - a) / b),
        definition=lambda a, b: a - b * math.trunc(a / b),
        domain=(ANY, AWAY), as_numpy=True),
    row("hypot", lambda a, b: math.hypot(a, b),
        lambda y, a, b: math.cosine(a, b, y),
        lambda y, a, b: math.cosine(b, a, y),
        definition=lambda a, b: math.sqrt(a * a + b * b),
        points={(0.0, 0.0): (0.0, 0.0), (3.0, 4.0): (0.6, 0.8)}),
)
# fmt: on

FORMULAS: dict[str, Rule] = {
    # Python's remainder: exact, and of the sign of b. A quotient that was rounded first can be one too large.
    "modulo": lambda a, b: math.towards(math.fmod(a, b), b),
    "towards": lambda r, b: select(r == 0, math.copysign(r, b), select((r < 0) != (b < 0), r + b, r)),
    # a / y, so that its own derivative b * b / y**3 does not cancel where b is small.
    "cosine": lambda a, b, y: select(
        y == 0,
        0.0,
        select(math.fabs(a) > math.fabs(b), math.copysign(math.sqrt(1.0 - math.square(b / y)), a), a / y),
    ),
}
"""Formulas that rows share; see `special.FORMULAS`."""
