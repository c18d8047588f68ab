"""`dualrev trace`."""

from __future__ import annotations

import argparse

from dualrev.commands.outcome import FINE, UsageError, users_errors
from dualrev.commands.output import expect_writable, written
from dualrev.commands.target import expression_or_target, out_shape, points
from dualrev.errors import NonScalarOutputError, ShapeMismatchError
from dualrev.teaching import trace


def run(arguments: argparse.Namespace) -> int:
    """Print a trace, or write it to a file."""
    expect_writable(output=arguments.output)
    target = expression_or_target(arguments.target, arguments.at)
    direction = None
    if arguments.direction is not None:
        given = points([arguments.direction])
        if len(given) == 1 and len(target.args) > 1 and arguments.mode == "forward":
            given = tuple(float(number) for number in given[0]) if hasattr(given[0], "shape") else given
        direction = given if arguments.mode == "forward" or len(given) > 1 else given[0]
    shape = out_shape(arguments.out_shape)
    try:
        found = trace(
            target.f, *target.args, mode=arguments.mode, direction=direction, order=arguments.order, out_shape=shape
        )
    except (NonScalarOutputError, ShapeMismatchError) as error:
        raise UsageError(f"{error} (--direction on the command line)") from error
    except Exception:
        with users_errors():
            raise
    text = found.table() if arguments.format == "text" else str(getattr(found, arguments.format)())
    if arguments.output is None:
        print(text)
    else:
        written("output", arguments.output, f"{text}\n")
        print(f"wrote {arguments.output}: {len(found)} lines")
    return FINE
