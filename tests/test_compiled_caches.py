"""Compiled derivatives on disk: a second process compiles nothing, and an edit never gives a stale derivative."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

FUNCTIONS = """
from numba import njit, vectorize
import numpy as np
import package
from package import parts
RATE = 3.0

@vectorize
def table(c):
    return c * 7.0

@njit
def callee(x):
    return x * 5.0

@njit
def f(x):
    return x[0] ** 2 * RATE + callee(x[1]) * x[1] + parts.other(x[0]) * package.parts.other(x[1])

@njit
def uses_a_ufunc(x, c):
    return x[0] * x[0] * table(c)
"""
OTHER = "from numba import njit\n\n@njit\ndef other(x):\n    return x * 11.0\n"
MAIN = """
import sys
import numpy as np
import dualrev as dr
import functions
x, v = np.array([2.0, 3.0]), np.array([1.0, 1.0])
gradient, hessian = dr.grad(functions.f), dr.hessian(functions.f)
results = [*gradient(x), *hessian(x).ravel(), *dr.jvp(functions.f, (x,), (v,)), *dr.vjp(functions.f, x)[1](1.0)[0]]
if "--ufunc" in sys.argv:
    results = [dr.grad(functions.uses_a_ufunc)(x, 1.0)[0]]
print(*map(float, results))
for operator in (gradient, hessian):
    for entry in operator.compiled._entries.values():
        print(*(sum(count.values()) for count in (entry.stats.cache_misses, entry.stats.cache_hits)))
"""


def expected(rate: float, called: float, other: float) -> list[float]:
    """Return what the program prints for f = rate x² + called y² + other² x y at (2, 3)."""
    both = other**2
    gradient = [4 * rate + 3 * both, 6 * called + 2 * both]
    value_along = [4 * rate + 9 * called + 6 * both, sum(gradient)]
    return [*gradient, 2 * rate, both, both, 2 * called, *value_along, *gradient]


class Project:
    """A folder with a program, run in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "package").mkdir()
        (folder / "package" / "__init__.py").write_text("")
        (folder / "package" / "parts.py").write_text(OTHER)
        (folder / "functions.py").write_text(FUNCTIONS)
        (folder / "main.py").write_text(MAIN)
        self.cache = folder / "cache"

    def edit(self, name: str, before: str, after: str) -> None:
        text = (self.folder / name).read_text()
        assert before in text
        (self.folder / name).write_text(text.replace(before, after))

    def run(self, *args: str) -> tuple[list[float], list[str]]:
        environment = os.environ | {"DUALREV_CACHE_DIR": str(self.cache), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-W", "error", "main.py", *args]
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        numbers, *stats = done.stdout.splitlines()
        return [float(number) for number in numbers.split()], stats


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_a_second_process_compiles_nothing_and_an_edit_is_seen(project: Project) -> None:
    assert project.run() == (expected(3, 5, 11), ["1 0", "1 0"])
    assert project.run() == (expected(3, 5, 11), ["0 1", "0 1"])
    project.edit("functions.py", "x[0] ** 2", "2 * x[0] ** 2")
    assert project.run()[0] == expected(6, 5, 11)
    project.edit("functions.py", "x * 5.0", "x * 6.0")
    assert project.run()[0] == expected(6, 6, 11)
    project.edit("functions.py", "RATE = 3.0", "RATE = 4.0")
    assert project.run()[0] == expected(8, 6, 11)
    project.edit("package/parts.py", "11.0", "12.0")
    assert project.run()[0] == expected(8, 6, 12)


def test_what_numba_hides_is_not_kept_on_disk(project: Project) -> None:
    assert project.run("--ufunc")[0] == [28.0]
    project.edit("functions.py", "c * 7.0", "c * 8.0")
    assert project.run("--ufunc")[0] == [32.0]


def test_a_cache_folder_that_cannot_be_written_to(project: Project) -> None:
    project.cache.write_text("this is a file")
    assert project.run()[0] == expected(3, 5, 11)


def test_reloading_a_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import dualrev as dr

    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    source = tmp_path / "reloaded_functions.py"
    text = "from numba import njit\n@njit\ndef f(x):\n    return x * x * 2.0\n"
    source.write_text(text)
    module: Any = importlib.import_module("reloaded_functions")
    assert dr.grad(module.f)(1.0) == 4.0
    source.write_text(text.replace("2.0", "30.0"))
    importlib.invalidate_caches()
    module = importlib.reload(module)
    assert dr.grad(module.f)(1.0) == 60.0
    del sys.modules["reloaded_functions"]


def test_functions_without_a_file() -> None:
    import dualrev as dr

    for factor in (2.0, 3.0):
        scope: dict[str, Any] = {}
        exec(f"from numba import njit\n@njit\ndef f(x):\n    return x * x * {factor}\n", scope)
        gradient = dr.grad(scope["f"])
        assert gradient(1.0) == 2 * factor
        assert dr.grad(gradient)(1.0) == 2 * factor
