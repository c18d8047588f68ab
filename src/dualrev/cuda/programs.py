"""The program of a thread, as lines of generated code: inputs become dual numbers, results are stored.

Everything about shapes is constant here, so that numbers stay in registers and loops over them are unrolled.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from math import ceil, prod
from typing import Any

from dualrev.compiled.drivers.reading import column, holds_nan
from dualrev.forward.numba_dual import DualType, seeded, with_tangents

AT_ONCE = 16
"""Directions carried in one pass. Seeds are then constants, and what is always zero takes no register."""

CHUNK = 4
"""Directions in each of several passes: more of them take more registers than a thread has."""

AT_ONCE_TWICE = CHUNK_TWICE = 4
"""The same for duals of duals."""

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Layout:
    """The shapes of a function's arguments and result at one point.

    Attributes
    ----------
    arguments : tuple of tuple of int, or None
        Per parameter its shape at a point; None for one that all points share.
    active : tuple of int
        The parameters that are differentiated. Their numbers come one after another in the derivative.
    result : tuple of int
        Shape of the result; that of a tuple of numbers has one axis.
    form : "number", "tuple" or "in place"
    spread : bool
        Whether the numbers of what is differentiated are parameters of their own.
    """

    arguments: tuple[Shape | None, ...]
    active: tuple[int, ...]
    result: Shape
    form: str
    spread: bool = False

    @property
    def n(self) -> int:
        """Numbers that are differentiated."""
        return sum(prod(self.arguments[a] or ()) for a in self.active)

    @property
    def m(self) -> int:
        """Numbers in the result."""
        return prod(self.result)


@dataclass
class Program:
    """Lines for one point. They read `in0[k]`, `in1[k]` ... and write `out0[k]`, `out1[k]` ...

    Attributes
    ----------
    number
        The type of numbers that the function is called with.
    lines
    outputs
        How many numbers each output has.
    scope
        What the lines refer to.
    once
        Whether the inputs are read in one pass.
    careful
        The same with careful products, which a thread runs where the lines set `bad`: a result of its plain products
        is NaN. See `compiled/drivers/_care.py`.
    before
        Lines that run first, and once where both versions run.
    """

    number: Any
    lines: list[str]
    outputs: list[int]
    scope: dict[str, Any]
    once: bool = True
    careful: Program | None = None
    before: Sequence[str] = ()

    def called_once(self) -> Program:
        """Return the version that calls the function once: the careful one."""
        return self.careful or self

    def with_function(self, made: Callable[[Any], Any]) -> tuple[list[str], dict[str, Any]]:
        """Return the lines and what they refer to; `made` makes the function that takes a type of numbers."""
        scope = self.scope | {"f": made(self.number)}
        lines = [*self.before, *self.lines]
        if self.careful is None:
            return lines, scope
        again = self.careful.scope | {"f": made(self.careful.number)}
        scope |= {_OWN_NAMES.sub(r"\g<0>_", name): value for name, value in again.items()}
        careful = [_OWN_NAMES.sub(r"\g<0>_", line) for line in self.careful.lines]
        return ["bad = False", *lines, "if bad:", *(f"    {line}" for line in careful)], scope


_OWN_NAMES = re.compile(r"\b(?:[DEfy]|x\d+)\b")
"""Names that the careful version of a program has of its own, because it is of another type."""


def _indices(shape: Shape) -> list[str]:
    return [", ".join(map(str, index)) or "()" for index in product(*map(range, shape))]


def _call(layout: Layout, number: Callable[[int, int, str], str]) -> list[str]:
    """Return the lines that call the function. `number(argument, place, value)` is the text of an active number."""
    lines, given, place = [], [], 0
    for n, shape in enumerate(layout.arguments):
        if n not in layout.active:
            given.append(f"a{n}" if shape is None else f"p{n}")
        elif shape == () or layout.spread:
            count = prod(shape or ())
            given += [number(n, place + k, f"in{n}[{k}]") for k in range(count)]
            place += count
        else:
            assert shape is not None
            given.append(f"x{n}")
            lines.append(f"x{n} = cuda.local.array({shape}, D)")
            for k, index in enumerate(_indices(shape)):
                lines.append(f"x{n}[{index}] = {number(n, place, f'in{n}[{k}]')}")
                place += 1
    if layout.form == "in place":
        # Zeros, as the array is on the host: a function need not write all of it.
        lines += [
            f"y = cuda.local.array({layout.result}, D)",
            *(f"y[{index}] = 0" for index in _indices(layout.result)),
        ]
        lines.append(f"f({', '.join([*given, 'y'])})")
    else:
        lines.append(f"y = f({', '.join(given)})")
    return lines


def _parts(layout: Layout) -> list[str]:
    """Return expressions for the numbers of the result."""
    return ["y"] if layout.form == "number" else [f"y[{index}]" for index in _indices(layout.result)]


def width_of(n: int, chunk: int | None, at_once: int, otherwise: int) -> int:
    """Return how many of n directions to carry at once, so that passes are alike."""
    widest = chunk or (at_once if n <= at_once else otherwise)
    return ceil(n / ceil(n / widest)) if n else 0


def jacobian(layout: Layout, dtype: Any, value: bool, chunk: int | None = None, careful: bool = False) -> Program:
    """Return the program of a Jacobian, after the value if that is asked for."""
    n = layout.n
    width = width_of(n, chunk, AT_ONCE, CHUNK)
    dual = DualType(dtype, width, 1, careful)
    last = "out1" if value else "out0"
    once = width == n
    start = "0" if once else "start"
    body = _call(layout, lambda a, place, text: f"seeded(D, {text}, {place} - {start})")
    for k, part in enumerate(_parts(layout)):
        if value:
            body.append(f"out0[{k}] = primal({part})")
        for c in range(width):
            store = [f"t = column(D, {part}, {c})", f"{last}[{k * n} + {start} + {c}] = t"]
            store += [] if careful else ["bad |= t != t"]
            whole = once or c + width <= n - n % width
            body += store if whole else [f"if {start} + {c} < {n}:", *(f"    {line}" for line in store)]
    if not once:
        body = [f"for start in range(0, {n}, {width}):", *(f"    {line}" for line in body)]
    scope = {"D": dual, "seeded": seeded, "column": column}
    again = None if careful else jacobian(layout, dtype, value, chunk, True)
    return Program(dual, body, [*([layout.m] if value else []), layout.m * n], scope, once, again)


def pushforward(layout: Layout, dtype: Any, careful: bool = False) -> Program:
    """Return the program of the value and of its tangent; `t0[k]` and so on are the tangents of the inputs."""
    dual = DualType(dtype, 1, 1, careful)
    body = _call(layout, lambda a, place, text: f"with_tangents(D, {text}, ({text.replace('in', 't')},))")
    for k, part in enumerate(_parts(layout)):
        body += [f"out0[{k}] = primal({part})", f"t = column(D, {part}, 0)", f"out1[{k}] = t"]
        body += [] if careful else ["bad |= t != t"]
    scope = {"D": dual, "with_tangents": with_tangents, "column": column}
    again = None if careful else pushforward(layout, dtype, True)
    return Program(dual, body, [layout.m, layout.m], scope, careful=again)


def hessian(layout: Layout, dtype: Any, chunk: int | None = None, careful: bool = False) -> Program:
    """Return the program of second derivatives, by duals of duals.

    Gradients are looked at, too: where one is NaN, its derivatives need not be.
    """
    n = layout.n
    width = width_of(n, chunk, AT_ONCE_TWICE, CHUNK_TWICE)
    inner = DualType(dtype, width, 1, careful)
    outer = DualType(inner, width, 2, careful)
    once = width == n
    i, j = ("0", "0") if once else ("i", "j")
    body = _call(layout, lambda a, place, text: f"seeded(D, seeded(E, {text}, {place} - {i}), {place} - {j})")
    for k, part in enumerate(_parts(layout)):
        for a, b in product(range(width), repeat=2):
            store = [f"g = column(D, {part}, {a})", f"t = column(E, g, {b})"]
            store.append(f"out0[{k * n * n} + ({j} + {a}) * {n} + {i} + {b}] = t")
            store += [] if careful else ["bad |= t != t or holds_nan(g)"]
            body += store if once else [f"if {j} + {a} < {n} and {i} + {b} < {n}:", *(f"    {line}" for line in store)]
    if not once:
        loops = [f"for i in range(0, {n}, {width}):", f"    for j in range(0, {n}, {width}):"]
        body = [*loops, *(f"        {line}" for line in body)]
    scope = {"D": outer, "E": inner, "seeded": seeded, "column": column, "holds_nan": holds_nan}
    again = None if careful else hessian(layout, dtype, chunk, True)
    return Program(outer, body, [layout.m * n * n], scope, once, again)


def active_sizes(layout: Layout) -> Sequence[tuple[int, int]]:
    """Return (parameter, count of numbers) of what is differentiated."""
    return [(a, prod(layout.arguments[a] or ())) for a in layout.active]
