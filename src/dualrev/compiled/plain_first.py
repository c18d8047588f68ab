"""Derivatives that Python asks for: computed plainly, and with care where a result holds a NaN."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.compiled._marks import MADE_OF
from dualrev.compiled.drivers._care import CAREFUL, PLAIN, NeedsCare
from dualrev.compiled.drivers.derivative import Question, derivative

TIMES = 2
"""Repetitions in a row after which calls begin with care."""

MOST_CAREFUL = 1024
"""Calls that begin with care, at most, before one is tried plainly again."""

_KEPT = "_dualrev_plain_first"


def plain_first(f: Any, question: Question) -> PlainFirst:
    """Return the derivative that Python asks for; the same one for the same question, so that it learns."""
    # `setdefault` and no lock: two threads that ask at once get the same object, and at worst one too many is made.
    kept: dict[Question, PlainFirst] = vars(f).setdefault(_KEPT, {})
    found = kept.get(question)
    return found if found is not None else kept.setdefault(question, PlainFirst(f, question))


def from_python(dispatcher: Any) -> Any:
    """Return a compiled function as Python calls it: a derivative plainly first."""
    f, question = getattr(dispatcher.py_func, MADE_OF, (None, None))
    return plain_first(f, question) if isinstance(question, Question) else dispatcher


class PlainFirst:
    """A derivative of a compiled function, with the arguments and the result of its entry.

    The careful version is compiled when a result holds a NaN for the first time. A function whose results go on holding
    one, such as `np.where(x > 0, np.log(x), 0)` at 0, does not pay for both versions for ever: after two repetitions
    in a row the calls begin with care, and twice as many each time that a plain one was tried in vain.

    Calls from several threads may disturb these counts. That costs time, and changes no result.
    """

    def __init__(self, f: Any, question: Question) -> None:
        self.f, self.question = f, question
        self.plain = derivative(f, question._replace(care=PLAIN))
        self._repeated = 0
        self._careful_calls = 0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the derivative."""
        return self.run(args, kwargs)

    def run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return the derivative, sooner than a call does: Python takes a method for less than an object."""
        if self._careful_calls > 0:
            self._careful_calls -= 1
        else:
            try:
                result = self.plain(*args, **kwargs)
                if result is not None:
                    self._repeated = 0
                    return result
            except (NeedsCare, np.linalg.LinAlgError):  # Numba's linear algebra raises at a NaN
                pass
            self.note()
        return self.careful(*args, **kwargs)

    @property
    def careful(self) -> Any:
        """The careful version."""
        return derivative(self.f, self.question._replace(care=CAREFUL))

    def note(self) -> None:
        """Note that a plain result was no use."""
        self._repeated += 1
        if self._repeated >= TIMES:
            # Doubling bounds the cost: a function that always needs care pays for few plain attempts, and one that
            # needs it once in a while goes back to plain ones soon.
            self._careful_calls = min(2 ** (self._repeated - TIMES + 2), MOST_CAREFUL)
