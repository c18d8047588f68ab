"""The command line: its arguments, and what it exits with.

Exit codes: 0 fine, 1 a failed verification, 2 usage, 3 an error in the user's function.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from dualrev import __version__
from dualrev.commands.outcome import INTERRUPTED, USAGE, UsageError, UserFunctionError
from dualrev.errors import CalibrationError, MissingExtraError, UnknownProblemError

AT = "the point: 3.0 is a number, 1,2,3 a vector and 3, a vector of one; ';' or another --at begins the next argument"
TARGET = "module:function, also from the current directory, or a problem: iris, curve, rosenbrock"


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(
        prog="dualrev",
        description="Derivatives of NumPy functions in forward and reverse mode, compared and verified.",
        epilog="Exit codes: 0 fine, 1 a failed verification, 2 usage, 3 an error in the user's function.",
    )
    top.add_argument("--version", action="version", version=f"dualrev {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="command")

    compare = commands.add_parser("compare", help="compare the modes: time, passes, memory, agreement")
    compare.add_argument("target", nargs="?", help=f"{TARGET}; all three problems if left out")
    compare.add_argument("--at", action="append", metavar="POINT", help=AT)
    compare.add_argument("--json", metavar="FILE", help="write the results to a file, or with - to standard output")
    compare.add_argument("--no-verify", action="store_true", help="leave out the check against SymPy")

    verify = commands.add_parser("verify", help="check derivatives against SymPy")
    verify.add_argument("target", nargs="?", help=TARGET)
    verify.add_argument("--at", action="append", metavar="POINT", help=AT)
    verify.add_argument("--primitives", action="store_true", help="check every row of the table of primitives")

    primitives = commands.add_parser("primitives", help="print the table of primitives")
    primitives.add_argument("--arrays", action="store_true", help="the functions of arrays instead")

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
    try:
        arguments = parser().parse_args(_with_joined_points(sys.argv[1:] if argv is None else argv))
    except SystemExit as stopped:
        return stopped.code if isinstance(stopped.code, int) else USAGE
    command = import_module(f"dualrev.commands.{arguments.command}")
    try:
        code: int = command.run(arguments)
    except (UsageError, UnknownProblemError, CalibrationError, MissingExtraError) as error:
        print(f"dualrev {arguments.command}: {error}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        print(f"dualrev {arguments.command}: interrupted", file=sys.stderr)
        return INTERRUPTED
    except UserFunctionError as error:
        print(error.trimmed, file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        # Who reads has gone, as in `dualrev compare | head`; what is still to be written must not fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


def _with_joined_points(argv: Sequence[str]) -> list[str]:
    """Write `--at -1,2` as `--at=-1,2`: argparse would take the point for an option."""
    joined: list[str] = []
    for argument in argv:
        if joined and joined[-1] == "--at":
            joined[-1] = f"--at={argument}"
        else:
            joined.append(argument)
    return joined
