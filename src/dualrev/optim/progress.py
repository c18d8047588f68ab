"""A bar that shows how far a minimisation is, on standard error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def bar(title: str, total: int, wanted: bool) -> Iterator[Callable[[int, float], None]]:
    """Show a bar if it is wanted; what is yielded takes the iteration and the loss."""
    if not wanted:
        yield lambda iteration, loss: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as shown:
        task = shown.add_task(title, total=total)
        yield lambda iteration, loss: shown.update(task, completed=iteration, description=f"{title}: loss {loss:.6g}")
