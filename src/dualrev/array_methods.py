"""The methods and attributes that active arrays share with NumPy's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from dualrev.active import Active, primal
from dualrev.errors import InPlaceError


def method(function: Any) -> Any:
    """Return a function of arrays as a method."""

    def call(self: Active, *args: Any, **kwargs: Any) -> Any:
        return function(self, *args, **kwargs)

    call.__name__ = function.__name__
    call.__doc__ = f"The same as `np.{function.__name__}` of this."
    return call


def _varargs(function: Any) -> Any:
    def call(self: Active, *axes: Any, **kwargs: Any) -> Any:
        if not axes:
            return function(self, **kwargs)
        return function(self, axes[0] if len(axes) == 1 else axes, **kwargs)

    return call


def _on_value(name: str) -> Any:
    def call(self: Active, *args: Any, **kwargs: Any) -> Any:
        return getattr(primal(self), name)(*args, **kwargs)

    return call


def _in_place(name: str) -> Any:
    def refuse(self: Active, *args: Any, **kwargs: Any) -> NoReturn:
        raise InPlaceError(
            f"x.{name}() changes the array's shape or its bytes, which arrays that carry derivatives do not follow. "
            f"Use {_INSTEAD[name]}, which returns a new one"
        )

    return refuse


_FUNCTIONS: tuple[Callable[..., Any], ...] = (
    *(np.sum, np.mean, np.max, np.min, np.prod, np.var, np.std, np.cumsum, np.cumprod, np.ptp, np.clip),
    *(np.dot, np.trace, np.diagonal, np.take, np.repeat, np.choose),
    *(np.ravel, np.squeeze, np.swapaxes),
)
_ON_VALUE = ("any", "all", "argsort", "argmax", "argmin", "argpartition", "nonzero", "searchsorted", "round")
_INSTEAD = {
    "resize": "np.resize(x, shape)",
    "byteswap": "x.copy()",
    "setfield": "x.copy()",
    "setflags": "x.copy()",
}

METHODS: dict[str, Any] = {
    **{function.__name__: method(function) for function in _FUNCTIONS},
    **{name: _on_value(name) for name in _ON_VALUE},
    **{name: _in_place(name) for name in _INSTEAD},
    "__matmul__": lambda self, other: np.matmul(self, other),
    "__rmatmul__": lambda self, other: np.matmul(other, self),
    "__divmod__": lambda self, other: (self // other, self % other),
    "__rdivmod__": lambda self, other: (other // self, other % self),
    "__copy__": lambda self: +self,
    "__deepcopy__": lambda self, memo: +self,
    "__floor__": lambda self: np.floor(self),
    "__ceil__": lambda self: np.ceil(self),
    "__trunc__": lambda self: np.trunc(self),
    "__contains__": lambda self, x: primal(x) in primal(self),
    "T": property(lambda self: np.transpose(self)),
    "mT": property(lambda self: np.matrix_transpose(self)),
    "real": property(lambda self: np.real(self)),
    "imag": property(lambda self: np.imag(self)),
    "itemsize": property(lambda self: self.dtype.itemsize),
    "nbytes": property(lambda self: self.size * self.dtype.itemsize),
    "reshape": _varargs(np.reshape),
    "transpose": _varargs(np.transpose),
    "flatten": lambda self, order="C": self.ravel(order).snapshot(),
    "compress": lambda self, condition, axis=None: np.compress(condition, self, axis),
    "copy": lambda self, order="C": +self,
    "conj": lambda self: np.conj(self),
    "conjugate": lambda self: np.conj(self),
    "item": lambda self, *at: self.reshape(-1)[at[0] if at else 0] if len(at) < 2 else self[at],
    "tolist": lambda self: [element.tolist() for element in self] if self.ndim else self,
}
"""By name, the methods and attributes."""
