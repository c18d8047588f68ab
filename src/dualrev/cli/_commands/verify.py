"""`dualrev verify`."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from dualrev.cli._outcome import FAILED, FINE, INTERRUPTED, UsageError, users_errors
from dualrev.cli._output import progress
from dualrev.cli._points import out_shape
from dualrev.cli._target import targets
from dualrev.environment import installed
from dualrev.errors import NonFinitePointError, NonScalarOutputError
from dualrev.verification import Verification, verify, verify_primitives


def run(arguments: argparse.Namespace) -> int:
    """Verify a function at a point, or every row of the table."""
    if arguments.primitives == (arguments.target is not None):
        raise UsageError("expected either module:function --at 1,2,3, or --primitives")
    if arguments.primitives:
        return _primitives()
    if arguments.entries < 1 or not arguments.seconds >= 0:
        raise UsageError("--entries takes a number of at least 1, and --seconds one that is not negative")
    (target,) = targets(arguments.target, arguments.at, arguments.argnums)
    options: dict[str, Any] = {"entries": arguments.entries, "seconds": arguments.seconds, "order": arguments.order}
    options["out_shape"] = out_shape(arguments.out_shape)
    with progress(target.name) as told, users_errors():
        told("verifying")
        try:
            found = verify(target.f, *target.args, argnums=target.argnums, **options)
        except (NonFinitePointError, NonScalarOutputError) as error:
            raise UsageError(str(error)) from None
    print(found)
    if arguments.symbolic:
        print(_expressions(found))
    if arguments.latex:
        print(found.symbolic.latex() if found.symbolic is not None else _expressions(found))
    if not found.ok:
        return FAILED
    if found.interrupted:
        print("dualrev verify: interrupted", file=sys.stderr)
        return INTERRUPTED
    return FINE


def _expressions(found: Verification) -> str:
    if found.symbolic is None:
        return f"there is no expression: {found.reason}"
    return f"{found.symbolic}\n{found.symbolic.cost()}"


def _primitives() -> int:
    from dualrev.primitives.host import HOST
    from dualrev.primitives.scalar import TABLE

    rows = (*TABLE.values(), *(HOST.values() if installed("scipy") else ()))
    results, interrupted = [], False
    with progress("verifying") as told:
        try:
            for row in rows:
                told(row.name)
                results += verify_primitives([row])
        except KeyboardInterrupt:
            interrupted = True
    width = max((len(result.name) for result in results), default=0)
    for result in results:
        state = "ok" if result.ok else "FAILED"
        print(f"{result.name.ljust(width)}  {state.ljust(6)}  {result.error:7.1e}  {result.detail}")
        print(f"{' ' * width}  {' ' * 6}  {result.units:4.1f} ulp  {result.where}")
    failed = [result.name for result in results if not result.ok]
    good = len(results) - len(failed)
    print(f"\n{good} of {len(results)} primitives agree with SymPy at random points of their domains")
    if failed:
        print(f"FAILED: {', '.join(failed)}")
        return FAILED
    if interrupted:
        print(f"dualrev verify: interrupted, {len(rows) - len(results)} primitives were not verified", file=sys.stderr)
        return INTERRUPTED
    return FINE
