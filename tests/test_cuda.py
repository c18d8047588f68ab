"""CUDA without a device: PTX of every row and entry point, and kernels emulated on the CPU."""

from __future__ import annotations

import math
import re
import subprocess
import sys
import types as python_types
from typing import Any

import numba
import numpy as np
import pytest
from cuda_emulation import LAUNCHES, EmulatedKernel, emulate
from numba import njit, types

import dualrev as dr
from dualrev import errors
from dualrev.comparison import _on_device as on_device
from dualrev.cuda import batch_kernels, programs
from dualrev.cuda.programs import Layout
from dualrev.kernels import cuda_target

pytestmark = pytest.mark.compiles

pytest.importorskip("numba_cuda", reason="needs the extra cuda (Linux on x86-64): pip install -e '.[dev,cuda]'")


@pytest.fixture
def emulated(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Emulate a device; the result copies an array there."""
    return emulate(monkeypatch)


FLOATS = {"float32": types.float32, "float64": types.float64}
RNG = np.random.default_rng(0)
X = RNG.uniform(0.2, 1.5, (5, 3))


# CUDA's own sine and cosine of single precision reduce arguments above 105615 by way of doubles.
@njit
def turned(x, y):
    y[0] = x[0] * x[1]
    y[1] = np.tanh(x[1]) * x[2] * 0.5
    y[2] = x[0] * np.exp(x[2])


@njit
def scaled(x, k, y):
    y[0] = k * x[0] * x[1]
    y[1] = x[2] ** 2


@njit
def rosenbrock(x):
    s = 0.0
    for i in range(x.size - 1):
        a, b = x[i + 1] - x[i] * x[i], 1.0 - x[i]
        s += 100.0 * a * a + b * b
    return s


@njit
def pair(a, b, c, t):
    return math.exp(a * b) * t, a + c * 0.5 if a > 0 else c


@njit
def weighted(x, w):
    return w * np.sin(x) ** 2


@njit
def weighted_norm(x, w):
    return w[0] * x[0] ** 2 + w[1] * x[1] * x[2]


@njit
def allocates(x):
    y = np.empty(2)
    y[0], y[1] = x[0], x[1]
    return y


def matrices(of: Any, count: int) -> list[Any]:
    return [types.Array(of, 2, "C")] * count


def test_import_does_not_touch_cuda() -> None:
    code = "import sys, dualrev; sys.exit('numba_cuda' in sys.modules or 'numba.cuda' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=600, check=False).returncode == 0


def extremes(x: Any) -> Any:
    return max(x[0], 0.0) * min(x[0], x[1], 2, x[2]) - max((x[1], x[2]))


IN_PLACE = Layout(((3,),), (0,), (3,), "in place")
NUMBER = Layout(((3,),), (0,), (), "number")
LARGE = Layout(((40,),), (0,), (), "number")
SPREAD = Layout(((3,), None), (0,), (2,), "tuple", spread=True)

PROGRAMS = {
    "jacobian in place": (turned, IN_PLACE, lambda of: programs.jacobian(IN_PLACE, of, value=False), False),
    "value and gradient": (rosenbrock, NUMBER, lambda of: programs.jacobian(NUMBER, of, value=True), False),
    "gradient in chunks": (rosenbrock, LARGE, lambda of: programs.jacobian(LARGE, of, value=False), False),
    "jacobian of a tuple": (pair, SPREAD, lambda of: programs.jacobian(SPREAD, of, value=False), False),
    "pushforward": (turned, IN_PLACE, lambda of: programs.pushforward(IN_PLACE, of), True),
    "extremes": (extremes, NUMBER, lambda of: programs.jacobian(NUMBER, of, value=True), False),
    "hessian": (rosenbrock, NUMBER, lambda of: programs.hessian(NUMBER, of), False),
}


def assembly_of(name: str, of: Any) -> str:
    f, layout, program, tangents = PROGRAMS[name]
    made = program(of)
    kernel, _ = batch_kernels.over_points(f, layout, made, of, tangents)
    shared = [of for shape in layout.arguments if shape is None]
    return cuda_target.assembly(kernel, [*matrices(of, 1), *shared, *matrices(of, tangents + len(made.outputs))])


@pytest.mark.parametrize("precision", FLOATS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_every_program_compiles(name: str, precision: str) -> None:
    code = assembly_of(name, FLOATS[precision])
    assert not re.search(r"\bcall\b", code)  # everything is inlined
    if precision == "float32":
        assert ".f64" not in code
    if name not in ("gradient in chunks", "hessian"):
        assert "__local_depot" not in code  # numbers stay in registers
    taken = cuda_target.resources(code)
    assert taken is not None
    assert 0 < taken.registers <= (168 if name == "hessian" else 128)  # of 255: several blocks share a processor
    assert taken.spilled_bytes == 0
    assert bool(taken.stack_bytes) == ("__local_depot" in code)


def test_the_assembler_tells_of_spills() -> None:
    taken = cuda_target.resources(assembly_of("hessian", types.float64), "-maxrregcount=24")
    assert taken is not None
    assert taken.registers <= 24
    assert taken.spilled_bytes > 0


def test_single_constants_are_what_keeps_it_single() -> None:
    code = cuda_target.assembly(_doubles, [types.Array(types.float32, 1, "C")])
    assert ".f64" in code


def _doubles(x: Any) -> None:
    x[0] = x[0] * 0.3


BATCHES = [
    ("in place", lambda **k: dr.jacobian(turned, batched=True, out_shape=3, **k), (X,)),
    ("shared argument", lambda **k: dr.jacobian(scaled, batched=True, out_shape=(2,), **k), (X, 2.0)),
    ("gradient", lambda **k: dr.grad(rosenbrock, batched=True, **k), (X,)),
    ("value and gradient", lambda **k: dr.value_and_grad(rosenbrock, batched=True, **k), (np.tile(X, (1, 4)),)),
    ("argnums as a tuple", lambda **k: dr.grad(rosenbrock, (0,), batched=True, **k), (X,)),
    ("numbers", lambda **k: dr.grad(weighted, batched=True, **k), (X[:, 0], 3.0)),
    ("points in two arguments", lambda **k: dr.grad(weighted_norm, batched=(0, 1), **k), (X, X[:, :2])),
    ("shared array", lambda **k: dr.grad(weighted_norm, batched=True, **k), (X, X[0])),
    ("hessian", lambda **k: dr.hessian(rosenbrock, batched=True, **k), (X,)),
    ("hessian in chunks", lambda **k: dr.hessian(rosenbrock, batched=True, **k), (np.tile(X, (1, 2)),)),
    ("pushforward", lambda **k: dr.jvp(rosenbrock, batched=True, **k), (X, X + 1.0)),
]


REPEATED = {
    *(("hessian", "direct"), ("argnums as a tuple", "direct"), ("gradient", "staged")),
    *(("points in two arguments", "staged"), ("shared array", "staged"), ("hessian in chunks", "direct")),
}
"""What others show: in chunks, with a value, or by the other way."""


def in_both_ways() -> Any:
    """Return every batch by direct access to memory, and those that differ when they go through shared memory."""
    for name, make, args in BATCHES:
        for way, shared_bytes in (("direct", 0), ("staged", 48 * 1024)):
            marks = [pytest.mark.exhaustive] if (name, way) in REPEATED else []
            yield pytest.param(name, make, args, shared_bytes, marks=marks, id=f"{name}-{way}")


@pytest.mark.parametrize(("name", "make", "args", "shared_bytes"), list(in_both_ways()))
def test_batches_equal_the_cpu(
    name: str, make: Any, args: Any, shared_bytes: int, emulated: Any, monkeypatch: Any
) -> None:
    del name
    monkeypatch.setattr(batch_kernels, "SHARED_BYTES", shared_bytes)
    if shared_bytes:
        monkeypatch.setattr(batch_kernels, "THREADS", 1)
    before = [np.copy(arg) for arg in args]
    close(make(device="cuda")(*args), make()(*args))
    assert all(np.array_equal(arg, old) for arg, old in zip(args, before, strict=True))
    on_device = [emulated(arg) if isinstance(arg, np.ndarray) and len(arg) == len(X) else arg for arg in args]
    result = make(device="cuda")(*on_device)
    parts = result if isinstance(result, tuple) else (result,)
    assert all(hasattr(part, "__cuda_array_interface__") for part in parts)
    close(result, make()(*args))
    assert LAUNCHES


def close(result: Any, expected: Any) -> None:
    if isinstance(expected, tuple):
        assert len(result) == len(expected)
        for one, other in zip(result, expected, strict=True):
            close(one, other)
        return
    assert result.shape == expected.shape
    assert result.dtype == expected.dtype
    np.testing.assert_allclose(np.asarray(result), expected, rtol=1e-12, atol=1e-12)


def test_a_comparison_has_the_device_too(emulated: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_device, "MOST_POINTS", 3)
    found = dr.compare(lambda x: (x[0] * np.cos(x[1]), x[0] ** 2), np.array([2.0, 0.5]), budget=0.0, verify=False)
    assert [execution.name for execution in found.executions] == ["interpreted", "cuda"]
    device = found.executions[1]
    for mode in ("forward", "auto"):
        assert device.method(mode).error < 1e-15
        assert device.method(mode).peak_bytes == 8 * (2 + 4)
    assert "batches run in forward mode" in device.method("reverse").unavailable
    assert "On the device, in a large batch, a Jacobian takes" in found.verdict


def test_columns_and_single_precision(emulated: Any) -> None:
    result = dr.jacobian(pair, batched=True, device="cuda")(X.astype(np.float32), np.float32(2.0))
    assert (result.dtype, result.shape) == (np.float32, (5, 2, 3))
    a, b, _ = X.T
    expected = np.zeros((5, 2, 3))
    expected[:, 0, 0], expected[:, 0, 1], expected[:, 1, 0], expected[:, 1, 2] = 2 * b * np.exp(a * b), 0, 1, 0.5
    expected[:, 0, 1] = 2 * a * np.exp(a * b)
    np.testing.assert_allclose(result, expected, rtol=1e-6)


def test_nan_passes_through(emulated: Any) -> None:
    points = X.copy()
    points[1, 1] = np.nan
    result = dr.grad(rosenbrock, batched=True, device="cuda")(points)
    np.testing.assert_array_equal(np.isnan(result).any(axis=1), [False, True, False, False, False])


def _kernel(points: Any, out: Any, partials: Any, operands: Any, adjoints: Any, flags: Any) -> None:
    i = cuda.grid(1)  # type: ignore[name-defined]  # noqa: F821
    if i < points.shape[0]:
        gradient = cuda.local.array(3, numba.float64)  # type: ignore[name-defined]  # noqa: F821
        y = cuda.local.array(2, numba.float64)  # type: ignore[name-defined]  # noqa: F821
        J = cuda.local.array(6, numba.float64)  # type: ignore[name-defined]  # noqa: F821
        out[i, 0] = value_and_gradient(points[i], gradient)
        jacobian_of_scaled(points[i], 2.0, y, J)
        _, tangent = pushed(points[i], points[i])
        for k in range(3):
            out[i, 1 + k] = gradient[k]
        for k in range(6):
            out[i, 4 + k] = J[k]
        out[i, 10] = tangent
        out[i, 11] = reverse(points[i], gradient, partials, operands, adjoints, flags, i)
        for k in range(3):
            out[i, 12 + k] = gradient[k]
        x = cuda.local.array(3, D)  # type: ignore[name-defined]  # noqa: F821
        for k in range(3):
            x[k] = dr.cuda.seeded(D, points[i, k], k)
        z = rosenbrock(x)
        out[i, 15] = dr.cuda.tangent(z, 2) + dr.cuda.primal(z)


value_and_gradient = dr.cuda.value_and_grad(rosenbrock, 3)
jacobian_of_scaled = dr.cuda.jacobian(scaled, 3, 2)
pushed = dr.cuda.jvp(rosenbrock, 3)
reverse = dr.cuda.reverse_grad(rosenbrock, 3)
D = dr.cuda.dual_type(np.float64, 3)


def test_functions_for_kernels_compile() -> None:
    scope = globals() | {"cuda": cuda_target.api()}
    kernel = python_types.FunctionType(_kernel.__code__, scope, "kernel")
    of, indices = types.float64, types.int32
    arrays = [(of, 2), (of, 2), (of, 3), (indices, 3), (of, 2), (indices, 1)]
    code = cuda_target.assembly(kernel, [types.Array(dtype, ndim, "C") for dtype, ndim in arrays])
    assert ".entry" in code


def test_functions_for_kernels(emulated: Any) -> None:
    out, workspace = np.zeros((5, 16)), dr.cuda.Workspace(5, 40)
    kernel = EmulatedKernel(_kernel)
    kernel[1, 5, 0](X, out, *workspace.arrays)
    workspace.check()
    values, gradients = dr.value_and_grad(rosenbrock, batched=True)(X)
    np.testing.assert_allclose(out[:, [0, 11]], np.stack([values, values], 1), rtol=1e-14)
    np.testing.assert_allclose(out[:, 1:4], gradients, rtol=1e-12)
    jacobians = dr.jacobian(scaled, batched=True, out_shape=2)(X, 2.0)
    np.testing.assert_allclose(out[:, 4:10].reshape(5, 2, 3), jacobians, rtol=1e-12)
    np.testing.assert_allclose(out[:, 10], (gradients * X).sum(axis=1), rtol=1e-12)
    np.testing.assert_allclose(out[:, 12:15], gradients, rtol=1e-12)
    np.testing.assert_allclose(out[:, 15], gradients[:, 2] + values, rtol=1e-12)
    small = dr.cuda.Workspace(5, 6)
    kernel[1, 5, 0](X, out, *small.arrays)
    assert np.isnan(out[:, 11:15]).all()
    with pytest.raises(errors.TapeOverflowError, match=r"more than 6 records.*Workspace\(5, 12\)"):
        small.check()
    small.check()
    assert workspace.nbytes == 5 * 40 * (2 * 8 + 2 * 4 + 8) + 4


@njit
def rooted(x):
    return np.sqrt(x[0]) * x[0] + x[1] * x[1]


@njit
def counting(x, calls):
    calls[0] += 1.0
    return calls[0] * rooted(x)


def _at_kinks(points: Any, calls: Any, out: Any, partials: Any, operands: Any, adjoints: Any, flags: Any) -> None:
    i = cuda.grid(1)  # type: ignore[name-defined]  # noqa: F821
    if i < points.shape[0]:
        out[i, 0] = reverse_rooted(points[i], out[i, 1:3], partials, operands, adjoints, flags, i)
        out[i, 3] = reverse_counting(points[i], calls[i], out[i, 4:6], partials, operands, adjoints, flags, i)
        out[i, 6] = forward_counting(points[i], calls[i], out[i, 7:9])


reverse_rooted = dr.cuda.reverse_grad(rooted, 2)
reverse_counting = dr.cuda.reverse_grad(counting, 2)
forward_counting = dr.cuda.value_and_grad(counting, 2)
KINKS = np.array([[0.0, 1.5], [4.0, 2.0], [np.nan, 1.0], [0.0, 0.0], [1.0, np.inf]])


def test_threads_repeat_with_care_where_their_own_results_hold_a_nan(emulated: Any) -> None:
    """The derivative of sqrt(x) x at 0, beside points that need no care; what f writes to is written once a call."""
    out, calls, workspace = np.zeros((5, 9)), np.zeros((5, 1)), dr.cuda.Workspace(5, 20)
    EmulatedKernel(_at_kinks)[1, 5, 0](KINKS, calls, out, *workspace.arrays)
    workspace.check()
    np.testing.assert_array_equal(calls, np.full((5, 1), 2.0))
    values, gradients = dr.value_and_grad(rooted, batched=True, mode="reverse")(KINKS)
    assert np.isnan(gradients).sum() == 1
    for at, factor in ((0, 1.0), (3, 1.0), (6, 2.0)):
        np.testing.assert_array_equal(out[:, at], factor * values)
        np.testing.assert_allclose(out[:, at + 1 : at + 3], factor * gradients, rtol=1e-15)


@pytest.mark.parametrize("precision", FLOATS)
def test_tapes_of_both_versions_compile(precision: str) -> None:
    def kernel(points: Any, out: Any, partials: Any, operands: Any, adjoints: Any, flags: Any) -> None:
        i = cuda.grid(1)
        if i < points.shape[0]:
            out[i, 0] = reverse_rooted(points[i], out[i, 1:], partials, operands, adjoints, flags, i)

    cuda, of = cuda_target.api(), FLOATS[precision]
    arrays = [(of, 2), (of, 2), (of, 3), (types.int32, 3), (of, 2), (types.int32, 1)]
    code = cuda_target.assembly(kernel, [types.Array(dtype, ndim, "C") for dtype, ndim in arrays])
    assert len(re.findall(r"\bsqrt\.rn\.", code)) == 2
    assert precision == "float64" or ".f64" not in code
    taken = cuda_target.resources(code)
    assert taken is not None
    assert (taken.stack_bytes, taken.spilled_bytes) == (0, 0)


def test_a_batch_calls_a_function_that_writes_to_an_argument_once_at_each_point(emulated: Any) -> None:
    for calls in (np.zeros((5, 1)), emulated(np.zeros((5, 1)))):
        points = KINKS if type(calls) is np.ndarray else emulated(KINKS)
        found = dr.value_and_grad(counting, batched=(0, 1), device="cuda")(points, calls)
        close(found, dr.value_and_grad(rooted, batched=True)(KINKS))
        np.testing.assert_array_equal(calls, np.full((5, 1), 0.0 if points is KINKS else 1.0))


@njit
def writes_one(x, y):
    y[1] += x[0] * x[1]


def test_what_a_function_does_not_write_to_is_0_on_the_device_too(emulated: Any) -> None:
    for make in (dr.jacobian, dr.value_and_jacobian):
        found = make(writes_one, batched=True, out_shape=3, device="cuda")(X)
        close(found, make(writes_one, batched=True, out_shape=3)(X))


slope = dr.derivative(njit(lambda z: z * z))
ruled = dr.custom_rule(njit(lambda z: z * z), pullback=njit(lambda y, primals, cotangent: (cotangent,)))


@pytest.mark.parametrize("f", [njit(lambda x: slope(x[0])), njit(lambda x: ruled(x[0]))], ids=["derivative", "rule"])
def test_derivatives_and_rules_inside_a_function_for_a_device_are_refused(f: Any, emulated: Any) -> None:
    with pytest.raises(errors.DeviceError, match="code for a device cannot call"):
        dr.grad(f, batched=True, device="cuda")(X)


REFUSED = [
    (lambda: dr.jacobian(turned, device="cuda"), errors.DeviceError, "batched=True"),
    (lambda: dr.jacobian(turned, device="tpu"), errors.DeviceError, "'cpu' or 'cuda'"),
    (lambda: dr.grad(rosenbrock, mode="reverse", device="cuda", batched=True), errors.DeviceError, "reverse_grad"),
    (lambda: dr.grad(rosenbrock, (0, 1), device="cuda", batched=True), errors.DeviceError, "one argument"),
    (lambda: dr.cuda.value_and_grad(rosenbrock, 0), errors.DeviceError, "from 1 on"),
    (lambda: dr.cuda.dual_type(np.int32), errors.DeviceError, "float32 or float64"),
]


@pytest.mark.parametrize(("call", "error", "words"), REFUSED)
def test_refused_at_once(call: Any, error: Any, words: str) -> None:
    with pytest.raises(error, match=words):
        call()


CALLS = [
    (lambda: dr.jacobian(allocates, batched=True, device="cuda")(X), errors.DeviceError, "in place"),
    (lambda: dr.grad(allocates, batched=True, device="cuda")(X), errors.DeviceError, "allocate"),
    (lambda: dr.grad(pair, batched=True, device="cuda")(X, 1.0), errors.NonScalarOutputError, "2 numbers"),
    (lambda: dr.grad(rosenbrock, batched=True, device="cuda")(3.0), errors.BatchError, "a number"),
    (lambda: dr.jacobian(pair, batched=True, device="cuda")(X[:0], 1.0), errors.BatchError, "no points"),
    (lambda: dr.grad(rosenbrock, batched=True, device="cuda")(X + 0j), errors.DeviceError, "complex128"),
    (lambda: dr.jvp(rosenbrock, batched=True, device="cuda")(X, X[:2]), errors.ShapeMismatchError, "tangent"),
    (
        lambda: dr.grad(weighted_norm, batched=(0, 1), device="cuda")(X, X[:2]),
        errors.BatchError,
        "different numbers of points",
    ),
]


@pytest.mark.parametrize(("call", "error", "words"), CALLS)
def test_refused_when_called(call: Any, error: Any, words: str, emulated: Any) -> None:
    with pytest.raises(error, match=words):
        call()


def test_no_points(emulated: Any) -> None:
    for device in ("cpu", "cuda"):
        assert dr.jacobian(turned, batched=True, out_shape=3, device=device)(X[:0]).shape == (0, 3, 3)
        assert dr.grad(rosenbrock, batched=True, device=device)(X[:0]).shape == (0, 3)
    assert dr.hessian(rosenbrock, batched=True, device="cuda")(X[:0]).shape == (0, 3, 3)
    value, gradient = dr.value_and_grad(rosenbrock, batched=True, device="cuda")(X[:0])
    assert (value.shape, gradient.shape) == ((0,), (0, 3))


def test_integers_are_taken_as_doubles(emulated: Any) -> None:
    points = np.arange(6).reshape(2, 3)
    result = dr.grad(rosenbrock, batched=True, device="cuda")(points)
    close(result, dr.grad(rosenbrock, batched=True)(points.astype(float)))


def test_a_device_array_must_be_contiguous(emulated: Any) -> None:
    with pytest.raises(errors.DeviceError, match="contiguous"):
        dr.grad(rosenbrock, batched=True, device="cuda")(emulated(X)[:, ::-1])
    with pytest.raises(errors.DeviceError, match="int64"):
        dr.grad(rosenbrock, batched=True, device="cuda")(emulated(np.arange(6).reshape(2, 3)))


def test_what_is_missing_is_named() -> None:
    lacking = cuda_target.missing()
    if lacking is None:
        pytest.skip("there is a device here: nothing is missing")
    assert "driver" in lacking or "device" in lacking
    with pytest.raises(errors.NoDeviceError, match=re.escape(lacking)):
        dr.grad(rosenbrock, batched=True, device="cuda")(X)
    with pytest.raises(errors.NoDeviceError):
        dr.cuda.Workspace(5, 6)
