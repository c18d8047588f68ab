"""Evidence that derivatives are right: SymPy, the adjoint identity, differences."""

from dualrev.verification._report import HessianCheck, Verification
from dualrev.verification._rows import RowVerification, verify_primitives
from dualrev.verification.gradient_check import check_grads
from dualrev.verification.symbolic import Symbolic, SymbolicCost
from dualrev.verification.symbols.exact import Entry
from dualrev.verification.verifying import verify

__all__ = [
    "Entry",
    "HessianCheck",
    "RowVerification",
    "Symbolic",
    "SymbolicCost",
    "Verification",
    "check_grads",
    "verify",
    "verify_primitives",
]
