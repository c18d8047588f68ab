"""The check build of generated adjoints: all that the reverse sweep reads is what the function has computed.

`pytest -m exhaustive tests/test_adjoint_checks.py` looks at many more programs.
"""

from __future__ import annotations

import numba
import pytest
from fuzzing.adjoint_differences import copied, dispatcher, uncompiled
from fuzzing.adjoint_programs import Program
from test_adjoint_fuzz import made
from test_adjoint_sweeps import CASES, program

import dualrev as dr
from dualrev.compiled.adjoints._checks import checked
from dualrev.compiled.adjoints._needs import Needs
from dualrev.compiled.adjoints._reading.program import read
from dualrev.compiled.adjoints.refusal import Refused
from dualrev.compiled.drivers import entries
from dualrev.errors import CompilationFault

NAMED = ("newton", "breaks", "integer pointer", "in place", "from below zero", "swaps", "two buffers", "mixture")
PROGRAMS, MANY, CHUNK = 10, 5_000, 100


def check(of: Program, value: bool = False) -> None:
    """Run the check build of a program's adjoint."""
    types = tuple(map(numba.typeof, of.arguments))
    build = checked(read(dispatcher(of.text), types, of.argnums), value)
    assert "expect(" in build.text
    uncompiled(build)(*copied(of.arguments), *of.cotangents)


def check_random(seeds: range) -> None:
    looked_at = 0
    for seed in seeds:
        of = made(seed)
        try:
            check(of, bool(seed % 2))
        except Refused:
            continue
        except AssertionError as error:
            pytest.fail(f"seed {seed}: {error}\n\n{of.text}")
        looked_at += 1
    assert looked_at > len(seeds) / 2


@pytest.mark.parametrize("name", NAMED)
def test_named_programs_read_what_was_computed(name: str) -> None:
    check(program(*CASES[name]))


def test_random_programs_read_what_was_computed() -> None:
    check_random(range(PROGRAMS))


@pytest.mark.exhaustive
@pytest.mark.parametrize("start", range(0, MANY, CHUNK))
def test_many_programs_read_what_was_computed(start: int) -> None:
    check_random(range(start, start + CHUNK))


@pytest.mark.parametrize(
    ("name", "forgotten"),
    [("added again", "note_saves"), ("breaks", "_find_carried"), ("in place", "_is_lost")],
)
def test_what_is_forgotten_is_found(monkeypatch: pytest.MonkeyPatch, name: str, forgotten: str) -> None:
    monkeypatch.setattr(Needs, forgotten, lambda *given: False)
    with pytest.raises(AssertionError, match="of iteration"):
        check(program(*CASES[name]))


# Nothing is kept on disk, where nobody may find the wrong adjoint: its sweep takes overwritten elements for those that
# were read.
def test_the_adjoint_identity_is_expected_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "fingerprint", lambda dispatcher: None)
    monkeypatch.setenv("DUALREV_CHECK_ADJOINTS", "1")
    text, (x, k) = CASES["in place"]
    dr.grad(dispatcher(f"@njit{text}"), mode="reverse")(x, k)
    monkeypatch.setattr(Needs, "_is_lost", lambda *given: False)
    _, pullback = dr.vjp(dispatcher(f"@njit{text}"), x, k=k)
    with pytest.raises(CompilationFault, match="the adjoint identity of f does not hold"):
        pullback(1.0)
