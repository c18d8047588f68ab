"""`dualrev calibrate`."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict

from dualrev.auto import calibration
from dualrev.auto.costs import COMPILED, SHIPPED
from dualrev.cli._outcome import FINE, INTERRUPTED, UsageError
from dualrev.cli._output import progress
from dualrev.comparison.calibration.calibrating import calibrate


def run(arguments: argparse.Namespace) -> int:
    """Measure the cost constants, keep them, and print them beside those shipped."""
    del arguments
    try:
        with progress("calibrating") as told:
            found = calibrate(progress=told)
    except KeyboardInterrupt:
        print("dualrev calibrate: interrupted; nothing was kept, and auto decides as before", file=sys.stderr)
        return INTERRUPTED
    try:
        path = calibration.store(found.constants, found.compiled)
    except OSError as error:
        raise UsageError(f"{calibration.calibration_file()} cannot be written: {error}") from error
    for title, measured, shipped in (
        ("interpreted", asdict(found.constants), asdict(SHIPPED)),
        ("compiled", asdict(found.compiled), asdict(COMPILED)),
    ):
        print(f"{title:<18} {'measured':>10} {'shipped':>10}   microseconds")
        for name, value in measured.items():
            print(f"{name:<18} {value:>10.3g} {shipped[name]:>10.3g}")
        print()
    print(f"{found.measurements} measurements; predicted times are off by {found.error:.0%} in the median")
    print(f"kept in {path}")
    return FINE
