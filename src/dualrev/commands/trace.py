"""`dualrev trace`."""

from __future__ import annotations

import argparse
from pathlib import Path

from dualrev.commands.outcome import FINE, UsageError, users_errors
from dualrev.commands.target import expression_or_target, points
from dualrev.errors import NonScalarOutputError, ShapeMismatchError
from dualrev.teaching import trace


def run(arguments: argparse.Namespace) -> int:
    """Print a trace, or write it to a file."""
    target = expression_or_target(arguments.target, arguments.at)
    direction = None
    if arguments.direction is not None:
        given = points([arguments.direction])
        if len(given) == 1 and len(target.args) > 1 and arguments.mode == "forward":
            given = tuple(float(number) for number in given[0]) if hasattr(given[0], "shape") else given
        direction = given if arguments.mode == "forward" or len(given) > 1 else given[0]
    try:
        found = trace(target.f, *target.args, mode=arguments.mode, direction=direction, order=arguments.order)
    except (NonScalarOutputError, ShapeMismatchError) as error:
        raise UsageError(f"{error} (--direction on the command line)") from error
    except Exception:
        with users_errors():
            raise
    text = found.table() if arguments.format == "text" else str(getattr(found, arguments.format)())
    if arguments.output is None:
        print(text)
    else:
        Path(arguments.output).write_text(f"{text}\n", encoding="utf-8")
        print(f"wrote {arguments.output}: {len(found)} lines")
    return FINE
