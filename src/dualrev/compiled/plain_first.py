"""Derivatives that Python asks for: computed plainly, and with care where a result holds a NaN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from numba import typeof

from dualrev.compiled._adjoint_identity import expect_identity
from dualrev.compiled._marks import MADE_OF
from dualrev.compiled.drivers._care import CAREFUL, PLAIN, NeedsCare
from dualrev.compiled.drivers._code import careful_from_the_start
from dualrev.compiled.drivers.derivative import Question, derivative
from dualrev.environment import checks_adjoints

TIMES = 2
"""Plain calls in vain, one after another, after which calls begin with care."""

MOST_CAREFUL = 1024
"""Calls that begin with care, at most, before one is tried plainly again."""

NO_KEYWORDS: Mapping[str, Any] = MappingProxyType({})

_KEPT = "_dualrev_plain_first"


def plain_first(f: Any, question: Question) -> PlainFirst:
    """Return the derivative that Python asks for; the same one for the same question, so that it learns."""
    # `setdefault` and no lock: two threads that ask at once get the same object, and at worst one too many is made.
    kept: dict[Question, PlainFirst] = vars(f).setdefault(_KEPT, {})
    found = kept.get(question)
    if found is None:
        kind = CheckedFirst if checks_adjoints() and question.mode != "forward" else PlainFirst
        found = kept.setdefault(question, kind(f, question))
    return found


def from_python(dispatcher: Any) -> Any:
    """Return a compiled function as Python calls it: a derivative plainly first."""
    f, question = getattr(dispatcher.py_func, MADE_OF, (None, None))
    return plain_first(f, question) if isinstance(question, Question) else dispatcher


class Patience:
    """Whether calls begin with care, told from how many plain ones in a row were in vain.

    After two in a row calls begin with care, and twice as many each time that a plain one was tried in vain again.

    Calls from several threads may disturb these counts. That costs time, and changes no result.

    Attributes
    ----------
    in_vain
        How many plain calls were in vain, one after another.
    """

    def __init__(self) -> None:
        self.in_vain = 0
        self._careful_calls = 0

    def begins_with_care(self) -> bool:
        """Return whether the call that asks begins with care."""
        if self._careful_calls <= 0:
            return False
        self._careful_calls -= 1
        return True

    def note(self, in_vain: bool) -> None:
        """Note whether a plain call was in vain."""
        self.in_vain = self.in_vain + 1 if in_vain else 0
        if self.in_vain >= TIMES:
            # Doubling bounds the cost: a function that always needs care pays for few plain attempts, and one that
            # needs it once in a while goes back to plain ones soon.
            self._careful_calls = min(2 ** (self.in_vain - TIMES + 2), MOST_CAREFUL)


class PlainFirst(Patience):
    """A derivative of a compiled function, with the arguments and the result of its entry.

    The careful version is compiled when a result holds a NaN for the first time. A function whose results go on holding
    one, such as `np.where(x > 0, np.log(x), 0)` at 0, does not pay for both versions for ever.

    Attributes
    ----------
    plain
        The entry of the plain version. Its result is None at a NaN.
    batches
        The patience with calls for many points.
    """

    def __init__(self, f: Any, question: Question) -> None:
        super().__init__()
        self.f, self.question = f, question
        self.plain = derivative(f, question._replace(care=PLAIN))
        self.batches = Patience()

    # Written out, with no `begins_with_care` and `note` on the way: a plain call may take less than a microsecond.
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
                    self.in_vain = 0
                    return result
            except (NeedsCare, np.linalg.LinAlgError) as error:
                if not self.may_repeat(error, args, kwargs):
                    raise
            self.note(in_vain=True)
        return self.careful(*args, **kwargs)

    @property
    def careful(self) -> Any:
        """The careful version."""
        return derivative(self.f, self.question._replace(care=CAREFUL))

    # Numba's linear algebra raises at a NaN. What is careful from the start may not be called twice, and its NaN is no
    # plain product's.
    def may_repeat(self, error: Exception, args: Sequence[Any], kwargs: Mapping[str, Any] = NO_KEYWORDS) -> bool:
        """Return whether a plain call at one point that ended with an error is repeated with care."""
        if isinstance(error, NeedsCare):
            return True
        return not careful_from_the_start(self.f, self.question._replace(carriers=(), care=PLAIN), args, kwargs)


class CheckedFirst(PlainFirst):
    """A derivative whose first call for arguments of some types is compared with forward mode."""

    def __init__(self, f: Any, question: Question) -> None:
        super().__init__(f, question)
        self.seen: set[Any] = set()

    def run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return the derivative, if it holds the adjoint identity."""
        result = super().run(args, kwargs)
        types = tuple(map(typeof, (*args, *kwargs.values())))
        if types not in self.seen:
            expect_identity(self.f, self.question, args, kwargs, result, np.random.default_rng(1))
            self.seen.add(types)
        return result
