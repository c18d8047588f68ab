"""Versions that are too old are named when dualrev is imported."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from dualrev.environment import LOWEST, expect_version


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("import numpy; numpy.__version__ = '1.26.4'", "dualrev needs NumPy 2.0 or later; 1.26.4 is installed: pip"),
        ("import numba; numba.__version__ = '0.60.0'", "dualrev needs Numba 0.61 or later; 0.60.0 is installed: pip"),
        ("import sys; sys.version_info = (3, 10, 2)", "dualrev needs Python 3.11 or later; 3.10.2 is installed: make"),
    ],
)
def test_what_is_too_old_is_named(before: str, said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"{before}; import dualrev"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"ImportError: {said}")


def test_the_lowest_versions_are_those_of_the_package() -> None:
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lowest = {name: ".".join(map(str, numbers)) for name, numbers in LOWEST.items()}
    assert project["requires-python"] == f">={lowest['Python']}"
    assert {f"numpy>={lowest['NumPy']}", f"numba>={lowest['Numba']}"} <= set(project["dependencies"])
    for installed in ("2.0.0rc1", "2.4.6", "10.1", "2.1.0.dev0+git"):
        expect_version("NumPy", installed)
