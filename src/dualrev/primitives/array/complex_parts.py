"""Complex numbers between real inputs and real results: their parts, which are not holomorphic functions of them.

A complex cotangent is dL/dRe - i dL/dIm, so that <w, t> is the real part of the sum of w t. The pullback of a
holomorphic function then multiplies by its derivative, and that of a complex matrix by its transpose, both without a
conjugate: the rules of real numbers hold as they are. Where a real number becomes complex, its cotangent is the real
part. Only here, where a function is not holomorphic, is there anything to say. None of this leaves an operator, whose
inputs and results are real.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.errors import MissingRuleError
from dualrev.primitives.array.rule import array_rule, composite, linear, plain
from dualrev.primitives.chain_rule import chain_product
from dualrev.primitives.protocol_function import ProtocolFunction


def is_complex(x: Any) -> bool:
    """Whether an array, which may be active, holds complex numbers."""
    return bool(np.asarray(plain(x)).dtype.kind == "c")


def only_real(name: str, *arrays: Any) -> None:
    """Raise `MissingRuleError` where a function of real numbers is given complex ones."""
    if any(map(is_complex, arrays)):
        raise MissingRuleError(
            f"{name} of complex numbers has no derivative rule. Write it with np.real(z), np.imag(z) and np.abs(z)"
        )


real_part = ProtocolFunction("real", lambda z: np.real(z))
imaginary_part = ProtocolFunction("imag", lambda z: np.imag(z))
conjugate_of = ProtocolFunction("conjugate", lambda z: np.conjugate(z))
modulus = ProtocolFunction("absolute", lambda z: np.absolute(z))
phase = ProtocolFunction("angle", lambda z: np.angle(z))


@array_rule(real_part)
def real_rule(y: Any, z: Any, /) -> Any:
    """Drop the imaginary part; the transpose makes a number complex."""
    dtype = z.dtype
    return linear(np.real, lambda w: w.astype(dtype))


@array_rule(imaginary_part)
def imag_rule(y: Any, z: Any, /) -> Any:
    """Drop the real part."""
    return linear(np.imag, lambda w: w * -1j)


@array_rule(conjugate_of)
def conjugate_rule(y: Any, z: Any, /) -> Any:
    """Change the sign of the imaginary part."""
    return linear(np.conjugate, np.conjugate)


@array_rule(modulus)
def modulus_rule(y: Any, z: Any, /) -> Any:
    """Return the part of the tangent that points away from 0, and at 0 nothing, as for a norm."""
    towards = np.conjugate(z / np.where(np.equal(y, 0), 1.0, y))
    return linear(lambda t: np.real(chain_product(towards, t)), lambda w: chain_product(towards, w))


@array_rule(phase)
def phase_rule(y: Any, z: Any, /) -> Any:
    """Return the part of the tangent that turns around 0, and at 0 nothing, as for arctan2."""
    zero = np.equal(z, 0)
    inverse = np.where(zero, 0.0, 1.0 / np.where(zero, 1.0, z))
    return linear(lambda t: np.imag(chain_product(inverse, t)), lambda w: chain_product(inverse, w * -1j))


@composite(np.real)
def real(val: Any) -> Any:
    """Return the real part, of a real number that itself."""
    return real_part(val) if is_complex(val) else val


@composite(np.imag)
def imag(val: Any) -> Any:
    """Return the imaginary part, of a real number the plain 0."""
    return (
        imaginary_part(val) if is_complex(val) else np.zeros(val.shape, val.dtype, "F" if plain(val).flags.fnc else "C")
    )


@composite(np.conjugate)
def conjugate(x: Any, /, out: None = None) -> Any:
    """Return the complex conjugate, of real numbers a copy."""
    return conjugate_of(x) if is_complex(x) else np.copy(x)


@composite(np.real_if_close)
def real_if_close(a: Any, tol: float = 100) -> Any:
    """Return the real part where the imaginary parts are rounding errors."""
    return real(a) if is_complex(a) and not np.iscomplexobj(np.real_if_close(plain(a), tol)) else a


@composite(np.angle)
def angle(z: Any, deg: bool = False) -> Any:
    """Return the phase; that of a real number is constant."""
    if not is_complex(z):
        return np.angle(plain(z), deg)
    return phase(z) * (180 / np.pi) if deg else phase(z)


def _beyond_zero(function: Any, of_numbers: Any) -> None:
    def definition(x: Any) -> Any:
        values = plain(x)
        return of_numbers(x if is_complex(x) or not np.any(values < 0) else x.astype(np.result_type(values, 1j)))

    definition.__doc__ = f"Take np.{of_numbers.__name__}, of complex numbers where there are negative ones."
    composite(function)(definition)


for _function, _of_numbers in (
    (np.emath.sqrt, np.sqrt),
    (np.emath.log, np.log),
    (np.emath.log2, np.log2),
    (np.emath.log10, np.log10),
):
    _beyond_zero(_function, _of_numbers)
