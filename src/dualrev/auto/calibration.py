"""Cost constants measured on this machine, kept in the user's configuration folder."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from functools import cache
from pathlib import Path
from typing import Any

from dualrev.auto.choice import SHIPPED, CostConstants
from dualrev.auto.costs import COMPILED, CompiledCosts
from dualrev.environment import config_folder, write_whole
from dualrev.errors import CalibrationError


def calibration_file() -> Path:
    """Return where the calibration of this machine is kept."""
    return config_folder() / "calibration.json"


@cache
def _stored() -> dict[str, dict[str, float]]:
    path = calibration_file()
    if not path.exists():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        kinds: dict[str, Any] = {"interpreted": CostConstants, "compiled": CompiledCosts}
        if not found.keys() <= kinds.keys() or "interpreted" not in found:
            raise ValueError(f"expected {' and '.join(kinds)}, found {', '.join(found)}")
        return {
            kind: {field.name: float(stored[field.name]) for field in fields(kinds[kind])}
            for kind, stored in found.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CalibrationError(
            f"{path} cannot be read ({error!r}); run `dualrev calibrate` again, or delete it"
        ) from error


@cache
def current_constants() -> CostConstants:
    """Return the constants measured on this machine, or those that dualrev ships with."""
    stored = _stored()
    return CostConstants(**stored["interpreted"]) if stored else SHIPPED


@cache
def current_compiled_costs() -> CompiledCosts:
    """Return those of compiled functions, measured on this machine or shipped."""
    stored = _stored()
    return CompiledCosts(**stored["compiled"]) if "compiled" in stored else COMPILED


def store(constants: CostConstants, compiled: CompiledCosts | None = None) -> Path:
    """Write constants for this machine and use them from now on."""
    path = calibration_file()
    content = {"interpreted": asdict(constants)} | ({} if compiled is None else {"compiled": asdict(compiled)})
    write_whole(path, json.dumps(content, indent=2) + "\n")
    forget()
    return path


def forget() -> None:
    """Read the stored constants again when they are next asked for."""
    for kept in (_stored, current_constants, current_compiled_costs):
        kept.cache_clear()
