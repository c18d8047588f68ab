"""`dualrev problems`."""

from __future__ import annotations

import argparse

from dualrev import problems
from dualrev.cli._outcome import FINE


def run(arguments: argparse.Namespace) -> int:
    """List the test problems."""
    print(problems.table())
    return FINE
