"""The table on CUDA: device functions of numbers, and kernels over arrays with a thread for each element."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numba.core import types

from dualrev.kernels import cpu, cuda_target
from dualrev.kernels.numba_extending import defined, overloads
from dualrev.primitives.row import Row

_LIBDEVICE = {np.cbrt: "cbrt", np.exp2: "exp2", np.rint: "rint"}
"""Functions that numba-cuda lacks as NumPy spells them, and CUDA's library has."""


@cache
def complete() -> None:
    """Teach CUDA's target the functions that rules use and numba-cuda lacks."""
    if cuda_target.simulated():
        return
    from numba.cuda import libdevice

    for function, name in _LIBDEVICE.items():
        _overload(function, getattr(libdevice, name), getattr(libdevice, f"{name}f"))

    @overloads(np.fmod, target="cuda")
    def fmod(x: Any, y: Any) -> Callable[..., Any]:
        narrow = x == y == types.float32
        return (lambda x, y: libdevice.fmodf(x, y)) if narrow else (lambda x, y: libdevice.fmod(x, y))

    @overloads(np.sign, target="cuda")
    def sign(x: Any) -> Callable[..., Any]:
        return lambda x: math.copysign(x / x, x) if x != 0 else x - x


def _overload(function: Any, wide: Any, narrow: Any) -> None:
    @overloads(function, target="cuda")
    def choose(x: Any) -> Callable[..., Any]:
        return (lambda x: narrow(x)) if x == types.float32 else (lambda x: wide(x))


def _finished(names: list[str], body: list[str], row: Row, single: bool) -> Any:
    """Return a function over a row's rules."""
    complete()
    rules = cpu.bound(row, single)
    scope: dict[str, Any] = {"value": rules.value, "product": cpu.chain_product(single)}
    scope |= {f"partial_{n}": rule for n, rule in enumerate(rules.partials)}
    scope["cuda"] = cuda_target.api()
    return defined(names, body, scope)


def _linked(row: Row) -> list[int]:
    return [n for n, rule in enumerate(row.partials) if rule is not None]


def value(row: Row, single: bool = False) -> Any:
    """Return the row's value as a function for device code."""
    complete()
    return cpu.bound(row, single).value


def pushforward(row: Row, single: bool = False) -> Any:
    """Return `f(*arguments, *tangents)`, for device code, which answers (value, tangent).

    There is a tangent for each argument that the row is not flat in.
    """
    args = [f"a{n}" for n in range(row.arity)]
    terms = [f"product(partial_{n}(y, {', '.join(args)}), t{n})" for n in _linked(row)]
    body = [f"y = value({', '.join(args)})", f"return y, {' + '.join(terms) or 'y - y'}"]
    return cpu.compiled(_finished([*args, *(f"t{n}" for n in _linked(row))], body, row, single))


def pullback(row: Row, single: bool = False) -> Any:
    """Return `f(*arguments, cotangent)`, for device code, which answers a contribution for each such argument."""
    args = [f"a{n}" for n in range(row.arity)]
    parts = [f"product(partial_{n}(y, {', '.join(args)}), w)" for n in _linked(row)]
    body = [f"y = value({', '.join(args)})", f"return ({''.join(f'{part}, ' for part in parts)})"]
    return cpu.compiled(_finished([*args, "w"], body, row, single))


def value_kernel(row: Row, single: bool = False) -> Any:
    """Return `kernel(y, *arguments)` over vectors, which fills `y`."""
    args = [f"a{n}" for n in range(row.arity)]
    here = ", ".join(f"{name}[i]" for name in args)
    return _finished(["y", *args], _each("y", [f"y[i] = value({here})"]), row, single)


def pushforward_kernel(row: Row, single: bool = False) -> Any:
    """Return `kernel(y, *arguments, *tangents, ty)`: vectors, and matrices with a direction in each row.

    It fills `y` and `ty` in one pass.
    """
    args, linked = [f"a{n}" for n in range(row.arity)], _linked(row)
    here = ", ".join(f"{name}[i]" for name in args)
    body = [f"v = value({here})", "y[i] = v"]
    body += [f"p{n} = partial_{n}(v, {here})" for n in linked]
    terms = " + ".join(f"product(p{n}, t{n}[d, i])" for n in linked) or "v - v"
    body += ["for d in range(ty.shape[0]):", f"    ty[d, i] = {terms}"]
    names = ["y", *args, *(f"t{n}" for n in linked), "ty"]
    return _finished(names, _each("y", body), row, single)


def pullback_kernel(row: Row, argument: int, single: bool = False) -> Any:
    """Return `kernel(y, *arguments, w, adjoint)`, which adds to the adjoint of one argument.

    `w` and the adjoint are matrices with a cotangent in each row.
    """
    args = [f"a{n}" for n in range(row.arity)]
    here = ", ".join(f"{name}[i]" for name in args)
    body = [f"p = partial_{argument}(y[i], {here})", "for d in range(w.shape[0]):"]
    body.append("    adjoint[d, i] += product(p, w[d, i])")
    return _finished(["y", *args, "w", "adjoint"], _each("y", body), row, single)


def _each(array: str, lines: list[str]) -> list[str]:
    return ["i = cuda.grid(1)", f"if i < {array}.size:", *(f"    {line}" for line in lines)]
