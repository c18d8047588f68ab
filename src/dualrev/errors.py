"""One exception class per condition.

Every message says what was given, what was expected and what to call instead. Each class also derives from the
built-in exception that a caller who does not know dualrev would catch.

Examples
--------
>>> import dualrev as dr
>>> issubclass(dr.errors.ShapeMismatchError, dr.DualrevError), issubclass(dr.errors.ShapeMismatchError, ValueError)
(True, True)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

MODES = ("auto", "forward", "reverse")


class DualrevError(Exception):
    """Base of every error that dualrev raises on purpose.

    Examples
    --------
    >>> import dualrev as dr
    >>> try:
    ...     dr.grad(lambda x: x)([1.0, 2.0])
    ... except dr.DualrevError as error:
    ...     print(type(error).__name__)
    NonScalarOutputError
    """


class NonScalarOutputError(DualrevError, ValueError):
    """A function whose output is not a scalar was given to an operator that needs a scalar."""


class ShapeMismatchError(DualrevError, ValueError):
    """A tangent or cotangent does not have the shape or structure of what it belongs to."""


class MissingRuleError(DualrevError, TypeError):
    """A NumPy function, or one of its options, has no derivative rule."""


class ActiveConversionError(DualrevError, TypeError):
    """An active number was asked to become a plain one, which would lose its derivative."""


class InactiveWriteError(DualrevError, TypeError):
    """An active number was written into a plain array, which cannot hold its derivative."""


class MissingAttributeError(DualrevError, AttributeError):
    """An attribute of NumPy's arrays was asked for that arrays that carry derivatives do not have."""


class InPlaceError(DualrevError, TypeError):
    """An active array was written to in place."""


class LeakedNumberError(DualrevError, ValueError):
    """A function returned an active number of a derivative inside it that is finished."""


class ComplexInputError(DualrevError, TypeError):
    """A complex input or output: complex numbers are followed between real inputs and real results alone."""


class ObjectArrayError(DualrevError, TypeError):
    """An object array holds something other than numbers, or was given where NumPy itself takes none."""


class WrongBranchError(DualrevError, TypeError):
    """An active number went a way that is not for it: after a test of types, or as an array where it is a number."""


class InputTypeError(DualrevError, TypeError):
    """An input or an output of the function is not a number, an array or a container of them."""


class UnknownModeError(DualrevError, ValueError):
    """A mode that does not exist."""


class ChunkSizeError(DualrevError, ValueError):
    """A chunk size that is not a positive integer."""


class ArgnumsError(DualrevError, ValueError):
    """`argnums` points outside the positional arguments."""


def count_advice(name: str, arguments: Sequence[int]) -> str:
    """Return what to say where a function uses differentiated arguments as whole numbers."""
    which = f"argument {arguments[0]} of {name} is an int" if len(arguments) == 1 else f"arguments {arguments} are ints"
    return (
        f"{which}, and argnums names it; {name} uses it as a count, a size or an index, which have no derivative. "
        "Leave it out of argnums"
    )


class NoOutputError(DualrevError, TypeError):
    """The function returned None, or a container that holds nothing."""


class RandomFunctionError(DualrevError, ValueError):
    """The function gave two different values at one point, so its derivative means nothing."""


class FreedTapeError(DualrevError, RuntimeError):
    """`backward` was called on a graph that an earlier `backward` freed."""


class NoGradientError(DualrevError, ValueError):
    """`backward` was called on a Var that does not depend on any leaf that requires a gradient."""


class AnomalyError(DualrevError, FloatingPointError):
    """An operation made a NaN in a value, a tangent or a cotangent, within `detect_anomaly`.

    Attributes
    ----------
    operation : str
        Its name.
    place : str
        Where the NaN is: "value", "tangent" or "cotangent".
    filename : str or None
    lineno : int or None
        Where the user's code called, or recorded, the operation; None if that was outside the context.
    """

    def __init__(self, message: str, operation: str, place: str, filename: str | None, lineno: int | None) -> None:
        super().__init__(message, operation, place, filename, lineno)
        self.operation, self.place, self.filename, self.lineno = operation, place, filename, lineno

    def __str__(self) -> str:
        return str(self.args[0])


class CalibrationError(DualrevError, ValueError):
    """A stored calibration cannot be read."""


class SweepError(DualrevError, ValueError):
    """A sweep was asked for that cannot be made, or read from a file that holds none."""


