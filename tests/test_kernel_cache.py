"""Kernels on disk: a second process compiles nothing, an edited rule is seen, and no folder is needed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import dualrev

pytestmark = pytest.mark.compiles

PACKAGE = Path(dualrev.__file__).parent
PROGRAM = """
import numpy as np
import dualrev as dr
from dualrev.kernels import cpu

kernels = {}
for kind in ("pushforward", "pullback"):
    def spy(*args, right=getattr(cpu, kind)):
        kernel = right(*args)
        kernels[id(kernel)] = kernel
        return kernel
    setattr(cpu, kind, spy)

x = np.full(40_000, 0.5)
y = np.ones(40_000)
print(dr.vjp(np.sin, x)[1](y)[0][7], dr.jvp(np.sin, x, y)[1][7], dr.grad(lambda x: np.sin(x))(0.5))
print(dr.vjp(lambda x: np.maximum(x, 0.5), x)[1](y)[0][7], dr.jvp(lambda x: np.maximum(x, 0.5), x, y)[1][7])
stats = [kernel.stats for kernel in kernels.values()]
print(sum(sum(s.cache_hits.values()) for s in stats), sum(sum(s.cache_misses.values()) for s in stats))
"""
SLOPE = 0.8775825618903728  # cos(0.5)


def run(cache: Path, package: Path = PACKAGE, **environment: str) -> list[list[float]]:
    """Run the program in a new process, and return the numbers it prints."""
    env = os.environ | {"DUALREV_CACHE_DIR": str(cache), "PYTHONPATH": str(package.parent)} | environment
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [[float(number) for number in line.split()] for line in done.stdout.splitlines()]


def files(folder: Path) -> dict[str, Any]:
    return {str(p.relative_to(folder)): p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a cache folder that one process has filled."""
    cache = tmp_path_factory.mktemp("cache")
    slopes, ties, (hits, misses) = run(cache)
    assert slopes == pytest.approx([SLOPE] * 3, rel=1e-14)
    assert ties == [0.5, 0.5]
    assert (hits, misses) == (0, 4)
    return cache


def test_a_second_process_compiles_nothing_and_writes_nothing(warm: Path) -> None:
    before = files(warm)
    assert any(name.endswith(".nbc") for name in before)
    _, _, (hits, misses) = run(warm)
    assert (hits, misses) == (4, 0)
    assert files(warm) == before


def test_the_folder_named_by_the_environment_is_the_only_one_written_to(warm: Path, tmp_path: Path) -> None:
    cache = tmp_path / "named"
    home = tmp_path / "home"
    home.mkdir()
    run(cache, HOME=str(home), XDG_CACHE_HOME=str(home / "cache"), XDG_CONFIG_HOME=str(home / "config"))
    assert len(files(cache)) == len(files(warm))
    assert files(home) == {}


@pytest.mark.parametrize(
    ("family", "old", "new", "expected"),
    [
        (
            "_trigonometric",
            "lambda y, x: math.cos(x), holomorphic",
            "lambda y, x: 2.0 + math.cos(x), holomorphic",
            (SLOPE + 2.0, 0.5),
        ),
        (
            "selection",
            '"exceeds": lambda a, b: select(a == b, 0.5,',
            '"exceeds": lambda a, b: select(a == b, 0.25,',
            (SLOPE, 0.25),
        ),
    ],
    ids=["a partial", "a formula that partials share"],
)
def test_an_edited_rule_gives_the_new_derivative(
    warm: Path, tmp_path: Path, family: str, old: str, new: str, expected: tuple[float, float]
) -> None:
    package = tmp_path / "dualrev"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    unchanged, _, (hits, _) = run(warm, package)
    assert unchanged == pytest.approx([SLOPE] * 3, rel=1e-14)
    assert hits == 4, "the cache is shared by two installations of the same rules"
    source = package / "primitives" / "scalar" / f"{family}.py"
    text = source.read_text(encoding="utf-8")
    assert text.count(old) == 1
    source.write_text(text.replace(old, new), encoding="utf-8")
    slopes, ties, (hits, misses) = run(warm, package)
    assert (hits, misses) == (2, 2)
    assert slopes == pytest.approx([expected[0]] * 3, rel=1e-14)
    assert ties == [expected[1]] * 2
    back, ties, _ = run(warm)
    assert back == pytest.approx([SLOPE] * 3, rel=1e-14)
    assert ties == [0.5, 0.5]


def test_a_folder_that_cannot_be_written_to_costs_only_time(tmp_path: Path) -> None:
    occupied = tmp_path / "a file"
    occupied.write_text("not a folder", encoding="utf-8")
    slopes, ties, (hits, _) = run(occupied / "cache")
    assert slopes == pytest.approx([SLOPE] * 3, rel=1e-14)
    assert ties == [0.5, 0.5]
    assert hits == 0


def test_processes_that_start_together_do_not_disturb_one_another(tmp_path: Path) -> None:
    env = os.environ | {"DUALREV_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(PACKAGE.parent)}
    command = [sys.executable, "-W", "error", "-c", PROGRAM]
    started = [subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    for process in started:
        out, err = process.communicate()
        assert process.returncode == 0, err.decode()
        assert float(out.split()[0]) == pytest.approx(SLOPE, rel=1e-14)
