"""The command line: its arguments, and what it exits with.

Exit codes: 0 fine, 1 a failed verification, 2 usage or what cannot be written, 3 an error in the user's function.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from difflib import get_close_matches
from importlib import import_module
from math import isfinite
from typing import NoReturn

from dualrev.cli._outcome import FINE, INTERRUPTED, USAGE, OutputError, UsageError, UserFunctionError
from dualrev.cli._output import StandardOutput, spell
from dualrev.environment import __version__
from dualrev.errors import CalibrationError, MissingExtraError, ProblemSizeError, UnknownProblemError

AT = (
    "the point: 3.0 is a number, 1,2,3 a vector, 3, a vector of one and [[1,2],[3,4]] a matrix; ';' or another --at "
    "begins the next argument"
)
OUT_SHAPE = "for a function that writes its result into its last argument: the shape of that, as in 3 or 2,3"
EXPRESSIONS = (["trace"], ["graph"], ["verify"], ["compare"])
"""Commands that take one."""
ARGNUMS = "the arguments to differentiate, counted from 0, as in 0 or 0,1; the others are data"
IN_ORDER = f"{AT}; of an expression, its variables in order"
EVERY, FIRST = "all of --at by default", "by default the first, and every variable of an expression"
TARGET = (
    "module:function, also from the current directory, a problem, such as rosenbrock,n=100, or an expression, such as "
    "'log(x1) + x1*x2'"
)


class Parser(argparse.ArgumentParser):
    """A parser that knows what a word was meant to be."""

    def error(self, message: str) -> NoReturn:
        """Print usage and a message, and exit."""
        wrong = re.search(r"invalid choice: '(.*?)' \(choose from (.*)\)", message)
        close = wrong and get_close_matches(wrong[1], re.findall(r"[\w-]+", wrong[2]), 1)
        super().error(f"{message}; did you mean {close[0]}?" if close else message)


def seconds(text: str) -> float:
    """Return a time that is not negative."""
    found = float(text)
    if not (found >= 0 and isfinite(found)):
        raise argparse.ArgumentTypeError(f"{text} s is no time to spend; expected a number that is not negative")
    return found


def lines(text: str) -> int:
    """Return a number of lines or nodes, which is not negative."""
    given = text.strip()
    if not given.isdecimal():
        raise argparse.ArgumentTypeError(f"{given!r} is no number of lines or nodes; expected a whole one, 0 or more")
    return int(given)


def _take_point(command: argparse.ArgumentParser, at: str, default: str, out_shape: bool = False) -> None:
    """Let a command take the point of its target."""
    command.add_argument("--at", action="append", metavar="POINT", help=at)
    command.add_argument("--argnums", metavar="N", help=f"{ARGNUMS}; {default}")
    if out_shape:
        command.add_argument("--out-shape", metavar="SHAPE", help=OUT_SHAPE)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = Parser(
        prog="dualrev",
        description="Derivatives of NumPy functions in forward and reverse mode, compared and verified.",
        epilog="Exit codes: 0 fine, 1 a failed verification, 2 usage, or a file or output that cannot be written, 3 an "
        "error in the user's function.",
    )
    top.add_argument("--version", action="version", version=f"dualrev {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="command")

    compare = commands.add_parser("compare", help="compare the modes: time, passes, memory, agreement")
    compare.add_argument("target", nargs="?", help=f"{TARGET}; three problems if left out")
    _take_point(compare, AT, EVERY)
    compare.add_argument("--json", metavar="FILE", help="write the results to a file, or with - to standard output")
    compare.add_argument("--html", metavar="FILE", help="write a report with plots")
    compare.add_argument("--plot", metavar="FILE", help="draw the times: .png, .svg or .pdf")
    compare.add_argument(
        "--backend",
        choices=("auto", "numpy", "numba", "both"),
        default="auto",
        help="how the function runs: interpreted, compiled, or both (default: both if Numba compiled it)",
    )
    compare.add_argument("--budget", type=seconds, default=1.0, metavar="SECONDS", help="for timing (default: 1)")
    compare.add_argument("--no-verify", action="store_true", help="leave out the check against SymPy")

    sweep = commands.add_parser("sweep", help="measure where the modes cross, over n inputs and m outputs")
    sweep.add_argument(
        "target",
        nargs="?",
        help="dense, stencil, running, waves, steps, rates, a problem, or module:function",
    )
    sweep.add_argument("--points", metavar="MODULE:FUNCTION", help="gives x, or all arguments, for n and m")
    sweep.add_argument("--over", metavar="SIZE", help="the size of a problem that grows, of which --n gives values")
    sweep.add_argument("--n", metavar="SIZES", help="numbers of inputs, as in 1,10,100")
    sweep.add_argument("--m", metavar="SIZES", help="of outputs; without it a function of your own tells m")
    sweep.add_argument("--backend", choices=("auto", "numpy", "numba"), default="auto", help="interpreted or compiled")
    sweep.add_argument(
        "--budget", type=seconds, default=0.1, metavar="SECONDS", help="for each Jacobian (default: 0.1)"
    )
    sweep.add_argument(
        "--limit", type=seconds, default=2.0, metavar="SECONDS", help="what is predicted to take longer is left out"
    )
    sweep.add_argument("--from", dest="read", metavar="FILE", help="print and draw a sweep that --json wrote")
    sweep.add_argument("--json", metavar="FILE", help="write the results to a file, or with - to standard output")
    sweep.add_argument("--html", metavar="FILE", help="write a report with the plot")
    sweep.add_argument("--plot", metavar="FILE", help="draw the map and the curves: .png, .svg or .pdf")

    verify = commands.add_parser("verify", help="check derivatives against SymPy")
    verify.add_argument("target", nargs="?", help=TARGET)
    _take_point(verify, AT, EVERY, out_shape=True)
    verify.add_argument("--order", type=int, choices=(1, 2), default=1, help="2 checks the Hessian, too")
    verify.add_argument("--entries", type=int, default=64, metavar="N", help="entries to compare (default: 64)")
    verify.add_argument("--seconds", type=float, default=30.0, help="time that SymPy may take (default: 30)")
    verify.add_argument("--symbolic", action="store_true", help="print the expression, its size and its time")
    verify.add_argument("--latex", action="store_true", help="print the expression in LaTeX")
    verify.add_argument("--primitives", action="store_true", help="check every row of the table of primitives")

    trace = commands.add_parser("trace", help="print the evaluation trace with tangents or adjoints, line by line")
    trace.add_argument("target", help=TARGET)
    _take_point(trace, IN_ORDER, FIRST, out_shape=True)
    trace.add_argument(
        "--mode",
        choices=("forward", "reverse"),
        help="tangents, or adjoints; by default adjoints, and tangents of more outputs than inputs",
    )
    trace.add_argument("--direction", metavar="POINT", help="the tangent of the inputs, or the cotangent of the output")
    trace.add_argument("--order", choices=("level", "evaluation"), default="level", help="how variables are numbered")
    trace.add_argument(
        "--most",
        type=lines,
        default=100,
        metavar="N",
        help="print a longer text without its middle (100 lines)",
    )
    trace.add_argument("--format", choices=("text", "markdown", "latex", "html"), default="text")
    trace.add_argument("-o", "--output", metavar="FILE", help="write to a file")

    graph = commands.add_parser("graph", help="draw the computational graph, or print it in Graphviz' language")
    graph.add_argument("target", help=TARGET)
    _take_point(graph, IN_ORDER, FIRST, out_shape=True)
    graph.add_argument("--backward", action="store_true", help="add the backward path")
    graph.add_argument("--direction", metavar="POINT", help="for --backward, the cotangent of the output")
    graph.add_argument("--order", choices=("level", "evaluation"), default="level", help="how variables are numbered")
    graph.add_argument("--most", type=lines, default=50, metavar="N", help="fold graphs of more nodes (default: 50)")
    graph.add_argument("-o", "--output", metavar="FILE", help="draw into a file: .svg, .png, .pdf or .dot")

    primitives = commands.add_parser("primitives", help="print the table of primitives")
    primitives.add_argument("--arrays", action="store_true", help="the functions of arrays instead")

    commands.add_parser("problems", help="list the test problems and their sizes")
    commands.add_parser("info", help="print versions and which targets are usable")
    commands.add_parser("calibrate", help="measure the costs by which auto decides, and keep them for this machine")
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        By default the arguments of the process.

    Returns
    -------
    int
        The exit code.

    Examples
    --------
    >>> from dualrev.cli import main
    >>> main(["verify", "operator:neg", "--at", "1,2"])
    neg: verified, all 4 entries agree with SymPy to 50 digits, both modes
    ...
    0
    """
    for stream in (sys.stdout, sys.stderr):
        spell(stream)
    try:
        with redirect_stdout(StandardOutput(sys.stdout)):
            code = _run(sys.argv[1:] if argv is None else argv)
            sys.stdout.flush()
    except OutputError as error:
        # What is still to be written must not fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.nobody_reads:  # as in `dualrev compare | head`
            return FINE
        print(f"dualrev: standard output cannot be written: {error}", file=sys.stderr)
        return USAGE
    return code


