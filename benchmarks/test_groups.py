"""The groups for pytest-benchmark: `pytest benchmarks -n 0`, with `--benchmark-compare` and its other options.

`-k` takes the name of a group; each is a table of its own, with f, the derivative by hand, forward, reverse and auto.
"""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.cases import GROUPS, WAYS, cases

ALL = [case for group in GROUPS for case in cases(group)]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", ALL, ids=[f"{case.group}-{case.name}" for case in ALL])
def test_group(benchmark: Any, case: Any, way: str) -> None:
    call = case.calls[way]
    call()  # what is compiled is compiled here
    benchmark.group = f"{case.group}: {case.name}"
    benchmark(call)
