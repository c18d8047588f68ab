"""Where dualrev keeps what it writes: compiled kernels and calibrations."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def cache_folder() -> Path:
    """Return the folder of compiled kernels: `DUALREV_CACHE_DIR`, or one in the user's cache folder."""
    return Path(os.environ.get("DUALREV_CACHE_DIR") or platformdirs.user_cache_dir("dualrev", appauthor=False))


def config_folder() -> Path:
    """Return the folder of calibrations: `DUALREV_CONFIG_DIR`, or one in the user's configuration folder."""
    return Path(os.environ.get("DUALREV_CONFIG_DIR") or platformdirs.user_config_dir("dualrev", appauthor=False))


def write_whole(path: Path, text: str) -> None:
    """Write a file so that no other process ever reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
