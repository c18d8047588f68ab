"""The layout of active arrays in memory is that of NumPy's own, whatever order their operands lie in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from array_cases import COMPOSITE_CASES, RULE_CASES
from each import each
from families.case import Case

import dualrev as dr
from dualrev.primitives.array.layout import empty_alike


def _gaps(x: np.ndarray) -> np.ndarray:
    wide = np.zeros(tuple(2 * n for n in x.shape), x.dtype)
    view = wide[(slice(None, None, 2),) * x.ndim]
    view[...] = x
    return view


LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "Fortran": np.asfortranarray,
    "turned": lambda x: np.ascontiguousarray(np.moveaxis(x, 0, -1)).transpose(-1, *range(x.ndim - 1)),
    "with gaps": _gaps,
    "Fortran with gaps": lambda x: _gaps(np.ascontiguousarray(x.T)).T,
    "backwards": lambda x: np.ascontiguousarray(x[(slice(None, None, -1),) * x.ndim])[
        (slice(None, None, -1),) * x.ndim
    ],
}


def operands(case: Case, layout: Callable[[np.ndarray], np.ndarray]) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(3)
    arrays = [np.float64(rng.uniform(0.2, 2.0, shape) * rng.choice([-1.0, 1.0], shape)) for shape in case.shapes]
    return tuple(layout(np.array(x)) if np.ndim(x) and np.size(x) else x for x in arrays)


def lies(x: Any) -> Any:
    """Return how an array lies in memory, as far as one can tell by reading it."""
    if not (x.ndim and x.size) or not isinstance(getattr(x, "value", x), np.ndarray):
        return ()
    strides = tuple(step for step, length in zip(x.strides, x.shape, strict=True) if length > 1)
    return x.flags.c_contiguous, x.flags.f_contiguous, strides


CASES = [
    pytest.param(make(f), id=f"{number}-{getattr(f, '__name__', f)}")
    for number, (f, make) in enumerate((RULE_CASES | COMPOSITE_CASES).items())
]
OTHERWISE = ("eig", "eigvals", "qr")
"""Functions some of whose results lie in another memory than NumPy's, in the same order: parts of complex numbers."""


def one(number: int) -> str:
    """Return the name of a layout, another for each number."""
    return list(LAYOUTS)[number % len(LAYOUTS)]


@pytest.mark.parametrize("cases", CASES)
def test_results_lie_as_those_of_numpy(cases: list[Case], request: pytest.FixtureRequest) -> None:
    for number, case in enumerate(cases):
        check_layout(case, one(number), request.node.callspec.id)


@pytest.mark.exhaustive
@pytest.mark.parametrize("cases", CASES)
def test_results_lie_as_those_of_numpy_in_every_layout(cases: list[Case], request: pytest.FixtureRequest) -> None:
    for case in cases:
        for name in LAYOUTS:
            check_layout(case, name, request.node.callspec.id)


def check_layout(case: Case, name: str, label: str) -> None:
    """Compare values, flags and strides with NumPy's, in both modes."""
    x = operands(case, LAYOUTS[name])
    plain = case.call(*x)
    for active in (case.call(*[dr.Var(a) for a in x]), case.call(*[dr.Dual(a, np.ones_like(a)) for a in x])):
        np.testing.assert_allclose(dr.stop_gradient(active), plain, rtol=1e-12, atol=1e-12)
        if label.partition("-")[2] not in OTHERWISE:
            assert lies(active) == lies(plain), name


@pytest.mark.exhaustive
@pytest.mark.parametrize("cases", CASES)
def test_derivatives_are_those_of_the_order_that_was_read(cases: list[Case]) -> None:
    """Compare with differences where operands lie so: nothing else knows the order in which a function reads."""
    for number, case in enumerate(cases):
        x = operands(case, LAYOUTS[one(number)])
        rng = np.random.default_rng(number)
        v = tuple(np.float64(rng.normal(size=np.shape(a))) for a in x)
        out, pushed = dr.jvp(case.call, x, v)
        up, down = (case.call(*[_moved(a, s * 1e-6 * b) for a, b in zip(x, v, strict=True)]) for s in (1, -1))
        np.testing.assert_allclose(pushed, (up - down) / 2e-6, rtol=1e-4, atol=1e-4, err_msg=f"case {number}")
        w = np.float64(rng.normal(size=np.shape(out)))
        pulled = dr.vjp(case.call, *x)[1](w)
        left, right = np.sum(w * pushed), sum(np.sum(a * b) for a, b in zip(v, pulled, strict=True))
        np.testing.assert_allclose(left, right, rtol=1e-9, atol=1e-9, err_msg=f"case {number}")


