"""The methods and attributes that active arrays share with NumPy's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from dualrev.active.number import Active, primal
from dualrev.errors import InPlaceError, MissingAttributeError, MissingRuleError
from dualrev.primitives.array.shaping import astype, lies_in


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


def _fixed(name: str, instead: str) -> Any:
    def refuse(self: Active, value: Any) -> NoReturn:
        raise InPlaceError(f"x.{name} = ... was asked of an array that carries derivatives. Use {instead}")

    return refuse


def _astype(
    self: Any, dtype: Any, order: Any = "K", casting: Any = "unsafe", subok: bool = True, copy: bool = True
) -> Any:
    """Convert to another type, which keeps the derivative if it is one of real or complex numbers."""
    if np.dtype(dtype).kind not in "fc":
        return primal(self).astype(dtype, order, casting)
    if not np.can_cast(self.dtype, dtype, casting):
        primal(self).astype(dtype, order, casting)  # NumPy's own error
    return self if not copy and lies_in(self, order) and np.dtype(dtype) == self.dtype else astype(self, dtype, order)


class Flags:
    """How an active array lies in memory, as `ndarray.flags` tells it; `writeable` says whether writes are followed."""

    __slots__ = ("_plain", "writeable")

    def __init__(self, array: Any) -> None:
        object.__setattr__(self, "_plain", array.laid_out().flags)
        object.__setattr__(self, "writeable", array.is_writeable())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plain, name)

    def __getitem__(self, name: str) -> Any:
        return self.writeable if name in ("W", "WRITEABLE") else self._plain[name]

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise InPlaceError("x.flags.writeable = ..., or x.setflags(), is not followed. Use x.copy(), a new array")

    def __repr__(self) -> str:
        names = ("C_CONTIGUOUS", "F_CONTIGUOUS", "OWNDATA", "WRITEABLE", "ALIGNED", "WRITEBACKIFCOPY")
        return "".join(f"  {name} : {self[name]}\n" for name in names)


def _in_place(name: str) -> Any:
    def refuse(self: Active, *args: Any, **kwargs: Any) -> NoReturn:
        raise InPlaceError(
            f"x.{name}() changes the array's shape or its bytes, which arrays that carry derivatives do not follow. "
            f"Use {_INSTEAD[name]}, which returns a new one"
        )

    return refuse


def _flatten(self: Any, order: str = "C") -> Any:
    vector = np.ravel(self, order)  # type: ignore[call-overload]
    return vector if primal(vector).base is None else np.copy(vector)


def _absent(self: Active, name: str) -> NoReturn:
    """Refuse an attribute that active numbers do not have: by an error of our own if NumPy's arrays have it."""
    if name not in OF_ARRAYS:
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
    raise MissingAttributeError(
        f"x.{name} was asked of an array that carries derivatives, a {type(self).__name__}, which has no such "
        "attribute: what takes an array's bytes loses the derivative. Use functions of NumPy, or give the code that "
        "asks for it a rule with dualrev.custom_rule"
    )


OF_ARRAYS = frozenset(dir(np.ndarray))
"""Names of the attributes that NumPy's arrays have."""


def _view(self: Any, dtype: Any = None, type: Any = None) -> Any:
    """Return another array of the same memory."""
    kept = (dtype is None or dtype is np.ndarray or np.dtype(dtype) == self.dtype) and type in (None, np.ndarray)
    if not kept:
        raise MissingRuleError(
            f"x.view({dtype or type}) takes the bytes of an array of {self.dtype} for something else, which has no "
            "derivative. Use x.view(), or x.astype(dtype), which converts the numbers"
        )
    return self[...] if isinstance(primal(self), np.ndarray) else self


def _to_device(self: Any, device: Any, /, *, stream: Any = None) -> Any:
    """Return the array, which is on the only device that NumPy has."""
    np.empty(0).to_device(device, stream=stream)  # NumPy's own error
    return self


def _write_real(self: Any, value: Any) -> None:
    if self.dtype.kind == "c":
        raise InPlaceError("x.real = v writes to a part of complex numbers; write x[...] = v + 1j * x.imag")
    self[...] = value


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
    "__copy__": lambda self: np.copy(self),
    "__deepcopy__": lambda self, memo: np.copy(self),
    "__floor__": lambda self: np.floor(self),
    "__ceil__": lambda self: np.ceil(self),
    "__trunc__": lambda self: np.trunc(self),
    "__contains__": lambda self, x: primal(x) in primal(self),
    "T": property(lambda self: np.transpose(self)),
    "mT": property(lambda self: np.matrix_transpose(self)),
    "real": property(lambda self: np.real(self), _write_real),
    "imag": property(lambda self: np.imag(self)),
    "laid_out": primal,
    "is_writeable": lambda self: False,
    "flags": property(Flags),
    "shape": Active.shape.setter(_fixed("shape", "x.reshape(shape)")),  # type: ignore[attr-defined]
    "dtype": Active.dtype.setter(_fixed("dtype", "x.astype(dtype)")),  # type: ignore[attr-defined]
    "strides": property(lambda self: self.laid_out().strides, _fixed("strides", "np.lib.stride_tricks.as_strided")),
    "astype": _astype,
    "device": property(lambda self: "cpu"),
    "to_device": _to_device,
    "view": _view,
    "__getattr__": _absent,
    "itemsize": property(lambda self: self.dtype.itemsize),
    "nbytes": property(lambda self: self.size * self.dtype.itemsize),
    "reshape": _varargs(np.reshape),
    "transpose": _varargs(np.transpose),
    "flatten": _flatten,
    "compress": lambda self, condition, axis=None: np.compress(condition, self, axis),
    "copy": lambda self, order="C": np.copy(self, order),
    "conj": lambda self: np.conj(self) if self.dtype.kind == "c" else self,
    "conjugate": lambda self: np.conj(self) if self.dtype.kind == "c" else self,
    "item": lambda self, *at: self.reshape(-1)[at[0] if at else 0] if len(at) < 2 else self[at],
    "tolist": lambda self: [element.tolist() for element in self] if self.ndim else self,
}
"""By name, the methods and attributes."""
