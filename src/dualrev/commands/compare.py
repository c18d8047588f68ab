"""`dualrev compare`."""

from __future__ import annotations

import argparse
import json
import platform
import sys
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import Any

from dualrev import __version__
from dualrev.commands.outcome import FAILED, FINE, UsageError, users_errors
from dualrev.commands.progress import progress
from dualrev.commands.target import Target, targets
from dualrev.comparison import Comparison, compare


def run(arguments: argparse.Namespace) -> int:
    """Compare the modes on the target, print each comparison as it is there, and write JSON where asked."""
    if arguments.json and arguments.json != "-" and not Path(arguments.json).absolute().parent.is_dir():
        raise UsageError(f"--json {arguments.json}: there is no folder {Path(arguments.json).absolute().parent}")
    # With --json - standard output is for JSON alone: what people read, and what their functions print, goes beside it.
    with redirect_stdout(sys.stderr) if arguments.json == "-" else nullcontext():
        found = []
        for n, target in enumerate(targets(arguments.target, arguments.at)):
            comparison = _compared(target, not arguments.no_verify)
            found.append(comparison)
            if arguments.json != "-":
                print(f"{chr(10) if n else ''}{comparison}", flush=True)
    if arguments.json:
        text = json.dumps(_document(found), indent=2, allow_nan=False) + "\n"
        if arguments.json == "-":
            print(text, end="")
        else:
            _write(Path(arguments.json), text)
    return FINE if all(c.verification is None or c.verification.ok for c in found) else FAILED


def _compared(target: Target, verify: bool) -> Comparison:
    with progress(target.name.partition(":")[0] if ": " in target.name else target.name) as told, users_errors():
        return compare(target.f, *target.args, argnums=target.argnums, verify=verify, name=target.name, progress=told)


def _document(found: list[Comparison]) -> dict[str, Any]:
    import numpy as np

    versions = {"dualrev": __version__, "numpy": np.__version__, "python": platform.python_version()}
    return {"versions": versions, "comparisons": [comparison.to_dict() for comparison in found]}


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--json {path} cannot be written: {error}") from error
