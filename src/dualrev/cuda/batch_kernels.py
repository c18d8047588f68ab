"""Kernels that run a program for every point, one thread each.

A thread's own rows are apart from its neighbour's, so blocks carry them through shared memory, where that holds them:
global memory is then read and written in order. Not so where inputs are read in several passes: the compiler would keep
what it reads from shared memory in registers from one pass to the next, more of them than there are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualrev.cuda._clones import clone
from dualrev.cuda.programs import Layout, Program, active_sizes
from dualrev.kernels import cuda_target
from dualrev.kernels.numba_extending import compiled_only, defined
from dualrev.kernels.numba_types import is_active

THREADS = 128
SHARED_BYTES = 48 * 1024
"""Bytes of shared memory that a block has on every device."""


@compiled_only
def primal(y: Any) -> Callable[..., Any]:
    """Return the value of an active number, of whatever level."""
    return (lambda y: primal(y.primal_)) if is_active(y) else (lambda y: y)


def over_points(function: Any, layout: Layout, program: Program, dtype: Any, tangents: bool = False) -> tuple[Any, int]:
    """Return the function to compile as a kernel.

    It takes the arguments, each active one as a matrix with a point in each row; then, if so asked, their tangents;
    then the outputs, matrices likewise. The second result is the number of threads in a block.
    """
    arguments = [f"a{n}" for n in range(len(layout.arguments))]
    sizes = dict(active_sizes(layout))
    inputs = {f"in{n}": (arguments[n], size) for n, size in sizes.items()}
    if tangents:
        inputs |= {f"t{n}": (f"b{n}", size) for n, size in sizes.items()}
    outputs = {f"out{k}": (f"c{k}", size) for k, size in enumerate(program.outputs)}
    names = [*arguments, *(f"b{n}" for n in sizes if tangents), *(f"c{k}" for k in range(len(outputs)))]
    width = np.dtype(str(dtype)).itemsize
    per_point = sum(size for _, size in (*inputs.values(), *outputs.values())) * width
    fitting = (t for t in (THREADS, THREADS // 2) if t * per_point <= SHARED_BYTES)
    threads = next(fitting, 0) if program.once else 0
    first = next(iter(inputs.values()))[0]
    lines, scope = program.with_function(lambda number: clone(function, number, dtype))
    points = [f"p{n} = a{n}[point]" for n, shape in enumerate(layout.arguments) if shape is not None and n not in sizes]
    if threads:
        body = _staged(inputs, outputs, [*points, *lines], first, threads)
    else:
        views = [f"{name} = {array}[point]" for name, (array, _) in (*inputs.items(), *outputs.items())]
        body = ["point = cuda.grid(1)", f"if point < {first}.shape[0]:"]
        body += [f"    {line}" for line in (*points, *views, *lines)]
    scope |= {"cuda": cuda_target.api(), "T": dtype, "primal": primal}
    return defined(names, body, scope), threads or THREADS


def _staged(inputs: Any, outputs: Any, lines: list[str], first: str, threads: int) -> list[str]:
    body = ["point = cuda.grid(1)", f"thread = point % {threads}", "base = point - thread"]
    body.append(f"count = min({threads}, {first}.shape[0] - base)")
    for name, (_, size) in (*inputs.items(), *outputs.items()):
        body.append(f"tile_{name} = cuda.shared.array({threads * size}, T)")
    for name, (array, size) in inputs.items():
        body += [f"for k in range(thread, count * {size}, {threads}):"]
        body += [f"    tile_{name}[k] = {array}[base + k // {size}, k % {size}]"]
    body += ["cuda.syncthreads()", "if thread < count:"]
    for name, (_, size) in (*inputs.items(), *outputs.items()):
        body.append(f"    {name} = tile_{name}[thread * {size} : (thread + 1) * {size}]")
    body += [f"    {line}" for line in lines]
    body.append("cuda.syncthreads()")
    for name, (array, size) in outputs.items():
        body += [f"for k in range(thread, count * {size}, {threads}):"]
        body += [f"    {array}[base + k // {size}, k % {size}] = tile_{name}[k]"]
    return body
