"""Files that a command writes: tried before anything is measured, so that nothing is measured for nothing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from dualrev.commands.outcome import UsageError
from dualrev.folders import write_whole

PICTURES = (".png", ".svg", ".pdf")


def expect_writable(**options: str | None) -> None:
    """Raise a `UsageError` for the first option whose file cannot be written."""
    for name, given in options.items():
        if given is None or given == "-":
            continue
        path = Path(given).absolute()
        if name == "plot" and path.suffix not in PICTURES:
            raise UsageError(f"--plot {given}: expected a name that ends in {', '.join(PICTURES)}")
        if not path.parent.is_dir():
            raise UsageError(f"--{name} {given}: there is no folder {path.parent}")
        if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
            why = "it is a folder" if path.is_dir() else "no permission"
            raise UsageError(f"--{name} {given} cannot be written: {why}")


def written(option: str, path: str, text: str) -> None:
    """Write a text to a file that an option names."""
    try:
        write_whole(Path(path), text)
    except OSError as error:
        raise UsageError(f"--{option} {path} cannot be written: {error}") from error


def drawn(path: str, figure: Any) -> None:
    """Write a figure to the file that `--plot` names."""
    try:
        figure.savefig(path, dpi=150)
    except OSError as error:
        raise UsageError(f"--plot {path} cannot be written: {error}") from error
