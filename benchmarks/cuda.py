"""Batches of derivatives on a CUDA device: `python -m benchmarks.cuda [--most N]`. It prints one table.

Points are on the device already and results stay there. Bytes count each input and each output once; the copy bandwidth
is that of a copy of 1 GiB on the same card.

`python -m benchmarks.cuda --compile` needs no device: it compiles kernels and says what the assembler makes of them.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numba import njit, types

import dualrev as dr
from benchmarks.timing import machine
from dualrev.cuda import batch_kernels
from dualrev.cuda.batch import DeviceBatch
from dualrev.cuda.programs import Layout
from dualrev.kernels import cuda_target


@njit
def rotated(x, y):
    y[0] = x[0] * x[1]
    y[1] = np.sin(x[1]) * x[2]
    y[2] = x[0] * np.exp(x[2])


@njit
def rosenbrock(x):
    s = 0.0
    for i in range(x.size - 1):
        a, b = x[i + 1] - x[i] * x[i], 1.0 - x[i]
        s += 100.0 * a * a + b * b
    return s


CASES = {
    "R^3 -> R^3": (3, 9, lambda **k: dr.jacobian(rotated, batched=True, out_shape=3, **k)),
    "R^10 -> R^1": (10, 10, lambda **k: dr.grad(rosenbrock, batched=True, **k)),
}


def least(call: Callable[[], Any], wait: Callable[[], Any], seconds: float = 0.5) -> float:
    """Return the least time of a call, in seconds, the first one apart."""
    call(), wait()
    best, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        call(), wait()
        best = min(best, time.perf_counter() - start)
    return best


def copy_bandwidth(cuda: Any) -> float:
    """Return the bytes that a copy reads and writes in a second."""
    source = cuda.device_array(1 << 27, np.float64)
    target = cuda.device_array_like(source)
    return 2 * source.nbytes / least(lambda: target.copy_to_device(source), cuda.synchronize)


def peers(case: str) -> Iterator[tuple[str, Callable[[Any], Callable[[], Any]]]]:
    """Yield the same derivative in other systems, where they are installed: from points a call that waits."""
    try:
        import torch

        def of_torch(x: Any) -> Any:
            if case == "R^3 -> R^3":
                return torch.stack([x[0] * x[1], torch.sin(x[1]) * x[2], x[0] * torch.exp(x[2])])
            return torch.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)

        derivative = torch.func.jacfwd if case == "R^3 -> R^3" else torch.func.grad
        in_torch = torch.compile(torch.func.vmap(derivative(of_torch)))

        def call_torch(points: Any) -> Callable[[], Any]:
            tensor = torch.as_tensor(points, device="cuda")

            def run() -> None:
                in_torch(tensor)
                torch.cuda.synchronize()

            return run

        if torch.cuda.is_available():
            yield "torch.func, compiled", call_torch
    except ImportError:
        pass
    try:
        import jax
        import jax.numpy as jnp

        jax.config.update("jax_enable_x64", True)

        def of_jax(x: Any) -> Any:
            if case == "R^3 -> R^3":
                return jnp.stack([x[0] * x[1], jnp.sin(x[1]) * x[2], x[0] * jnp.exp(x[2])])
            return jnp.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)

        in_jax = jax.jit(jax.vmap(jax.jacfwd(of_jax) if case == "R^3 -> R^3" else jax.grad(of_jax)))

        def call_jax(points: Any) -> Callable[[], Any]:
            array = jax.device_put(points)
            return lambda: in_jax(array).block_until_ready()

        if jax.default_backend() == "gpu":
            yield "JAX vmap", call_jax
    except ImportError:
        pass


def row(cuda: Any, case: str, dtype: Any, points: int, bandwidth: float) -> str:
    """Measure one line of the table."""
    n, out, make = CASES[case]
    on_device, on_cpu = make(device="cuda"), make()
    x = np.random.default_rng(0).random((points, n)).astype(dtype)
    card = cuda.to_device(x)

    def here() -> None:
        on_device(card)

    start = time.perf_counter()
    here(), cuda.synchronize()
    first = time.perf_counter() - start
    seconds = least(here, cuda.synchronize)
    cpu = least(lambda: on_cpu(x), lambda: None) if points <= 10**7 else float("nan")
    moved = points * (n + out) * x.itemsize / seconds / bandwidth
    others = [f"{peer} {points / least(call(x), cuda.synchronize):.3g}" for peer, call in peers(case)]
    line = f"| {case} | {x.dtype} | {points} | {first:.2f} | {points / seconds:.3g} | {moved:.0%} "
    return f"{line}| {cpu / seconds:.3g} | {', '.join(others) or 'none installed'} |"


def compiled(batch: DeviceBatch, layout: Layout, dtype: Any) -> str:
    """Measure how long a kernel takes to compile, and return the end of a line of the table."""
    start = time.perf_counter()
    program = batch.program(layout, dtype)
    function, threads = batch_kernels.over_points(batch.f, layout, program, dtype)
    ptx = cuda_target.assembly(function, [types.Array(dtype, 2, "C")] * (1 + len(program.outputs)))
    middle = time.perf_counter()
    taken = cuda_target.resources(ptx)
    assert taken is not None, "no assembler: pip install '.[cuda]'"
    end = time.perf_counter()
    return (
        f"{middle - start:.2f} | {end - middle:.2f} | {threads} | {taken.registers} | {taken.spilled_bytes} "
        f"| {taken.stack_bytes} | {taken.shared_bytes} |"
    )


def compiling() -> None:
    """Print what each kernel takes to compile and what it takes of the card."""
    kinds = {
        "jacobian of R^3 -> R^3": (rotated, "jacobian", Layout(((3,),), (0,), (3,), "in place")),
        "grad of R^10 -> R^1": (rosenbrock, "gradient", Layout(((10,),), (0,), (), "number")),
        "grad of R^100 -> R^1": (rosenbrock, "gradient", Layout(((100,),), (0,), (), "number")),
        "hessian of R^3 -> R^1": (rosenbrock, "hessian", Layout(((3,),), (0,), (), "number")),
    }
    cuda_target.assembly(lambda x: None, [types.Array(types.float64, 1, "C")])  # loads the compiler
    version = f"numba-cuda {importlib.metadata.version('numba-cuda')}"
    print(f"For compute capability {cuda_target.CAPABILITY[0]}.{cuda_target.CAPABILITY[1]}, {version}, {machine()}\n")
    print("| what | dtype | to PTX, s | assembled, s | threads | registers | spilled, B | stack, B | shared, B |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, (f, kind, layout) in kinds.items():
        for dtype in (types.float32, types.float64):
            batch = DeviceBatch(f, kind, (0,), (0,), out_shape=layout.result if layout.form == "in place" else None)
            print(f"| {name} | {dtype} | {compiled(batch, layout, dtype)}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cuda", description=__doc__)
    parser.add_argument("--most", type=float, default=1e8, help="points at most")
    parser.add_argument("--compile", action="store_true", help="only compile, without a device")
    given = parser.parse_args()
    if given.compile:
        compiling()
        return 0
    most = int(given.most)
    lacking = cuda_target.missing()
    if lacking is not None:
        print(lacking, file=sys.stderr)
        return 1
    cuda = cuda_target.api()
    name = cuda.get_current_device().name
    bandwidth = copy_bandwidth(cuda)
    print(f"{name.decode() if isinstance(name, bytes) else name}, copies at {bandwidth / 1e9:.0f} GB/s\n")
    print("| what | dtype | points | first call, s | points/s | of copy bandwidth | over the CPU | peers, points/s |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for case in CASES:
        for dtype in (np.float32, np.float64):
            for points in (10**k for k in range(4, 9) if 10**k <= most):
                print(row(cuda, case, dtype, points, bandwidth), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
