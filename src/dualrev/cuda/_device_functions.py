"""Derivatives as functions for device code: made from f, called in a kernel on its local arrays.

What they need to know when they are compiled, the numbers of inputs and outputs, is given when they are made; whether
they compute in single or double precision follows from the arrays that they are called with.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from numba.core import types

from dualrev.cuda import programs
from dualrev.cuda._clones import clone, does_the_same_again
from dualrev.cuda._tape import WorkspaceVarType, length_in, tape_in
from dualrev.cuda.batch_kernels import primal
from dualrev.cuda.programs import Layout, Program
from dualrev.errors import DeviceError
from dualrev.kernels import cuda_target
from dualrev.kernels.numba_arrays import retyped
from dualrev.kernels.numba_extending import compiled_only, defined
from dualrev.kernels.numba_types import is_active
from dualrev.reverse.numba_adjoint_sweep import with_product
from dualrev.reverse.numba_var import variable


def value_and_grad(f: Callable[..., Any], n: int) -> Callable[..., Any]:
    """Return `g(x, *rest, gradient)` for device code: it fills the gradient and returns the value.

    Parameters
    ----------
    f : callable
        `f(x, *rest)` returns a number; `x` is an array of `n` numbers. Compiled by Numba for the CPU, or plain.
    n : int

    Returns
    -------
    callable
        `gradient` is an array of `n` numbers. What follows `x` is passed to `f`.

    Raises
    ------
    DeviceError
        If `n` is not positive.

    Examples
    --------
    >>> import dualrev as dr
    >>> slope = dr.cuda.value_and_grad(lambda x: x[0] * x[1], 2)
    >>> slope.__name__
    'value_and_grad_of_lambda'
    """
    layout = Layout(((_positive(n, "n"),), *_rest(f, 1)), (0,), (), "number")
    names = _names(f, 1)
    begin = ["in0 = x", "out0 = cuda.local.array(1, T)", "out1 = gradient"]
    return _function(
        "value_and_grad",
        f,
        ["x", *names, "gradient"],
        lambda dtype: programs.jacobian(layout, dtype, value=True),
        begin,
        ["return out0[0]"],
        ["x", *names],
    )


def jacobian(f: Callable[..., Any], n: int, m: int) -> Callable[..., Any]:
    """Return `g(x, *rest, y, J)` for device code: it fills the value and the Jacobian.

    Parameters
    ----------
    f : callable
        `f(x, *rest, y)` writes `m` numbers into the array `y`; `x` is an array of `n` numbers.
    n, m : int

    Returns
    -------
    callable
        `J` is an array of one axis with `m * n` numbers, row after row.

    Raises
    ------
    DeviceError
        If `n` or `m` is not positive.

    Examples
    --------
    >>> import dualrev as dr
    >>> def turned(x, y):
    ...     y[0], y[1] = -x[1], x[0]
    >>> dr.cuda.jacobian(turned, 2, 2).__name__
    'jacobian_of_turned'
    """
    layout = Layout(((_positive(n, "n"),), *_rest(f, 2)), (0,), (_positive(m, "m"),), "in place")
    begin = ["in0, out0, out1 = x, values, J"]
    return _function(
        "jacobian",
        f,
        ["x", *_names(f, 2), "values", "J"],
        lambda dtype: programs.jacobian(layout, dtype, value=True),
        begin,
        [],
        ["x", *_names(f, 2), "values"],
    )


def jvp(f: Callable[..., Any], n: int) -> Callable[..., Any]:
    """Return `g(x, direction, *rest)` for device code: it returns the value and its tangent.

    Parameters
    ----------
    f : callable
        `f(x, *rest)` returns a number; `x` is an array of `n` numbers.
    n : int

    Returns
    -------
    callable
        `direction` is an array of `n` numbers.

    Raises
    ------
    DeviceError
        If `n` is not positive.

    Examples
    --------
    >>> import dualrev as dr
    >>> dr.cuda.jvp(lambda x: x[0] * x[1], 2).__name__
    'jvp_of_lambda'
    """
    layout = Layout(((_positive(n, "n"),), *_rest(f, 1)), (0,), (), "number")
    begin = ["in0, t0 = x, direction", "out0 = cuda.local.array(1, T)", "out1 = cuda.local.array(1, T)"]
    return _function(
        "jvp",
        f,
        ["x", "direction", *_names(f, 1)],
        lambda dtype: programs.pushforward(layout, dtype),
        begin,
        ["return out0[0], out1[0]"],
        ["x", *_names(f, 1)],
    )


def reverse_grad(f: Callable[..., Any], n: int) -> Callable[..., Any]:
    """Return `g(x, *rest, gradient, partials, operands, adjoints, flags, thread)` for device code, in reverse mode.

    It fills the gradient and returns the value, with a tape in a `Workspace`, whose arrays are the four that follow the
    gradient. Where a thread's part is too small, its gradient and value are NaN, and `Workspace.check` raises an error.

    Parameters
    ----------
    f : callable
        `f(x, *rest)` returns a number; `x` is an array of `n` numbers.
    n : int
        May be large: each thread keeps `n` numbers of 32 bytes in its local memory.

    Returns
    -------
    callable
        `thread` is the number of the thread, which no other has that runs at the same time: `cuda.grid(1)`.

    Raises
    ------
    DeviceError
        If `n` is not positive.

    Examples
    --------
    >>> import dualrev as dr
    >>> dr.cuda.reverse_grad(lambda x: x[0] * x[1], 2).__name__
    'reverse_grad_of_lambda'
    """
    _positive(n, "n")
    rest = _names(f, 1)
    body = [
        f"tape = tape_in(D, partials, operands, thread, {n + 1})",
        "x0 = retyped(D, room)",
        f"for k in range({n}):",
        "    x0[k] = variable(tape, D, x[k], k + 1)",
        f"y = f({', '.join(['x0', *rest])})",
        "count = length_in(D, tape)",
        "if count > adjoints.shape[0]:",
        "    flags[0] = 1",
        f"    for k in range({n}):",
        "        gradient[k] = nan",
        "    return nan",
        "for k in range(count):",
        "    adjoints[k, thread] = 0",
        "adjoints[index_of(y), thread] = scale_of(y, T)",
        f"for k in range(count - 1, {n}, -1):",
        "    adjoint = adjoints[k, thread]",
        "    if adjoint != 0:",
        "        for m in range(2):",
        "            at = operands[m, k, thread]",
        "            adjoints[at, thread] = with_product(D, adjoints[at, thread], partials[m, k, thread], adjoint)",
        f"for k in range({n}):",
        "    adjoint = adjoints[k + 1, thread]",
        "    gradient[k] = adjoint",
    ]

    def program(dtype: Any, careful: bool = False) -> Program:
        var = WorkspaceVarType(dtype, careful)
        scope = {"D": var, "tape_in": tape_in, "length_in": length_in, "variable": variable, "nan": float("nan")}
        scope |= {"index_of": index_of, "scale_of": scale_of, "with_product": with_product, "retyped": retyped}
        lines = body if careful else [*body, "    bad |= adjoint != adjoint"]
        again = None if careful else program(dtype, True)
        # One array for the numbers of both versions: of many inputs it is most of a thread's memory.
        return Program(var, lines, [], scope, careful=again, before=[f"room = cuda.local.array({n}, D)"])

    parameters = ["x", *rest, "gradient", "partials", "operands", "adjoints", "flags", "thread"]
    return _function("reverse_grad", f, parameters, program, [], ["return primal(y)"], ["x", *rest])


@compiled_only
def index_of(y: Any) -> Callable[..., Any]:
    """Return the index of a number on a tape, 0 for a constant."""
    return (lambda y: y.index_) if is_active(y) else (lambda y: 0)


@compiled_only
def scale_of(y: Any, dtype: Any) -> Callable[..., Any]:
    """Return the scale of a number on a tape, 0 for a constant."""
    return (lambda y, dtype: y.scale_) if is_active(y) else (lambda y, dtype: dtype(0))


def _function(
    kind: str,
    f: Callable[..., Any],
    names: Sequence[str],
    program: Callable[[Any], Program],
    begin: Sequence[str],
    end: Sequence[str],
    own: Sequence[str],
) -> Callable[..., Any]:
    """Return a function that exists in compiled code only, which runs a program of its arguments' precision.

    `own` names those of its parameters whose types are those of the function's.
    """
    afresh = [n for n, name in enumerate(own) if name in ("x", "values")]

    def choose(x: Any, *others: Any) -> Callable[..., Any] | None:
        if not isinstance(x, types.Array) or not isinstance(x.dtype, types.Float):
            return None
        made, given = program(x.dtype), dict(zip(names, (x, *others), strict=True))
        if not does_the_same_again(f, [given[name] for name in own], afresh):
            made = made.called_once()
        lines, scope = made.with_function(lambda number: clone(f, number, x.dtype))
        scope |= {"cuda": cuda_target.api(), "T": x.dtype, "primal": primal}
        return defined(list(names), [*begin, *lines, *end], scope)

    made = compiled_only(defined(list(names), [f"return choose({', '.join(names)})"], {"choose": choose}))
    short = "".join(c for c in getattr(f, "__name__", "f") if c.isalnum() or c == "_")
    made.__name__ = made.__qualname__ = f"{kind}_of_{short}"
    return made


def _names(f: Any, own: int) -> list[str]:
    """Return names for the parameters of a function between its first and the `own - 1` last."""
    count = len(inspect.signature(getattr(f, "py_func", f)).parameters) - own
    return [f"a{n}" for n in range(1, count + 1)]


def _rest(f: Any, own: int) -> tuple[None, ...]:
    return (None,) * len(_names(f, own))


def _positive(count: int, name: str) -> int:
    if not isinstance(count, int) or count < 1:
        raise DeviceError(f"{name} is {count!r}; expected the number of elements, an int from 1 on")
    return count
