"""`dualrev graph`."""

from __future__ import annotations

import argparse
from pathlib import Path

from dualrev.commands.outcome import FINE, UsageError, users_errors
from dualrev.commands.output import expect_writable
from dualrev.commands.target import expression_or_target, out_shape
from dualrev.errors import NonScalarOutputError
from dualrev.teaching import graph
from dualrev.teaching.graphs import FORMATS


def run(arguments: argparse.Namespace) -> int:
    """Draw a graph into a file, or print its DOT text."""
    if arguments.output is not None and Path(arguments.output).suffix.lower() not in (
        f".{k}" for k in (*FORMATS, "dot")
    ):
        raise UsageError(f"-o {arguments.output}: expected a file that ends in .svg, .png, .pdf or .dot")
    expect_writable(output=arguments.output)
    target = expression_or_target(arguments.target, arguments.at)
    shape = out_shape(arguments.out_shape)
    try:
        found = graph(target.f, *target.args, backward=arguments.backward, most=arguments.most, out_shape=shape)
    except NonScalarOutputError as error:
        raise UsageError(f"--backward: {error}") from error
    except Exception:
        with users_errors():
            raise
    if arguments.output is None:
        print(found.dot, end="")
    else:
        try:
            found.render(arguments.output)
        except OSError as error:
            raise UsageError(f"--output {arguments.output} cannot be written: {error}") from error
        print(f"wrote {arguments.output}: {found}")
    return FINE
