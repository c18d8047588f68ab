"""Comparisons as JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from typing import Any

import numba
import numpy as np

from dualrev.comparison.report import Comparison
from dualrev.environment import __version__


def comparisons_as_json(found: Sequence[Comparison]) -> str:
    """Return comparisons as a document, with what they were measured on."""
    return as_json({"comparisons": [comparison.to_dict() for comparison in found]})


def as_json(content: dict[str, Any]) -> str:
    """Return results as a document, with versions and machine; it holds no number that is not finite."""
    machine = {"platform": platform.platform(), "processors": os.cpu_count()}
    return json.dumps({"versions": _versions(), "machine": machine, **content}, indent=2, allow_nan=False) + "\n"


def measured_on() -> str:
    """Return versions and machine in one line."""
    versions = ", ".join(f"{name} {version}" for name, version in _versions().items())
    return f"{versions}; {platform.platform()}, {os.cpu_count()} processors"


def _versions() -> dict[str, str]:
    return {
        "dualrev": __version__,
        "numpy": np.__version__,
        "numba": numba.__version__,
        "python": platform.python_version(),
    }
