"""Every rule of an array function: its value, its adjoint identity, its derivatives of first and second order."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from array_cases import COMPOSITE_CASES, RULE_CASES, Case, cases
from each import each

import dualrev as dr
from dualrev.primitives.array import COMPOSITES, RULES

EPS = float(np.finfo(np.float64).eps)


def by_function() -> dict[str, list[tuple[str, Case]]]:
    """Return the cases of every function, with what names them."""
    groups: dict[str, list[tuple[str, Case]]] = {}
    functions: dict[str, Any] = {}
    for f, case in cases():
        name = f.__name__
        if functions.setdefault(name, f) is not f:
            name = f"{name} of {f.__module__}"
        groups.setdefault(name, []).append((f"case {len(groups.get(name, ()))} of {name}: {case.shapes}", case))
    return groups


GROUPS = by_function()
every_function = pytest.mark.parametrize("function", GROUPS)


def operands(case: Case, seed: int = 0) -> tuple[Any, ...]:
    rng = np.random.default_rng(seed)
    return tuple(np.float64(rng.uniform(0.2, 2.0, shape) * rng.choice([-1.0, 1.0], shape)) for shape in case.shapes)


def directions(arrays: Any, seed: int) -> tuple[Any, ...]:
    rng = np.random.default_rng(seed)
    return tuple(np.float64(rng.normal(size=np.shape(x))) for x in arrays)


def inner(a: Any, b: Any) -> tuple[float, float]:
    """Return the inner product of two tuples of arrays, and the sum of the sizes of its terms."""
    terms = [np.asarray(x) * np.asarray(y) for x, y in zip(a, b, strict=True)]
    return float(sum(t.sum() for t in terms)), float(sum(np.abs(t).sum() for t in terms))


def bent(case: Case) -> Any:
    """Return a scalar function whose second derivatives see those of the case's function."""
    return lambda *x: np.sum(np.sin(case.call(*x)) + case.call(*x) ** 2)


def test_every_rule_and_composite_has_cases() -> None:
    assert set(RULE_CASES) == set(RULES)
    assert set(COMPOSITE_CASES) == set(COMPOSITES)
    assert all(make(f) for table in (RULE_CASES, COMPOSITE_CASES) for f, make in table.items())


def values_are_those_of_numpy(case: Case) -> None:
    x = operands(case)
    plain = np.asarray(case.call(*x))
    dual = case.call(*(dr.Dual(a, np.ones_like(a)) for a in x))
    var = case.call(*(dr.Var(a) for a in x))
    for active in (dual.value, var.value):
        assert np.shape(active) == plain.shape
        assert np.asarray(active).dtype == plain.dtype
        np.testing.assert_allclose(active, plain, rtol=4 * EPS, atol=4 * EPS)


def adjoint_identity(case: Case) -> None:
    check_adjoint_identity(case, 1)


def check_adjoint_identity(case: Case, seed: int) -> None:
    x = operands(case, seed)
    for subset in product([False, True], repeat=len(x)):
        if not any(subset):
            continue
        active = [n for n, chosen in enumerate(subset) if chosen]

        def f(*chosen: Any, active: list[int] = active) -> Any:
            arrays = list(x)
            for n, a in zip(active, chosen, strict=True):
                arrays[n] = a
            return case.call(*arrays)

        primals = tuple(x[n] for n in active)
        v = directions(primals, seed)
        out, pushed = dr.jvp(f, primals, v)
        again, pullback = dr.vjp(f, *primals)
        assert np.array_equal(out, again)
        (w,) = directions([out], seed + 10)
        (left, size), (right, other) = inner([w], [pushed]), inner(pullback(w), v)
        assert abs(left - right) <= 16 * EPS * (size + other)


def adjoint_identity_in_single_precision(case: Case) -> None:
    x = tuple(np.float32(a) for a in operands(case, 1))
    v = tuple(np.float32(d) for d in directions(x, 2))
    out, pushed = dr.jvp(case.call, x, v)
    _, pullback = dr.vjp(case.call, *x)
    w = np.asarray(directions([out], 3)[0], np.asarray(out).dtype)[()]
    (left, size), (right, other) = inner([np.float64(w)], [pushed]), inner(pullback(w), v)
    assert abs(left - right) <= 64 * np.finfo(np.float32).eps * (size + other)