@each("cases", [case.values[0] for case in CASES if not str(case.id).endswith("-window")])
def test_results_are_views_where_those_of_numpy_are(cases: list[Case]) -> None:
    """Write to the operands afterwards: views see it, other results do not."""

    def after(case: Case, x: tuple[Any, ...]) -> Any:
        copies = [a * 1.0 for a in x]
        result = case.call(*copies)
        for array in copies:
            if np.ndim(array):
                array[...] = 7.25
        return dr.stop_gradient(np.copy(result))

    for number, case in enumerate(cases):
        x = operands(case, np.asarray)
        right = after(case, x)
        for active in ([dr.Var(a) for a in x], [dr.Dual(a, np.ones_like(a)) for a in x])[number % 2 :][:1]:
            np.testing.assert_allclose(after(case, tuple(active)), right, rtol=1e-9, err_msg=f"case {number}")


def _moved(x: np.ndarray, by: np.ndarray) -> np.ndarray:
    """Return x + by, which lies as x does."""
    if not np.ndim(x):
        return x + by
    moved = empty_alike(x, x.dtype)
    moved[...] = x + by
    return moved


def _assigned(y: Any, x: Any) -> Any:
    y[...] = x
    return y


def _added(y: Any, x: Any) -> Any:
    y += x
    return y


def _copied_to(y: Any, x: Any) -> Any:
    np.copyto(y, x)
    return y


def _out(y: Any, x: Any) -> Any:
    return np.multiply(x, 2.0, out=y)


PROGRAMS: dict[str, Callable[[Any], Any]] = {
    "itself": lambda x: x,
    "turned": lambda x: x.T,
    "copy as a method": lambda x: x.T.copy(),
    "copy as a function": lambda x: np.copy(x.T),
    "copy in an order": lambda x: np.copy(x.T, order="C") + x.T.copy(order="F"),
    "array": lambda x: np.array(x.T),
    "array in an order": lambda x: np.array(x.T, order="A"),
    "asfortranarray": lambda x: np.asfortranarray(x * 1.0),
    "ascontiguousarray": lambda x: np.ascontiguousarray(x.T),
    "require": lambda x: np.require(x * 1.0, None, "F"),
    "astype": lambda x: x.T.astype(np.float32).astype(float),
    "astype in an order": lambda x: x.T.astype(np.float64, order="C"),
    "zeros_like": lambda x: np.zeros_like(x.T) + x.T,
    "zeros_like, written": lambda x: _assigned(np.zeros_like(x.T), x.T),
    "empty_like in an order": lambda x: _assigned(np.empty_like(x, order="F"), x),
    "full_like": lambda x: _assigned(np.full_like(x.T, 2.0), x.T),
    "full": lambda x: _added(np.full((3, 3), x[0, 1], order="F"), x),
    "zeros in an order": lambda x: _assigned(np.zeros((3, 3), order="F", like=x), x),
    "in place": lambda x: _added(x * 1.0, x.T),
    "in place, turned": lambda x: _added(x.T * 1.0, x),
    "in place, plain": lambda x: _added(x.T * 1.0, np.eye(3)),
    "in place on a view": lambda x: _added((x * 1.0)[:, ::2], x[:, 1:]),
    "copyto": lambda x: _copied_to(x.T * 1.0, x),
    "out": lambda x: _out(np.empty_like(x.T), x),
    "written": lambda x: _assigned(x.T * 1.0, x),
    "view of a written one": lambda x: _added(_assigned(x * 1.0, x.T).T[1:], 2.0),
    "mirrored view of a written one": lambda x: _assigned(x * 1.0, x.T)[:, ::-1],
    "column of a written one": lambda x: _assigned(np.zeros((3, 3, 30), like=x), x[..., None])[..., 7],
    "columns of a written one": lambda x: _assigned(np.zeros((3, 3, 30), like=x), x[..., None]).T[7:9],
    "plain, then written": lambda x: _assigned(np.ones((3, 3), order="F", like=x) * 2, x),
    "broadcast": lambda x: np.broadcast_to(x.T, (2, 3, 3)),
    "broadcast along rows": lambda x: np.broadcast_to(x[:, 1:2], (3, 4)),
    "swapped": lambda x: np.swapaxes(x[None] * np.ones((2, 1, 1)), 0, 2),
    "ufunc": lambda x: np.negative(x.T),
    "ufunc of two": lambda x: x.T + np.asfortranarray(np.eye(3)),
    "ufunc of a column": lambda x: x.T + x[:, :1],
    "ufunc in an order": lambda x: np.add(x.T, 1.0, order="C") + np.add(x, x, order="F"),
    "where": lambda x: np.where(np.eye(3) > 0, x.T, 0.0),
    "clip": lambda x: np.clip(x.T, -99.0, 99.0),
    "stack": lambda x: np.stack([x.T, x.T], axis=-1),
    "concatenate": lambda x: np.concatenate([x.T, x.T]),
    "tile": lambda x: np.tile(x.T, (2, 1)),
    "cumsum": lambda x: np.cumsum(x.T, axis=1),
    "reshape": lambda x: np.reshape(x.T, (1, 9, 1), order="A"),
    "reshape in Fortran order": lambda x: x.reshape((9, 1), order="F").reshape(3, 3, order="F"),
    "windows": lambda x: np.lib.stride_tricks.sliding_window_view(x.T, 2, axis=0),
    "as_strided": lambda x: np.lib.stride_tricks.as_strided(x * 1.0, (2, 2), (8, 24)),
    "flipped": lambda x: np.flip(x.T, 0),
    "diagonal": lambda x: np.diagonal(x.T * 1.0),
    "index": lambda x: x.T[:, [2, 0]],
    "mask": lambda x: x.T[np.eye(3) > 0],
    "take": lambda x: np.take(x.T, [2, 0], axis=1),
    "sum": lambda x: np.sum(x[None].T * np.ones(2), axis=1),
    "split": lambda x: np.split(x.T, [1], axis=1)[1],
    "meshgrid": lambda x: np.meshgrid(x[0], x[1])[0],
    "matmul": lambda x: (x.T @ np.eye(3)).T,
}

