"""Compiled derivatives at many points: a loop without Python, on all cores.

Threads are started for a call and end with it, so concurrent calls do not share any, and a forked process finds none
half alive.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import cache
from itertools import pairwise
from time import perf_counter
from typing import Any

import numba
import numpy as np
import optree
from numba.core import types
from numba.typed.typedobjectutils import _nonoptional

from dualrev.compiled.drivers._care import NeedsCare
from dualrev.compiled.plain_first import PlainFirst
from dualrev.environment import expect_room
from dualrev.kernels.numba_extending import compiled_only, defined
from dualrev.reverse.numba_tape_limit import within_limit

FIRST_POINTS = 256
"""Points after which it is known how long the others take."""

WORTH = 3e-4
"""Seconds of work that a thread is worth being started for; the start takes nearly as long."""


def over_points(
    derivative: PlainFirst, carriers: Sequence[int], args: Sequence[Any], count: int, takes_out: bool
) -> Any:
    """Return a derivative at every point: an array, or arrays in tuples, with one more leading axis.

    The points at which a plain result holds a NaN are done again, with care.

    Parameters
    ----------
    derivative
        At one point.
    carriers
        The arguments that hold a point in each entry of their first axis.
    args
        All arguments.
    count
        The number of points.
    takes_out
        Whether the derivative takes an array to write to, after the other arguments.
    """
    first = within_limit(derivative, *_point(carriers, args))
    parts, structure = optree.tree_flatten(first)
    in_place = isinstance(first, np.ndarray) and takes_out and first.ndim > 0
    expect_room("batch of derivatives", derivative.plain.py_func.__name__, (count, sum(map(np.size, parts))))
    outs = [np.empty((count, *np.shape(part)), np.asarray(part).dtype) for part in parts]
    for out, part in zip(outs, parts, strict=True):
        out[0] = part
    form = (tuple(carriers), len(args), tuple(optree.tree_paths(first)), in_place)

    def careful(rows: Sequence[Any], outs: Sequence[np.ndarray], begin: int) -> None:
        loop, none_bad = _loop(derivative.careful, *form), np.zeros(len(outs[0]), np.bool_)
        on_all_cores(lambda start, stop: loop(start, stop, none_bad, *outs, *rows), begin, len(outs[0]))

    def plain(start: int, stop: int) -> None:
        try:
            _loop(derivative.plain, *form)(start, stop, bad, *outs, *args)
        except (NeedsCare, np.linalg.LinAlgError) as error:
            if not derivative.may_repeat(error, _point(carriers, args)):
                raise
            bad[start:stop] = True

    if derivative.batches.begins_with_care():
        careful(args, outs, 1)
    else:
        bad = np.zeros(count, np.bool_)
        on_all_cores(plain, 1, count)
        odd = np.flatnonzero(bad)
        derivative.batches.note(in_vain=_most(odd, count))
        if odd.size:
            again = [np.empty((odd.size, *out.shape[1:]), out.dtype) for out in outs]
            careful(_taken(carriers, args, odd), again, 0)
            for out, part in zip(outs, again, strict=True):
                out[odd] = part
    return optree.tree_unflatten(structure, outs)


def written(derivative: PlainFirst, carriers: Sequence[int], args: Sequence[Any], out: np.ndarray) -> None:
    """Have a derivative that takes all points at once write itself into an array.

    The points at which a plain result holds a NaN are done again, with care.
    """
    if derivative.batches.begins_with_care():
        _written(derivative.careful, carriers, args, out)
        return
    if not _written(derivative.plain, carriers, args, out, derivative.may_repeat):
        derivative.batches.note(in_vain=False)
        return
    odd = np.flatnonzero(np.isnan(out).any(axis=tuple(range(1, out.ndim))))
    derivative.batches.note(in_vain=_most(odd, len(out)))
    again = np.empty((odd.size, *out.shape[1:]), out.dtype)
    _written(derivative.careful, carriers, _taken(carriers, args, odd), again)
    out[odd] = again


def _never(error: Exception, args: Sequence[Any]) -> bool:
    return False


def _written(
    entry: Any,
    carriers: Sequence[int],
    args: Sequence[Any],
    out: np.ndarray,
    may_repeat: Callable[[Exception, Sequence[Any]], bool] = _never,
) -> bool:
    """Return whether a plain result holds a NaN."""
    found = []

    def part(start: int, stop: int) -> None:
        try:
            bad = entry(*(arg[start:stop] if n in carriers else arg for n, arg in enumerate(args)), out[start:stop])
        except (NeedsCare, np.linalg.LinAlgError) as error:
            if not may_repeat(error, _point(carriers, args)):
                raise
            out[start:stop] = np.nan  # each of these points is done again
            bad = True
        if bad:
            found.append(start)

    part(0, 1)  # what is compiled is compiled here
    on_all_cores(part, 1, len(out))
    return bool(found)


# A careful call costs up to four times a plain one, so a plain attempt pays if it leaves less than most to be done
# again.
def _most(odd: np.ndarray, count: int) -> bool:
    return 2 * odd.size > count


def _point(carriers: Sequence[int], args: Sequence[Any]) -> list[Any]:
    """Return the arguments at the first point."""
    return [arg[0] if n in carriers else arg for n, arg in enumerate(args)]


def _taken(carriers: Sequence[int], args: Sequence[Any], rows: np.ndarray) -> list[Any]:
    """Return the arguments at some of the points."""
    return [arg[rows] if n in carriers else arg for n, arg in enumerate(args)]


# The first points tell how long the others take, so that a small batch starts no threads: a start costs nearly what
# `WORTH` says. Compiled code holds no lock, so that threads of Python are real ones.
def on_all_cores(part: Callable[[int, int], Any], start: int, stop: int) -> None:
    """Call a function, which holds no lock, for parts of a range: a first one, and then as many as there are cores."""
    middle = min(start + FIRST_POINTS, stop)
    begun = perf_counter()
    within_limit(part, start, middle)
    left = (perf_counter() - begun) * (stop - middle) / max(middle - start, 1)
    threads = max(1, min(os.cpu_count() or 1, int(left / WORTH)))
    if threads == 1:
        if stop > middle:
            within_limit(part, middle, stop)
        return
    *others, (last, _) = pairwise(np.linspace(middle, stop, threads + 1).astype(int).tolist())
    with ThreadPoolExecutor(threads - 1) as pool:
        # The limit of a tape is a context variable, which a new thread would not have.
        tasks = [pool.submit(copy_context().run, within_limit, part, a, b) for a, b in others]
        within_limit(part, last, stop)
        for task in tasks:
            task.result()


# In compiled code, since a call from Python costs more than the derivative of a short function.
@compiled_only
def _there(result: Any) -> Callable[..., Any]:
    """Return a result that is not None: a plain derivative's may be, one with care has another type."""
    return (lambda result: _nonoptional(result)) if isinstance(result, types.Optional) else (lambda result: result)


