"""Padding, in every mode in which NumPy pads from the data."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.errors import MissingRuleError
from dualrev.primitives.array._gathering import Gathered, numbered
from dualrev.primitives.array.rule import along, array_rule, composite, linear, plain
from dualrev.primitives.array.shaping import laid_by
from dualrev.primitives.protocol_function import ProtocolFunction

_MOVING = ("edge", "reflect", "symmetric", "wrap")
_REDUCING = {"maximum": np.max, "minimum": np.min, "median": np.median}


def _pairs(given: Any, ndim: int) -> list[tuple[Any, Any]]:
    """Return what NumPy takes as a number, a pair, or pairs, as one pair per axis."""
    if isinstance(given, dict):
        places = {n % ndim: pair for n, pair in given.items()}
        pairs = [places.get(n, 0) for n in range(ndim)]
        return [tuple(pair) if isinstance(pair, tuple | list) else (pair, pair) for pair in pairs]
    array = np.empty((ndim, 2), dtype=object)
    array[:] = given if isinstance(given, np.ndarray) else np.array(given, dtype=object)
    return [tuple(row) for row in array.tolist()]


def _pad(array: Any, pad_width: Any, mode: Any = "constant", **options: Any) -> Any:
    return np.pad(array, pad_width, mode, **options)


padded = ProtocolFunction("pad", _pad)


@array_rule(padded)
def padded_rule(
    y: Any,
    array: Any,
    /,
    pad_width: Any = 0,
    mode: str = "constant",
    constant_values: Any = 0,
    end_values: Any = 0,
    reflect_type: str = "even",
    stat_length: Any = None,
) -> Any:
    """Surround an array with constants, or with what is linear in its elements."""
    shape, ndim = array.shape, array.ndim
    widths = _pairs(pad_width, ndim)
    if mode in _MOVING and reflect_type == "even":
        return Gathered(shape, np.pad(numbered(shape), widths, mode), False)  # type: ignore[call-overload]
    if mode in ("constant", "empty"):
        inside = (Ellipsis, *[slice(int(low), int(low) + size) for (low, _), size in zip(widths, shape, strict=True)])
        around = [(int(low), int(high)) for low, high in widths]
        return linear(lambda t: _with_zeros(t, around), lambda w: w[inside])
    options: dict[str, Any] = {"reflect_type": reflect_type} if mode in ("reflect", "symmetric") else {}
    options |= {"stat_length": stat_length} if mode == "mean" else {}
    lengths = _pairs(stat_length, ndim)
    maps = []
    for size, width, length in zip(shape, widths, lengths, strict=True):
        if mode == "mean" and stat_length is not None:
            options["stat_length"] = (length, (1, 1))
        maps.append(np.pad(np.eye(size, dtype=array.dtype), (width, (0, 0)), mode, **options))  # type: ignore[call-overload]
    return linear(lambda t: _mapped(t, maps), lambda w: _mapped(w, [m.T for m in maps]))


def _with_zeros(t: Any, widths: list[tuple[int, int]]) -> Any:
    for n, (low, high) in enumerate(widths, -len(widths)):
        zeros = [np.zeros((*t.shape[:n], by, *t.shape[n:][1:]), t.dtype) for by in (low, high)]
        t = np.concatenate([zeros[0], t, zeros[1]], axis=n) if low or high else t
    return t


def _mapped(array: Any, maps: list[Any]) -> Any:
    """Multiply each of the last axes by a matrix."""
    for n, matrix in enumerate(maps, -len(maps)):
        array = np.moveaxis(np.moveaxis(array, n, -1) @ matrix.T, -1, n)
    return array


def _active(values: Any) -> bool:
    if isinstance(values, tuple | list):
        return any(_active(value) for value in values)
    return plain(values) is not values


def _with_numbers(array: Any, widths: Any, values: Any) -> Any:
    """Surround an array with active numbers: NumPy says where each comes, of positions."""
    shape = array.shape
    flat = [v for pair in _pairs_of_active(values, array.ndim) for v in pair]
    numbers = np.arange(2 * array.ndim).reshape(array.ndim, 2) + array.size
    places = np.pad(numbered(shape), widths, constant_values=numbers.tolist())
    joined = np.concatenate([np.reshape(array, -1), np.stack(flat).astype(array.dtype)])
    return np.take(joined, places)


def _pairs_of_active(values: Any, ndim: int) -> list[tuple[Any, Any]]:
    if not isinstance(values, tuple | list):
        values = [[values, values]] if np.ndim(values) == 0 else list(values)
    rows = [list(v) if isinstance(v, tuple | list) or np.ndim(v) else v for v in values]
    if not isinstance(rows[0], list):
        rows = [rows if len(rows) == 2 else rows * 2]
    rows = [row if len(row) == 2 else row * 2 for row in rows]
    return [(row[0], row[1]) for row in (rows if len(rows) == ndim else rows * ndim)]


def _by_reducing(array: Any, widths: Any, lengths: Any, reduce: Any) -> Any:
    """Surround an array, axis by axis, with what becomes of its elements next to each end."""
    for n, ((low, high), (first, last)) in enumerate(zip(widths, lengths, strict=True), -array.ndim):
        size = array.shape[n]
        parts = []
        for by, length, end in ((low, first, 0), (high, last, 1)):
            length = size if length is None else min(int(length), size)
            near = slice(0, length) if end == 0 else slice(size - length, size)
            value = reduce(array[along(n, near)], axis=n, keepdims=True)
            shape = list(array.shape)
            shape[n] = int(by)
            parts.append(np.broadcast_to(value, shape))
        array = np.concatenate([parts[0], array, parts[1]], axis=n)
    return array


@composite(np.pad)
def pad(array: Any, pad_width: Any, mode: Any = "constant", **options: Any) -> Any:
    """Call `padded`, or surround axis by axis where the result is not linear in the elements."""
    pad_width = plain(pad_width)
    if callable(mode):
        raise MissingRuleError(
            "np.pad with a function writes into the padded array, which cannot hold derivatives; join the parts with "
            "np.concatenate"
        )
    if mode in _REDUCING:
        lengths = _pairs(options.get("stat_length"), array.ndim)
        return laid_by(_by_reducing(array, _pairs(pad_width, array.ndim), lengths, _REDUCING[mode]), array)
    if mode == "constant" and _active(options.get("constant_values", 0)):
        return laid_by(_with_numbers(array, _pairs(pad_width, array.ndim), options["constant_values"]), array)
    return padded(array, pad_width, mode=mode, **options)
