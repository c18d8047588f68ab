"""Progress of long runs, for people: shown in a terminal, on standard error, never when piped."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def bar(title: str, total: int) -> Iterator[Callable[[int, str], None]]:
    """Show how much is done, and how long the rest will take; what is yielded takes the number done and a phrase."""
    if not sys.stderr.isatty():
        yield lambda done, phrase: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(title, total=total)
        yield lambda done, phrase: shown.update(task, completed=done, description=phrase)


@contextmanager
def progress(title: str) -> Iterator[Callable[[str], None]]:
    """Show what is being done while it is done, with the time that it has taken."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(title)
        yield lambda phrase: shown.update(task, description=f"{title}: {phrase}")
