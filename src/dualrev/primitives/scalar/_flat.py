"""Primitives that are flat: their derivative is zero wherever it exists, and their result is a plain number."""

from dualrev.primitives.row import math, row, select

ANY = (-2.0, 2.0)

# A table: a rule a line, and below it what else is true of the row.
# fmt: off
ROWS = (
    row("floor", lambda x: math.floor(x), instruction=True, quiet=True, as_numpy=True),
    row("ceil", lambda x: math.ceil(x), instruction=True, as_numpy=True),
    row("trunc", lambda x: math.trunc(x),
        definition=lambda x: select(x > 0, math.floor(x), math.ceil(x)),
        instruction=True, quiet=True, as_numpy=True),
    row("rint", lambda x: math.rint(x),
        definition=lambda x: math.floor((2 * x + 1) / 2),
        also=("scipy.special.round",), instruction=True, as_numpy=True),
    row("isfinite", lambda x: math.isfinite(x),
        definition=lambda x: True,
        instruction=True),
    row("isinf", lambda x: math.isinf(x),
        definition=lambda x: False,
        instruction=True),
    row("isnan", lambda x: math.isnan(x),
        definition=lambda x: False,
        instruction=True),
    row("signbit", lambda x: math.copysign(1.0, x) < 0),
    row("equal", lambda a, b: a == b, also=("operator.eq",), sign="=="),
    row("not_equal", lambda a, b: a != b, also=("operator.ne",), sign="!="),
    row("less", lambda a, b: a < b, also=("operator.lt",), sign="<"),
    row("less_equal", lambda a, b: a <= b, also=("operator.le",), sign="<="),
    row("greater", lambda a, b: a > b, also=("operator.gt",), sign=">"),
    row("greater_equal", lambda a, b: a >= b, also=("operator.ge",), sign=">="),
    row("logical_and", lambda a, b: (a != 0) & (b != 0)),
    row("logical_or", lambda a, b: (a != 0) | (b != 0)),
    row("logical_xor", lambda a, b: (a != 0) != (b != 0)),
    row("logical_not", lambda x: x == 0),
)
# fmt: on
