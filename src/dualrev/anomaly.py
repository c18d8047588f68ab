"""Where a NaN comes from: `detect_anomaly`.

Within the context, `Dual` and `Var` apply operations by way of `_observed`, and `sweep` hands its statements over one
by one. Outside, nothing of this is in the way: the methods are exchanged when the first context of the process is
entered, and put back when the last is left. Which operations are looked at depends on the context variable alone.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ContextDecorator
from contextvars import Token
from functools import wraps
from pathlib import Path
from traceback import FrameSummary
from typing import Any, NoReturn

import numpy as np
import optree

from dualrev.active import Active, looked_at, observer, primal
from dualrev.api import Operator
from dualrev.errors import AnomalyError
from dualrev.forward.dual import Dual
from dualrev.primitives.row import Row
from dualrev.reverse.sweep import Adjoints
from dualrev.reverse.tape import RowStatement, Statement, Tape
from dualrev.reverse.var import Var

_NOT_THEIRS = tuple(str(Path(file).parent) + os.sep for file in (__file__, np.__file__))


class detect_anomaly(ContextDecorator):
    """A context, or decorator, in which the first NaN that an operation makes is an error that names the operation.

    An operation makes a NaN where its result has one and none of its operands has: in the value or a tangent when it is
    applied, in a cotangent when a backward pass reaches it. The error then tells the line of the function that applied,
    or recorded, it. A product of 0 and an infinity in the chain rule is 0 and makes none.

    Each operation is looked at, which takes time; outside the context nothing does. It concerns the thread that enters
    it, derivatives of all orders, and `Dual` and `Var` by hand. A NaN among the inputs, or that NumPy makes of plain
    numbers, is not told. One that `np.where` or an index leaves out later is an error, too: give the function another
    argument there.

    Functions that Numba compiled run interpreted here. One with a custom rule and a checkpoint count as one operation
    each. Batches on a device are not looked at, nor are the series of `taylor`.

    Raises
    ------
    AnomalyError
        Where an operation makes a NaN.

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> def f(x):
    ...     r = np.sqrt(np.sum(x**2))
    ...     return np.sum(np.log(x - r))
    >>> with dr.detect_anomaly():
    ...     dr.grad(f)(np.array([3.0, 4.0]))
    Traceback (most recent call last):
    ...
    dualrev.errors.AnomalyError: log made a NaN in its value, at element 0 of shape (2,), from -2.0: ...
    """

    def __init__(self) -> None:
        self._before: list[Token[Any]] = []

    def _recreate_cm(self) -> detect_anomaly:
        return detect_anomaly()  # a decorated function may run in several threads at once

    def __enter__(self) -> None:
        _exchange(1)
        self._before.append(observer.set(_Observer(checking=True)))

    def __exit__(self, *_: object) -> None:
        _exchange(-1)
        observer.reset(self._before.pop())


class _Observer:
    """What is to be done with an operation.

    Attributes
    ----------
    checking : bool
        Whether results are looked at. Not those of operations within a rule: the rule makes 0 of a 0 times infinity.
    line : FrameSummary or None
        The user's line to which operations belong, if that is not the one that is running.
    """

    def __init__(self, checking: bool, line: FrameSummary | None = None) -> None:
        self.checking, self.line = checking, line

    def sweep(self, tape: Tape, adjoints: Adjoints, swept: Callable[[Iterator[Statement]], Any]) -> Any:
        """Do a sweep, and look at the cotangents that each statement sends on."""
        if not self.checking:
            return swept(reversed(tape.statements))
        within = _Observer(checking=False)
        token = observer.set(within)
        try:
            return swept(within.checked(tape.statements, adjoints))
        finally:
            observer.reset(token)

    def checked(self, statements: Sequence[Statement], adjoints: Adjoints) -> Iterator[Statement]:
        """Return the statements of a sweep; when the next is asked for, the one before has been done."""
        for statement in statements:
            statement.watched()  # views of an array then have adjoints of their own
        for statement in reversed(statements):
            self.line, *before = statement.watched().origin or (None,)
            before.append(_adjoint_nan(adjoints, statement))
            parents = [(parent, _adjoint_nan(adjoints, parent)) for parent in statement.next_functions]
            yield statement
            for parent, nan in parents:
                elementwise = isinstance(statement, RowStatement) and parent.shape == statement.shape
                found = _new(_adjoint_nan(adjoints, parent), (nan, *before), elementwise)
                if found.any():
                    _blame(statement.name, "cotangent", self.line, _element(found))


def _observed(apply: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method that applies an operation as one that looks at the result, where that is wanted."""

    @wraps(apply)
    def observed(self: Active, operation: Any, operands: Sequence[Any], further: Any) -> Any:
        looking_on = observer.get()
        if looking_on is None:
            return apply(self, operation, operands, further)
        line = looking_on.line or _users_line()
        before = _operands_nan(operation, operands, further)
        if looking_on.checking:
            token = observer.set(_Observer(checking=False, line=line))
            try:
                with np.errstate(invalid="ignore"):  # the error says it better
                    result = apply(self, operation, operands, further)
            finally:
                observer.reset(token)
            _check(operation, operands, before, result, line)
        else:
            result = apply(self, operation, operands, further)
        if type(result) is Var and result.statement is not None:
            result.statement.watched().origin = (line, before)
        return result

    return observed


