"""The base of Dual and Var: levels, and the answers to Python's operators and NumPy's protocols.

A level belongs to one derivative under way. Inner derivatives have higher levels, and an operation belongs to the
highest level among its arguments; everything below is a constant to it. That is what keeps nested derivatives apart
(perturbation confusion: Siskind and Pearlmutter, Higher-Order and Symbolic Computation 21, 2008).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import ContextDecorator, contextmanager
from contextvars import ContextVar, Token
from typing import Any, ClassVar, NoReturn, Self

import numpy as np
import optree

from dualrev.active._arithmetic import Arithmetic
from dualrev.active.ownership import shown
from dualrev.active.refusals import conversion_refused
from dualrev.errors import InPlaceError, MissingRuleError, WrongBranchError
from dualrev.primitives.row import Row

_levels = itertools.count(2)

BY_HAND = 0
"""Level of the numbers that users make themselves from plain values."""


new_level = _levels.__next__
"""Called, a level above all that exist. Drawing one is atomic, so threads may do it at once."""


_not_followed: ContextVar[int] = ContextVar("_not_followed", default=-1)

lowest_followed = _not_followed.get
"""Called, the lowest level at which operations are followed; `no_grad` raises it."""


observer: ContextVar[Any] = ContextVar("observer", default=None)
"""The observer of `detect_anomaly` in this context, or None."""


def looked_at() -> bool:
    """Whether operations are looked at one by one, so that compiled functions have to run interpreted."""
    looking_on = observer.get()
    return looking_on is not None and looking_on.checking


class no_grad(ContextDecorator):
    """A context, or decorator, in which the derivatives under way are not followed.

    Operations on a `Var` are not recorded, and `x -= step * x.grad` gives a leaf its new value. The same holds in a
    function that an operator differentiates, in both modes: what it computes in the context is a constant. Operators
    that are called in the context work as everywhere. It concerns the thread that enters it.

    Examples
    --------
    >>> import dualrev as dr
    >>> x = dr.Var(3.0)
    >>> (x**2).backward()
    >>> with dr.no_grad():
    ...     x -= 0.1 * x.grad
    >>> x
    Var(2.4)
    >>> dr.grad(lambda x: x * dr.no_grad()(lambda: x**2)())(3.0)
    9.0
    """

    def __init__(self) -> None:
        self._before: list[Token[int]] = []

    def _recreate_cm(self) -> no_grad:
        return no_grad()  # a decorated function may run in several threads at once

    def __enter__(self) -> None:
        self._before.append(_not_followed.set(new_level()))

    def __exit__(self, *_: object) -> None:
        _not_followed.reset(self._before.pop())


@contextmanager
def follow_all() -> Iterator[None]:
    """Follow all operations, those in a `no_grad` too."""
    before = _not_followed.set(-1)
    try:
        yield
    finally:
        _not_followed.reset(before)


_NO_AXIS = (
    "was asked of an active number of shape (), which has no axis. Give the function an array, as np.array([1.0]), or "
    "ask np.ndim(x) first"
)


class Active(Arithmetic):
    """A number or array whose derivative is being followed."""

    # One layout for all kinds: an array that is written to becomes one of another kind.
    __slots__ = ("__weakref__", "content", "level", "pushed", "statement", "ties")
    __array_priority__ = 1000.0
    __pandas_priority__ = 5000
    kinds: ClassVar[set[type]] = set()
    """All classes of active numbers."""
    held: tuple[str, ...] = ()
    """The slots that hold its arrays."""
    takes_steps = True
    """Whether the call of a compiled function can be one operation; else it runs interpreted."""
    content: Any
    """The value as it is kept: what was recorded refers to its memory."""
    level: int
    ties: Any
    """The array of which this one is a view; weak references to views of this one; or None."""

    def __init_subclass__(cls) -> None:
        Active.kinds.add(cls)

    def apply_row(self, row: Row, args: tuple[Any, ...], call: Callable[..., Any]) -> Any:
        """Apply a scalar primitive at this number's level, `call` computing its value."""
        raise MissingRuleError(f"{type(self).__name__} does not implement scalar primitives")

    def apply_rule(self, rule: Any, operands: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Apply the rule of an array function at this number's level."""
        raise MissingRuleError(f"{type(self).__name__} does not implement array rules")

    def decided(self, row: Row, args: tuple[Any, ...], y: Any) -> None:
        """Take note of a comparison, or another primitive without a derivative, whose result is `y`."""

    def read(self) -> Any:
        """Return the number that operations take: itself, or of a written array what stands there now."""
        return self

    def snapshot(self) -> Any:
        """Return this number as it is now, unmoved by later writes; itself if it is never written to."""
        return self

    def adopt(self, other: Any) -> None:
        """Become what another number of the same kind is."""
        raise NotImplementedError

    def is_users_leaf(self) -> bool:
        """Whether users made this number by hand and ask for its gradient."""
        return False

    def updated_leaf(self) -> bool:
        """Whether this is an array that only gets new values as a whole: an input that a user made. Raise if none."""
        return False

    @property
    def value(self) -> Any:
        """The value; an array is read-only, because what was recorded refers to its memory."""
        return shown(self.content)

    @value.setter
    def value(self, value: Any) -> None:
        self.assign(value)

    def assign(self, value: Any) -> None:
        """Give the number a new value, where that is an input that a user made."""
        raise InPlaceError(
            f"a new value was assigned to a {type(self).__name__}; only leaves, Vars made by hand, can be updated. "
            "Compute a new number, as in y = y - step"
        )

    @property
    def base(self) -> Any:
        """NumPy's array whose memory the value shares, read-only, or None."""
        return shown(primal(self).base)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the value."""
        return np.shape(self.content) if not isinstance(self.content, Active) else self.content.shape

    @property
    def ndim(self) -> int:
        """Number of dimensions of the value."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements of the value."""
        return int(self.content.size)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Data type of the value."""
        dtype: np.dtype[Any] = self.content.dtype
        return dtype

    def __len__(self) -> int:
        if not self.shape:
            raise WrongBranchError(f"len() {_NO_AXIS}")
        return self.shape[0]

    def __iter__(self) -> Iterator[Self]:
        if not self.shape:
            raise WrongBranchError(f"iteration {_NO_AXIS}")
        return (self[n] for n in range(self.shape[0]))

    def __bool__(self) -> bool:
        return bool(primal(self))

    def __hash__(self) -> int:
        return object.__hash__(self)

    def _conversion(self, what: str) -> NoReturn:
        raise conversion_refused(what, type(self).__name__)

    def __float__(self) -> float:
        self._conversion("a float")

    def __int__(self) -> int:
        self._conversion("an integer")

    def __index__(self) -> int:
        self._conversion("an integer")

    def __complex__(self) -> complex:
        self._conversion("a complex number")

    def __format__(self, spec: str) -> str:
        return format(primal(self), spec) if spec else repr(self)

    def __round__(self, ndigits: int | None = None) -> Any:
        return np.round(self, ndigits or 0)  # type: ignore[call-overload]

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} cannot be pickled: it belongs to a derivative under way")


def primal(x: Any) -> Any:
    """Return the plain number or array at the bottom of all levels."""
    while isinstance(x, Active):
        x = x.content
    return x


def printed(x: Any) -> str:
    """Return a part of an active number as it prints; NumPy's double precision prints as Python's."""
    return repr(x.item() if type(x) in (np.float64, np.complex128) else x)


def known_of_complex(row: Row) -> None:
    """Raise `MissingRuleError` where a row is not differentiable as a function of complex numbers."""
    if not row.holomorphic:
        raise MissingRuleError(
            f"{row.name} of complex numbers has no derivative rule. Write it with np.real(z), np.imag(z) and np.abs(z)"
        )


def with_complex_scalars(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the arguments with NumPy's complex numbers for Python's, which do not widen single precision either."""
    single = all(arg.dtype.char in "fF" for arg in args if hasattr(arg, "dtype"))
    scalar = np.complex64 if single else np.complex128
    return tuple([scalar(arg) if type(arg) is complex else arg for arg in args])


def outermost(args: Any) -> Active | None:
    """Return the active argument of the highest level, or None if all are plain."""
    found, highest = None, -1
    for arg in args:
        if isinstance(arg, Active) and arg.level > highest:
            found, highest = arg, arg.level
    return found


def stop_gradient(x: Any) -> Any:
    """Return the value of `x` as a constant, so that no derivative flows through it.

    Parameters
    ----------
    x : number, array, Dual or Var, or a container of them

    Returns
    -------
    number, array or container
        A copy of the plain value of `x`, of the same shape and structure. What is no number stays as it is.

    Examples
    --------
    >>> import dualrev as dr
    >>> dr.grad(lambda x: x * dr.stop_gradient(x))(3.0)
    3.0
    """
    return _stopped(x) if isinstance(x, Active | float) else optree.tree_map(_stopped, x, none_is_leaf=True)


def _stopped(x: Any) -> Any:
    value = primal(x)
    if isinstance(value, np.ndarray):
        if value.dtype.kind == "O" and any(isinstance(element, Active) for element in value.flat):
            return np.array([primal(element) for element in value.flat], np.float64).reshape(value.shape)
        return value.copy()
    return value
