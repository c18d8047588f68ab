"""Random programs: generated adjoints, uncompiled and compiled, agree with an oracle that is independent of the table.

What fails is shown as a program. `pytest -m exhaustive tests/test_adjoint_fuzz.py` tries many more.
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from fuzzing import dual_numbers
from fuzzing.adjoint_differences import adjoint, compiled, difference, differs, expected, taped, uncompiled
from fuzzing.adjoint_programs import Program, program
from fuzzing.dual_numbers import Unsuitable
from fuzzing.shrinking import shrunk

from dualrev.compiled.adjoints.refusal import Refused

PROGRAMS, MANY = 160, 10_000
COMPILED, MANY_COMPILED = 16, 1_000
CHUNK = 100
MOST_REFUSED = 0.1


def made(seed: int) -> Program:
    """Return a program whose derivative can be compared."""
    while True:
        found = program(random.Random(seed))
        try:
            expected(found)
        except Unsuitable:
            seed += 10**6
        else:
            return found


def check(seeds: range, run: Any) -> int:
    """Compare the adjoints of programs with the oracle; return how many programs the generator refuses."""
    refused = 0
    for seed in seeds:
        of = made(seed)
        try:
            generated = adjoint(of)
        except Refused:
            refused += 1
            continue
        if error := differs(of, run(generated)):
            pytest.fail(f"seed {seed}: {error}\n\n{of.text}\n\n{generated.text}")
    return refused


def test_uncompiled_adjoints_agree_with_the_oracle() -> None:
    assert check(range(PROGRAMS), uncompiled) < MOST_REFUSED * PROGRAMS


@pytest.mark.filterwarnings("ignore::numba.NumbaPerformanceWarning")
def test_compiled_adjoints_agree_with_the_oracle() -> None:
    assert check(range(COMPILED), compiled) < COMPILED


@pytest.mark.exhaustive
@pytest.mark.parametrize("start", range(PROGRAMS, MANY, CHUNK))
def test_many_uncompiled_adjoints_agree_with_the_oracle(start: int) -> None:
    assert check(range(start, start + CHUNK), uncompiled) < 2 * MOST_REFUSED * CHUNK


@pytest.mark.exhaustive
@pytest.mark.filterwarnings("ignore::numba.NumbaPerformanceWarning")
@pytest.mark.parametrize("start", range(COMPILED, MANY_COMPILED, 20))
def test_many_compiled_adjoints_agree_with_the_oracle(start: int) -> None:
    check(range(start, start + 20), compiled)


@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", range(1000, 1050))
def test_the_tape_agrees_with_the_oracle(seed: int) -> None:
    of = made(seed)
    assert difference(taped(of), expected(of)) <= 1e-12


@pytest.mark.parametrize("seed", range(0, 100, 5))
def test_the_oracle_agrees_with_differences(seed: int) -> None:
    of = made(seed)
    gradient = np.concatenate([np.ravel(part) for part in expected(of)])
    step, found = 1e-6, []

    def moved(n: int, place: int, by: float) -> float:
        given = [np.array(a, dtype=object if isinstance(a, int) else float) for a in of.arguments]
        given[n].reshape(-1)[place] += by
        given = [a if a.ndim else a.item() for a in given]
        results = dual_numbers.evaluate(of.text, given)
        return float(sum(np.sum(c * y) for c, y in zip(of.cotangents, results, strict=True)))

    for n in of.argnums:
        for place in range(np.size(of.arguments[n])):
            found.append((moved(n, place, step) - moved(n, place, -step)) / (2 * step))
    # At a kink, and where a branch changes sides, a difference is no derivative: few of all are.
    assert np.mean(np.abs(found - gradient) <= 1e-6 * (1 + np.abs(gradient))) > 0.8


def test_programs_hold_all_kinds_of_statements() -> None:
    texts = "\n".join(program(random.Random(seed)).text for seed in range(PROGRAMS))
    for part in (
        *("while True:", "break", "continue", "else:", "elif ", "return", "raise ValueError", "assert ", "zip("),
        *("enumerate(", ".T\n", "[::2]", "[::-1]", "[:, ", "np.empty(", ".copy()", "*= ", "-= ", "// 2", "% n - n"),
        *("range(-n, n)", "n - 1, -1, -1", "    def c", "def m", " = h", " if ", "max(", " ** "),
        *("np.sort(", ".sort()", "np.linalg.solve(", "np.linalg.det(", "np.array([", "np.where(", "[:, None]"),
    ):
        assert part in texts, part


def test_a_wrong_adjoint_is_found() -> None:
    of = next(of for of in map(made, range(100)) if len(of.argnums) > 1 and np.any(expected(of)[0]))
    right = expected(of)
    assert not differs(of, lambda *given: [np.copy(part) for part in right])
    wrong = [np.copy(part) for part in right]
    wrong[0] += 1e-9 * max(np.max(np.abs(part)) for part in right)
    assert "expected" in differs(of, lambda *given: wrong)

    def writing(x: Any, *given: Any) -> Any:
        x[0] += 1.0
        return right

    assert "changed" in differs(of, writing)


def test_a_failing_program_is_made_smaller() -> None:
    text = made(7).text

    def fails(candidate: str) -> bool:
        try:
            compile(candidate, "<candidate>", "exec")
        except SyntaxError:
            return False
        return "math.tanh(" in candidate or "math.sin(" in candidate

    small = shrunk(text, fails)
    assert fails(small)
    assert len(small) < 80
