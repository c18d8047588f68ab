"""Comparisons as JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numba
import numpy as np

from dualrev.comparison.readable_numbers import plain
from dualrev.comparison.record import ComparisonRecord
from dualrev.comparison.verdict import verdict
from dualrev.environment import __version__


def comparisons_as_json(found: Sequence[ComparisonRecord]) -> str:
    """Return comparisons as a document, with what they were measured on."""
    return as_json({"comparisons": [as_dict(comparison) for comparison in found]})


def as_dict(comparison: ComparisonRecord) -> dict[str, Any]:
    """Return everything as plain numbers, strings and dicts: what is not finite becomes a string."""
    found: dict[str, Any] = plain(
        asdict(comparison)
        | {
            "faster": comparison.faster,
            "told_apart": comparison.told_apart,
            "regret": comparison.regret,
            "auto_was_right": comparison.auto_was_right,
        }
        | {"choice": asdict(comparison.choice), "verdict": verdict(comparison)}
    )
    return found


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
