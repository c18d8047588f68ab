"""Products of the chain rule in compiled code, plain and careful.

The law is that of `primitives/chain_rule.py`: a factor that is exactly 0 wins over an infinity or a NaN. A careful
product tests its factors. A plain one does not; it has another value only where a 0 meets an infinity or a NaN, and is
NaN there. Everything else about the two is the same, to the last bit: which instructions round, and in which order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from dualrev.kernels.cpu import chain_product
from dualrev.kernels.numba_extending import compiled_only
from dualrev.kernels.numba_types import is_active, owner_of


# Of floats a 0 is the same in both versions, and so is the product. A nested 0 has a derivative: beside the NaN of a
# plain number it is unknown, and the NaN has to get to where results are looked at.
@compiled_only(jit_options={"error_model": "numpy"})
def chained(partial: Any, factor: Any) -> Callable[..., Any]:
    """Return a product in which an exact 0 wins over an infinity or a NaN; of plain numbers a plain one."""
    if is_plain(partial, factor):
        return lambda partial, factor: partial * factor
    return chain_product(partial == factor == types.float32).py_func  # type: ignore[no-any-return]


@compiled_only
def adds_nothing(cotangent: Any) -> Callable[..., Any]:
    """Return whether nothing comes of a cotangent, whatever it is multiplied by: a 0 that is no nested number."""
    return (lambda cotangent: False) if is_active(cotangent) else (lambda cotangent: cotangent == 0)


def is_plain(*of: Any) -> bool:
    """Whether there are active numbers among some types, of numbers or arrays, and they multiply plainly."""
    owner = owner_of(of)
    return owner is not None and not owner.careful


# `fmuladd` is one instruction where the processor has it. Marking products as contractible instead would let LLVM fuse
# them with sums of later operations, in the plain version and not in the careful one, which then differ in a residue.
def sum_of_products(builder: Any, partials: Sequence[Any], factors: Sequence[Any], careful: bool) -> Any:
    """Emit a sum of products of floats, or of vectors of floats."""
    kind = factors[0].type
    lane, name = (kind.element, f"v{kind.count}") if isinstance(kind, ir.VectorType) else (kind, "")
    name = f"llvm.fmuladd.{name}{lane.intrinsic_name}"
    fused = cgutils.get_or_insert_function(builder.module, ir.FunctionType(kind, [kind] * 3), name)
    whole = None
    for p, t in zip(partials, factors, strict=True):
        if _is_all(p, 1.0):
            whole = t if whole is None else builder.fadd(whole, t)
            continue
        if _is_all(p, -1.0):
            whole = builder.fneg(t) if whole is None else builder.fsub(whole, t)
            continue
        if careful:
            p, t = _zero_where_one_wins(builder, p, t, ir.Constant(kind, None))
        whole = builder.fmul(p, t) if whole is None else builder.call(fused, [p, t, whole])
    return whole


# One link for the whole sum: a tape gets fewer records than from products and sums one by one, and a dual number adds
# in registers. A float among active partials is a constant, whose products need no term for its own derivative.
def sum_of_numbers(context: Any, builder: Any, number: Any, partials: Sequence[Any], factors: Sequence[Any]) -> Any:
    """Emit a sum of products of active numbers of one type; partials may be floats."""
    if number.careful:
        zero = context.cast(builder, context.get_constant(types.float64, 0.0), types.float64, number)
        pairs = [_zero_where_one_wins(builder, p, t, zero) for p, t in zip(partials, factors, strict=True)]
        partials, factors = [p for p, _ in pairs], [t for _, t in pairs]
    values = [p if _is_float(p) else builder.extract_value(p, 0) for p in partials]
    others = [builder.extract_value(t, 0) for t in factors]
    y = total(context, builder, number, values, others)
    active = [n for n, p in enumerate(partials) if not _is_float(p)]
    slopes = [*values, *(others[n] for n in active)]
    return number.link(context, builder, y, slopes, [*factors, *(partials[n] for n in active)])


def total(context: Any, builder: Any, number: Any, partials: Sequence[Any], factors: Sequence[Any]) -> Any:
    """Emit a sum of products of the values that an active number of a type is made of."""
    if is_active(number.dtype):
        return sum_of_numbers(context, builder, number.dtype, partials, factors)
    return sum_of_products(builder, partials, factors, number.careful)


def splat(builder: Any, vector: Any, scalar: Any) -> Any:
    """Emit a vector of a type that holds a float in each lane; of a constant a constant, which sums look at."""
    if isinstance(scalar, ir.Constant):
        return ir.Constant(vector, [scalar.constant] * vector.count)
    lane, unset = ir.IntType(32), ir.Constant(vector, ir.Undefined)
    lanes = ir.Constant(ir.VectorType(lane, vector.count), [0] * vector.count)
    return builder.shuffle_vector(builder.insert_element(unset, scalar, lane(0)), unset, lanes)


def _is_float(value: Any) -> bool:
    return isinstance(value.type, ir.FloatType | ir.DoubleType)


def innermost(builder: Any, x: Any) -> Any:
    """Emit the float, or the vector of floats, that a number is at its core."""
    return innermost(builder, builder.extract_value(x, 0)) if isinstance(x.type, ir.BaseStructType) else x


def _zero_where_one_wins(builder: Any, partial: Any, factor: Any, zero: Any) -> tuple[Any, Any]:
    """Emit a partial and a factor: both 0 where their product is NaN and one of them is 0."""
    p, t = innermost(builder, partial), innermost(builder, factor)
    nothing, product = ir.Constant(p.type, None), builder.fmul(p, t)
    wins = builder.or_(builder.fcmp_ordered("==", p, nothing), builder.fcmp_ordered("==", t, nothing))
    wins = builder.and_(wins, builder.fcmp_unordered("uno", product, product))
    none = nothing if _is_float(partial) else zero
    return builder.select(wins, none, partial), builder.select(wins, zero, factor)


def _is_all(value: Any, number: float) -> bool:
    """Whether a float, or each of a vector, is a number that is known as the code is written."""
    if not isinstance(value, ir.Constant) or value.constant is None:
        return False
    constant = value.constant
    return all(each == number for each in constant) if isinstance(constant, list) else constant == number
