"""What dualrev needs to run, said in a sentence where it is not there."""

from __future__ import annotations

import sys
from typing import Any

LOWEST = {"Python": (3, 11), "NumPy": (2, 0), "Numba": (0, 61)}
"""The lowest versions; those of pyproject.toml."""


def expect_version(name: str, installed: str) -> None:
    """Raise an `ImportError` if Python, or a package that dualrev is nothing without, is older than it may be."""
    numbers = ["".join(c for c in part if c.isdigit()) for part in installed.split("+")[0].split(".")[:2]]
    if tuple(int(number or 0) for number in numbers) >= LOWEST[name]:
        return
    lowest = ".".join(map(str, LOWEST[name]))
    cure = "make an environment with a newer one" if name == "Python" else f"pip install '{name.lower()}>={lowest}'"
    raise ImportError(f"dualrev needs {name} {lowest} or later; {installed} is installed: {cure}")


def expect_packages() -> None:
    """Check Python and NumPy, and Numba if it is imported already; which is checked when it is needed otherwise."""
    expect_version("Python", ".".join(map(str, sys.version_info[:3])))
    import numpy

    expect_version("NumPy", numpy.__version__)
    numba: Any = sys.modules.get("numba")
    if numba is not None:
        expect_version("Numba", numba.__version__)


expect_packages()
