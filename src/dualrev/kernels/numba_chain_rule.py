"""The product of the chain rule as a function that compiled code calls, of numbers of any type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba.core import types

from dualrev.kernels.cpu import chain_product
from dualrev.kernels.numba_extending import compiled_only


@compiled_only(jit_options={"error_model": "numpy"})
def chained(partial: Any, factor: Any) -> Callable[..., Any]:
    """Return a product in which a factor that is exactly 0 wins over an infinity or a NaN."""
    return chain_product(partial == factor == types.float32).py_func  # type: ignore[no-any-return]
