"""What users write checks strictly: arithmetic on active numbers, options of operators, what operators return."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_user_code_checks_under_strict_mypy() -> None:
    pytest.importorskip("mypy")
    # An ignored error that is none any more is an error too: the file says what must be refused.
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", str(ROOT / "pyproject.toml")]
    done = subprocess.run([*command, "tests/typing/user_code.py"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
