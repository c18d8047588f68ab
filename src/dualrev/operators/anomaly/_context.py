"""The context, and the methods that are exchanged while it is entered.

Within it, `Dual` and `Var` apply operations by way of `_observed`, and `sweep` hands its statements over one by one.
Outside, nothing of this is in the way: the methods are exchanged when the first context of the process is entered, and
put back when the last is left. Which operations are looked at depends on the context variable alone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import ContextDecorator
from contextvars import Token
from functools import wraps
from typing import Any

import numpy as np

from dualrev.active.number import Active, looked_at, observer
from dualrev.forward.dual import Dual
from dualrev.operators.anomaly._blame import users_line
from dualrev.operators.anomaly._nan import operands_nan
from dualrev.operators.anomaly._observer import Observer, check
from dualrev.operators.operator import Operator
from dualrev.reverse.var import Var


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
        self._before.append(observer.set(Observer(checking=True)))

    def __exit__(self, *_: object) -> None:
        _exchange(-1)
        observer.reset(self._before.pop())


def _observed(apply: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method that applies an operation as one that looks at the result, where that is wanted."""

    @wraps(apply)
    def observed(self: Active, operation: Any, operands: Sequence[Any], further: Any) -> Any:
        looking_on = observer.get()
        if looking_on is None:
            return apply(self, operation, operands, further)
        line = looking_on.line or users_line()
        before = operands_nan(operation, operands, further)
        if looking_on.checking:
            token = observer.set(Observer(checking=False, line=line))
            try:
                with np.errstate(invalid="ignore"):  # the error says it better
                    result = apply(self, operation, operands, further)
            finally:
                observer.reset(token)
            check(operation, operands, before, result, line)
        else:
            result = apply(self, operation, operands, further)
        if isinstance(result, Var) and result.statement is not None:
            result.statement.watched().origin = (line, before)
        return result

    return observed


def _interpreting(call: Callable[..., Any]) -> Callable[..., Any]:
    """Return the call of an operator as one that runs compiled functions interpreted where operations are looked at."""

    @wraps(call)
    def observed(self: Operator, /, *args: Any, **kwargs: Any) -> Any:
        if self.compiled is None or not looked_at():
            return call(self, *args, **kwargs)
        return self._interpreted.run(args, kwargs)

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