def differences(case: Case) -> None:
    dr.check_grads(case.call, operands(case), order=1)  # the nestings below are compared with differences too


def second_differences_and_adjoint_identity_at_other_points(case: Case) -> None:
    dr.check_grads(case.call, operands(case), order=2)
    check_adjoint_identity(case, 2)


def modes_and_chunks_agree_on_the_jacobian(case: Case) -> None:
    x = operands(case)
    argnums = tuple(range(len(x)))
    reference = dr.jacobian(case.call, argnums, mode="forward")(*x)
    for mode, chunk in (("forward", 2), ("reverse", None), ("reverse", 2)):
        found = dr.jacobian(case.call, argnums, mode=mode, chunk_size=chunk)(*x)
        for a, b, shape in zip(found, reference, case.shapes, strict=True):
            assert np.shape(a) == np.shape(case.call(*x)) + shape
            np.testing.assert_allclose(a, b, rtol=16 * EPS, atol=16 * EPS)


def second_order_agrees_however_the_modes_are_nested(case: Case) -> None:
    f, x = bent(case), operands(case, 3)
    argnums = tuple(range(len(x)))
    v, w = directions(x, 4), directions(x, 5)

    def along(*y: Any) -> Any:
        return dr.jvp(f, y, v)[1]

    def gradient(*y: Any, mode: str = "reverse") -> Any:
        return dr.grad(f, argnums, mode=mode)(*y)

    def weighted(*y: Any) -> Any:
        return sum(np.sum(a * b) for a, b in zip(gradient(*y), v, strict=True))

    found = {
        "forward over reverse": inner(dr.jvp(gradient, x, v)[1], w),
        "reverse over forward": inner(dr.grad(along, argnums, mode="reverse")(*x), w),
        "reverse over reverse": inner(dr.grad(weighted, argnums, mode="reverse")(*x), w),
        "forward over forward": (dr.jvp(along, x, w)[1], 0.0),
    }
    reference, size = found["forward over reverse"]
    for nesting, (value, _) in found.items():
        assert abs(value - reference) <= 1e-12 * (size + 1.0), nesting
    h = 1e-5
    up, down = (gradient(*(a + s * h * d for a, d in zip(x, v, strict=True))) for s in (1, -1))
    difference = inner([(a - b) / (2 * h) for a, b in zip(up, down, strict=True)], w)[0]
    assert abs(difference - reference) <= 1e-6 * (size + 1.0)


def single_precision(case: Case) -> None:
    doubles = operands(case)
    singles = tuple(np.float32(a) for a in doubles)
    argnums = tuple(range(len(singles)))
    dtype = np.result_type(np.asarray(case.call(*singles)).dtype, np.float32)
    expected = dr.jacobian(case.call, argnums)(*doubles)
    for mode in ("forward", "reverse"):
        for a, b in zip(dr.jacobian(case.call, argnums, mode=mode)(*singles), expected, strict=True):
            assert np.asarray(a).dtype == dtype
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)


CHECKS = (
    values_are_those_of_numpy,
    adjoint_identity,
    adjoint_identity_in_single_precision,
    differences,
    modes_and_chunks_agree_on_the_jacobian,
    second_order_agrees_however_the_modes_are_nested,
    single_precision,
)


def in_every_case(function: str, check: Any) -> None:
    for label, case in GROUPS[function]:
        try:
            check(case)
        except Exception as error:
            error.add_note(label)
            raise


@every_function
@each("check", CHECKS)
def test_every_case(function: str, check: Any) -> None:
    in_every_case(function, check)


@pytest.mark.exhaustive
@every_function
def test_every_case_at_other_points(function: str) -> None:
    in_every_case(function, second_differences_and_adjoint_identity_at_other_points)
