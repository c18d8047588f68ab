"""`dualrev trace`."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from dualrev.cli._outcome import FINE, UsageError, users_errors
from dualrev.cli._output import announced, expect_writable, written
from dualrev.cli._points import out_shape, points
from dualrev.cli._target import Target, targets
from dualrev.errors import NonScalarOutputError, ShapeMismatchError
from dualrev.teaching import Trace, trace


def run(arguments: argparse.Namespace) -> int:
    """Print a trace, or write it to a file."""
    expect_writable(output=arguments.output)
    (target,) = targets(arguments.target, arguments.at, arguments.argnums, every=False)
    direction = direction_of(arguments.direction, target, arguments.mode)
    options = {"mode": arguments.mode or (target.mode if direction is None else None), "order": arguments.order}
    options |= {"direction": direction, "out_shape": out_shape(arguments.out_shape)}
    with users_errors():
        try:
            found = trace(target.f, *target.args, argnums=target.argnums, **options)
        except (NonScalarOutputError, ShapeMismatchError) as error:
            raise UsageError(f"{error} (--direction on the command line, or --mode forward)") from error
    if arguments.output is None:
        print(_text(found, arguments.format, arguments.most))
    else:
        written("output", arguments.output, f"{_text(found, arguments.format)}\n")
        announced(arguments.output, f"{len(found)} lines")
    return FINE


def _text(found: Trace, form: str, most: int | None = None) -> str:
    return found.table(most) if form == "text" else str(getattr(found, form)())


def direction_of(text: str | None, target: Target, mode: str | None) -> Any:
    """Return the tangent or the cotangent that `--direction` was given."""
    if text is None:
        return None
    given = points([text])
    if mode != "forward":
        return given if len(given) > 1 else given[0]
    if len(given) == 1 and len(target.positions) > 1 and np.ndim(given[0]):
        return tuple(float(number) for number in given[0])  # one vector for several numbers, as --at takes it
    return given
