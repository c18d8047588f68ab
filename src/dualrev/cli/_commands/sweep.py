"""`dualrev sweep`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from contextlib import nullcontext, redirect_stdout
from typing import Any

from dualrev.cli._outcome import FINE, INTERRUPTED, UsageError, UserFunctionError, users_errors
from dualrev.cli._output import drawn, expect_writable, written
from dualrev.cli._points import expect_finite
from dualrev.cli._target import imported
from dualrev.comparison.sweeps.families import FAMILIES
from dualrev.comparison.sweeps.report import Sweep
from dualrev.comparison.sweeps.subjects import swept_problems
from dualrev.comparison.sweeps.sweeping import SIZES, sweep
from dualrev.documents import as_json
from dualrev.errors import SweepError, meant
from dualrev.operators.call import name_of
from dualrev.optim.progress import bar


def run(arguments: argparse.Namespace) -> int:
    """Measure a sweep, or read one, print it, and write what was asked for."""
    expect_writable(json=arguments.json, html=arguments.html, plot=arguments.plot)
    with redirect_stdout(sys.stderr) if arguments.json == "-" else nullcontext():
        found = _read(arguments) if arguments.read else _measured(arguments)
        if arguments.json != "-":
            print(found)
    if arguments.json == "-":
        print(as_json({"sweep": found.to_dict()}), end="")
    elif arguments.json:
        written("json", arguments.json, as_json({"sweep": found.to_dict()}))
    if found.points and arguments.html:
        written("html", arguments.html, found.to_html())
    if found.points and arguments.plot:
        drawn(arguments.plot, found.plot())
    if found.interrupted and not arguments.read:
        print("dualrev sweep: interrupted", file=sys.stderr)
        return INTERRUPTED
    return FINE


def _read(arguments: argparse.Namespace) -> Sweep:
    if arguments.target:
        raise UsageError("--from reads a sweep that was measured; leave out the function")
    try:
        return Sweep.load(arguments.read)
    except OSError as error:
        raise UsageError(f"--from {arguments.read} cannot be read: {error}") from error
    except SweepError as error:
        raise UsageError(f"--from: {error}") from error


def _measured(arguments: argparse.Namespace) -> Sweep:
    target = arguments.target or "dense"
    given: Any = target
    at: Callable[[int, int], Any] | None = None
    if ":" in target:
        given = imported(target)
        at = _finite(imported(arguments.points), given) if arguments.points else None
    elif arguments.points:
        raise UsageError("--points is for functions of your own; a family has points already")
    elif target not in FAMILIES and target not in swept_problems():
        raise UsageError(
            f"there is no family {target!r}{meant(target, (*FAMILIES, *swept_problems()))}; "
            f"expected module:function, one of {', '.join(FAMILIES)}, or one of the "
            f"problems {', '.join(swept_problems())}"
        )
    own = target not in FAMILIES and at is None
    m = _sizes("m", arguments.m) if arguments.m else (None if own else SIZES)
    n = _sizes("n", arguments.n) if arguments.n else SIZES
    with bar(target, len(n) * (1 if m is None else len(m)), sys.stderr.isatty(), transient=True) as told:
        try:
            with users_errors():
                return sweep(
                    given,
                    n=n,
                    m=m,
                    at=at,
                    over=arguments.over,
                    backend=arguments.backend,
                    budget=arguments.budget,
                    limit=arguments.limit,
                    name=target if ":" in target else None,
                    progress=lambda done, total, phrase: told(done, f"{target}: {phrase}"),
                )
        except UserFunctionError as error:
            if isinstance(error.__cause__, SweepError):
                raise UsageError(str(error.__cause__)) from error
            raise


def _finite(at: Callable[[int, int], Any], f: Callable[..., Any]) -> Callable[[int, int], Any]:
    def known(n: int, m: int) -> Any:
        found = at(n, m)
        expect_finite(name_of(f), found[:1] if isinstance(found, tuple) else [found])
        return found

    return known


def _sizes(option: str, text: str) -> list[int]:
    try:
        found = [int(part) for part in text.split(",")]
    except ValueError:
        found = []
    if not found or min(found) < 1:
        raise UsageError(f"--{option} was given {text!r}; expected positive integers, as in 1,10,100")
    return sorted(set(found))
