"""The error that names an operation, and the user's line."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from os import sep
from pathlib import Path
from traceback import FrameSummary
from typing import Any, NoReturn

import numpy as np

from dualrev.active.number import primal
from dualrev.errors import AnomalyError

_NOT_THEIRS = (str(Path(__file__).parents[2]) + sep, str(Path(np.__file__).parent) + sep)


def at_element(found: Any) -> str:
    """Return in words which element is the first of those found."""
    if not found.ndim:
        return ""
    index = tuple(int(n) for n in np.argwhere(found)[0])
    return f", at element {index[0] if len(index) == 1 else index} of shape {found.shape}"


def from_operands(found: Any, operands: Sequence[Any]) -> str:
    """Return in words the operands of that element."""
    index = tuple(np.argwhere(found)[0])
    return ", from " + ", ".join(str(np.broadcast_to(primal(x), found.shape)[index]) for x in operands)


def users_line() -> FrameSummary:
    """Return the innermost line that is neither dualrev's nor NumPy's."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_NOT_THEIRS):
        frame = frame.f_back
    return FrameSummary(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name, lookup_line=False)


def blame(operation: str, place: str, line: FrameSummary | None, where: str) -> NoReturn:
    """Raise the error."""
    whose = "the cotangent of an operand" if place == "cotangent" else f"its {place}"
    what = f"{operation} made a NaN in {whose}{where}"
    if line is None:
        told = "It was recorded outside detect_anomaly: compute there, too, and this message tells the line"
        raise AnomalyError(f"{what}. {told}", operation, place, None, None)
    text = f": {line.line}" if line.line else ""
    raise AnomalyError(
        f'{what}: File "{line.filename}", line {line.lineno}, in {line.name}{text}',
        operation,
        place,
        line.filename,
        line.lineno,
    )
