"""A bar that shows how much is done, on standard error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def bar(title: str, total: int, wanted: bool, transient: bool = False) -> Iterator[Callable[[int, str], None]]:
    """Show a bar and the time left, if it is wanted; what is yielded takes the number done and a phrase."""
    if not wanted:
        yield lambda done, phrase: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=transient) as shown:
        task = shown.add_task(title, total=total)
        yield lambda done, phrase: shown.update(task, completed=done, description=phrase)