@cache
def _loop(
    entry: Any, carriers: tuple[int, ...], arguments: int, paths: tuple[tuple[int, ...], ...], in_place: bool
) -> Any:
    """Return the compiled loop over points from one to another.

    The paths are the places of numbers and arrays in a result of tuples. Where the derivative can write into an array
    it is handed its part of the result.
    """
    args = [f"a{n}" for n in range(arguments)]
    outs = [f"out{n}" for n in range(len(paths))]
    given = [f"{name}[n]" if n in carriers else name for n, name in enumerate(args)]
    call = ", ".join([*given, "out0[n]"] if in_place else given)
    places = ["".join(f"[{place}]" for place in path) for path in paths]
    stores = [f"{out}[n] = derivative{place}" for out, place in zip(outs, places, strict=True)]
    lines = [f"result = entry({call})", "if result is None:", "    bad[n] = True"]
    if not in_place:  # Numba does not know by itself that what is not None is a result
        lines += ["else:", "    derivative = there(result)", *(f"    {store}" for store in stores)]
    body = ["for n in range(start, stop):", *(f"    {line}" for line in lines)]
    scope = {"entry": entry, "there": _there}
    return numba.njit(defined(["start", "stop", "bad", *outs, *args], body, scope), nogil=True)


def empty(entry: Any, carriers: Sequence[int], args: Sequence[Any]) -> Any:
    """Return results for no points: what is known of their shape is the input's, and the number of axes."""
    points = [np.zeros(arg.shape[1:], arg.dtype)[()] if n in carriers else arg for n, arg in enumerate(args)]
    _, _, folded, _ = entry.get_call_template(tuple(numba.typeof(point) for point in points), {})
    result = entry.overloads[folded].signature.return_type
    of = np.shape(points[carriers[0]])

    def part(numba_type: Any) -> Any:
        if isinstance(numba_type, types.BaseTuple):
            return tuple(map(part, numba_type))
        if not isinstance(numba_type, types.Array):
            return np.empty(0)
        unknown = numba_type.ndim - len(of)
        return np.empty((0, *(0,) * max(unknown, 0), *(of if unknown >= 0 else ())))

    return part(result)