def _interpreting(call: Callable[..., Any]) -> Callable[..., Any]:
    """Return the call of an operator as one that runs compiled functions interpreted where operations are looked at."""

    @wraps(call)
    def observed(self: Operator, /, *args: Any, **kwargs: Any) -> Any:
        if self.compiled is None or not looked_at():
            return call(self, *args, **kwargs)
        return self._interpreted(args, kwargs)

    return observed


_PLAIN: dict[tuple[type, str], Any] = {
    (kind, name): getattr(kind, name) for kind in (Dual, Var) for name in ("apply_row", "apply_rule")
}
_OBSERVED = {key: _observed(apply) for key, apply in _PLAIN.items()}
_PLAIN[Operator, "__call__"] = Operator.__call__
_OBSERVED[Operator, "__call__"] = _interpreting(Operator.__call__)
_exchanging = threading.Lock()
_entered = 0


def _exchange(step: int) -> None:
    """Count the contexts that are entered, in all threads, and exchange the methods at the first and the last."""
    global _entered
    with _exchanging:
        _entered += step
        if (step, _entered) in ((1, 1), (-1, 0)):
            for (kind, name), apply in (_OBSERVED if _entered else _PLAIN).items():
                setattr(kind, name, apply)


def _operands_nan(operation: Any, operands: Sequence[Any], further: Any) -> Any:
    """Return whether values of operands hold NaN: where, for an operation element by element, or anywhere."""
    found: Any = np.False_
    for x in operands if isinstance(operation, Row) else (*operands, *optree.tree_leaves(further)):
        found = found | (_nan(primal(x)) if isinstance(operation, Row) else _nan(primal(x)).any())
    return found


def _check(operation: Any, operands: Sequence[Any], before: Any, result: Any, line: FrameSummary) -> None:
    row = isinstance(operation, Row)
    found = _new(_nan(primal(result)), (before,), row)
    if found.any():
        _blame(operation.name, "value", line, _element(found) + (_from(found, operands) if row else ""))
    found = _new(_tangent_nan(result), (before, *map(_tangent_nan, operands)), row)
    if found.any():
        _blame(operation.name, "tangent", line, _element(found))


def _new(found: Any, before: Sequence[Any], elementwise: bool) -> Any:
    """Return where NaN is and was not; all elements of all operands count where an operation is not elementwise."""
    for each in before:
        found = found & ~(each if elementwise else each.any())
    return found


def _nan(x: Any) -> Any:
    return np.isnan(x) if isinstance(x, np.ndarray | np.inexact | float | complex) and _inexact(x) else np.False_


def _inexact(x: Any) -> bool:
    return np.asarray(x).dtype.kind in "fc"


def _tangent_nan(x: Any) -> Any:
    """Return at which elements of a value any of its tangents, of all levels, holds NaN."""
    found: Any = np.False_
    while isinstance(x, Active):
        if isinstance(x, Dual):
            tangent = x.tangent
            inside = _nan(primal(tangent)) | _tangent_nan(tangent)
            found = found | _ahead_any(inside, x.ndim)
        x = x.value
    return found


def _adjoint_nan(adjoints: Adjoints, statement: Statement) -> Any:
    """Return at which elements of a statement's result its adjoint holds NaN, in any direction."""
    adjoint = adjoints.get(statement)
    return _ahead_any(_nan(primal(adjoint)) | _tangent_nan(adjoint), len(statement.shape))


def _ahead_any(found: Any, ndim: int) -> Any:
    """Return whether there is any along the axes ahead of the last `ndim`."""
    ahead = found.ndim - ndim
    return found.any(axis=tuple(range(ahead))) if ahead > 0 else found


def _element(found: Any) -> str:
    if not found.ndim:
        return ""
    index = tuple(int(n) for n in np.argwhere(found)[0])
    return f", at element {index[0] if len(index) == 1 else index} of shape {found.shape}"


def _from(found: Any, operands: Sequence[Any]) -> str:
    index = tuple(np.argwhere(found)[0])
    return ", from " + ", ".join(str(np.broadcast_to(primal(x), found.shape)[index]) for x in operands)


def _users_line() -> FrameSummary:
    """Return the innermost line that is neither dualrev's nor NumPy's."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_NOT_THEIRS):
        frame = frame.f_back
    return FrameSummary(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name, lookup_line=False)


def _blame(operation: str, place: str, line: FrameSummary | None, where: str) -> NoReturn:
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
