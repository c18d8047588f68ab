"""Evidence that derivatives are right: SymPy, the adjoint identity, differences."""

from dualrev.verification.functions import verify
from dualrev.verification.gradient_check import check_grads
from dualrev.verification.report import Verification
from dualrev.verification.rows import RowVerification, verify_primitives

__all__ = ["RowVerification", "Verification", "check_grads", "verify", "verify_primitives"]
