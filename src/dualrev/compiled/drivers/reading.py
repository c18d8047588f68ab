"""Small compiled functions that drivers are made of, which read results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba.core import types

from dualrev.compiled._seeding import elements
from dualrev.errors import RandomFunctionError, ShapeMismatchError
from dualrev.forward.numba_dual import nan_in, store_some_tangents, store_tangents, tangent
from dualrev.kernels.numba_arrays import empty_array, zero_array
from dualrev.kernels.numba_extending import compiled_only, defined, intrinsic
from dualrev.kernels.numba_types import element, is_active

_RANDOM = (
    "the function gave two different values at the same point; a random function has no derivative. Fix its "
    "randomness: pass numbers that are drawn before in as an argument"
)

FEW = 32
"""Elements that are sooner looked at one by one than counted."""


# An array that holds no active numbers is copied, since it may be an argument or a global: results belong to the
# caller.
@compiled_only
def primal_of(dtype: Any, y: Any) -> Callable[..., Any]:
    """Return the value of an output, a number or an array, as the caller of the derivative sees it."""
    dual = dtype.instance_type
    if y == dual:
        return lambda dtype, y: y.primal_
    if element(y) != dual:
        return (lambda dtype, y: y.copy()) if isinstance(y, types.Array) else (lambda dtype, y: y)
    value = dual.dtype

    def implementation(dtype, y):  # type: ignore[no-untyped-def]
        values = empty_array(value, y.shape)
        flat = values.ravel()
        for n, each in enumerate(y.flat):
            flat[n] = each.primal_
        return values

    return implementation


@compiled_only
def expect_same(dtype: Any, y: Any, before: Any) -> Callable[..., Any]:
    """Raise an error if an output has not the value that it had in an earlier pass."""
    if not isinstance(y, types.Array):
        # A NaN that stays a NaN is the same value.
        now = "y.primal_" if y == dtype.instance_type else "y"
        body = [
            f"now = {now}",
            "if now != before and (now == now or before == before):",
            "    raise RandomFunctionError(text)",
        ]
        return defined(["dtype", "y", "before"], body, {"RandomFunctionError": RandomFunctionError, "text": _RANDOM})

    def array(dtype, y, before):  # type: ignore[no-untyped-def]
        if y.shape != before.shape:
            raise RandomFunctionError(_RANDOM)
        for each, old in zip(y.flat, before.flat):  # noqa: B905 - compiled code has no `strict`
            expect_same(dtype, each, old)

    return array


@compiled_only
def column(dtype: Any, y: Any, direction: Any) -> Callable[..., Any]:
    """Return one tangent of an output, of its shape; zeros if it depends on no input."""
    dual = dtype.instance_type
    value = dual.dtype
    if y == dual:
        return lambda dtype, y, direction: tangent(y, direction)
    if not isinstance(y, types.Array):
        return lambda dtype, y, direction: zero(value)
    if y.dtype != dual:
        return lambda dtype, y, direction: zero_array(value, y.shape)

    def implementation(dtype, y, direction):  # type: ignore[no-untyped-def]
        values = empty_array(value, y.shape)
        flat = values.ravel()
        for n, each in enumerate(y.flat):
            flat[n] = tangent(each, direction)
        return values

    return implementation


_WITHIN = [
    "start = first if first > 0 else 0",
    "stop = last if last < block.shape[1] else block.shape[1]",
    "stop = stop if stop > start else start",
]
"""Where columns begin and end, which may be at once: Numba's max and min are functions that it would compile."""


