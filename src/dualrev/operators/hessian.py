"""Second derivatives: Hessians, and Hessians times vectors."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from dualrev.errors import InputTypeError
from dualrev.operators._batched import known_device, on_device
from dualrev.operators.call import as_argnums, name_of
from dualrev.operators.operator import Gradient, Jacobian
from dualrev.operators.options import Argnums, Batched, Device
from dualrev.operators.vector_products import Pushforward


class DeviceHessian:
    """Hessians of a function at many points on a CUDA device; see `hessian`."""

    def __init__(self, f: Callable[..., Any], argnums: Argnums, chunk_size: int | None, batched: Batched) -> None:
        self._on_device = on_device(f, "hessian", argnums, batched, chunk=chunk_size)
        update_wrapper(self, f, updated=())

    def __call__(self, *args: Any, stream: Any = 0) -> Any:
        """Return the Hessian at every point."""
        return self._on_device(args, stream=stream)


def hessian(
    f: Callable[..., Any],
    argnums: Argnums = 0,
    *,
    chunk_size: int | None = None,
    batched: Batched = False,
    device: Device = "cpu",
) -> Jacobian | DeviceHessian:
    """Return the Hessian of a scalar-valued function, of shape x.shape + x.shape, by forward mode over reverse.

    Parameters
    ----------
    f : callable
    argnums : int or tuple of int
        The arguments to differentiate.
    chunk_size : int, optional
        Directions to carry in one pass.
    batched, device
        As for `jacobian`; a device computes forward over forward.

    Returns
    -------
    Jacobian or DeviceHessian
        A callable of the arguments of `f`.

    Raises
    ------
    NonScalarOutputError
        When called, if the output does not have shape ().
    ResultTooLargeError
        When called, before anything is computed, if the Hessian cannot fit into memory.
    DeviceError
        If the device does not exist or cannot do what is asked.

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> dr.hessian(lambda x: x[0] * x[1] ** 2)(np.array([1.0, 2.0]))
    array([[0., 4.],
           [4., 2.]])
    """
    if known_device(device, batched) == "cuda":
        return DeviceHessian(f, as_argnums(argnums), chunk_size, batched)
    return Jacobian(
        Gradient(f, argnums, mode="reverse"), argnums, mode="forward", chunk_size=chunk_size, batched=batched
    )


class HessianProduct:
    """`hvp` of a function, waiting for the point and the vector."""

    def __init__(self, f: Callable[..., Any]) -> None:
        self.gradient = Gradient(f, mode="reverse")
        update_wrapper(self, f, updated=())
        self._connect()

    def _connect(self) -> None:
        """Find the way through compiled code. It is found again after pickling, as the gradient's is."""
        self._pushforward = Pushforward(self.gradient)
        self._compiled: Any = None
        if self.gradient.compiled is not None:
            from dualrev.compiled.products import HessianProducts

            self._compiled = HessianProducts(self.gradient.compiled)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in ("_pushforward", "_compiled")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._connect()

    def __call__(self, x: Any, v: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the Hessian at `x` times `v`."""
        if self._compiled is not None and self._compiled.takes(x, v, args, kwargs):
            return self._compiled(x, v, *args)
        if not args:
            return self._pushforward((x,), (v,), **kwargs)[1]
        return Pushforward(lambda y: self.gradient(y, *args, **kwargs))((x,), (v,))[1]


def hvp(f: Callable[..., Any], x: Any = None, v: Any = None, *args: Any, **kwargs: Any) -> Any:
    """Return the Hessian of a scalar-valued function times a vector, like `x`, without forming the Hessian.

    Parameters
    ----------
    f : callable
    x : number, array or container, optional
        The point. Left out, a callable of point and vector is returned, as `scipy.optimize.minimize` takes for `hessp`.
    v : like `x`
    *args, **kwargs
        Passed to `f`.

    Returns
    -------
    like `x`

    Raises
    ------
    NonScalarOutputError
        If the output does not have shape ().
    ShapeMismatchError
        If `v` does not have the structure and shapes of `x`.
    InputTypeError
        If `x` was given and `v` was not.

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> dr.hvp(lambda x: (x**3).sum(), np.array([1.0, 2.0]), np.array([1.0, 0.0]))
    array([6., 0.])
    """
    product = HessianProduct(f)
    if x is None:
        return product
    if v is None:
        raise InputTypeError(
            f"hvp of {name_of(f)} was given a point and no vector; expected hvp(f, x, v), or hvp(f)(x, v)"
        )
    return product(x, v, *args, **kwargs)
