"""A pytest plugin: the compiled functions that tests differentiate, and which of them go through generated code.

    pytest -p benchmarks.adjoint_recording --adjoint-list=FILE -m compiles
    pytest -p benchmarks.adjoint_recording --adjoint-outcomes=FILE -m compiles

The first writes those that the tape differentiates, the second what becomes of those in `adjoint_functions.txt`, where
a function stands with the types of its arguments, and a part of the hash of its source. Each function is differentiated
twice more, in a process of its own, so this is run on request.
"""

from __future__ import annotations

import copy
import hashlib
import inspect
import re
import warnings
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest

from benchmarks.adjoint_corpora import apart, is_differentiable, outcome_of, report, taped, with_floats_first

LISTED = Path(__file__).with_name("adjoint_functions.txt")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--adjoint-list", type=Path)
    parser.addoption("--adjoint-outcomes", type=Path)


def pytest_configure(config: pytest.Config) -> None:
    written = config.getoption("--adjoint-list") or config.getoption("--adjoint-outcomes")
    if written:
        config.pluginmanager.register(Recording(written, config.getoption("--adjoint-list") is not None))


class Recording:
    """Sees every call of a compiled derivative from Python; looks at what is new after each test."""

    def __init__(self, path: Path, lists: bool) -> None:
        self.path, self.lists = path, lists
        self.known = set() if lists else set(LISTED.read_text(encoding="utf-8").splitlines())
        self.new: dict[str, tuple[Any, tuple[Any, ...]]] = {}
        self.seen: set[str] = set()
        from dualrev.compiled.plain_first import PlainFirst

        runs = PlainFirst.run

        def run(derivative: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            if not kwargs and not derivative.question.carriers:
                self.note(derivative.f, args)
            return runs(derivative, args, kwargs)

        PlainFirst.run = run  # type: ignore[method-assign]

    def note(self, f: Any, args: tuple[Any, ...]) -> None:
        arguments = args[: len(inspect.signature(f.py_func).parameters)]
        if f.py_func.__module__.startswith("dualrev.") or not any(map(is_differentiable, arguments)):
            return
        name = key(f, arguments)
        if name not in self.seen and (self.lists or name in self.known):
            self.seen.add(name)
            self.new[name] = f, copy.deepcopy(arguments)

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_teardown(self) -> None:
        with warnings.catch_warnings(), self.path.open("a", encoding="utf-8") as file:
            warnings.simplefilter("ignore")
            for name, (f, arguments) in self.new.items():
                found = apart(lambda: self.found(f, arguments))  # noqa: B023 - it is called at once
                if not self.lists:
                    print(f"{name}\t{found}", file=file)
                elif found == "finite":
                    print(name, file=file)
        self.new.clear()

    def found(self, f: Any, arguments: tuple[Any, ...]) -> str:
        """Return what becomes of a function."""
        given = with_floats_first(f, arguments)
        if not self.lists:
            return outcome_of(*given)
        gradient = taped(*given)
        return "finite" if gradient and all(np.all(np.isfinite(each)) for each in gradient) else "not finite"

    def pytest_terminal_summary(self) -> None:
        if not self.lists:
            lines = self.path.read_text(encoding="utf-8").splitlines()
            outcomes = dict(line.split("\t", 1) for line in lines)
            report("tests", {name: outcomes.get(name, "not reached") for name in self.known})


def key(f: Any, arguments: tuple[Any, ...]) -> str:
    """Return a function's name, a part of the hash of its source, and the types of its arguments."""
    function = f.py_func
    try:
        text = inspect.getsource(function)
    except (OSError, TypeError):
        text = function.__code__.co_code.hex()
    digest = hashlib.sha256(text.encode()).hexdigest()[:6]
    types = re.sub(" at 0x[0-9a-f]+", "", ", ".join(str(numba.typeof(each)) for each in arguments))
    return f"{function.__module__}.{function.__qualname__} {digest} ({types})"
