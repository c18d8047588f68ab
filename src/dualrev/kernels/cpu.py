"""The table compiled by Numba for the CPU. The kernels are generated source, cached on disk; see `generated`."""

from __future__ import annotations

import types
from collections.abc import Callable
from functools import cache
from typing import Any

import numba
import numpy as np

from dualrev.kernels import _cpu_text as cpu_text
from dualrev.kernels._binding import Bound, Target
from dualrev.kernels.generated import digest_of, load
from dualrev.kernels.numba_extending import defined
from dualrev.kernels.single_precision import single_constants
from dualrev.primitives.chain_rule import ZERO_WINS
from dualrev.primitives.row import Row, Rule, calls
from dualrev.primitives.scalar import FORMULAS, TABLE


# The lock of Python is let go, since kernels touch nothing of Python. Numba's own division raises an error at 0.
def compiled(rule: Rule) -> Any:
    """Compile a scalar function with NumPy's treatment of division by zero."""
    return numba.njit(rule, error_model="numpy", nogil=True)


def _select(condition: Any, a: Any, b: Any) -> Any:
    return a if condition else b


def native() -> dict[str, Any]:
    """Return what `math.<name>` means to Numba: Python's functions, and NumPy's where Python, or Numba, has none."""
    import math

    python = {name: getattr(math, name) for name in dir(math) if not name.startswith("_")}
    of_numpy = {row.name: getattr(np, row.name) for row in TABLE.values() if row.as_numpy}
    return python | of_numpy | {"select": compiled(_select)}


@cache
def target() -> Target:
    """Return the binding of rules to Numba's mathematics."""
    return Target(native(), compiled)


# A constant that is a double makes doubles of all that it meets.
@cache
def single_target() -> Target:
    """Return the binding of rules whose constants are of single precision, as all that they are applied to is."""
    names = {name: np.float32(value) if type(value) is float else value for name, value in native().items()}
    return Target(names, lambda rule: compiled(single_constants(rule)))


@cache
def bound(row: Row, single: bool = False) -> Bound:
    """Return the row's value and partials as Numba functions of scalars."""
    return (single_target() if single else target()).row(row)


# Written as text with the law inlined: one function, which Numba compiles faster than one that calls another.
@cache
def chain_product(single: bool = False) -> Any:
    """Return the product of a partial derivative and a tangent or cotangent, as a function of two numbers."""
    scope: dict[str, Any] = {}
    law = (single_target() if single else target()).expression(ZERO_WINS, ["product", "partial", "factor"], scope)
    product = defined(["partial", "factor"], ["product = partial * factor", f"return {law}"], scope)
    return compiled(single_constants(product) if single else product)


@cache
def pushforward(row: Row, pattern: str, active: tuple[int, ...], with_value: bool) -> Callable[..., None]:
    """Return `kernel(y, *arguments, *tangents, ty)`, which fills `ty`, and `y` too if `with_value`.

    Values are matrices, tangents stacks of matrices, one for each direction; see `fused`.
    """
    text = cpu_text.pushforward(pattern, active, with_value)
    return _load(row, f"pushforward_{pattern}_{''.join(map(str, active))}_{with_value:d}", text)


@cache
def pullback(row: Row, pattern: str, cotangent: str, argument: int, add: bool) -> Callable[..., None]:
    """Return `kernel(y, *arguments, w, adjoint)`, which fills the adjoint of one argument, or adds to it."""
    kind = f"pullback_{pattern}_{cotangent}_{argument}_{add:d}"
    return _load(row, kind, cpu_text.pullback(pattern, cotangent, argument, add))


@cache
def value(row: Row) -> Callable[..., None]:
    """Return `kernel(y, *arguments)` over vectors, which fills `y`."""
    return _load(row, "value", cpu_text.value(row.arity))


@cache
def directions_last() -> Callable[..., None]:
    """Return `kernel(stack, matrix)`, which copies a stack of vectors into the columns of a matrix."""
    text = cpu_text.directions_last()
    return load("kernels", "directions_last", digest_of([text]), text, {})["kernel"]  # type: ignore[no-any-return]


@cache
def libm(name: str) -> Callable[..., Any]:
    """Return a function of the C library that NumPy lacks, over arrays and numbers."""
    text = cpu_text.libm(f"math.{name}")
    return load("kernels", f"libm_{name}", digest_of([text]), text, {})["kernel"]  # type: ignore[no-any-return]


def _load(row: Row, kind: str, text: str) -> Callable[..., Any]:
    rules = bound(row)
    names = {"value": rules.value, "product": chain_product()} | {
        f"partial_{n}": rule for n, rule in enumerate(rules.partials)
    }
    # Numba's cache looks at the file, which is the same for every row of an arity. What the rules call is part of the
    # name, or an edited rule would run with old machine code.
    digest = digest_of([text, *_fingerprints(row)])
    return load("kernels", f"{row.name}_{kind}", digest, text, names)["kernel"]  # type: ignore[no-any-return]


# Code and constants, not addresses: the same rule has the same name in every process.
def _fingerprints(row: Row) -> list[str]:
    """Return what the row's rules and all that they call are made of, so that an edit shows."""
    pending = [row.fn, ZERO_WINS, *(rule for rule in row.partials if rule is not None)]
    seen: set[types.CodeType] = set()
    prints = []
    while pending:
        rule = pending.pop(0)
        if rule.__code__ in seen:
            continue
        seen.add(rule.__code__)
        prints.append(f"{rule.__code__.co_code.hex()} {rule.__code__.co_consts!r} {rule.__code__.co_names!r}")
        callees = sorted(calls(rule) - native().keys())
        pending += [FORMULAS[name] if name in FORMULAS else TABLE[name].fn for name in callees]
    return prints