class UnknownProblemError(DualrevError, LookupError):
    """A test problem that does not exist."""


class ProblemSizeError(DualrevError, ValueError):
    """A test problem was asked for in a size that it does not have."""


class UnknownMethodError(DualrevError, ValueError):
    """A method of minimisation that does not exist."""


class ExpressionError(DualrevError, ValueError):
    """A text is not an expression of numbers, variables, operators and known functions."""


class SplitError(DualrevError, ValueError):
    """Data cannot be split as asked, because a class would be left without an element."""


class MissingExtraError(DualrevError, ImportError):
    """A feature needs a package that is installed only with one of dualrev's extras."""


def meant(given: object, known: Iterable[str]) -> str:
    """Return the end of a message about an unknown name: which known one is like it, if one is.

    Examples
    --------
    >>> meant("rosenbrok", ("iris", "rosenbrock")), meant("x", ("iris",))
    ("; did you mean 'rosenbrock'?", '')
    """
    close = get_close_matches(given, list(known), 1) if isinstance(given, str) else []
    return f"; did you mean {close[0]!r}?" if close else ""


def known_mode(mode: str) -> str:
    """Return `mode`, or raise `UnknownModeError` if it is none of the three."""
    if mode not in MODES:
        raise UnknownModeError(f"mode is {mode!r}; expected 'auto', 'forward' or 'reverse'{meant(mode, MODES)}")
    return mode


class CustomRuleError(DualrevError, ValueError):
    """A rule that a user has written is not one: it has neither half, or is not linear where it must be."""


class NotARootError(DualrevError, ValueError):
    """A solver's result does not solve the equation, or the solution is not a differentiable function."""


class CompilationError(DualrevError, TypeError):
    """A compiled function holds something that cannot be differentiated at compiled speed."""


class CompilationFault(CompilationError):
    """Something inside dualrev or Numba failed while a derivative was compiled: a fault there, not in the function."""


class UnknownBackendError(DualrevError, ValueError):
    """A backend was asked for that does not exist."""


class BatchError(DualrevError, ValueError):
    """Arguments do not carry points as `batched` says."""


class NoDeviceError(DualrevError, RuntimeError):
    """Code was to run on a CUDA device, and there is none, or no driver or package to reach it."""


class DeviceError(DualrevError, ValueError):
    """Something was asked of a device that cannot be done there."""


class TapeOverflowError(DualrevError, MemoryError):
    """A tape of fixed size was too small."""


class TapeLimitError(DualrevError, MemoryError):
    """A recording needs more memory than it may take, or than there is.

    Attributes
    ----------
    asked, limit : int
        Bytes that the tape would have taken, and that it may take; 0 where only compiled code knew.
    """

    def __init__(self, asked: int = 0, limit: int = 0) -> None:
        super().__init__(asked, limit)
        self.asked, self.limit = asked, limit

    def __str__(self) -> str:
        if not self.asked:
            return "the tape asks for more memory than it may take; mode='forward' needs no tape"
        which = "there is not so much memory" if self.asked <= self.limit else f"{self.limit:,} are allowed"
        return (
            f"the tape asks for {self.asked:,} bytes, and {which}; mode='forward' needs no tape, and "
            "`with dualrev.tape_limit(nbytes):` sets another limit"
        )


class ResultTooLargeError(DualrevError, MemoryError):
    """A derivative takes more memory than there is, or than the process may use.

    Attributes
    ----------
    asked, limit : int
        Bytes that the result would take, and that there are.
    """

    def __init__(self, what: str, name: str, shape: tuple[int, ...], asked: int, limit: int) -> None:
        super().__init__(what, name, shape, asked, limit)
        self.asked, self.limit = asked, limit

    def __str__(self) -> str:
        what, name, shape, asked, limit = self.args
        one = "dualrev.hvp(f, x, v)" if what == "Hessian" else "dualrev.jvp(f, x, v) and dualrev.vjp(f, x)"
        of = "dualrev.grad(f)" if what == "Hessian" else "f"
        return (
            f"the {what} of {name} has {' x '.join(map(str, shape))} numbers, which take {asked:,} bytes; there are "
            f"{limit:,}. dualrev.linear_operator({of}, x) multiplies with it without forming it; so does {one}, for "
            "one vector"
        )


class NonFinitePointError(DualrevError, ValueError):
    """A point holds infinities or NaN where finite numbers are needed."""
