"""Points, shapes and positions as they are written on the command line."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from dualrev.active.trees import flatten
from dualrev.cli._outcome import UsageError


def points(at: Sequence[str]) -> tuple[Any, ...]:
    """Return the arguments that `--at` was given.

    Examples
    --------
    >>> points(["3.0", "1,2;4,", "[[1, 2], [3, 4]]"])
    (3.0, array([1., 2.]), array([4.]), array([[1., 2.],
           [3., 4.]]))
    """
    return tuple(_point(part, ";".join(at)) for text in at for part in text.split(";"))


def _point(part: str, whole: str) -> Any:
    if part.strip().startswith("["):
        return _array(part, whole)
    numbers = part.split(",")
    if len(numbers) > 1 and not numbers[-1].strip():
        numbers.pop()
    try:
        values = [float(number) for number in numbers]
    except ValueError:
        raise UsageError(
            f"--at was given {whole!r}; expected numbers: 3.0 for a number, 1,2,3 for a vector, [[1,2],[3,4]] for a "
            "matrix, and ';' between the arguments"
        ) from None
    return np.array(values) if "," in part else values[0]


def _array(part: str, whole: str) -> np.ndarray:
    try:
        return np.array(json.loads(part), dtype=np.float64)
    except (ValueError, TypeError) as error:
        rows = "rows of different lengths" if "inhomogeneous" in str(error) else str(error)
        raise UsageError(
            f"--at was given {whole!r}, which is no array ({rows}); expected rows of equal length, as in [[1,2],[3,4]]"
        ) from None


def out_shape(text: str | None) -> tuple[int, ...] | None:
    """Return the shape that `--out-shape` was given.

    Examples
    --------
    >>> out_shape("3"), out_shape("2,3"), out_shape(None)
    ((3,), (2, 3), None)
    """
    if text is None:
        return None
    sizes = [size.strip() for size in text.split(",")]
    if len(sizes) > 1 and not sizes[-1]:
        sizes.pop()
    if not all(size.isdecimal() for size in sizes):
        raise UsageError(f"--out-shape was given {text!r}; expected sizes: 3 for a vector, 2,3 for a matrix")
    return tuple(map(int, sizes))


def positions(text: str | None) -> int | tuple[int, ...] | None:
    """Return the positions that `--argnums` was given.

    Examples
    --------
    >>> positions("0"), positions("0,2"), positions(None)
    (0, (0, 2), None)
    """
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() for part in parts) or len(set(parts)) < len(parts):
        raise UsageError(f"--argnums was given {text!r}; expected positions of arguments: 0 for the first, or 0,2")
    found = tuple(map(int, parts))
    return found if len(found) > 1 else found[0]


def with_counts(at: Sequence[str], given: Sequence[Any], differentiated: Sequence[int]) -> tuple[Any, ...]:
    """Return the arguments; those that are data and written as an integer are one, so that they can count.

    Examples
    --------
    >>> with_counts(["2.0;3"], (2.0, 3.0), (0,))
    (2.0, 3)
    """
    texts = [part for text in at for part in text.split(";")]
    return tuple(
        int(text) if n not in differentiated and re.fullmatch(r"\s*[+-]?\d+\s*", text) else value
        for n, (text, value) in enumerate(zip(texts, given, strict=True))
    )


def expect_finite(name: str, point: Sequence[Any]) -> None:
    """Raise a `UsageError` for a point that holds an infinity or NaN."""
    for leaf in map(np.asarray, flatten(tuple(point))[0]):
        for at in np.argwhere(~np.isfinite(leaf)) if leaf.dtype.kind in "fiub" else ():
            place = f" at {''.join(f'[{n}]' for n in at)}" if leaf.ndim else ""
            raise UsageError(f"the point of {name} holds {leaf[tuple(at)]}{place}; expected finite numbers")
