"""Fourier transforms and complex intermediate results; the functions of the cases have real results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualrev.kernels.scipy_from_rows import MADE
from dualrev.primitives.array import complex_parts, faddeeva
from families.case import Case, calls, over

NORMS: tuple[dict[str, Any], ...] = ({}, {"norm": "ortho"}, {"norm": "forward"})
LENGTHS: tuple[dict[str, Any], ...] = ({"n": 3}, {"n": 4}, {"n": 7}, {"n": 8, "axis": 0})
ALONG = (*NORMS, *LENGTHS, {"axis": 0})
SEVERAL: tuple[dict[str, Any], ...] = (
    *({}, {"axes": (0, 1)}, {"s": (2, 5), "axes": (0, -1)}, {"axes": (1,)}, {"norm": "ortho"}),
)


def _parts(z: Any) -> Any:
    """Return real numbers that tell all of a complex array."""
    return np.real(z) + 2.0 * np.imag(z) * np.real(z)


def _spectra(options: Any, shape: Any) -> Callable[[Any], list[Case]]:
    """Return cases of a function of an array of real numbers, and of one of complex numbers."""
    return lambda f: [
        case
        for o in options
        for case in (
            Case(lambda x, o=o: _parts(f(x, **o)), (shape,)),
            Case(lambda x, y, o=o: _parts(f(x + 1j * y, **o)), (shape, shape)),
        )
    ]


def _of_real(options: Any, shape: Any) -> Callable[[Any], list[Case]]:
    return lambda f: [Case(lambda x, o=o: _parts(f(x, **o)), (shape,)) for o in options]


def _to_real(options: Any, shape: Any) -> Callable[[Any], list[Case]]:
    return lambda f: [Case(lambda x, y, o=o: f(x + 1j * y, **o), (shape, shape)) for o in options]


def _of_complex(shape: Any = (2, 3)) -> Callable[[Any], list[Case]]:
    return calls((lambda f, x, y: _parts(f((x + 1j * y) * (x - 2j))), (shape, shape)))


RULES: dict[Any, Callable[[Any], list[Case]]] = {
    np.fft.fft: _spectra(ALONG, (3, 5)),
    np.fft.ifft: _spectra(ALONG, (3, 4)),
    np.fft.rfft: lambda f: [*_of_real(ALONG, (3, 5))(f), *_of_real(ALONG, (3, 6))(f)],
    np.fft.irfft: lambda f: [*_to_real(ALONG, (3, 4))(f), *over({}, {"n": 5}, shapes=((2, 3),))(f)],
    faddeeva.wofz: calls((lambda f, x, y: _parts(f(0.2 * x + 1j * (1.5 + 0.2 * y))), ((2, 3), (2, 3)))),
    faddeeva.lambertw: calls(
        (lambda f, x, y: _parts(f(0.2 * x + 1j * (1.5 + 0.2 * y))), ((2, 3), (2, 3))),
        (lambda f, x: _parts(f(0.3 + x * x)), ((3,),)),
        (lambda f, x: np.real(f(-0.02 - 0.02 * x * x, -1)), ((3,),)),
    ),
    complex_parts.real_part: _of_complex(),
    complex_parts.imaginary_part: _of_complex(),
    complex_parts.conjugate_of: _of_complex(),
    complex_parts.modulus: _of_complex(),
    complex_parts.phase: _of_complex(),
}

COMPOSITES: dict[Any, Callable[[Any], list[Case]]] = {
    **{
        MADE[name]: lambda f: [Case(lambda x: np.stack(f(0.3 + x * x)), ((3,),))]
        for name in ("sici", "shichi", "fresnel", "airy", "airye")
    },
    MADE["ellipj"]: lambda f: [Case(lambda x: np.stack(f(x, 0.3)), ((3,),))],
    MADE["kelvin"]: lambda f: [Case(lambda x: _parts(np.stack(f(0.3 + x * x))), ((3,),))],
    **{
        MADE[f"hankel{kind}"]: lambda f: [Case(lambda x: _parts(f(1, 0.3 + x * x)), ((3,),))]
        for kind in ("1", "2", "1e", "2e")
    },
    faddeeva.voigt_profile: lambda f: [Case(lambda x: f(x, 0.7 + x * x, 1.0 + x * x), ((3,),))],
    np.fft.fftn: _spectra(SEVERAL, (2, 3, 4)),
    np.fft.ifftn: _spectra(SEVERAL[:3], (2, 3, 4)),
    np.fft.fft2: _spectra(SEVERAL[:3], (2, 3)),
    np.fft.ifft2: _spectra(SEVERAL[:3], (2, 3)),
    np.fft.rfftn: _of_real(SEVERAL, (2, 3, 4)),
    np.fft.rfft2: _of_real(SEVERAL[:3], (2, 3)),
    np.fft.irfftn: _to_real(SEVERAL, (2, 3, 4)),
    np.fft.irfft2: _to_real(SEVERAL[:3], (2, 3)),
    np.fft.hfft: _to_real(ALONG, (3, 4)),
    np.fft.ihfft: _of_real(ALONG, (3, 5)),
    np.fft.fftshift: over({}, {"axes": 1}, {"axes": (0, 1)}, shapes=((3, 4),)),
    np.fft.ifftshift: over({}, {"axes": 1}, {"axes": (0, 1)}, shapes=((3, 4),)),
    **dict.fromkeys(
        (np.emath.sqrt, np.emath.log, np.emath.log2, np.emath.log10),
        calls((lambda f, x: f(np.abs(x)), ((2, 3),)), (lambda f, x: _parts(f(x - 3.0)), ((2, 3),))),
    ),
    np.real: lambda f: [*over({})(f), *_of_complex()(f)],
    np.imag: _of_complex(),
    np.conjugate: lambda f: [*over({})(f), *_of_complex()(f)],
    np.absolute: lambda f: [*over({})(f), *_of_complex()(f)],
    np.real_if_close: calls((lambda f, x: f(x), ((2, 3),)), (lambda f, x: f(x * (1 + 0j)), ((2, 3),))),
    np.angle: calls((lambda f, x: f(x + 1j), ((2, 3),)), (lambda f, x: f(x + 1j, deg=True), ((2, 3),))),
}

ROWS: dict[str, Callable[[Any], Any]] = {
    "add": lambda z: z + (1.0 - 2j) + np.array([1j, 2.0, 3.0]),
    "subtract": lambda z: 1j - z,
    "multiply": lambda z: z * z * 1j,
    "divide": lambda z: (z + 2j) / (z * z),
    "power": lambda z: z**3 + z**-2 + z**1.5 + z ** (1 + 1j),
    "square": np.square,
    "reciprocal": np.reciprocal,
    "negative": lambda z: -z,
    "sqrt": np.sqrt,
    "exp": np.exp,
    "exp2": np.exp2,
    "expm1": np.expm1,
    "log": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "log1p": np.log1p,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "arcsin": np.arcsin,
    "arccos": np.arccos,
    "arctan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "arctanh": np.arctanh,
    "where": lambda z: np.where([True, False, True], z, z * 2j),
    "sum": lambda z: np.sum(z * z),
    "mean": lambda z: np.mean(z * z),
    "prod": np.prod,
    "cumprod": np.cumprod,
    "matmul": lambda z: z @ (z * 1j),
    "vdot": lambda z: np.vdot(z, z * z),
    "einsum": lambda z: np.einsum("i,j->ij", z, z * 1j),
    "concatenate": lambda z: np.concatenate([z, [1.0, 2j]]),
    "stack": lambda z: np.stack([z[0], z[1] * 1j]),
    "index": lambda z: z[[0, 0, 2]] * z[:1],
    "convolve": lambda z: np.convolve(z, [1.0, 1j]),
    "correlate": lambda z: np.correlate(z, z[:2] * (2 + 1j), "full"),
    "norm": lambda z: np.linalg.norm(z),
    "kron": lambda z: np.kron(z, z),
    "astype": lambda z: z.astype(np.complex128) * z.real.astype(np.complex128),
}
"""Functions of a complex vector."""
