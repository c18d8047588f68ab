"""Verification of a user's function at a point."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import mpmath
import numpy as np
import sympy

from dualrev.errors import DualrevError
from dualrev.jacobians import forward, reverse
from dualrev.modes import directions_at_once
from dualrev.operators import Pullback, pushforward
from dualrev.point import Argnums, Point
from dualrev.verification import numeric
from dualrev.verification.expressions import follow
from dualrev.verification.following import TooLargeError
from dualrev.verification.report import Verification
from dualrev.verification.rows import DIGITS

MOST_ELEMENTS = 20_000
MOST_ENTRIES = 64
_CANNOT_COMPILE = (
    AttributeError,
    NameError,
    TypeError,
    ValueError,
    ArithmeticError,
    SyntaxError,
    RecursionError,
    MemoryError,
)
_CANNOT_FOLLOW = (
    DualrevError,
    TypeError,
    ValueError,
    AttributeError,
    NotImplementedError,
    ArithmeticError,
    TooLargeError,
)


def verify(
    f: Callable[..., Any],
    *args: Any,
    argnums: Argnums = 0,
    entries: int = MOST_ENTRIES,
    seed: int = 0,
    **kwargs: Any,
) -> Verification:
    """Check the derivatives of a function at a point, by both modes.

    The function is run on SymPy symbols where SymPy can follow it; a branch is followed as it is taken at the point.
    Entries of both Jacobians are compared with the symbolic derivative evaluated to 50 digits. In any case the adjoint
    identity <w, Jv> = <J^T w, v> and central differences are checked.

    Parameters
    ----------
    f : callable
    *args
        The point.
    argnums : int or tuple of int
        The arguments to differentiate.
    entries : int
        How many entries of the Jacobian to compare with SymPy; more are sampled at random.
    seed : int
        Seed of the sample and of the random directions.
    **kwargs
        Passed to `f`.

    Returns
    -------
    Verification
        `.ok`, and the errors found.

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> dr.verify(lambda x: np.log(x[0]) + x[0] * x[1] - np.sin(x[1]), np.array([2.0, 5.0])).ok
    True
    """
    rng = np.random.default_rng(seed)
    point = Point(f, args, kwargs, argnums)
    recorded = Pullback(point.call, point.leaves, point.name)
    m = sum(int(np.size(v)) for v in recorded.values)
    precision = max((float(np.finfo(x.dtype).eps) for x in [*point.leaves, *recorded.values]), default=1e-16)
    identity = numeric.identity_error(point, rng)
    difference = _difference_error(point, rng)
    ok = identity <= 1e4 * precision and difference <= precision**0.5
    followed = Point(f, args, kwargs, argnums, backend="numpy")
    errors, compared, reason = _symbolic(followed, point, recorded, rng, entries)
    if errors is not None:
        ok = ok and max(errors) <= 1e5 * precision
    verdict = _verdict(point.name, ok, errors is not None, compared, point.n * m, reason)
    method = "numeric" if errors is None else "symbolic"
    forward_error, reverse_error = errors or (None, None)
    return Verification(
        ok, method, verdict, point.n, m, compared, forward_error, reverse_error, identity, difference, reason
    )


def _difference_error(point: Point, rng: np.random.Generator) -> float:
    v = numeric.random_like(point.leaves, rng)
    values, _, pushed = pushforward(point.call, point.leaves, v, point.name)

    def call(leaves: list[Any]) -> list[Any]:
        return pushforward(point.call, leaves, [None] * len(leaves), point.name)[0]

    expected = numeric.directional_difference(call, point.leaves, v)
    found = [np.zeros(np.shape(value)) if t is None else t for t, value in zip(pushed, values, strict=True)]
    scale = [np.asarray(value) for value in values]
    error = numeric.relative_error(found, expected)
    # Differences of a large value carry its rounding error, whatever the size of the derivative.
    noise = max((float(np.max(np.abs(s), initial=0.0)) for s in scale), default=0.0)
    largest = max((float(np.max(np.abs(e), initial=0.0)) for e in expected), default=0.0)
    return error * largest / max(largest, 1e-3 * noise) if largest and np.isfinite(error) else error


def _symbolic(
    followed: Point, point: Point, recorded: Pullback, rng: np.random.Generator, most: int
) -> tuple[tuple[float, float] | None, int, str]:
    """Return the errors of both modes, the number of entries compared, and a reason where there are none."""
    if recorded.tape.elements > MOST_ELEMENTS:
        return None, 0, f"not tried: {recorded.tape.elements} scalar operations, more than {MOST_ELEMENTS}"
    try:
        symbols, at, outputs = follow(followed.call, followed.leaves, point.name, MOST_ELEMENTS)
        total = len(outputs) * len(symbols)
        chosen = np.arange(total) if total <= most else np.sort(rng.choice(total, most, replace=False))
        values = dict(zip(symbols, at, strict=True))
        exact = [_entry(outputs[k // len(symbols)], symbols[k % len(symbols)], values) for k in chosen]
    except _CANNOT_FOLLOW as error:
        return None, 0, f"cannot follow the function: {type(error).__name__}: {error}".strip().splitlines()[0]
    if not total:
        return (0.0, 0.0), 0, ""
    columns = _entries(forward(point, directions_at_once(point.n, None, len(outputs))).blocks, point)
    rows = _entries(reverse(point, recorded, directions_at_once(len(outputs), None, point.n)).blocks, point)
    expected = [np.array(exact)]
    errors = tuple(numeric.relative_error([jacobian[chosen]], expected) for jacobian in (columns, rows))
    return (errors[0], errors[1]), len(chosen), ""


def _entry(expression: Any, symbol: Any, values: dict[Any, Any]) -> float:
    # Term by term: of a whole sum SymPy would ask whether its derivative is zero, which takes far longer.
    terms = [term for term in sympy.Add.make_args(expression) if term.has(symbol)]
    derivative = sympy.Add(*[sympy.diff(term, symbol) for term in terms])
    used = sorted(derivative.free_symbols, key=str)
    try:
        # A hundred times faster than to substitute, which makes SymPy ask for the sign of everything.
        with mpmath.workdps(DIGITS):
            at = [mpmath.mpf(values[s].p) / values[s].q for s in used]
            return float(sympy.lambdify(used, derivative, modules="mpmath")(*at))
    except _CANNOT_COMPILE:
        return float(sympy.N(derivative.subs(values).doit(), DIGITS))


def _entries(blocks: Sequence[Sequence[Any]], point: Point) -> Any:
    rows = [
        np.concatenate([block.reshape(-1, x.size) for block, x in zip(row, point.leaves, strict=True)], axis=1)
        for row in blocks
    ]
    return np.concatenate(rows).ravel()


def _verdict(name: str, ok: bool, symbolic: bool, compared: int, total: int, reason: str) -> str:
    outcome = "verified" if ok else "NOT verified"
    if symbolic:
        share = f"all {total}" if compared == total else f"{compared} of {total}"
        what = f"{share} entries {'agree' if ok else 'compared'} with SymPy to 50 digits, both modes"
    else:
        what = f"by the adjoint identity and differences, without symbols ({reason})"
    return f"{name}: {outcome}, {what}"