def _run(argv: Sequence[str]) -> int:
    top = parser()
    if not argv:
        top.print_help(sys.stderr)
    try:
        arguments = top.parse_args(_with_joined_points(argv))
    except SystemExit as stopped:
        return stopped.code if isinstance(stopped.code, int) else USAGE
    try:
        code: int = import_module(f"dualrev.cli._commands.{arguments.command}").run(arguments)
    except (UsageError, UnknownProblemError, ProblemSizeError, CalibrationError, MissingExtraError) as error:
        print(f"dualrev {arguments.command}: {error}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        print(f"dualrev {arguments.command}: interrupted", file=sys.stderr)
        return INTERRUPTED
    except UserFunctionError as error:
        print(error.trimmed, file=sys.stderr)
        return error.exit_code
    return code


def _with_joined_points(argv: Sequence[str]) -> list[str]:
    """Write `--at -1,2` as `--at=-1,2`, and `-x**2` with a space before it: argparse would take them for options."""
    joined: list[str] = []
    for argument in argv:
        if joined and joined[-1] in ("--at", "--direction"):
            joined[-1] = f"{joined[-1]}={argument}"
        elif joined[:1] in EXPRESSIONS and re.match(r"-[\w.(]", argument) and argument not in ("-o", "-h"):
            joined.append(f" {argument}")
        else:
            joined.append(argument)
    return joined
