"""`dualrev info`."""

from __future__ import annotations

import argparse
import os
import platform
from importlib.metadata import PackageNotFoundError, version

from dualrev.auto.calibration import calibration_file, current_constants
from dualrev.auto.choice import SHIPPED
from dualrev.cli._outcome import FINE
from dualrev.environment import __version__, cache_folder
from dualrev.kernels import cuda_target
from dualrev.primitives.array import COMPOSITES, RULES
from dualrev.primitives.scalar import TABLE

PACKAGES = ("numpy", "numba", "llvmlite", "sympy", "scipy", "matplotlib", "numba-cuda")


def run(arguments: argparse.Namespace) -> int:
    """Print versions, targets, and where files are kept."""
    del arguments
    print(f"dualrev {__version__}, {platform.python_implementation()} {platform.python_version()}")
    print(f"{platform.platform()}, {os.cpu_count()} processors\n")
    _print("Versions", [(name, _version(name) or "not installed") for name in PACKAGES])
    _print("Targets", [("NumPy and CPU kernels", _cpu()), ("SymPy", _sympy()), ("CUDA", _cuda())])
    calibrated = "not measured on this machine, shipped constants serve: dualrev calibrate"
    if current_constants() is not SHIPPED:
        calibrated = f"measured on this machine, {calibration_file()}"
    _print(
        "Table",
        [("scalar primitives", str(len(TABLE))), ("array functions", str(len(RULES) + len(COMPOSITES)))],
    )
    _print("Files", [("calibration", calibrated), ("compiled kernels", str(cache_folder()))])
    return FINE


def _print(title: str, lines: list[tuple[str, str]]) -> None:
    print(title)
    for name, text in lines:
        print(f"  {name:<22} {text}")
    print()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _cpu() -> str:
    from numba import njit

    try:
        works = njit(lambda x: x + 1.0)(1.0) == 2.0
    except Exception as error:
        return f"not usable: {type(error).__name__}: {error}"
    return "usable" if works else "not usable: Numba computes 1 + 1 wrongly"


def _sympy() -> str:
    import sympy

    x = sympy.Symbol("x")
    return "usable" if sympy.diff(x**2, x) == 2 * x else "not usable"


def _cuda() -> str:
    lacking = cuda_target.missing()
    if lacking is not None:
        return f"not usable: {lacking}"
    device = cuda_target.api().get_current_device()
    name = device.name.decode() if isinstance(device.name, bytes) else device.name
    return f"usable: {name}, compute capability {'.'.join(map(str, device.compute_capability))}"
