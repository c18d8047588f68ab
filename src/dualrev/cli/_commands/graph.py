"""`dualrev graph`."""

from __future__ import annotations

import argparse
from pathlib import Path

from dualrev.cli._commands.trace import direction_of
from dualrev.cli._outcome import FINE, UsageError, users_errors
from dualrev.cli._output import announced, expect_writable, written
from dualrev.cli._points import out_shape
from dualrev.cli._target import targets
from dualrev.errors import NonScalarOutputError, ShapeMismatchError
from dualrev.teaching import graph
from dualrev.teaching.graphs.graph import FORMATS, expect_drawing


def run(arguments: argparse.Namespace) -> int:
    """Draw a graph into a file, or print its DOT text."""
    kind = "" if arguments.output is None else Path(arguments.output).suffix.lower().removeprefix(".")
    if arguments.output is not None and kind not in (*FORMATS, "dot"):
        raise UsageError(f"-o {arguments.output}: expected a file that ends in .svg, .png, .pdf or .dot")
    expect_writable(output=arguments.output)
    if kind in FORMATS:
        expect_drawing(kind)
    (target,) = targets(arguments.target, arguments.at, arguments.argnums, every=False)
    options = {"direction": direction_of(arguments.direction, target, None), "order": arguments.order}
    options |= {"most": arguments.most, "out_shape": out_shape(arguments.out_shape)}
    with users_errors():
        try:
            found = graph(target.f, *target.args, argnums=target.argnums, backward=arguments.backward, **options)
        except (NonScalarOutputError, ShapeMismatchError) as error:
            raise UsageError(f"--backward: {error} (--direction on the command line)") from error
    if arguments.output is None:
        print(found.dot, end="")
    else:
        written("output", arguments.output, found.drawn_as(kind))
        announced(arguments.output, str(found))
    return FINE
