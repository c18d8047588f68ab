"""Python's `max` and `min` in compiled code: Numba's values, bit for bit, and equal shares for those that tie."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from numba import njit

import dualrev as dr
from dualrev.primitives.scalar import TABLE
from dualrev.primitives.scalar.selection import BUILTINS

SPELLINGS = {
    "two": ("max(x[0], x[1])", [0, 1]),
    "less": ("min(x[1], x[0])", [1, 0]),
    "constant last": ("max(x[0], 0)", [0, None]),
    "constant first": ("min(0.0, x[0])", [None, 0]),
    "three": ("max(x[0], x[1], x[2])", [0, 1, 2]),
    "constants between": ("min(x[0], 0, x[1], 1.0, x[2])", [0, None, 1, None, 2]),
    "one of many": ("max(0, 0.0, x[0], -1, 0)", [None, None, 0, None, None]),
    "tuple": ("min((x[0], 0, x[2]))", [0, None, 2]),
    "equal tuple": ("max((x[0], x[1], x[2]))", [0, 1, 2]),
    "list": ("max([x[2], x[1], x[0]])", [2, 1, 0]),
    "array": ("min(x)", [0, 1, 2]),
    "flat": ("min(x[:2].flat)", [0, 1]),
}
"""Per kind of call the call, and the elements of x that are compared; None stands for a constant."""

CONSTANTS = {"constant last": [0.0], "constant first": [0.0], "constants between": [0.0, 1.0], "tuple": [0.0]}
CONSTANTS["one of many"] = [0.0, 0.0, -1.0, 0.0]


def of_x(expressions: list[str]) -> Any:
    """Return a compiled function with a result for each expression."""
    lines = "".join(f"    y[{n}] = {text}\n" for n, text in enumerate(expressions))
    scope: dict[str, Any] = {"np": np}
    exec(f"def f(x):\n    y = np.zeros({len(expressions)})\n{lines}    return y\n", scope)
    return njit(scope["f"])


def shares(kind: str, value: float, x: np.ndarray) -> np.ndarray:
    """Return the derivative: equal shares of those that equal the value; a NaN is that of the first."""
    constants = iter(CONSTANTS.get(kind, []))
    among = [(next(constants), None) if n is None else (float(x[n]), n) for n in SPELLINGS[kind][1]]
    tied = [n for number, n in among if number == value] or [among[0][1]]
    gradient = np.zeros(x.size)
    for n in tied:
        if n is not None:
            gradient[n] = 1.0 / len(tied)
    return gradient


@pytest.mark.parametrize(
    ("mode", "kinds"),
    [
        ("forward", ["constant first", "constants between", "tuple", "array"]),
        pytest.param("forward", list(SPELLINGS), marks=pytest.mark.exhaustive),
        pytest.param("reverse", list(SPELLINGS), marks=pytest.mark.exhaustive),
    ],
)
def test_values_are_numbas_and_ties_share_equally(mode: str, kinds: list[str]) -> None:
    f = of_x([SPELLINGS[kind][0] for kind in kinds])
    derivative = dr.value_and_jacobian(f, mode=mode)
    for point in itertools.product([0.0, -0.0, 1.0, -2.0, math.nan, math.inf], repeat=3):
        x = np.array(point)
        values, jacobian = derivative(x)
        assert values.tobytes() == f(x).tobytes(), x
        for kind, value, row in zip(kinds, values, jacobian, strict=True):
            np.testing.assert_allclose(row, shares(kind, value, x), rtol=1e-15, err_msg=f"{kind} at {x}")


@njit
def middle(x):
    return max(x, 0.0) - (x + abs(x)) / 2 + min(x, 0.0) - (x - abs(x)) / 2


@njit
def at_the_money(forward):
    strike, deviation = 100.0, 0.2
    x = -abs(math.log(forward / strike))
    h = x / deviation
    n1 = 0.5 * math.erfc(-(h + deviation / 2) / math.sqrt(2))
    n2 = 0.5 * math.erfc(-(h - deviation / 2) / math.sqrt(2))
    time_value = math.sqrt(forward * strike) * (math.exp(x / 2) * n1 - math.exp(-x / 2) * n2)
    return max(forward - strike, 0.0) + time_value


@pytest.mark.parametrize("mode", [pytest.param("forward", marks=pytest.mark.exhaustive), "reverse"])
def test_max_agrees_with_the_absolute_value(mode: str) -> None:
    xs = np.array([0.0, -0.0, 1.0, -1.0])
    np.testing.assert_array_equal(dr.grad(middle, mode=mode, batched=True)(xs), np.zeros(4))
    assert math.isclose(dr.grad(at_the_money, mode=mode)(100.0), 0.5 * math.erfc(-0.1 / math.sqrt(2)), rel_tol=1e-14)


@pytest.mark.parametrize("row", BUILTINS.values(), ids=BUILTINS)
def test_a_row_is_that_of_numpys_function_with_shares(row: Any) -> None:
    """Where one number stands for one, the partials are those of `maximum` and `minimum`."""
    of_two = dr.grad(getattr(np, f"{row.name}imum"), argnums=(0, 1))
    for at, promised in row.points:
        with_shares = promised if at[2:] == (1.0, 1.0) else (0.5, 0.5)
        np.testing.assert_array_equal(of_two(*at[:2]), with_shares)
        assert sum(promised) == 1.0


@pytest.mark.exhaustive
def test_second_derivatives_of_every_row_are_those_of_interpreted_code() -> None:
    """Nested numbers run through a row's partials, not through the text of its function."""
    rows = [row for row in TABLE.values() if row.name not in ("where",) and not row.flat]
    for part in range(4):
        chosen, lines, point = rows[part::4], [], []
        for row in chosen:
            for at, _ in row.points or [(tuple(sum(d) / len(d) for d in row.domain), ())]:
                if not np.isfinite(at).all():
                    continue
                args = ", ".join(f"x[{len(point) + n}]" for n in range(len(at)))
                lines.append((f"dr.special.{row.name}({args})", row, at))
                point.extend(at)
        text = "".join(f"    s += {line}\n" for line, _, _ in lines)
        scope: dict[str, Any] = {"dr": dr, "np": np}
        exec(f"def f(x):\n    s = 0.0\n{text}    return s\n", scope)
        with np.errstate(all="ignore"):
            hessian = dr.hessian(njit(scope["f"]))(np.array(point))
            start = 0
            for line, row, at in lines:
                f = getattr(dr.special, row.name)
                expected = dr.hessian(lambda x, f=f: f(*(x[k] for k in range(x.size))))(np.array(at))
                found = hessian[start : start + len(at), start : start + len(at)]
                np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12, err_msg=f"{line} at {at}")
                start += len(at)
