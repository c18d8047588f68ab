"""Einstein summation, whose derivative by an operand sums the cotangent times the other operands."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from dualrev.primitives.array.indexing import scatter
from dualrev.primitives.array.rule import Each, Pair, Shape, array_rule, composite, leading
from dualrev.protocol import ProtocolFunction

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BY_BLAS = 10_000
"""From so many products on, derivatives are contracted in the best order, by matrix products where that is possible."""


@dataclass(frozen=True)
class Subscripts:
    """What is summed: per operand its labels, and those of the result."""

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


@array_rule(contract)
def contract_rule(y: Any, *arrays: Any, subscripts: Any, options: Any = ()) -> Any:
    """Put the tangent in the operand's place; the transpose sums the cotangent and the others over the rest."""
    sizes: dict[str, int] = {}
    for labels, array in zip(subscripts.inputs, arrays, strict=True):
        for label, size in zip(labels, np.shape(array), strict=True):
            sizes[label] = max(size, sizes.get(label, size)) if size != 1 else sizes.get(label, 1)
    optimize: Any = dict(options).get("optimize", math.prod(sizes.values()) >= _BY_BLAS)
    return Each([_pair(n, y.ndim, arrays, subscripts, sizes, optimize) for n in range(len(arrays))])


def _pair(
    n: int, ndim: int, arrays: Sequence[Any], subscripts: Subscripts, sizes: dict[str, int], optimize: Any
) -> Pair:
    inputs, output = subscripts.inputs, subscripts.output
    shape: Shape = np.shape(arrays[n])
    own = inputs[n]
    others = [array for k, array in enumerate(arrays) if k != n]
    rest = [labels for k, labels in enumerate(inputs) if k != n]
    forward = f"{','.join([f'...{own}', *rest])}->...{output}"
    distinct = "".join(dict.fromkeys(own))
    extent = dict(zip(own, shape, strict=True))
    there = set(output)
    for labels, other in zip(rest, others, strict=True):
        there |= {label for label, size in zip(labels, np.shape(other), strict=True) if size == sizes[label]}
    # A label that the operand has with length 1 and others with more is summed, and so is left out here.
    found = "".join(label for label in distinct if label in there and extent[label] == sizes[label])
    backward = f"{','.join([f'...{output}', *rest])}->...{found}"
    inserted = tuple([extent[label] if label in found else 1 for label in distinct])
    whole = tuple([extent[label] for label in distinct])

    def push(t: Any) -> Any:
        return np.einsum(forward, t, *others, optimize=optimize)

    def pull(w: Any) -> Any:
        ahead = leading(w, ndim)
        term = np.einsum(backward, w, *others, optimize=optimize)
        if inserted != term.shape[len(ahead) :]:
            term = term.reshape(ahead + inserted)
        if whole != inserted:
            term = np.broadcast_to(term, ahead + whole)
        if len(distinct) == len(own):
            return term
        size = math.prod(shape)
        places = np.einsum(f"{own}->{distinct}", np.arange(size).reshape(shape))
        return scatter(term, (size,), places, len(whole)).reshape(ahead + shape)

    return Pair(push, pull)
