"""Einstein summation, whose derivative by an operand sums the cotangent times the other operands."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from dualrev.primitives.array._bilinear import contracted, pushed
from dualrev.primitives.array.indexing import scatter
from dualrev.primitives.array.rule import Each, Pair, Shape, array_rule, composite, leading
from dualrev.primitives.protocol_function import ProtocolFunction

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BY_BLAS = 10_000
"""From so many products on, derivatives are contracted in the best order, by matrix products where that is possible."""


@dataclass(frozen=True)
class Subscripts:
    """The labels of a sum: those of each operand, and of the result."""

    inputs: tuple[str, ...]
    output: str

    def __str__(self) -> str:
        return ",".join(self.inputs) + "->" + self.output


def _contract(*arrays: Any, subscripts: Subscripts, options: Any = ()) -> Any:
    return np.einsum(str(subscripts), *arrays, **dict(options))


contract = ProtocolFunction("einsum", _contract)


@lru_cache(maxsize=1024)
def _parsed(text: str, ndims: tuple[int, ...]) -> Subscripts:
    """Return subscripts with the result's labels, and a letter for each axis that an ellipsis stands for."""
    given, arrow, result = text.replace(" ", "").partition("->")
    inputs = given.split(",")
    if len(inputs) != len(ndims):
        raise ValueError(
            f"einsum({text!r}) has subscripts for {len(inputs)} operands, of which {len(ndims)} were given"
        )
    used = set(text)
    free = [letter for letter in _LETTERS if letter not in used]
    hidden = [
        ndim - len(labels.replace("...", "")) if "..." in labels else 0
        for labels, ndim in zip(inputs, ndims, strict=True)
    ]
    most = max(hidden, default=0)
    letters = "".join(free[:most])
    full = [
        labels.replace("...", letters[most - count :] if count > 0 else "")
        for labels, count in zip(inputs, hidden, strict=True)
    ]
    if any(len(labels) != ndim for labels, ndim in zip(full, ndims, strict=True)) or min(hidden, default=0) < 0:
        raise ValueError(f"einsum({text!r}) does not fit operands of {', '.join(map(str, ndims))} dimensions")
    if arrow:
        return Subscripts(tuple(full), result.replace("...", letters))
    joined = "".join(full)
    once = "".join(sorted(label for label in set(joined) if joined.count(label) == 1 and label not in letters))
    return Subscripts(tuple(full), letters + once)


def _spelled(labels: Sequence[Any], letters: dict[Any, str]) -> str:
    return "".join("..." if label is Ellipsis else letters[label] for label in labels)


def _subscripts(operands: Sequence[Any]) -> tuple[str, list[Any]]:
    """Return the subscripts as text, and the arrays, from either form in which einsum takes them."""
    if isinstance(operands[0], str):
        return operands[0], list(operands[1:])
    arrays, lists = list(operands[: len(operands) // 2 * 2 : 2]), list(operands[1::2])
    result = operands[-1] if len(operands) % 2 else None
    labels = sorted({label for row in lists for label in row if label is not Ellipsis})
    letters = dict(zip(labels, _LETTERS, strict=False))
    text = ",".join(_spelled(row, letters) for row in lists)
    return (text if result is None else f"{text}->{_spelled(result, letters)}"), arrays


@composite(np.einsum)
def einsum(*operands: Any, out: None = None, optimize: Any = False, **options: Any) -> Any:
    """Find out what is summed."""
    text, arrays = _subscripts(operands)
    found = _parsed(text, tuple([np.ndim(a) for a in arrays]))
    if optimize is not False:
        options["optimize"] = optimize
    return contract(*arrays, subscripts=found, options=tuple(options.items()))


class _Place(NamedTuple):
    """The derivative by one operand as summations: what they sum, and the shapes of what the transpose returns."""

    forward: str
    backward: str
    shape: Shape
    summed: Shape
    whole: Shape
    positions: Any
    """Of the operand's diagonal, where labels are repeated; else None."""


@lru_cache(maxsize=1024)
def _places(subscripts: Subscripts, shapes: tuple[Shape, ...]) -> tuple[tuple[_Place, ...], bool]:
    """Return the derivatives by each operand, and whether they are large."""
    sizes: dict[str, int] = {}
    for labels, shape in zip(subscripts.inputs, shapes, strict=True):
        for label, size in zip(labels, shape, strict=True):
            sizes[label] = size if size != 1 else sizes.get(label, 1)
    places = tuple([_place(n, subscripts, shapes, sizes) for n in range(len(shapes))])
    return places, math.prod(sizes.values()) >= _BY_BLAS


def _place(n: int, subscripts: Subscripts, shapes: tuple[Shape, ...], sizes: dict[str, int]) -> _Place:
    own, shape, output = subscripts.inputs[n], shapes[n], subscripts.output
    rest = [labels for k, labels in enumerate(subscripts.inputs) if k != n]
    distinct = "".join(dict.fromkeys(own))
    extent = dict(zip(own, shape, strict=True))
    there = set(output)
    for k, labels in enumerate(subscripts.inputs):
        if k != n:
            there |= {label for label, size in zip(labels, shapes[k], strict=True) if size == sizes[label]}
    # A label that the operand has with length 1 and others with more is summed, and so is left out here.
    found = "".join([label for label in distinct if label in there and extent[label] == sizes[label]])
    whole = tuple([extent[label] for label in distinct])
    positions = None
    if len(distinct) < len(own):
        positions = np.einsum(f"{own}->{distinct}", np.arange(math.prod(shape)).reshape(shape))
    return _Place(
        f"{','.join([f'...{own}', *rest])}->...{output}",
        f"{','.join([f'...{output}', *rest])}->...{found}",
        shape,
        tuple([extent[label] if label in found else 1 for label in distinct]),
        whole,
        positions,
    )


@array_rule(contract)
def contract_rule(y: Any, *arrays: Any, subscripts: Any, options: Any = ()) -> Any:
    """Put the tangent in the operand's place; the transpose sums the cotangent and the others over the rest."""
    places, large = _places(subscripts, tuple([np.shape(a) for a in arrays]))
    optimize: Any = dict(options).get("optimize", large)
    return Each([_pair(n, y.ndim, arrays, place, optimize) for n, place in enumerate(places)])


def _pair(n: int, ndim: int, arrays: Sequence[Any], place: _Place, optimize: Any) -> Pair:
    others = [*arrays[:n], *arrays[n + 1 :]]

    def forward(*factors: Any) -> Any:
        return np.einsum(place.forward, *factors, optimize=optimize)

    def backward(*factors: Any) -> Any:
        return np.einsum(place.backward, *factors, optimize=optimize)

    def push(t: Any) -> Any:
        return pushed(forward, t, *others)

    def pull(w: Any) -> Any:
        ahead = leading(w, ndim)
        term = contracted(backward, w, *others)
        if term.shape[len(ahead) :] != place.summed:
            term = term.reshape(ahead + place.summed)
        if place.whole != place.summed:
            term = np.broadcast_to(term, ahead + place.whole)
        if place.positions is None:
            return term
        spread = scatter(term, (math.prod(place.shape),), place.positions, len(place.whole))
        return spread.reshape(ahead + place.shape)

    return Pair(push, pull)
