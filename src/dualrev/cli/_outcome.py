"""How a command ends: exit codes, and errors that lead to them."""

from __future__ import annotations

import importlib
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FINE, FAILED, USAGE, USER_FUNCTION = 0, 1, 2, 3
INTERRUPTED = 130
"""As a shell reports a process that Ctrl-C ended."""

_NOT_THEIRS = (str(Path(__file__).parents[1]), "<frozen importlib", str(Path(importlib.__file__).parent))


class UsageError(Exception):
    """The command cannot be run as it was given."""


class OutputError(BaseException):
    """Standard output cannot be written: no fault of the user's function, even if that was what wrote to it."""

    def __init__(self, error: OSError) -> None:
        super().__init__(error.strerror or str(error))
        self.nobody_reads = isinstance(error, BrokenPipeError)


class UserFunctionError(Exception):
    """The user's function, or their module, raised an exception.

    Attributes
    ----------
    trimmed : str
        Its traceback without the frames of dualrev and of the import machinery.
    """

    exit_code = USER_FUNCTION

    def __init__(self, error: BaseException) -> None:
        super().__init__(str(error))
        told = traceback.TracebackException.from_exception(error)
        _trim(told)
        self.trimmed = "".join(told.format()).rstrip()


def _trim(told: traceback.TracebackException | None) -> None:
    while told is not None:
        frames = [frame for frame in told.stack if not frame.filename.startswith(_NOT_THEIRS)]
        told.stack = traceback.StackSummary.from_list(frames)
        _trim(told.__cause__)
        told = None if told.__suppress_context__ else told.__context__


@contextmanager
def users_errors() -> Iterator[None]:
    """Turn whatever is raised within into a `UserFunctionError`; a module that exits when imported counts, too."""
    try:
        yield
    except UsageError:
        raise
    except (Exception, SystemExit) as error:
        raise UserFunctionError(error) from error
