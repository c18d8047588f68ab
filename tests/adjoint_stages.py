"""The stages of the generator, as it leaves them for one function: what the tests of a stage look at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numba
from fuzzing.adjoint_differences import dispatcher

from dualrev.compiled.adjoints._form import Array, Loop, Root, Store
from dualrev.compiled.adjoints._generator import Generator, generate
from dualrev.compiled.adjoints._needs import Kept
from dualrev.compiled.adjoints._reading.program import read


def stages(text: str, *arguments: Any) -> Generator:
    """Return what wrote the adjoint of a function `f`, with respect to its first argument."""
    made: list[Generator] = []

    def build(*given: Any) -> Any:
        made.append(Generator(*given))
        return made[-1]

    program = read(dispatcher(f"@njit\n{text.strip()}\n"), tuple(map(numba.typeof, arguments)), (0,))
    generate(program, False, build=build)  # type: ignore[arg-type]
    return made[-1]


def loops(generator: Generator) -> list[Loop]:
    """Return the loops of a function in the order of its text."""
    return list(generator.facts.within)


def names(of: Iterable[Any]) -> set[str]:
    """Return the names of values and memory."""
    return {each.name for each in of}


def kept(generator: Generator) -> list[set[str]]:
    """Return for each loop the names of what an iteration keeps; of the old content of an element the array's."""
    return [set(map(_name, generator.needs.kept[loop])) for loop in loops(generator)]


def _name(of: Kept) -> str:
    return f"{of.array.name}[...]" if isinstance(of, Store) else of.name


def root(generator: Generator, name: str) -> Root:
    """Return the memory of an array."""
    arrays: list[Array] = [*generator.program.parameters]  # type: ignore[list-item]
    arrays += [each.result for each in generator.facts.all if isinstance(getattr(each, "result", None), Array)]  # type: ignore[attr-defined]
    return next(each.root for each in arrays if each.name == name)
