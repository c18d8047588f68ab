"""`dualrev compare`."""

from __future__ import annotations

import argparse
import sys
from contextlib import nullcontext, redirect_stdout
from pathlib import Path

from dualrev.cli._outcome import FAILED, FINE, INTERRUPTED, users_errors
from dualrev.cli._output import drawn, expect_writable, progress, written
from dualrev.cli._target import Target, targets
from dualrev.comparison import Comparison, compare
from dualrev.comparison.report import comparisons_as_json
from dualrev.documents import page


def run(arguments: argparse.Namespace) -> int:
    """Compare on the target, print each comparison as it is there, and write what was asked for."""
    expect_writable(json=arguments.json, html=arguments.html, plot=arguments.plot)
    found: list[Comparison] = []
    # With --json - standard output is for JSON alone: what people read, and what their functions print, goes beside it.
    with redirect_stdout(sys.stderr) if arguments.json == "-" else nullcontext():
        try:
            for n, target in enumerate(targets(arguments.target, arguments.at, arguments.argnums)):
                found.append(_compared(target, arguments))
                if arguments.json != "-":
                    print(f"{chr(10) if n else ''}{found[-1]}", flush=True)
                if found[-1].interrupted:
                    break
        finally:
            if found:
                _write(found, arguments)
    if arguments.json == "-":
        print(comparisons_as_json(found), end="")
    if found[-1].interrupted:
        print("dualrev compare: interrupted", file=sys.stderr)
        return INTERRUPTED
    return FINE if all(c.verification is None or c.verification.ok for c in found) else FAILED


def _compared(target: Target, arguments: argparse.Namespace) -> Comparison:
    with progress(target.name.partition(":")[0] if ": " in target.name else target.name) as told, users_errors():
        return compare(
            target.f,
            *target.args,
            argnums=target.argnums,
            backend=arguments.backend,
            compiled=target.compiled,
            by_hand=target.by_hand,
            budget=arguments.budget,
            verify=not arguments.no_verify,
            name=target.name,
            progress=told,
        )


def _write(found: list[Comparison], arguments: argparse.Namespace) -> None:
    if arguments.json and arguments.json != "-":
        written("json", arguments.json, comparisons_as_json(found))
    if arguments.html:
        written("html", arguments.html, page(found))
    if arguments.plot:
        if len(found) > 1:
            path = Path(arguments.plot)
            for n, each in enumerate(found):
                drawn(str(path.with_stem(f"{path.stem}_{n + 1}")), each.plot())
        else:
            drawn(arguments.plot, found[0].plot())
