"""What a command is to be run on: a user's function at a point, or a test problem."""

from __future__ import annotations

import importlib
import json
import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from operator import attrgetter
from typing import Any

import numpy as np

from dualrev import problems
from dualrev.commands.outcome import UsageError, UserFunctionError, users_errors
from dualrev.errors import ExpressionError


@dataclass(frozen=True)
class Target:
    """A function, its arguments, of which the first are differentiated and the others are data, and what to call it."""

    name: str
    f: Callable[..., Any]
    point: tuple[Any, ...]
    data: tuple[Any, ...] = ()
    compiled: Any = None
    by_hand: Callable[..., Any] | None = None

    @property
    def args(self) -> tuple[Any, ...]:
        """All arguments."""
        return (*self.point, *self.data)

    @property
    def argnums(self) -> int | tuple[int, ...]:
        """The arguments to differentiate."""
        return 0 if len(self.point) == 1 else tuple(range(len(self.point)))


def targets(name: str | None, at: Sequence[str] | None) -> list[Target]:
    """Return what was named on the command line; the test problems that are shown if nothing was."""
    if name is None:
        if at:
            raise UsageError("--at was given without a function; expected module:function --at ...")
        return [_problem(each) for each in problems.SHOWN]
    if ":" not in name:
        target = _problem(name)
        return [replace(target, point=points(at)) if at else target]
    f = imported(name)
    if not at:
        raise UsageError(f"{name} needs a point; for example --at 3.0 for a number, or --at 1,2,3 for a vector")
    return [Target(name, f, points(at))]


def expression_or_target(name: str, at: Sequence[str] | None) -> Target:
    """Return the expression that was named, whose variables `--at` gives in order, or else what `targets` knows."""
    if name.partition(",")[0] in problems.names() or re.fullmatch(r"[\w.]+:[\w.]+", name):
        (target,) = targets(name, at)
        return target
    from dualrev.teaching.expressions import Expression

    try:
        f = Expression(name)
    except ExpressionError as error:
        raise UsageError(str(error)) from None
    count, names = len(f.variables), ", ".join(f.variables)
    given = points(at) if at else ()
    if len(given) == 1 and np.shape(given[0]) == (count,):
        given = tuple(float(number) for number in given[0])
    if len(given) != count:
        held = f"; --at holds {len(given)} arguments" if at else ""
        example = ",".join("1" for _ in f.variables)
        raise UsageError(f"{f.text} needs a point for {names or 'no variables'}{held}, as in --at {example}")
    return Target(f.text, f, given)


def _problem(given: str) -> Target:
    """Return a problem given as its name, or as name,size=number,size=number."""
    name, *parts = given.split(",")
    if name not in problems.names():
        raise UsageError(
            f"there is no target {given!r}; expected module:function, or one of the problems "
            f"{', '.join(problems.names())}"
        )
    sizes = {}
    for part in parts:
        size, _, number = part.partition("=")
        if not number.isdecimal():
            known = ",".join(f"{each}={value}" for each, value in problems.sizes(name).items())
            raise UsageError(f"{given!r}: {part!r} is no size; expected, for example, {name}{known and ','}{known}")
        sizes[size] = int(number)
    problem = problems.get(name, **sizes)
    x = problem.x[0] if problem.batched else problem.x
    title = f"{problem.name}: {problem.title}"
    if problem.batched:
        return Target(title, problem.f, (x,), problem.data, problem.compiled)
    return Target(title, problem.f, (x,), problem.data, problem.compiled, problem.derivative)


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


def imported(name: str) -> Callable[..., Any]:
    """Import a function given as module:function; modules in the current directory count."""
    module_name, _, path = name.partition(":")
    if not module_name or not path:
        raise UsageError(f"{name!r} is not a target; expected module:function")
    module = _module(module_name)
    try:
        f = attrgetter(path)(module)
    except AttributeError:
        known = sorted(n for n, value in vars(module).items() if callable(value) and not n.startswith("_"))
        has = f"; it has {', '.join(known[:10])}{' ...' if len(known) > 10 else ''}" if known else ""
        raise UsageError(f"module {module_name} has no {path!r}{has}") from None
    if not callable(f):
        raise UsageError(f"{name} is of type {type(f).__name__}; expected a function")
    return f  # type: ignore[no-any-return]


def _module(name: str) -> Any:
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        found = None if name.startswith(".") else find_spec(name)  # imports the packages above it
    except (ModuleNotFoundError, ValueError) as error:
        if isinstance(error, ModuleNotFoundError) and error.name and not f"{name}.".startswith(f"{error.name}."):
            raise UserFunctionError(error) from error
        found = None
    except Exception as error:
        raise UserFunctionError(error) from error
    if found is None:
        hint = "; give module:function without .py" if name.endswith(".py") else ""
        raise UsageError(f"there is no module {name!r}, neither installed nor in {os.getcwd()}{hint}")
    with users_errors():
        return importlib.import_module(name)
