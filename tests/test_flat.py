"""`x.flat` of active arrays has all that NumPy's has."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dualrev as dr

A = np.arange(1.0, 7.0).reshape(2, 3)
each_mode = pytest.mark.parametrize("mode", ["forward", "reverse"])


@each_mode
@pytest.mark.parametrize("turned", [False, True])
def test_every_attribute_of_numpys_iterator_is_there(turned: bool, mode: str) -> None:
    seen: list[Any] = []

    def f(x: Any) -> Any:
        x = x.T if turned else x
        flat = x.flat
        assert not [name for name in dir(np.flatiter) if not hasattr(flat, name)]
        total, places = 0.0, []
        for n, element in enumerate(flat):
            places.append((flat.coords, flat.index))
            total = total + (n + 1) * element
        assert list(flat) == []
        assert len(flat) == 6
        kept = total + flat[2] + np.sum(flat[1:3]) + np.sum(flat.copy() ** 2)
        places.append((flat.coords, flat.index))
        assert (flat > 2).tolist() == (np.asarray(dr.stop_gradient(x)).flat > 2).tolist()
        assert (flat == x.flat).all()
        with pytest.raises(TypeError):
            del flat[0]
        with pytest.raises(TypeError):
            hash(flat)
        places.append(next(flat) is not None)
        seen.append(places)
        return kept

    value, gradient = dr.value_and_grad(f, mode=mode)(A)
    assert value == f(A)
    assert seen[0] == seen[1]
    h = 1e-6
    for at in np.ndindex(A.shape):
        step = np.zeros_like(A)
        step[at] = h
        np.testing.assert_allclose(gradient[at], (f(A + step) - f(A - step)) / (2 * h), rtol=1e-7)


@each_mode
def test_ndenumerate_and_the_first_and_last_places(mode: str) -> None:
    def f(x: Any) -> Any:
        return sum((1 + i + 10 * j) * v for (i, j), v in np.ndenumerate(x))

    assert dr.grad(f, mode=mode)(A).tolist() == [[1.0, 11.0, 21.0], [2.0, 12.0, 22.0]]
    assert dr.grad(lambda x: sum(v for at, v in np.ndenumerate(x) if at == ()), mode=mode)(np.array(3.0)) == 1.0
    for shape in ((2,), (2, 3), (2, 1, 2), ()):
        plain = np.ones(shape)
        both = []
        for flat in (plain.flat, dr.Var(plain).flat if shape else plain.flat):
            both.append([(flat.coords, flat.index) for _ in flat] + [(flat.coords, flat.index)])
        assert both[0] == both[1]
    with pytest.raises(StopIteration):
        next(dr.Var(np.zeros((2, 0))).flat)


@each_mode
def test_writes_while_iterating_are_seen(mode: str) -> None:
    def f(x: Any) -> Any:
        y, total = x * 1.0, 0.0
        for n, element in enumerate(y.flat):
            total = total + element
            if n + 1 < y.size:
                y.ravel()[n + 1] = 2 * element
        return total

    assert dr.value_and_grad(f, mode=mode)(A)[0] == f(A)
    assert dr.grad(f, mode=mode)(A).ravel().tolist() == [63.0, 0.0, 0.0, 0.0, 0.0, 0.0]
