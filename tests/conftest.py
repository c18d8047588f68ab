"""What all tests share: reproducible random cases, no calibration of the machine, and a mark on those that compile."""

from __future__ import annotations

import gc
import os
import tempfile
from collections.abc import Iterator

# Before NumPy is loaded: threads of several workers that share two cores wait for each other, over 3 by 3 matrices.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest
from compiling import reaches_compiled_code
from hypothesis import HealthCheck, settings

os.environ["DUALREV_CONFIG_DIR"] = tempfile.mkdtemp(prefix="dualrev-tests-")

settings.register_profile(
    "reproducible", deadline=None, derandomize=True, max_examples=40, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("reproducible")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Keep Python's collector from looking through modules and items, which stay: while they are made, and later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


ON_REQUEST = ("gpu", "exhaustive")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests that compile, and leave out those that are run on request, unless `-m` names their mark."""
    for item in items:
        if isinstance(item, pytest.Function):
            parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
            if reaches_compiled_code(item.function, *parameters):
                item.add_marker(pytest.mark.compiles)
    left_out = [name for name in ON_REQUEST if name not in config.option.markexpr]
    skipped = [item for item in items if any(item.get_closest_marker(name) is not None for name in left_out)]
    if skipped:
        config.hook.pytest_deselected(items=skipped)
        gone = set(skipped)
        items[:] = [item for item in items if item not in gone]
