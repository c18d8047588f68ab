"""Arrays without elements in compiled code: NumPy's value or error, from no memory that is not theirs.

Compiled code does not check its indices, and a read of what is not there may end the process: each run has its own.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dualrev.compiled.clones.registration import replacements

pytestmark = pytest.mark.compiles

NAN_OF_NOTHING = [
    "np.mean(e)",
    "np.median(e)",
    "np.quantile(e, 0.3)",
    "np.percentile(e, 30.0)",
    "np.var(e)",
    "np.std(e)",
]
NAN_OF_NOTHING += ["np.nanmean(e)", "np.average(e)", "np.sum(np.quantile(e, q))", "np.nanvar(e)", "np.nanstd(e)"]
NUMBERS = ["np.prod(e)", "np.sum(e)", "e.prod()", "np.nansum(e)", "np.nanprod(e)", "np.linalg.norm(e)"]
NUMBERS += ["np.linalg.norm(e, 3)", "np.linalg.norm(e, 1)", "np.dot(e, e)", "np.vdot(e, e)", "np.inner(e, e)"]
NUMBERS += ["np.trapezoid(e)", "np.trapezoid(e, e)", "np.trace(z)", "np.linalg.det(z)", "np.linalg.slogdet(z)[1]"]
NUMBERS += ["np.count_nonzero(e)", "np.polyval(e, x[0])", "np.linalg.norm(m)", "np.linalg.norm(l)"]
ERRORS = ["np.max(e)", "np.min(e)", "e.max()", "e.min()", "np.ptp(e)", "np.argmax(e)", "np.argmin(e)", "np.nanmax(e)"]
ERRORS += ["np.nanmin(e)", "max(e)", "min(e)", "np.interp(x[0], e, e)", "np.sum(np.convolve(e, x))"]
ERRORS += ["np.sum(np.convolve(x, e))", "np.average(e, weights=e)", "np.sum(np.cross(e, e))", "np.nanargmax(e)"]
ERRORS += ["np.sum(np.max(m, axis=0))", "np.sum(np.min(l, axis=1))", "np.interp(x[0], x[:3], x[:2])"]
ERRORS += ["np.sum(np.repeat(x, k[:3]))", "np.sum(np.bincount(k, x[:3]))", "np.sum(np.extract(x[:3] > 0, x))"]
ARRAYS = ["np.cumsum(e)", "np.cumprod(e)", "np.sort(e)", "e[np.argsort(e)]", "np.diff(e)", "np.diff(x[:1], 3)"]
ARRAYS += ["np.ediff1d(e)", "np.convolve(x, x[:1])", "np.repeat(e, 3)", "e.repeat(2)", "np.tril(m)", "np.triu(l)"]
ARRAYS += ["np.vander(e, 2)", "np.where(e > 0, e, 1.0)", "np.clip(e, 0.0, 1.0)", "np.select([e > 0], [e])"]
ARRAYS += ["np.interp(e, x, x)", "np.bincount(k[:0], e, 2)", "np.outer(e, x)", "m.T @ m", "l @ m", "m @ x[:3]"]
ARRAYS += ["l @ e", "np.concatenate((e, x, e))", "np.stack((e, e))", "np.append(e, x[0])", "np.vstack((m, m))"]
ARRAYS += ["np.column_stack((e, e))", "np.linalg.inv(z)", "np.linalg.solve(z, e)", "np.linalg.cholesky(z)", "np.cov(l)"]
ARRAYS += ["np.linalg.matrix_power(z, 2)", "np.roll(e, 2)", "np.take(x, k[:0])", "np.flip(e)", "e * e + e", "np.exp(e)"]
ARRAYS += [
    "np.linspace(x[0], x[1], 0)",
    "np.arange(x[0], x[0])",
    "np.nancumsum(e)",
    "np.array_equal(e, e) * x",
    "x[k[:0]]",
]
ARRAYS += [
    "np.searchsorted(e, x) * x",
    "np.digitize(e, x) * e",
    "np.round(e) * e",
    "np.extract(e > 0, e)",
    "m.astype(np.float64)",
]
ARRAYS += ["np.hstack((e, e))", "np.dstack((m, m))", "np.matmul(m.T, m)", "np.matmul(l, m)", "np.nancumprod(e)"]
ARRAYS += ["np.real(e)", "np.around(e) * e", "np.isclose(e, e) * e", "np.nonzero(e)[0] * 1.0", "np.argwhere(e) * 1.0"]
ARRAYS += ["np.flatnonzero(e) * 1.0", "np.all(e > 0) * x", "np.any(e > 0) * x", "np.allclose(e, e) * x"]
ERRORS += ["np.amax(e)", "np.amin(e)", "np.nanargmin(e)", "np.sum(np.correlate(e, x))", "np.sum(np.correlate(x, e))"]
ALONG = [f"np.{name}({of}, axis={n})" for name in ("sum", "prod", "mean", "var", "std") for of in "ml" for n in (0, 1)]
ALONG += [f"np.{name}({of}, axis={n})" for name in ("max", "min", "ptp") for of, n in (("m", 1), ("l", 0))]
ALONG += [f"np.{name}({of}, axis={n})" for name in ("cumsum", "cumprod") for of in "ml" for n in (0, 1)]

AS_NUMBA = {"np.linalg.norm(e, np.inf)": 0.0, "np.quantile(e, 0.3)": np.nan, "np.percentile(e, 30.0)": np.nan}
AS_NUMBA["np.sum(np.quantile(e, q))"] = np.nan
"""Where Numba has a value and NumPy an error."""

ALL = [
    "np.linalg.norm(e, np.inf)",
    *NAN_OF_NOTHING,
    *NUMBERS,
    *ERRORS,
    *(f"np.sum({text})" for text in (*ARRAYS, *ALONG)),
]
SOME = ["np.prod(e)", "np.median(e)", "np.mean(e)"]

EXCLUDED = {"fill_diagonal"}
"""It writes to its argument and returns nothing."""

SETUP = "e, m, l, z, q = x[4:], x[4:].reshape(0, 3), x[4:].reshape(3, 0), x[4:].reshape(0, 0), np.array([0.2, 0.7])"

RUN = """
import json, sys
import numpy as np
import dualrev as dr
from numba import njit
sys.path.insert(0, sys.argv[1])
from a_function import f
X, K, found = np.array([0.7, -1.3, 2.1, 0.4]), np.array([0, 2, 1, 1]), []
derivative = dr.value_and_grad(njit(f), mode=sys.argv[2])
for n in range(int(sys.argv[3])):
    try:
        value, gradient = derivative(X, K, n)
        found.append([float(value), *map(float, gradient)])
    except (ValueError, ZeroDivisionError, IndexError, StopIteration) as error:
        found.append(type(error).__name__)