@compiled_only
def columns(block: Any, dtype: Any, y: Any, first: Any, last: Any) -> Callable[..., Any]:
    """Write the tangents of an output into the columns `first` to `last` of a block, the first having direction 0.

    Columns outside the block belong to other inputs. The result is whether a tangent that was written is NaN, which a
    careful number is not asked.
    """
    dual = dtype.instance_type
    names = ["block", "dtype", "y", "first", "last"]
    if element(y) != dual:
        return defined(names, [*_WITHIN, "block[:, start:stop] = 0.0", "return False"], {})
    # Lanes of a register are cheap to read where their number is known when the code is compiled.
    whole = [f"block[m, first + {lane}] = tangent(each, {lane})" for lane in range(dual.count)]
    part = ["for n in range(start, stop):", "    block[m, n] = tangent(each, n - first)"]
    if block.layout == "C" and not is_active(dual.dtype):
        whole = ["store_tangents(block, m, first, each)"]
        part = ["store_some_tangents(block, m, start, start - first, stop - start, each)"]
    if not dual.careful:
        test = ["bad |= nan_in(each, start - first, stop - first)"]
        whole, part = whole + test, part + test
    if isinstance(y, types.Array):
        body = [f"for m, each in enumerate({elements('y', y)}):"]
        body += ["    if whole:", *_indented(whole, 2), "    else:", *_indented(part, 2)]
    else:
        body = ["m, each = 0, y", "if whole:", *_indented(whole, 1), "else:", *_indented(part, 1)]
    condition = f"whole = first >= 0 and first + {dual.count} <= stop"
    scope = {
        "tangent": tangent,
        "store_tangents": store_tangents,
        "store_some_tangents": store_some_tangents,
        "nan_in": nan_in,
        "holds_nan": holds_nan,
    }
    return defined(names, [*_WITHIN, condition, "bad = False", *body, "return bad"], scope)


@compiled_only
def holds_nan(y: Any) -> Callable[..., Any]:
    """Return whether a number, or one in an array or in a tuple of those, is NaN at its core."""
    if isinstance(y, types.BaseTuple):
        parts = " or ".join(f"holds_nan(y[{n}])" for n in range(len(y)))
        return defined(["y"], [f"return {parts or 'False'}"], {"holds_nan": holds_nan})
    if is_active(y):
        return lambda y: holds_nan(y.primal_)
    if not isinstance(y, types.Array):
        return lambda y: y != y

    # Counted, and by unsigned subscripts, so that vector registers hold the counts; few elements do not fill those.
    test = _test("each", y.dtype)
    if y.layout == "C":
        loop = ["for n in range(flat.size):", "    each = flat[uint64(n)]"]
        few = [f"if flat.size < {FEW}:", *_indented([*loop, f"    if {test}:", "        return True"], 1)]
        before = [f"flat = {elements('y', y)}", *few, "    return False"]
    else:
        loop, before = ["for each in y.flat:"], []
    body = [*before, "bad = 0", *loop, f"    bad += {test}", "return bad != 0"]
    return defined(["y"], body, {"holds_nan": holds_nan, "uint64": np.uint64})


def _test(number: str, of: Any) -> str:
    return f"holds_nan({number})" if is_active(of) else f"{number} != {number}"


def _indented(lines: list[str], depth: int) -> list[str]:
    return ["    " * depth + line for line in lines]


@intrinsic
def zero(typingctx: Any, dtype: Any) -> Any:
    """Return 0 as a number of a type, given as a TypeRef."""
    of = dtype.instance_type

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return context.cast(builder, context.get_constant(types.float64, 0.0), types.float64, of)

    return of(dtype), codegen


@compiled_only
def fitting(out: Any, y: Any, x: Any) -> Callable[..., Any]:
    """Return the array that a derivative of `y` is to be written into, if it has the derivative's shape."""
    shape = " + ".join(f"{name}.shape" for name, of in (("y", y), ("x", x)) if isinstance(of, types.Array))
    message = "out= has not the shape of the derivative: that of the output, and then that of the input"
    body = [f"if out.shape != {shape or '()'}:", f"    raise ShapeMismatchError({message!r})", "return out"]
    return defined(["out", "y", "x"], body, {"ShapeMismatchError": ShapeMismatchError})


@compiled_only
def shaped(block: Any, y: Any, x: Any) -> Callable[..., Any]:
    """Return a block, of a row for each element of `y` and a column for each of `x`, in the shape of both."""
    rows, columns = isinstance(y, types.Array), isinstance(x, types.Array)
    axes = (y.ndim if rows else 0, x.ndim if columns else 0)
    if axes == (1, 1):
        return lambda block, y, x: block
    if axes == (0, 1):
        return lambda block, y, x: block[0]
    if rows and columns:
        return lambda block, y, x: block.reshape(y.shape + x.shape)
    if rows:
        return lambda block, y, x: block.reshape(y.shape)
    if columns:
        return lambda block, y, x: block.reshape(x.shape)
    return lambda block, y, x: block[0, 0]
