"""Generated adjoints of random programs, uncompiled and compiled, against the tests' oracle and against the tape."""

from __future__ import annotations

import ast
import itertools
import linecache
import math
from collections.abc import Sequence
from typing import Any

import numba
import numpy as np

import dualrev as dr
from dualrev.compiled.adjoints._generator import Generated, generate
from dualrev.compiled.adjoints._reading.program import read
from dualrev.compiled.adjoints._steps import Pullback, with_pullbacks
from dualrev.compiled.clones import registration
from dualrev.compiled.drivers._step_pullbacks import pullback_of
from dualrev.compiled.drivers._workspace import give_back
from dualrev.kernels.numba_extending import defined
from dualrev.reverse.numba_workspace import Workspace, workspace
from fuzzing import dual_numbers
from fuzzing.adjoint_programs import Program

registration.register()

CLOSE = 1e-12
"""Relative to the largest element of a gradient."""

_FILES = itertools.count()


def dispatcher(text: str, name: str = "f") -> Any:
    """Return a function of a text for Numba, whose source can be read."""
    file = f"<program {next(_FILES)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    scope: dict[str, Any] = {"np": np, "math": math, "njit": numba.njit}
    exec(compile(text, file, "exec", dont_inherit=True), scope)
    return scope[name]


def adjoint(program: Program, value: bool = False) -> Generated:
    """Return the generated adjoint of a program.

    Raises
    ------
    Refused
        If the generator does not take it.
    """
    types = tuple(numba.typeof(argument) for argument in program.arguments)
    return generate(read(dispatcher(program.text), types, program.argnums), value)


class Unwritten(Workspace):
    """A workspace that holds nothing that may be read."""

    def __init__(self) -> None:
        super().__init__()
        self.floats, self.integers = np.full(2000, np.nan), np.full(2000, 2**40)


def uncompiled(generated: Generated) -> Any:
    """Return an adjoint that runs as plain Python, and so does all that it calls."""
    meanings = with_pullbacks(generated.scope, interpreted)
    plain = {name: getattr(meaning, "py_func", meaning) for name, meaning in meanings.items()}
    scope = {"np": np, "math": math, **plain}
    exec(generated.text, scope)
    return lambda *given: scope["adjoint"](*given, *[Unwritten()] * generated.keeps)


def interpreted(pullback: Pullback) -> Any:
    """Return the pullback of a step, computed by the rules of interpreted code."""
    function = pullback.function.py_func

    def pulled(*given: Any) -> Any:
        arguments, cotangent = list(given[:-1]), given[-1]

        def of_active(*active: Any) -> Any:
            for n, each in zip(pullback.argnums, active, strict=True):
                arguments[n] = each
            result = function(*arguments)
            return tuple(result) if isinstance(result, tuple) else result

        _, pull = dr.vjp(of_active, *(arguments[n] for n in pullback.argnums))
        result = pull(cotangent)
        return result if isinstance(result, tuple) else (result,)

    return pulled


def compiled(generated: Generated) -> Any:
    """Return the compiled adjoint."""
    generated.scope = with_pullbacks(generated.scope, pullback_of)
    if not generated.keeps:
        return generated.function
    given = ", ".join(generated.parameters[:-1])
    body = ["kept = workspace()", f"result = adjoint({given}, kept)", "give_back((kept,))", "return result"]
    scope = {"adjoint": generated.function, "workspace": workspace, "give_back": give_back}
    return numba.njit(defined(generated.parameters[:-1], body, scope))


def copied(values: Sequence[Any]) -> list[Any]:
    return [np.copy(value) if isinstance(value, np.ndarray) else value for value in values]


def difference(found: Sequence[Any], expected: Sequence[Any]) -> float:
    """Return the largest difference of two gradients, relative to the largest element; NaN if there is one."""
    for one, other in zip(found, expected, strict=True):
        assert np.shape(one) == np.shape(other)
    a, b = (np.concatenate([np.ravel(part) for part in parts]) for parts in (found, expected))
    return float(np.max(np.abs(a - b), initial=0.0) / max(np.max(np.abs(b), initial=0.0), 1e-3))


def expected(program: Program) -> list[Any]:
    """Return the gradient that the oracle finds."""
    return dual_numbers.gradient(program.text, program.arguments, program.argnums, program.cotangents)


def sensitivity(program: Program) -> float:
    """Return how much a gradient changes where the arguments are rounded otherwise, relatively."""
    moved = [a * (1 + 4e-16) if not isinstance(a, int) else a for a in program.arguments]
    nearby = dual_numbers.gradient(program.text, moved, program.argnums, program.cotangents)
    return difference(nearby, expected(program))


def differs(program: Program, run: Any) -> str:
    """Return how an adjoint differs from the oracle's gradient; nothing if it does not.

    `run` is the adjoint, compiled or not, which must not change its arguments.
    """
    arguments = copied(program.arguments)
    found = run(*arguments, *program.cotangents)
    for before, after in zip(program.arguments, arguments, strict=True):
        if not np.array_equal(before, after):
            return "an argument is changed"
    wanted = expected(program)
    error = difference(found, wanted)
    if error <= CLOSE or (error <= 1e-6 and error <= 100 * sensitivity(program)):
        return ""
    return f"{found}, expected {wanted}: {error:.1e}"


def taped(program: Program) -> Any:
    """Return the gradient by the tape, in compiled code."""
    (tree,) = (node for node in ast.parse(program.text).body if isinstance(node, ast.FunctionDef) and node.name == "f")
    names = [each.arg for each in tree.args.args]
    active = [names[n] for n in program.argnums]
    others = [name for name in names if name not in active]
    text = f"{program.text}\n\n@njit\ndef g({', '.join(active + others)}):\n    return f({', '.join(names)})\n"
    f = dispatcher(text, "g")
    rest = {name: argument for name, argument in zip(names, copied(program.arguments), strict=True) if name in others}
    _, pullback = dr.vjp(f, *(program.arguments[n] for n in program.argnums), **rest)
    return pullback(program.cotangents if len(program.cotangents) > 1 else program.cotangents[0])
