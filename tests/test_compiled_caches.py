"""Compiled derivatives on disk: a second process compiles nothing, and an edit never gives a stale derivative."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.compiles

FUNCTIONS = """
from numba import njit, vectorize
import package
from package import parts
RATE = 3.0

@vectorize
def table(c):
    return c * 7.0

@njit
def callee(x):
    return x * x * 5.0

@njit
def itself(x):
    return x * x * 2.0

@njit
def calls(x):
    return callee(x)

@njit
def reads_a_global(x):
    return x * x * RATE

@njit
def imports(x):
    return parts.other(x)

@njit
def imports_deep(x):
    return package.parts.other(x)

@njit
def calls_a_ufunc(x, c=1.0):
    return x * x * table(c)
"""
OTHER = "from numba import njit\n\n@njit\ndef other(x):\n    return x * x * 11.0\n"
MAIN = """
import dualrev as dr
import functions
names = ["itself", "calls", "reads_a_global", "imports", "imports_deep", "calls_a_ufunc"]
gradients = [dr.grad(getattr(functions, name)) for name in names]
hessian = dr.hessian(functions.calls)
print(*(gradient(1.0) / 2 for gradient in gradients), hessian(1.0) / 2,
      dr.jvp(functions.calls, (1.0,), (1.0,))[1] / 2, dr.vjp(functions.calls, 1.0)[1](1.0)[0] / 2)
for operator in (*gradients, hessian):
    stats = operator.compiled.from_numbers.plain.stats
    print(sum(stats.cache_misses.values()), sum(stats.cache_hits.values()))
"""


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

    def run(self) -> tuple[list[float], list[str]]:
        numbers, *stats = self.printed("main.py").splitlines()
        return [float(number) for number in numbers.split()], stats

    def printed(self, *command: str) -> str:
        environment = os.environ | {"DUALREV_CACHE_DIR": str(self.cache), "PYTHONDONTWRITEBYTECODE": "1"}
        command = (sys.executable, "-W", "error", *command)
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_a_second_process_compiles_nothing_and_an_edit_is_seen(project: Project) -> None:
    assert project.run() == ([2, 5, 3, 11, 11, 7, 5, 5, 5], ["1 0"] * 7)
    calls_of_ufuncs_are_not_kept = "1 0"
    assert project.run() == ([2, 5, 3, 11, 11, 7, 5, 5, 5], ["0 1"] * 5 + [calls_of_ufuncs_are_not_kept, "0 1"])
    project.edit("functions.py", "x * x * 2.0", "x * x * 20.0")
    project.edit("functions.py", "x * x * 5.0", "x * x * 50.0")
    project.edit("functions.py", "RATE = 3.0", "RATE = 30.0")
    project.edit("functions.py", "c * 7.0", "c * 70.0")
    project.edit("package/parts.py", "11.0", "110.0")
    assert project.run()[0] == [20, 50, 30, 110, 110, 70, 50, 50, 50]


CELLS = """
import linecache, sys
cells = [
    (
        "/tmp/ipykernel_123/456.py",
        "RATE = {rate}\\nfrom numba import njit\\n@njit\\ndef inner(x):\\n    return x * x * RATE\\n",
    ),
    ("<ipython-input-2-abc>", "import dualrev as dr\\n@njit\\ndef f(x):\\n    return inner(x) * {factor}\\n"),
]
for name, text in cells:
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    exec(compile(text, name, "exec"), globals())
gradient = dr.grad(f)
print(gradient(1.0) / 2)
stats = gradient.compiled.from_numbers.plain.stats
print(sum(stats.cache_misses.values()), sum(stats.cache_hits.values()))
"""


def test_cells_of_notebooks_are_kept_like_files(project: Project) -> None:
    def run(rate: float, factor: float) -> Any:
        (project.folder / "main.py").write_text(CELLS.replace("{rate}", str(rate)).replace("{factor}", str(factor)))
        return project.run()

    assert run(2.0, 3.0) == ([6.0], ["1 0"])
    assert run(2.0, 3.0) == ([6.0], ["0 1"])
    assert run(5.0, 3.0) == ([15.0], ["1 0"])


HOMELESS = """
import sys, types
import dualrev as dr
from numba import njit
text = "def f(x):\\n    return x * x * 5.0\\n"
nowhere, named, module = {}, {"__name__": "no_module"}, types.ModuleType(sys.argv[1])
sys.modules[sys.argv[1]] = module
for mode in ("forward", "reverse"):
    for scope in (nowhere, named, vars(module)):
        exec(text, scope)
        assert dr.grad(njit(scope["f"]), mode=mode)(1.0) == 10.0
