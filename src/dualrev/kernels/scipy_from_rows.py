"""Functions of SciPy that are made of rows: those with several results, and the complex ones of real numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualrev.environment import from_scipy
from dualrev.kernels.numpy_rows import FUNCTIONS
from dualrev.primitives.array import faddeeva
from dualrev.primitives.array.rule import COMPOSITES
from dualrev.primitives.host import HOST
from dualrev.primitives.protocol_function import ProtocolFunction


def _several(names: list[str]) -> Callable[..., Any]:
    return lambda *args: tuple([FUNCTIONS[name](*args) for name in names])


def _complex(real: str, imaginary: str, sign: float = 1.0) -> Callable[..., Any]:
    return lambda *args: FUNCTIONS[real](*args) + sign * 1j * FUNCTIONS[imaginary](*args)


def _turned(hankel: Callable[..., Any], sign: float) -> Callable[..., Any]:
    return lambda v, x: hankel(v, x) * (np.cos(x) - sign * 1j * np.sin(x))


def _parts() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, row in HOST.items():
        if row.part is not None:
            found.setdefault(row.part[0], []).append(name)
    return found


_HANKEL = {1: _complex("jv", "yv"), 2: _complex("jv", "yv", -1.0)}
_KELVIN = [_complex("ber", "bei"), _complex("ker", "kei"), _complex("berp", "beip"), _complex("kerp", "keip")]

_DEFINITIONS: dict[str, Callable[..., Any]] = {
    **{name: _several(names) for name, names in _parts().items()},
    **{f"hankel{kind}": definition for kind, definition in _HANKEL.items()},
    **{f"hankel{kind}e": _turned(definition, 3.0 - 2.0 * kind) for kind, definition in _HANKEL.items()},
    "kelvin": lambda x: tuple([part(x) for part in _KELVIN]),
}

MADE: dict[str, ProtocolFunction] = {name: ProtocolFunction(name, from_scipy("special", name)) for name in _DEFINITIONS}
"""The functions, by name."""

COMPOSITES.update({MADE[name]: definition for name, definition in _DEFINITIONS.items()})

OF_SCIPY: dict[str, Any] = faddeeva.OF_SCIPY | {f"scipy.special.{name}": function for name, function in MADE.items()}
"""The functions that SciPy's ufuncs reach and that are no rows, by the ufuncs' full names."""
