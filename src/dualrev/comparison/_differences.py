"""Methods without automatic differentiation: differences of two kinds, and the complex step."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from dualrev.active.trees import flatten, flatten_output
from dualrev.comparison._runs import Run, Told, peak_of
from dualrev.operators.call import Point

STEP = 1e-30
"""Of the complex step: its square is lost beside any number, and nothing is subtracted (Squire and Trapp, 1998)."""


FEW = 50
"""Columns after which each takes the memory that the one before gave back."""


class DifferencesRun(Run):
    """Differences, a column for each input."""

    def __init__(self, point: Point, m: int, f: Callable[..., Any], central: bool) -> None:
        super().__init__(point, m, 1, point.n)
        self.f, self.central = f, central
        self.method = "central differences" if central else "forward differences"
        self.calls = 2 * point.n if central else point.n + 1

    def whole(self) -> np.ndarray:
        """Return the Jacobian."""
        return self._columns(self.point.n)

    def first_pass(self) -> np.ndarray:
        """Return the first column."""
        return self._columns(1)

    def measure_peak(self) -> None:
        """Measure the most memory of a few columns, and add the room that the others take."""
        columns = 1 if self.cut_short else self.point.n
        few = min(columns, FEW)
        peak = peak_of(lambda: self._columns(few))
        self.peak_bytes = peak and peak + 8 * self.m * (columns - few)

    def _columns(self, count: int) -> np.ndarray:
        jacobian = np.empty((self.m, count))
        base = None if self.central else self._at(0, 0.0)
        power = 1 / 3 if self.central else 1 / 2
        eps = max((float(np.finfo(x.dtype).eps) for x in self.point.leaves), default=1e-16)
        with np.errstate(all="ignore"):
            for k in range(count):
                h = eps**power * max(1.0, abs(self._element(k)))
                below = self._at(k, -h) if base is None else base
                jacobian[:, k] = (self._at(k, h) - below) / (2 * h if self.central else h)
        return jacobian

    def _element(self, k: int) -> float:
        leaf = self._leaf_of(k)
        return float(self.point.leaves[leaf].ravel()[k - self.point.offsets[leaf]])

    def _leaf_of(self, k: int) -> int:
        return int(np.searchsorted(self.point.offsets, k, side="right")) - 1

    def _at(self, k: int, step: Any) -> np.ndarray:
        """Return the function with a step in one input, as a vector."""
        point = self.point
        leaves: list[Any] = [x.astype(np.result_type(x.dtype, type(step))) if step else x.copy() for x in point.leaves]
        if point.n:
            leaf = self._leaf_of(k)
            leaves[leaf] = leaves[leaf].reshape(-1)
            leaves[leaf][k - point.offsets[leaf]] += step
            leaves[leaf] = leaves[leaf].reshape(point.leaves[leaf].shape)
        given = [x[()].item() if number else x[()] for x, number in zip(leaves, point.python_float, strict=True)]
        return self._vector(self._call(given))

    def _call(self, leaves: list[Any]) -> Any:
        return self.f(*_with(self.point, leaves), **self.point.kwargs)

    def _vector(self, out: Any) -> np.ndarray:
        values, _ = flatten_output(out, self.point.name)
        return np.concatenate([np.ravel(v) for v in values])


class ComplexStepRun(DifferencesRun):
    """The imaginary part of the function at a point with a tiny imaginary step, over the step."""

    def __init__(self, point: Point, m: int, f: Callable[..., Any]) -> None:
        super().__init__(point, m, f, central=False)
        self.method, self.calls = "complex step", point.n

    def try_out(self, limit: float, told: Told) -> None:
        """Find out whether the function takes complex numbers, and run it if so."""
        if not self.point.n:
            self.unavailable = "there are no inputs"
            return
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", np.exceptions.ComplexWarning)
                out = self._at(0, STEP * 1j)
        except Exception as error:  # whatever a function raises that was not written for complex numbers
            self.unavailable = f"f does not take complex numbers: {first_line(error)}"
            return
        if not np.iscomplexobj(out):
            self.unavailable = "f returns real numbers for complex ones"
            return
        super().try_out(limit, told)

    def _columns(self, count: int) -> np.ndarray:
        jacobian = np.empty((self.m, count))
        with np.errstate(all="ignore"):
            for k in range(count):
                jacobian[:, k] = np.imag(self._at(k, STEP * 1j)) / STEP
        return jacobian

    def _vector(self, out: Any) -> np.ndarray:
        # Complex outputs are what this is about, so that the check of real ones is left out.
        return np.concatenate([np.ravel(v) for v in flatten(out)[0]])


def first_line(error: BaseException) -> str:
    """Return an exception in one short line."""
    text = (str(error).strip().splitlines() or [""])[0]
    if len(text) > 100:
        text = f"{text[:97]}..."
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _with(point: Point, leaves: list[Any]) -> list[Any]:
    args = list(point.args)
    for position, part in zip(point.positions, point._arranged(leaves), strict=True):
        args[position] = part
    return args