"""


def test_functions_whose_module_another_process_lacks(project: Project) -> None:
    (project.folder / "homeless.py").write_text(HOMELESS)
    for module in ("first", "second", "first"):
        project.printed("homeless.py", module)


CIRCLE = """
from numba import njit
import dualrev as dr

@njit
def first(x, n):
    if n <= 0:
        return x * x * x
    return second(x, n - 1) * third(x, n - 2)

@njit
def second(x, n):
    if n <= 0:
        return x
    return third(x, n - 1) + first(x, n - 1)

@njit
def third(x, n):
    if n <= 0:
        return x + 1.0
    return first(x, n - 2) * x + second(x, n - 2)

@njit
def f(x):
    return first(x, 5)

print(*(dr.jacobian(f, mode=mode)(1.0) for mode in ("forward", "reverse")))
"""


# Machine code that Numba reads back from disk does not know the addresses by which such functions call each other.
def test_functions_that_call_each_other_are_right_in_every_process(project: Project) -> None:
    (project.folder / "circle.py").write_text(CIRCLE)
    assert [project.printed("circle.py") for _ in range(2)] == ["342.0 342.0\n"] * 2


ALIKE = """
import sys
import numpy as np
from numba import njit
import dualrev as dr

def made(factor):
    @njit
    def inner(x):
        total = 0.0
        for i in range(x.size):
            if x[i] > 0.5:
                total += x[i] * factor
            elif x[i] > 0.25:
                total -= x[i] * x[i] * factor
            else:
                total *= 1.5
        return total

    @njit
    def outer(x):
        return inner(x) + inner(x[1:]) * inner(x[:-1]) * inner(x[::2]) * inner(x[::3]) * inner(x[::-1])

    return outer

for factor in map(float, sys.argv[1:]):
    f = made(factor)
    for mode in ("forward", "reverse"):
        print(factor, mode, dr.grad(f, mode=mode)(np.linspace(0.0, 1.0, 9)).tolist())
"""


# Numba numbers functions from 1 in every process. Machine code from disk would call a function of this process that has
# the same name, number and types.
def test_functions_alike_are_not_mixed_up_between_processes(project: Project) -> None:
    (project.folder / "alike.py").write_text(ALIKE)
    expected = project.printed("alike.py", "2.0").splitlines()
    assert project.printed("alike.py", "3.0", "2.0").splitlines()[2:] == expected
    # The kernels of interpreted code are on disk, too; their functions have numbers that no other process has.
    number = "import dualrev.kernels.cpu, numba.core.bytecode as b; print(next(b.FunctionIdentity._unique_ids))"
    assert project.printed("-c", number) != project.printed("-c", number)


def test_a_cache_folder_that_cannot_be_written_to(project: Project) -> None:
    project.cache.write_text("this is a file")
    project.edit("main.py", 'names = ["itself", "calls"', 'names = ["itself"]  # "calls"')
    assert project.run()[0][0] == 2


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


# A scope made by `exec` names no module; its `square` is found where the attribute of NumPy is looked for.
FILELESS = """
import numpy as np
from numba import njit
def square(x):
    return x
@njit
def f(x):
    return np.square(x) * {}
"""


def test_functions_without_a_file() -> None:
    import dualrev as dr

    for factor in (2.0, 3.0):
        scope: dict[str, Any] = {}
        exec(FILELESS.format(factor), scope)
        gradient = dr.grad(scope["f"])
        assert gradient(1.0) == 2 * factor
        assert dr.grad(gradient)(1.0) == 2 * factor
