"""The outcome of a verification."""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field
from typing import TYPE_CHECKING

from dualrev.documents import Document, Facts, Part, Verdict
from dualrev.verification.symbols.exact import Entry

if TYPE_CHECKING:
    import numpy as np

    from dualrev.verification._jacobians import Compared
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
        """The entries that were compared with SymPy."""
        both = (self.forward_over_reverse_error, self.reverse_over_forward_error)
        return tuple(error for error in both if error is not None)


@dataclass(frozen=True)
class Verification(Document):
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
    compared: InitVar[Compared | None] = None

    def __post_init__(self, compared: Compared | None) -> None:
        # No field, so that `dataclasses.asdict` holds numbers and words alone.
        object.__setattr__(self, "_symbolic", None if compared is None else compared.symbolic)
        object.__setattr__(self, "_exact", None if compared is None else compared.exact)

    @property
    def symbolic(self) -> Symbolic | None:
        """The function as SymPy's expressions, or None where SymPy could not follow."""
        found: Symbolic | None = vars(self)["_symbolic"]
        return found

    @property
    def exact(self) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
        """Rows, columns and values of the entries compared with SymPy, rounded from 50 digits, or None."""
        found: tuple[np.ndarray, np.ndarray, np.ndarray] | None = vars(self)["_exact"]
        return found

    def _parts(self, html: bool = False) -> list[Part]:
        facts = [("Jacobian", f"{self.m} x {self.n}")]
        if self.forward_error is not None and self.reverse_error is not None:
            facts += [
                ("entries against SymPy", str(self.entries)),
                ("forward mode", f"{self.forward_error:.1e}"),
                ("reverse mode", f"{self.reverse_error:.1e}"),
            ]
        else:
            facts.append(("SymPy", self.reason))
        others: list[tuple[str, float | None]] = [
            ("adjoint identity", self.identity_error),
            ("central differences", self.difference_error),
        ]
        others.append(("complex step", self.complex_error))
        if self.hessian is not None:
            others += [
                ("Hessian, forward over", self.hessian.forward_over_reverse_error),
                ("Hessian, reverse over", self.hessian.reverse_over_forward_error),
                ("Hessian, differences", self.hessian.difference_error),
            ]
        facts += [(name, f"{error:.1e}") for name, error in others if error is not None]
        facts += self._of_worst()
        if self.symbolic is not None:
            size = f"{self.symbolic.operations} symbolic operations, {self.tape_operations} on the tape"
            facts.append(("size", size))
        more = [f"and {len(self.branches) - MOST_BRANCHES} more"] if len(self.branches) > MOST_BRANCHES else []
        for n, text in enumerate([*self.branches[:MOST_BRANCHES], *more]):
            facts.append(("" if n else "branches taken here", text))
        return [Verdict(self.verdict), Facts([*facts, *(("note", note) for note in self.notes)])]

    def _of_worst(self) -> list[tuple[str, str]]:
        if self.worst is None or not max(self.forward_error or 0.0, self.reverse_error or 0.0):
            return []
        each = self.worst
        double = _NOT_IN_DOUBLE
        if each.symbolic == each.symbolic:
            double = _off_by(each.symbolic, each.symbolic_units)
        return [
            ("worst entry", f"[{each.row}, {each.column}] = {each.exact}"),
            ("  forward mode", _off_by(each.forward, each.forward_units)),
            ("  reverse mode", _off_by(each.reverse, each.reverse_units)),
            ("  SymPy in double", double),
        ]

    def __bool__(self) -> bool:
        return self.ok


_NOT_IN_DOUBLE = "not evaluated: neither NumPy nor, if it is installed, SciPy has all its functions"


def _off_by(value: float, units: float) -> str:
    return f"{value!r}, off by {units if units > 0.005 else 0:.2g} ulp"
