"""Development tasks: `nox` runs all but the benchmarks, `nox -s tests` one of them."""

import shutil
import sys
from pathlib import Path

import nox

nox.options.sessions = ["lint", "typecheck", "tests", "dist", "docs"]
PYTHONS = ["3.11", "3.12", "3.13"]
NEXT = "3.14"
"""Not promised yet; Numba has it, and the wheel is tried on it."""


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and format."""
    session.install("-e", ".[dev]")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session
def typecheck(session: nox.Session) -> None:
    """Check types."""
    session.install("-e", ".[dev]")
    session.run("mypy")


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the tests."""
    session.install("-e", ".[dev,cuda]")
    session.run("pytest", *session.posargs)


@nox.session
def quick(session: nox.Session) -> None:
    """Run the tests in which nothing is compiled."""
    session.install("-e", ".[dev]")
    session.run("pytest", "-m", "not compiles", *session.posargs)


@nox.session(python=[*PYTHONS, NEXT])
def dist(session: nox.Session) -> None:
    """Build the archive of sources and, from it, the wheel; install that without any extra, and try it."""
    made = Path(session.create_tmp()).resolve() / "dist"
    shutil.rmtree(made, ignore_errors=True)
    session.install("build")
    session.run("python", "-m", "build", "--outdir", str(made))
    (wheel,) = made.glob("*.whl")
    session.run("python", "-m", "venv", "--clear", str(made / "bare"))
    folder = "Scripts" if sys.platform == "win32" else "bin"
    python = str(made / "bare" / folder / "python")
    session.run(python, "-m", "pip", "install", "--quiet", str(wheel), external=True)
    session.run(python, "-I", ".ci/smoke.py", external=True)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation; a warning is an error."""
    session.install("-e", ".[docs]")
    session.run("sphinx-build", "-W", "--keep-going", "-b", "html", "docs", "docs/_build/html")


@nox.session
def bench(session: nox.Session) -> None:
    """Run the benchmarks."""
    session.install("-e", ".[bench]")
    session.run("python", "-m", "benchmarks", *session.posargs)
