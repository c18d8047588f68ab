"""The outcome of a verification."""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field
from typing import TYPE_CHECKING

from dualrev.verification.symbols.exact import Entry

if TYPE_CHECKING:
    from dualrev.verification.symbolic import Symbolic

MOST_BRANCHES = 5


@dataclass(frozen=True)
class HessianCheck:
    """The second derivatives of a function, by both nestings of the modes.

    Attributes
    ----------
    entries : int
        How many entries were compared with SymPy's.
    forward_over_reverse_error, reverse_over_forward_error : float or None
        The largest difference from the symbolic second derivative, over the largest entry compared.
    difference_error : float
        Relative difference of Hv and a central difference of the gradient.
    """

    entries: int
    forward_over_reverse_error: float | None
    reverse_over_forward_error: float | None
    difference_error: float

    @property
    def errors(self) -> tuple[float, ...]:
        """What was compared with SymPy."""
        both = (self.forward_over_reverse_error, self.reverse_over_forward_error)
        return tuple(error for error in both if error is not None)


@dataclass(frozen=True)
class Verification:
    """Whether the derivatives of a function at a point are right, and by what evidence.

    Attributes
    ----------
    ok : bool
        Whether all that was checked agrees.
    method : "symbolic" or "numeric"
        Whether SymPy could follow the function.
    verdict : str
        One sentence.
    n, m : int
        Sizes of the Jacobian.
    entries : int
        How many of its entries were compared with SymPy's.
    forward_error, reverse_error : float or None
        The largest difference from the symbolic derivative, evaluated to 50 digits, over the largest entry compared.
    identity_error : float
        Relative difference of <w, Jv> and <J^T w, v> for random v and w.
    difference_error : float
        Relative difference of Jv and a central difference of fourth order.
    reason : str
        Why SymPy could not follow, if it could not.
    complex_error : float or None
        Relative difference of Jv and the complex step; None where the function is not analytic as it is written.
    worst : Entry or None
        The compared entry with the largest error: what each side says, in units in the last place.
    branches : list of str
        Comparisons as they were decided at the point.
    notes : list of str
        Ties, kinks, and partial derivatives that are not finite: where a derivative is a promise rather than a fact.
    tape_operations : int
        Operations that reverse mode recorded.
    hessian : HessianCheck or None
        The second derivatives, if `order` was 2.
    interrupted : bool
        Whether SymPy was interrupted; then this is what was checked until then.

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> found = dr.verify(lambda x: x[0] * np.exp(x[1]), np.array([2.0, 0.5]))
    >>> found.ok, found.method, found.entries, found.tape_operations
    (True, 'symbolic', 2, 4)
    """

    ok: bool
    method: str
    verdict: str
    n: int
    m: int
    entries: int
    forward_error: float | None
    reverse_error: float | None
    identity_error: float
    difference_error: float
    reason: str
    complex_error: float | None = None
    worst: Entry | None = None
    branches: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    tape_operations: int = 0
    hessian: HessianCheck | None = None
    interrupted: bool = False
    followed: InitVar[Symbolic | None] = None

    def __post_init__(self, followed: Symbolic | None) -> None:
        # No field, so that `dataclasses.asdict` holds numbers and words alone.
        object.__setattr__(self, "_symbolic", followed)

    @property
    def symbolic(self) -> Symbolic | None:
        """The function as SymPy's expressions, or None where SymPy could not follow."""
        found: Symbolic | None = vars(self)["_symbolic"]
        return found

    def __str__(self) -> str:
        lines = [self.verdict, _line("Jacobian", f"{self.m} x {self.n}")]
        if self.forward_error is not None and self.reverse_error is not None:
            lines += [
                _line("entries against SymPy", str(self.entries)),
                _line("forward mode", f"{self.forward_error:.1e}"),
                _line("reverse mode", f"{self.reverse_error:.1e}"),
            ]
        else:
            lines.append(_line("SymPy", self.reason))
        lines += [
            _line("adjoint identity", f"{self.identity_error:.1e}"),
            _line("central differences", f"{self.difference_error:.1e}"),
        ]
        if self.complex_error is not None:
            lines.append(_line("complex step", f"{self.complex_error:.1e}"))
        lines += [*self._of_hessian(), *self._of_worst(), *self._of_size()]
        more = f"and {len(self.branches) - MOST_BRANCHES} more"
        shown = [*self.branches[:MOST_BRANCHES], *([more] if len(self.branches) > MOST_BRANCHES else [])]
        lines += [_line("branches taken here" if n == 0 else "", text) for n, text in enumerate(shown)]
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])

    def _of_hessian(self) -> list[str]:
        if self.hessian is None:
            return []
        found = self.hessian
        named = (
            ("Hessian, forward over", found.forward_over_reverse_error),
            ("Hessian, reverse over", found.reverse_over_forward_error),
            ("Hessian, differences", found.difference_error),
        )
        return [_line(name, f"{error:.1e}") for name, error in named if error is not None]

    def _of_worst(self) -> list[str]:
        if self.worst is None or not max(self.forward_error or 0.0, self.reverse_error or 0.0):
            return []
        each = self.worst
        sides = (
            ("forward mode", each.forward, each.forward_units),
            ("reverse mode", each.reverse, each.reverse_units),
            ("SymPy in double", each.symbolic, each.symbolic_units),
        )
        lines = [_line("worst entry", f"[{each.row}, {each.column}] = {each.exact}")]
        return lines + [
            _line(f"  {name}", _off_by(value, units) if name != "SymPy in double" or value == value else _NOT_IN_DOUBLE)
            for name, value, units in sides
        ]

    def _of_size(self) -> list[str]:
        if self.symbolic is None:
            return []
        return [_line("size", f"{self.symbolic.operations} symbolic operations, {self.tape_operations} on the tape")]

    def __bool__(self) -> bool:
        return self.ok


_NOT_IN_DOUBLE = "not evaluated: neither NumPy nor, if it is installed, SciPy has all its functions"


def _off_by(value: float, units: float) -> str:
    return f"{value!r}, off by {units if units > 0.005 else 0:.2g} ulp"


def _line(name: str, text: str) -> str:
    return f"  {name:23} {text}"
