"""The output of a command: files, opened before anything is measured, standard output, and progress for people."""

from __future__ import annotations

import codecs
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dualrev.cli._outcome import OutputError, UsageError
from dualrev.environment import open_descriptor, pyplot, write_whole

PICTURES = (".png", ".svg", ".pdf")

SPELLED = {"\u00b5": "u", "\u00b1": "+-", "\u2192": "->"}
"""Replacements of signs that the encoding of standard output lacks."""


def expect_writable(**options: str | None) -> None:
    """Raise a `UsageError` for the first option whose file cannot be written."""
    for name, given in options.items():
        if given is None or given == "-":
            continue
        path = Path(given).absolute()
        if name == "plot":
            if path.suffix not in PICTURES:
                raise UsageError(f"--plot {given}: expected a name that ends in {', '.join(PICTURES)}")
            pyplot()
        try:
            folder = path.resolve().parent
        except (OSError, RuntimeError) as error:  # links that lead in a circle
            raise UsageError(f"--{name} {given} cannot be written: {error}") from None
        if not path.exists() and not folder.is_dir():
            raise UsageError(f"--{name} {given}: there is no folder {folder}")
        if path.is_dir() or not os.access(path if path.exists() else folder, os.W_OK):
            why = "it is a folder" if path.is_dir() else "no permission"
            raise UsageError(f"--{name} {given} cannot be written: {why}")


def written(option: str, path: str, content: str | bytes) -> None:
    """Write a file that an option names."""
    try:
        write_whole(Path(path), content)
    except OSError as error:
        raise UsageError(f"--{option} {path} cannot be written: {error.strerror or error}") from error


def announced(path: str, text: str) -> None:
    """Print that a file was written, unless that is standard output itself."""
    try:
        silent = open_descriptor(os.stat(path)) is not None
    except OSError:
        silent = False  # whoever read it has taken it away
    if not silent:
        print(f"wrote {path}: {text}")


def drawn(path: str, figure: Any) -> None:
    """Write a figure to the file that `--plot` names."""
    picture = io.BytesIO()
    figure.savefig(picture, format=Path(path).suffix.removeprefix("."), dpi=150)
    written("plot", path, picture.getvalue())


class StandardOutput:
    """Standard output, with an `OutputError` where it cannot be written, whoever writes to it."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text."""
        try:
            count: int = self._stream.write(text)
        except OSError as error:
            raise OutputError(error) from error
        return count

    def flush(self) -> None:
        """Write what waits in buffers."""
        try:
            self._stream.flush()
        except OSError as error:
            raise OutputError(error) from error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _spelled(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    missing = error.object[error.start : error.end]
    return "".join(SPELLED.get(sign, "?") for sign in missing), error.end


codecs.register_error("dualrev.spelled", _spelled)


def spell(stream: Any) -> None:
    """Let a stream write other spellings of what its encoding does not have, rather than raise an error."""
    if isinstance(stream, io.TextIOWrapper) and stream.errors in ("strict", "backslashreplace"):
        stream.reconfigure(errors="dualrev.spelled")


@contextmanager
def progress(title: str) -> Iterator[Callable[[str], None]]:
    """Show what is being done while it is done, with the time that it has taken: in a terminal, never when piped."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(title)
        yield lambda phrase: shown.update(task, description=f"{title}: {phrase}")
