"""The subject of a command: a user's function at a point, or a test problem."""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from importlib.util import find_spec
from operator import attrgetter
from typing import Any

import numpy as np

from dualrev import problems
from dualrev.cli._outcome import UsageError, UserFunctionError, users_errors
from dualrev.cli._points import expect_finite, points, positions, with_counts
from dualrev.errors import ExpressionError
from dualrev.operators.call import name_of
from dualrev.teaching.summaries import counted


@dataclass(frozen=True)
class Target:
    """A function, its arguments, which of them are differentiated, and what to call it.

    Attributes
    ----------
    mode : str or None
        How a trace shows it if nothing was asked for: of a problem with several outputs, tangents.
    """

    name: str
    f: Callable[..., Any]
    args: tuple[Any, ...]
    argnums: int | tuple[int, ...] = 0
    compiled: Any = None
    by_hand: Callable[..., Any] | None = None
    mode: str | None = None

    @property
    def positions(self) -> tuple[int, ...]:
        """The differentiated arguments."""
        return (self.argnums,) if isinstance(self.argnums, int) else self.argnums


def targets(name: str | None, at: Sequence[str] | None, argnums: str | None = None, every: bool = True) -> list[Target]:
    """Return what was named on the command line: an expression, a function or a problem.

    Parameters
    ----------
    name
        The test problems that are shown, if it is None.
    at
        What `--at` was given.
    argnums
        What `--argnums` was given.
    every
        Whether all arguments of a function in a module are differentiated by default, rather than the first.
    """
    if name is None:
        if at or argnums:
            raise UsageError(f"--{'at' if at else 'argnums'} was given without a function; expected module:function")
        return [_problem(each) for each in problems.SHOWN]
    chosen = positions(argnums)
    if ":" in name and re.fullmatch(r"[^\s()+*/]*", name):
        target = _of_function(name, at, chosen, every)
    elif name.partition(",")[0] in problems.names():
        target = _problem(name)
        if at:
            given = points(at)
            target = replace(target, args=(*given, *target.args[1:]), argnums=_all(given))
        if chosen is not None:
            target = replace(target, argnums=chosen, by_hand=None)
    else:
        target = _of_expression(name, at, chosen)
    for n in target.positions:
        if n >= len(target.args):
            count = counted(len(target.args), "argument")
            raise UsageError(f"--argnums names argument {n}, counted from 0; {target.name} is given {count}")
    expect_finite(name_of(target.f), [target.args[n] for n in target.positions])
    return [target]


def _all(given: Sequence[Any]) -> int | tuple[int, ...]:
    return 0 if len(given) == 1 else tuple(range(len(given)))


def _of_function(name: str, at: Sequence[str] | None, chosen: int | tuple[int, ...] | None, every: bool) -> Target:
    f = imported(name)
    if not at:
        raise UsageError(f"{name} needs a point; for example --at 3.0 for a number, or --at 1,2,3 for a vector")
    given = points(at)
    target = Target(name, f, given, chosen if chosen is not None else _all(given) if every else 0)
    return replace(target, args=with_counts(at, given, target.positions))


def _of_expression(name: str, at: Sequence[str] | None, chosen: int | tuple[int, ...] | None) -> Target:
    """Return the expression that was named, whose variables `--at` gives in order."""
    from dualrev.cli._expressions import Expression

    close = get_close_matches(name.partition(",")[0], problems.names(), 1, 0.8)
    if re.fullmatch(r"\w+(,[\w=]*)*", name) and (close or not at):
        # One name is a variable only with a point for it, and not where a letter of a problem's name is wrong.
        raise UsageError(
            f"there is no target {name!r}{f'; did you mean {close[0]}?' if close else ''}; expected an expression, "
            f"module:function, or one of the problems {', '.join(problems.names())}"
        )
    try:
        f = Expression(name)
    except ExpressionError as error:
        raise UsageError(str(error)) from None
    count, names = len(f.variables), ", ".join(f.variables)
    given = points(at) if at else ()
    if len(given) == 1 and np.shape(given[0]) == (count,):
        given = tuple(float(number) for number in given[0])
    if len(given) != count:
        numbers = [int(np.size(each)) for each in given]
        held = counted(numbers[0], "number") if len(given) == 1 else counted(len(given), "argument")
        example = ",".join("1" for _ in f.variables)
        raise UsageError(
            f"{f.text} needs {'one number for each of' if count > 1 else 'a point for'} {names or 'no variables'}"
            f"{f', as in --at {example}' if example else ''}{f'; --at was given {held}' if at else ''}"
        )
    return Target(f.text, f, given, _all(given) if chosen is None else chosen)


def _problem(given: str) -> Target:
    """Return a problem given as its name, or as name,size=number,size=number."""
    name, *parts = given.split(",")
    sizes = {}
    for part in parts:
        size, _, number = part.partition("=")
        if not number.isdecimal():
            known = ",".join(f"{each}={value}" for each, value in problems.sizes(name).items())
            raise UsageError(f"{given!r}: {part!r} is no size; expected, for example, {name}{known and ','}{known}")
        sizes[size] = int(number)
    problem = problems.get(name, **sizes)
    x = problem.x[0] if problem.batched else problem.x
    return Target(
        f"{problem.name}: {problem.title}",
        problem.f,
        (x, *problem.data),
        0,
        problem.compiled,
        None if problem.batched else problem.derivative,
        "reverse" if problem.m == 1 else "forward",
    )


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
