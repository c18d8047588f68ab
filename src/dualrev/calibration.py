"""Cost constants measured on this machine, kept in the user's configuration folder."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from functools import cache
from pathlib import Path

from dualrev.errors import CalibrationError
from dualrev.folders import config_folder, write_whole
from dualrev.modes import SHIPPED, CostConstants


def calibration_file() -> Path:
    """Return where the calibration of this machine is kept."""
    return config_folder() / "calibration.json"


@cache
def current_constants() -> CostConstants:
    """Return the constants measured on this machine, or those that dualrev ships with."""
    path = calibration_file()
    if not path.exists():
        return SHIPPED
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))["interpreted"]
        return CostConstants(**{field.name: float(stored[field.name]) for field in fields(CostConstants)})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CalibrationError(
            f"{path} cannot be read ({error!r}); run `dualrev calibrate` again, or delete it"
        ) from error


def store(constants: CostConstants) -> Path:
    """Write constants for this machine and use them from now on."""
    path = calibration_file()
    write_whole(path, json.dumps({"interpreted": asdict(constants)}, indent=2) + "\n")
    current_constants.cache_clear()
    return path
