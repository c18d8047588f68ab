"""The outcome of a verification."""

from __future__ import annotations

from dataclasses import dataclass


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

    def __str__(self) -> str:
        lines = [self.verdict, f"  Jacobian                {self.m} x {self.n}"]
        if self.forward_error is not None and self.reverse_error is not None:
            lines += [
                f"  entries against SymPy   {self.entries}",
                f"  forward mode            {self.forward_error:.1e}",
                f"  reverse mode            {self.reverse_error:.1e}",
            ]
        else:
            lines.append(f"  SymPy                   {self.reason}")
        lines += [
            f"  adjoint identity        {self.identity_error:.1e}",
            f"  central differences     {self.difference_error:.1e}",
        ]
        return "\n".join(lines)

    def __bool__(self) -> bool:
        return self.ok
