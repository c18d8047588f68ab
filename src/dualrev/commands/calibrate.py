"""`dualrev calibrate`."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from dualrev import calibration
from dualrev.commands.outcome import FINE, UsageError
from dualrev.commands.progress import progress
from dualrev.comparison.calibrating import calibrate
from dualrev.modes import SHIPPED


def run(arguments: argparse.Namespace) -> int:
    """Measure the cost constants, keep them, and print them beside those shipped."""
    del arguments
    with progress("calibrating") as told:
        found = calibrate(progress=told)
    try:
        path = calibration.store(found.constants)
    except OSError as error:
        raise UsageError(f"{calibration.calibration_file()} cannot be written: {error}") from error
    print(f"{'constant':<18} {'measured':>10} {'shipped':>10}   microseconds")
    shipped = asdict(SHIPPED)
    for name, value in asdict(found.constants).items():
        print(f"{name:<18} {value:>10.3g} {shipped[name]:>10.3g}")
    print(f"\n{found.measurements} measurements; predicted times are off by {found.error:.0%} in the median")
    print(f"kept in {path}")
    return FINE
