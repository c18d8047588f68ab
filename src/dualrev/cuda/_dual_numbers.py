"""Dual numbers for those who write their kernels out."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from dualrev.compiled.clones import registration
from dualrev.errors import DeviceError
from dualrev.forward.numba_dual import DualType
from dualrev.kernels import cuda


def dual_type(dtype: Any = np.float64, directions: int = 1) -> Any:
    """Return the type of dual numbers with so many tangents, for `cuda.local.array(n, D)` and `seeded`.

    Parameters
    ----------
    dtype : dtype
        float32 or float64.
    directions : int

    Returns
    -------
    numba type
        In a kernel, `seeded(D, value, k)` is a number whose tangent is 1 in direction `k`, `primal(y)` a value, and
        `tangent(y, k)` a tangent.

    Raises
    ------
    DeviceError
        For another dtype, or no direction.

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> dr.cuda.dual_type(np.float32, 2)
    Dual(float32, 2, 1)
    """
    if np.dtype(dtype) not in (np.float32, np.float64) or directions < 1:
        raise DeviceError(
            f"dual_type({dtype!r}, {directions}); expected float32 or float64, and at least one direction"
        )
    registration.register()
    cuda.complete()
    return DualType(numba.from_dtype(np.dtype(dtype)), directions, 1, True)