print(json.dumps(found))
"""


def by_numpy(text: str) -> Any:
    """Return what NumPy has for an expression: a number, or the name of an error."""
    scope: dict[str, Any] = {"np": np, "x": np.array([0.7, -1.3, 2.1, 0.4]), "k": np.array([0, 2, 1, 1])}
    if text in AS_NUMBA:
        return AS_NUMBA[text]
    exec(SETUP, scope)
    with np.errstate(all="ignore"):
        try:
            return float(eval(text, scope))
        except (ValueError, ZeroDivisionError, IndexError, TypeError):
            return "error"


def test_every_function_of_the_table_is_tried() -> None:
    calls = [node.func for text in ALL for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    tried = {call.attr if isinstance(call, ast.Attribute) else call.id for call in calls}
    assert {function.__name__ for function in replacements(None)} <= tried | EXCLUDED
    assert not tried & EXCLUDED


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    ("expressions", "mode"),
    [
        (SOME, "forward"),
        (SOME, "reverse"),
        pytest.param(ALL, "forward", marks=pytest.mark.exhaustive),
        pytest.param(ALL, "reverse", marks=pytest.mark.exhaustive),
    ],
)
def test_what_numpy_gives(expressions: list[str], mode: str, tmp_path: Path) -> None:
    """Each value is multiplied by x[2]; of an array, the sum is taken."""
    lines = "".join(f"    if n == {n}:\n        return ({text}) * x[2]\n" for n, text in enumerate(expressions))
    (tmp_path / "a_function.py").write_text(
        f"import numpy as np\n\n\ndef f(x, k, n):\n    {SETUP}\n{lines}    return x[0]\n"
    )
    given = [sys.executable, "-c", RUN, str(tmp_path), mode, str(len(expressions))]
    run = subprocess.run(given, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    for text, found in zip(expressions, json.loads(run.stdout), strict=True):
        expected = by_numpy(text)
        if expected == "error":
            assert isinstance(found, str), (text, found)
            continue
        assert not isinstance(found, str), (text, found)
        np.testing.assert_allclose(found[0], expected * 2.1, rtol=1e-12, err_msg=text)
        if np.isfinite(expected) and all(each not in text for each in ("x[0]", "x)", "x,", "* x")):
            np.testing.assert_allclose(found[1:], [0.0, 0.0, expected, 0.0], rtol=1e-12, err_msg=text)