READINGS: dict[str, Callable[[Any], Any]] = {
    "ravel K": lambda y: np.ravel(y, order="K"),
    "ravel A": lambda y: y.ravel("A"),
    "flatten K": lambda y: y.flatten("K"),
    "flatten A": lambda y: y.flatten("A"),
    "reshape A": lambda y: y.reshape(-1, order="A"),
    "copy A": lambda y: np.copy(y, order="A").ravel("K"),
    "array K": lambda y: np.array(y).ravel("K"),
    "zeros_like": lambda y: (np.zeros_like(y) + y).ravel("K"),
    "ufunc": lambda y: (y + 0.0).ravel("K"),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_read_the_elements_that_numpy_reads(name: str) -> None:
    """The programs are affine and the numbers whole, so differences are exact."""
    program = PROGRAMS[name]
    for layout in (None, "turned", "with gaps"):
        x = LAYOUTS.get(layout or "", np.asarray)(np.arange(9.0).reshape(3, 3) ** 2)

        def read(x: Any) -> Any:
            y = program(x)
            return np.concatenate([reading(y) for reading in READINGS.values()])

        plain = read(_moved(x, 0.0 * x))
        units = [unit.reshape(3, 3) for unit in np.eye(9)]
        right = np.stack([read(_moved(x, e)) - plain for e in units], axis=-1)
        for mode in ("forward", "reverse"):
            chunk = 4 if mode == "forward" else None
            value, jacobian = dr.value_and_jacobian(read, mode=mode, chunk_size=chunk)(x)
            np.testing.assert_array_equal(value, plain)
            np.testing.assert_array_equal(jacobian.reshape(right.shape), right)
            assert _seen(program, x, mode) == lies(program(_moved(x, 0.0 * x)))
        if layout is not None:
            continue
        weights = np.arange(1.0, len(plain) + 1)
        nested = dr.hessian(lambda x, w=weights: np.sum(w * read(x) ** 2))(x)
        np.testing.assert_allclose(nested.reshape(9, 9), 2 * right.T @ (weights[:, None] * right), rtol=1e-12)


def _seen(program: Callable[[Any], Any], x: np.ndarray, mode: str) -> Any:
    found: list[Any] = []

    def f(x: Any) -> Any:
        y = program(x)
        found.append(lies(y))
        return y

    dr.jacobian(f, mode=mode)(x)
    return found[0]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("kind", ["computed", "made", "written", "number"])
def test_attributes_of_arrays_are_there_or_refused_by_name(kind: str, mode: str) -> None:
    makers: dict[str, Callable[[Any], Any]] = {
        "computed": lambda x: x * 1.0,
        "made": np.zeros_like,
        "written": lambda x: _assigned(x * 1.0, 2.0),
        "number": lambda x: x[0, 0],
    }

    def f(x: Any) -> Any:
        y = makers[kind](x)
        refused = {}
        for name in dir(np.ndarray):
            try:
                getattr(y, name)
            except dr.errors.MissingAttributeError as error:
                refused[name] = str(error)
            except ValueError:
                refused[name] = f"{name} of a number, custom_rule" if (kind, name) == ("number", "mT") else ""
        assert all(name in text and "custom_rule" in text for name, text in refused.items())
        assert not hasattr(y, "nonsense")
        if kind == "number":
            return y.view()
        for name in ("shape", "dtype", "strides"):
            with pytest.raises(dr.errors.InPlaceError, match=rf"x\.{name} = "):
                setattr(y, name, getattr(np.ones((4, 1)), name))
        with pytest.raises(dr.errors.InPlaceError, match="setflags"):
            y.flags.writeable = False
        with pytest.raises(dr.errors.MissingRuleError, match=r"x\.view"):
            y.view(np.int64)
        assert (y.flags.writeable, y.flags["C"], y.device, y.to_device("cpu") is y) == (True, True, "cpu", True)
        y.real = x
        view = y.view()
        y.flat = 2 * x.ravel()
        view[0, 0] = x[0, 1]
        return y

    right = np.diag([1.0, 0, 0, 0])[:1] if kind == "number" else np.array([[0, 1, 0, 0], *2 * np.eye(4)[1:]])
    np.testing.assert_array_equal(dr.jacobian(f, mode=mode)(np.ones((2, 2))).reshape(-1, 4), right)
