"""Arguments of functions of arrays in which an active number means nothing, and what is said of them."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from dualrev.active._callers import public_name
from dualrev.active.array_operands import holds_active, joined
from dualrev.active.number import primal
from dualrev.active.refusals import name_called
from dualrev.errors import MissingRuleError
from dualrev.primitives.array import OPTIONED, ArrayRule
from dualrev.primitives.array.constant import REFUSED
from dualrev.primitives.host.no_closed_form import reason

DISCRETE = frozenset(
    {
        *("axis", "axes", "axis1", "axis2", "axisa", "axisb", "axisc", "keepdims", "indices", "obj", "reps", "repeats"),
        *("indices_or_sections", "shift", "shape", "new_shape", "num", "n", "k", "kth", "offset", "ind", "pad_width"),
        *(
            "stat_length",
            "edge_order",
            "order",
            "mode",
            "dtype",
            "minlength",
            "decimals",
            "N",
            "M",
            "s",
            "window_shape",
        ),
        *(
            "source",
            "destination",
            "endpoint",
            "rowvar",
            "bias",
            "UPLO",
            "full_matrices",
            "method",
            "returned",
            "retstep",
        ),
    }
)
"""Names of parameters that are counts, places or choices: nothing to differentiate."""
OF_SEQUENCES: set[Any] = {
    *(np.hstack, np.vstack, np.dstack, np.column_stack, np.block, np.select, np.choose, np.piecewise),
    *(np.einsum, np.linalg.multi_dot, np.pad, np.ix_, np.broadcast_arrays, np.meshgrid, np.array, np.asarray),
}
"""Functions of which a list of arrays is an argument."""


def with_active_options(rule: ArrayRule, operands: list[Any], options: dict[str, Any]) -> Any:
    """Apply a rule of which an option is active. Where elements are counted is a question of truth alone."""
    options = {key: primal(joined(value)) if key == "where" else joined(value) for key, value in options.items()}
    active = [key for key, value in options.items() if holds_active(value)]
    if not active:
        return rule.value(operands, options)
    definition = OPTIONED.get(rule.function)
    if definition is None or any(key in DISCRETE for key in active):
        raise MissingRuleError(no_number(name_called(f"np.{rule.name}"), active[0]))
    return definition(*operands, **options)


def without_rule(function: Any, options: dict[str, Any]) -> MissingRuleError:
    """Return the error for a function that has no rule, called with these options."""
    name = public_name(function)
    if name.startswith("np."):
        name = f"numpy{name[2:]}"
    if function in REFUSED:
        return MissingRuleError(f"{name} has no derivative rule: {REFUSED[function]}. See docs/coverage.md")
    module, _, short = name.rpartition(".")
    why = reason(short) if module == "scipy.special" else None
    if why is not None:
        return MissingRuleError(f"{name} has no derivative rule: {why}. See docs/coverage.md")
    if name.partition(".")[0] not in ("numpy", "scipy"):  # a user's, made by guvectorize or frompyfunc
        own = name_called(name.removeprefix("."))
        own = short if own.endswith(")") else own  # it is made where it is called
        left_out = f"Leave out {', '.join(options)}. Else write" if options else "Write"
        return MissingRuleError(
            f"{own} has no derivative rule. {left_out} its loop out, in NumPy or in an @njit function, or give the "
            "call a rule with dualrev.custom_rule. docs/coverage.md lists the functions that have one"
        )
    return MissingRuleError(
        f"{name} has no derivative rule. Write it with functions that have one (`dualrev primitives --arrays` and "
        "docs/coverage.md list them), or add a rule: see docs/adding_a_primitive.md"
    )


def no_number(name: str, option: str) -> str:
    """Return what there is to say where an option is active that has no derivative."""
    return (
        f"{name}(..., {option}=...) was given an active number, and has no derivative in {option}. Give it a plain "
        "number, from an argument that argnums does not name, or write the operation with other NumPy functions"
    )


def wrong_arguments(function: Any, definition: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str | None:
    """Return what is wrong with the arguments of a function where its definition failed, None if that is not known."""
    name = name_called(f"np.{function.__name__}")
    signature = inspect.signature(definition)
    for key in kwargs:
        variadic = any(p.kind is p.VAR_KEYWORD for p in signature.parameters.values())
        if key not in signature.parameters and not variadic:
            return (
                f"{name}(..., {key}=...) has no derivative rule. Leave the option out, or write the operation with "
                "other NumPy functions"
            )
    try:
        bound = signature.bind(*args, **kwargs).arguments
    except TypeError:
        return None
    wrong = [key for key, value in bound.items() if key in DISCRETE and holds_active(value)]
    return no_number(name, wrong[0]) if wrong else None
