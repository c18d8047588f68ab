"""The documentation: its code runs, its links lead somewhere, and it builds without a warning."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import dualrev
from dualrev.primitives.array import COMPOSITES, RULES

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs").glob("*.rst"))]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RST_BLOCK = re.compile(r"^\.\. code-block:: python\n\n((?:   .*\n|\n)+)", re.MULTILINE)
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(dualrev.__path__, "dualrev.")
    if module.name.rpartition(".")[2] != "__main__"
)


@pytest.fixture
def own_rules():
    """Take out again what a page enters in the tables."""
    kept = [(table, dict(table)) for table in (RULES, COMPOSITES)]
    yield
    for table, before in kept:
        table.clear()
        table.update(before)


def blocks(page: Path) -> list[tuple[int, str]]:
    """Return the Python blocks of a page, with the numbers of the lines before them."""
    text = page.read_text(encoding="utf-8")
    found = (BLOCK if page.suffix == ".md" else RST_BLOCK).finditer(text)
    return [(text[: match.start(1)].count("\n"), match.group(1)) for match in found]


def run(test: doctest.DocTest) -> None:
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=FLAGS, verbose=False)
    assert not runner.run(test, out=report.append, clear_globs=False).failed, "".join(report)


@pytest.mark.compiles
@pytest.mark.usefixtures("own_rules")
@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page)], ids=lambda page: page.name)
def test_the_code_of_a_page_runs(page: Path) -> None:
    names: dict[str, object] = {"__name__": "__page__"}
    for line, text in blocks(page):
        if text.lstrip().startswith(">>>"):
            test = doctest.DocTestParser().get_doctest(text, names, page.name, str(page), line)
            test.globs = names
            run(test)
        else:
            exec(compile("\n" * line + text, str(page), "exec"), names)


def test_no_example_stands_outside_a_block() -> None:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        shown = re.sub(r"^```text\n.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
        assert shown.count(">>> ") == sum(block.count(">>> ") for _, block in blocks(page)), page.name


@pytest.mark.parametrize("package", sorted({".".join(name.split(".")[:2]) for name in MODULES}))
def test_docstrings_run(package: str) -> None:
    for name in MODULES:
        if f"{name}.".startswith(f"{package}."):
            module = importlib.import_module(name)
            for test in doctest.DocTestFinder(exclude_empty=True).find(module, name):
                if test.examples:
                    run(test)


def test_public_functions_and_classes_show_an_example() -> None:
    modules = (dualrev, dualrev.linalg, dualrev.nn, dualrev.optim, dualrev.problems)
    things = {name: getattr(module, name) for module in modules for name in getattr(module, "__all__", vars(module))}
    shown = {name: thing for name, thing in things.items() if inspect.isfunction(thing) or inspect.isclass(thing)}
    assert {"grad", "Var", "cho_solve", "relu", "SGD", "Problem"} <= set(shown)
    without = {name for name, thing in shown.items() if ">>> " not in (inspect.getdoc(thing) or "")}
    assert not without


def test_every_function_is_described() -> None:
    assert [name for name in dualrev.special.__all__ if not getattr(dualrev.special, name).__doc__] == []


@pytest.mark.parametrize("command", ["pip install . && dualrev compare", "pip install -e '.[dev]' && pytest"])
def test_readme_gives_the_command(command: str) -> None:
    assert command in (ROOT / "README.md").read_text(encoding="utf-8").splitlines()


def test_ci_runs_the_test_command_of_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert "python -m pip install --quiet -e '.[dev,cuda]'" in script
    assert script[-1] == "pytest"


def test_links_to_files_lead_somewhere() -> None:
    for page in [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]:
        prose = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        for target in re.findall(r"\]\(([^)#:]+)\)", prose):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_files_that_the_architecture_names_are_there() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = re.findall(r"`([\w./]*/[\w./]*)`", page)
    assert len(named) > 30
    assert [name for name in named if not (ROOT / "src" / "dualrev" / name).exists()] == []


def test_pages_that_messages_point_to_are_there() -> None:
    for source in (ROOT / "src").rglob("*.py"):
        for target in re.findall(r"\bdocs/\w+\.(?:md|rst)", source.read_text(encoding="utf-8")):
            assert (ROOT / target).exists(), f"{source.name} points to {target}"


@pytest.mark.compiles
def test_the_row_of_the_worked_example_is_enough(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "adding_a_primitive.md").read_text(encoding="utf-8")
    row, use = re.findall(r"^```text\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    shutil.copytree(ROOT / "src" / "dualrev", tmp_path / "dualrev", ignore=shutil.ignore_patterns("__pycache__"))
    family = tmp_path / "dualrev" / "primitives" / "scalar" / "_hyperbolic.py"
    head, tail = family.read_text(encoding="utf-8").split("ROWS = (\n")
    family.write_text(f"{head}ROWS = (\n{row}{tail}", encoding="utf-8")
    (tmp_path / "use.txt").write_text(use, encoding="utf-8")
    check = (
        "import sys; sys.path.insert(0, '.'); import doctest, dualrev\n"
        "from dualrev.verification import verify_primitives\n"
        "assert dualrev.__file__.startswith(sys.argv[1]), dualrev.__file__\n"
        "assert doctest.testfile('use.txt', module_relative=False) == (0, 4)\n"
        "assert all(r.ok for r in verify_primitives([dualrev.primitives.scalar.TABLE['sech']]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", check, str(tmp_path)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.compiles
def test_sphinx_builds_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", "docs", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    shown = re.sub(r"<[^>]*>", "", (tmp_path / "primitives.html").read_text(encoding="utf-8"))
    assert "math.square(1.0 / math.cosh(x))" in shown


def test_the_tests_that_promises_name_are_there() -> None:
    """The page on trust names tests, with or without the case."""
    named = set(re.findall(r"`(test_\w+)", (ROOT / "docs" / "trust.md").read_text(encoding="utf-8")))
    texts = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "tests").glob("test_*.py")}
    functions = {name for text in texts.values() for name in re.findall(r"^def (test_\w+)", text, re.MULTILINE)}
    assert len(named) > 20
    assert named <= functions | texts.keys()
