"""Evidence that derivatives are right: SymPy, the adjoint identity, differences."""

from dualrev.verification.check_grads import check_grads
from dualrev.verification.report import Verification
from dualrev.verification.rows import RowVerification, verify_primitives
from dualrev.verification.verify import verify

__all__ = ["RowVerification", "Verification", "check_grads", "verify", "verify_primitives"]
