"""What all tests share: reproducible random cases, and no calibration of the machine they happen to run on."""

from __future__ import annotations

import os
import tempfile

from hypothesis import HealthCheck, settings

os.environ["DUALREV_CONFIG_DIR"] = tempfile.mkdtemp(prefix="dualrev-tests-")

settings.register_profile(
    "reproducible", deadline=None, derandomize=True, max_examples=40, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("reproducible")
