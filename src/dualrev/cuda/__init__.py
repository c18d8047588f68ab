"""Derivatives inside the CUDA kernels that users write. For batches call `jacobian(f, batched=True, device="cuda")`.

Nothing here touches CUDA until a kernel is compiled.
"""

from dualrev.cuda._device_functions import jacobian, jvp, reverse_grad, value_and_grad
from dualrev.cuda._dual_numbers import dual_type
from dualrev.cuda._workspace import Workspace
from dualrev.cuda.batch_kernels import primal
from dualrev.forward.numba_dual import seeded, tangent

__all__ = [
    "Workspace",
    "dual_type",
    "jacobian",
    "jvp",
    "primal",
    "reverse_grad",
    "seeded",
    "tangent",
    "value_and_grad",
]
