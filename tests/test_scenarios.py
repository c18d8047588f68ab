"""Every scenario of the catalogue, in every mode, dtype and chunk size, against its closed form."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import optree
import pytest
from each import each
from numba import njit
from scenarios import SCENARIOS, Scenario

import dualrev as dr

MODES = ("forward", "reverse", "auto")
DTYPES = (np.float64, np.float32)
NAMES = [scenario.name for scenario in SCENARIOS]


def cast(x: Any, dtype: Any) -> Any:
    """Return the arguments with all floating numbers and arrays in a dtype; a Python float stays one in double."""
    if isinstance(x, str) or (isinstance(x, float) and dtype is np.float64):
        return x
    return np.asarray(x, dtype)[()]


def arguments(scenario: Scenario, dtype: Any) -> Any:
    return optree.tree_map(lambda leaf: cast(leaf, dtype), scenario.args)


def in_double(args: Any) -> Any:
    return optree.tree_map(lambda x: x if isinstance(x, str) else np.float64(x), args)


def differentiated(scenario: Scenario, args: Any) -> list[Any]:
    """Return the leaves that the Jacobian is taken with respect to."""
    positions = scenario.argnums if isinstance(scenario.argnums, tuple) else (scenario.argnums,)
    return [leaf for n in positions for leaf in optree.tree_leaves(args[n])]


def as_trees_are_read(out: Any) -> Any:
    """Return an output with each list of numbers as one array, which is how dualrev reads it."""
    if isinstance(out, list) and all(np.shape(element) == () for element in out):
        return np.array(out)
    if isinstance(out, list | tuple):
        return type(out)(as_trees_are_read(element) for element in out)
    return {key: as_trees_are_read(value) for key, value in out.items()} if isinstance(out, dict) else out


def test_the_catalogue_is_large_and_names_are_unique() -> None:
    assert len(SCENARIOS) >= 120
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=NAMES)
@each("mode", MODES)
@each("dtype", DTYPES)
@each("chunk_size", [None, 1, 3])
def test_jacobian(scenario: Scenario, mode: str, dtype: Any, chunk_size: int | None) -> None:
    args = arguments(scenario, dtype)
    before = copy.deepcopy(args)
    operator = dr.value_and_jacobian(scenario.f, scenario.argnums, mode=mode, chunk_size=chunk_size)
    value, jacobian = operator(*args)
    expected = scenario.jacobian(*in_double(args))

    assert optree.tree_structure(jacobian) == optree.tree_structure(expected)
    found = optree.tree_leaves(jacobian)
    outputs = optree.tree_leaves(as_trees_are_read(scenario.f(*args)))
    inputs = differentiated(scenario, args)
    pairs = [(out, x) for out in outputs for x in inputs]
    for block, closed_form, (out, x) in zip(found, optree.tree_leaves(expected), pairs, strict=True):
        check_block(block, np.asarray(closed_form), np.asarray(out), x)
    for got, out in zip(optree.tree_leaves(value), outputs, strict=True):
        assert np.asarray(got).tobytes() == np.asarray(out).tobytes()
        assert np.shape(got) == np.shape(out)
        assert not any(np.shares_memory(got, x) for x in inputs)
    for x, old in zip(optree.tree_leaves(args), optree.tree_leaves(before), strict=True):
        assert isinstance(x, str) or (np.asarray(x) == old).all(), "the input was modified"


def check_block(block: Any, closed_form: Any, out: Any, x: Any) -> None:
    """Check one leaf of a Jacobian: shape law, dtype law, ownership and values."""
    assert np.shape(block) == out.shape + np.shape(x)
    assert np.shape(block) == closed_form.shape
    x_dtype = np.asarray(x).dtype
    assert np.asarray(block).dtype == np.result_type(out.dtype, x_dtype)
    if isinstance(x, float) and not isinstance(x, np.floating) and not out.shape:
        assert type(block) is float
    elif not np.shape(block):
        assert isinstance(block, np.floating)
    else:
        assert type(block) is np.ndarray
        assert block.flags.c_contiguous
        assert block.flags.owndata
        assert block.flags.writeable
    eps = max(float(np.finfo(x_dtype).eps), float(np.finfo(np.asarray(block).dtype).eps))
    scale = float(np.max(np.abs(closed_form), initial=0.0))
    np.testing.assert_allclose(block, closed_form, rtol=64 * eps, atol=64 * eps * scale)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=NAMES)
@each("mode", MODES)
@each("dtype", DTYPES)
def test_gradient_of_scalar_functions(scenario: Scenario, mode: str, dtype: Any) -> None:
    args = arguments(scenario, dtype)
    out = scenario.f(*args)
    if isinstance(out, dict | list | tuple) or np.shape(out):
        with pytest.raises(dr.errors.NonScalarOutputError):
            dr.grad(scenario.f, scenario.argnums, mode=mode)(*args)
        return
    value, gradient = dr.value_and_grad(scenario.f, scenario.argnums, mode=mode)(*args)
    expected = scenario.jacobian(*in_double(args))
    assert np.asarray(value).tobytes() == np.asarray(out).tobytes()
    assert optree.tree_structure(gradient) == optree.tree_structure(expected)
    leaves = zip(
        optree.tree_leaves(gradient), optree.tree_leaves(expected), differentiated(scenario, args), strict=True
    )
    for part, closed_form, x in leaves:
        assert np.shape(part) == np.shape(x)
        assert type(part) is (float if type(x) is float else type(np.asarray(x)[()]))
        assert np.asarray(part).dtype == np.asarray(x).dtype
        eps = float(np.finfo(np.asarray(x).dtype).eps)
        scale = float(np.max(np.abs(closed_form), initial=0.0))
        np.testing.assert_allclose(part, closed_form, rtol=64 * eps, atol=64 * eps * scale)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=NAMES)
@each("dtype", DTYPES)
def test_pushforward_and_pullback_are_products_with_the_jacobian(scenario: Scenario, dtype: Any) -> None:
    args = arguments(scenario, dtype)
    if any(isinstance(leaf, str) for leaf in optree.tree_leaves(args)):
        args = args[:1]
    f = scenario.f if len(args) == len(scenario.args) else lambda x: scenario.f(x, *scenario.args[1:])
    rng = np.random.default_rng(0)
    v = optree.tree_map(lambda x: np.asarray(rng.normal(size=np.shape(x)), np.asarray(x).dtype)[()], args)
    out, pushed = dr.jvp(f, args, v)
    again, pullback = dr.vjp(f, *args)
    w = optree.tree_map(lambda y: np.asarray(rng.normal(size=np.shape(y)), np.asarray(y).dtype)[()], out)
    products = [
        [float(np.sum(np.float64(a) * b)) for a, b in zip(optree.tree_leaves(p), optree.tree_leaves(q), strict=True)]
        for p, q in ((w, pushed), (pullback(w), v))
    ]
    assert optree.tree_structure(out) == optree.tree_structure(again) == optree.tree_structure(pushed)
    eps = max((float(np.finfo(np.asarray(x).dtype).eps) for x in optree.tree_leaves(args)), default=0.0)
    size = sum(np.abs(products[0])) + sum(np.abs(products[1])) + 1.0
    assert abs(sum(products[0]) - sum(products[1])) <= 200 * eps * size


FEW = ("elementwise", "worked 5: Rosenbrock", "DiffTests: ackley")
COMPILED = (
    *FEW,
    *("worked 13: W x", "worked 13: sigmoid", "broadcast (3,1) + (1,2)", "outer", "where", "maximum", "differences"),
    *(
        "norm",
        "quadratic form",
        "DiffTests: self-weighted logit",
        "MGH 26: trigonometric",
        "autograd: recurrent network",
    ),
)
"""Functions of three numbers that can be compiled, in one unit."""


@pytest.mark.parametrize(
    ("names", "mode"),
    [
        (FEW, "reverse"),
        pytest.param(COMPILED, "reverse", marks=pytest.mark.exhaustive),
        pytest.param(COMPILED, "forward", marks=pytest.mark.exhaustive),
    ],
    ids=["few-reverse", "reverse", "forward"],
)
def test_a_covering_set_compiled_in_one_unit(names: tuple[str, ...], mode: str) -> None:
    chosen = [scenario for scenario in SCENARIOS if scenario.name in names]
    assert len(chosen) == len(names)
    x = np.array([0.7, -1.3, 2.1])
    scope: dict[str, Any] = {"np": np}
    parts, rows = [], []
    for n, scenario in enumerate(chosen):
        scope[f"f{n}"] = njit(scenario.f)
        parts.append(f"np.ravel(f{n}(x))" if np.ndim(scenario.f(x)) else f"np.array([f{n}(x)])")
        rows.append(np.reshape(scenario.jacobian(x), (-1, 3)))
    exec(f"def unit(x):\n    return np.concatenate(({', '.join(parts)}))", scope)
    value, found = dr.value_and_jacobian(njit(scope["unit"]), mode=mode)(x)
    np.testing.assert_allclose(value, scope["unit"](x), rtol=1e-13)
    np.testing.assert_allclose(found, np.concatenate(rows), rtol=1e-12, atol=1e-12)


@pytest.mark.exhaustive
@pytest.mark.parametrize("scenario", SCENARIOS, ids=NAMES)
def test_every_scenario_that_numba_compiles(scenario: Scenario) -> None:
    args = arguments(scenario, np.float64)
    try:
        f = njit(scenario.f)
        f(*copy.deepcopy(args))
    except Exception as refusal:  # Numba has errors of many kinds, bare assertions among them
        pytest.skip(f"Numba does not run the function itself: {type(refusal).__name__}")
    try:
        found = {mode: dr.jacobian(f, scenario.argnums, mode=mode)(*args) for mode in MODES[:2]}
    except dr.errors.DualrevError as refusal:
        pytest.skip(f"refused by name: {refusal}")
    expected = optree.tree_leaves(scenario.jacobian(*in_double(args)))
    for mode, jacobian in found.items():
        leaves = optree.tree_leaves(jacobian)
        assert len(leaves) == len(expected), mode
        for a, b in zip(leaves, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-11, err_msg=mode)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=NAMES)
@each("inner", MODES[:2])
@each("outer", MODES[:2])
def test_jacobian_inside_another_derivative(scenario: Scenario, inner: str, outer: str) -> None:
    """The derivative of the Jacobian along a direction, against differences of the closed form."""
    args = arguments(scenario, np.float64)
    single = isinstance(scenario.argnums, int)
    positions = [n % len(args) for n in ((scenario.argnums,) if single else scenario.argnums)]

    def completed(given: Any) -> list[Any]:
        chosen = dict(zip(positions, given, strict=True))
        return [chosen.get(n, arg) for n, arg in enumerate(args)]

    def entries(*given: Any) -> Any:
        jacobian = dr.jacobian(scenario.f, scenario.argnums, mode=inner)(*completed(given))
        return np.concatenate([np.reshape(leaf, -1) for leaf in optree.tree_leaves(jacobian)])

    def closed(given: Any) -> Any:
        expected = scenario.jacobian(*in_double(completed(given)))
        return np.concatenate([np.reshape(leaf, -1) for leaf in optree.tree_leaves(expected)])

    point = tuple(args[n] for n in positions)
    rng = np.random.default_rng(0)
    v = optree.tree_map(lambda x: np.float64(rng.normal(size=np.shape(x)))[()], point)
    h = 1e-4

    def moved(k: int) -> Any:
        return closed(optree.tree_map(lambda x, d: np.asarray(x) + k * h * d, point, v))

    difference = (8 * (moved(1) - moved(-1)) - (moved(2) - moved(-2))) / (12 * h)
    if np.max(np.abs(moved(1) - closed(point)), initial=0.0) > 0.1:
        return  # a tie, where the Jacobian jumps
    if outer == "forward":
        found = dr.jvp(entries, point, v)[1]
    else:
        rows = dr.jacobian(entries, tuple(range(len(point))), mode="reverse")(*point)
        parts = zip(optree.tree_leaves(rows), optree.tree_leaves(v), strict=True)
        found = sum(np.reshape(row, (difference.size, np.size(d))) @ np.ravel(d) for row, d in parts)
    scale = np.max(np.abs(difference), initial=1.0)
    np.testing.assert_allclose(found, difference, rtol=1e-8, atol=1e-8 * scale)
