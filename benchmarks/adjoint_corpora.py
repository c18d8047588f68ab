"""How many functions go through generated adjoint code: `python -m benchmarks.adjoint_corpora [packages|problems]`.

Three corpora: the functions that the compiled tests differentiate (see `adjoint_recording`), `dr.problems`, and
compiled functions of packages, listed with arguments in `adjoint_corpora.txt`. Only functions that the tape
differentiates are counted. A function goes through generated code if that is what the pullback runs, and its gradient
equals the tape's. `--read` asks the generator alone.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import inspect
import itertools
import linecache
import os
import pickle
import signal
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numba
import numpy as np

import dualrev as dr
from dualrev.active.trees import flatten

LIST = Path(__file__).with_suffix(".txt")
CLOSE = {"float64": 1e-12, "float32": 1e-4}
"""How far gradients may differ, relative to the largest element; the tape rounds no value to single precision."""

SECONDS = 120
"""For one function, both ways compiled."""


class Call(NamedTuple):
    """A function of a package, and example arguments, as the list has them."""

    text: str

    @property
    def package(self) -> str:
        return self.text.partition(".")[0]

    def resolved(self) -> tuple[Any, tuple[Any, ...]]:
        """Return the function and its arguments."""
        call = ast.parse(self.text, mode="eval").body
        assert isinstance(call, ast.Call)
        module, _, name = ast.unparse(call.func).rpartition(".")
        arguments = eval(f"({''.join(f'{ast.unparse(each)}, ' for each in call.args)})", {"np": np})
        return getattr(importlib.import_module(module), name), arguments


def calls(path: Path = LIST) -> tuple[dict[str, str], list[Call]]:
    """Return the pinned versions of the list, and its calls."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    pinned = dict(line[2:].split("==") for line in lines if line.startswith("# ") and "==" in line)
    return pinned, [Call(line) for line in lines if not line.startswith("#")]


def is_differentiable(argument: Any) -> bool:
    """Whether an argument holds floats alone."""
    if isinstance(argument, tuple):
        return bool(argument) and all(map(is_differentiable, argument))
    return isinstance(argument, float | np.floating) or (
        isinstance(argument, np.ndarray) and argument.dtype.kind == "f"
    )


_FILES = itertools.count()


def with_floats_first(f: Any, arguments: Sequence[Any]) -> tuple[Any, list[Any], dict[str, Any]]:
    """Return a function, its arguments that hold floats, and the others, by name."""
    names = list(inspect.signature(f.py_func).parameters)[: len(arguments)]
    active = [name for name, argument in zip(names, arguments, strict=True) if is_differentiable(argument)]
    others = {name: argument for name, argument in zip(names, arguments, strict=True) if name not in active}
    floats = [argument for argument in arguments if is_differentiable(argument)]
    if names[: len(active)] != active:
        text = f"def first({', '.join([*active, *others])}):\n    return of({', '.join(names)})\n"
        file = f"<floats first {next(_FILES)}>"
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        scope = {"of": f}
        exec(compile(text, file, "exec", dont_inherit=True), scope)
        f = numba.njit(scope["first"], error_model=f.targetoptions.get("error_model", "python"))
    return f, floats, others


# Without machine code on disk: what is compiled here with another answer is not to be found by anybody.
@contextmanager
def _asked(answer: Callable[[Any], Any]) -> Iterator[None]:
    """Ask a function instead of the generator."""
    from dualrev.compiled.drivers import entries, generated

    kept = generated.adjoint_of, entries.fingerprint
    generated.adjoint_of, entries.fingerprint = answer(kept[0]), lambda dispatcher: None
    try:
        yield
    finally:
        generated.adjoint_of, entries.fingerprint = kept


def pulled_back(f: Any, floats: list[Any], others: dict[str, Any]) -> list[Any]:
    """Return the leaves of a gradient; nothing is kept from an earlier derivative of the function."""
    for name in [name for name in vars(f) if name.startswith("_dualrev")]:
        del vars(f)[name]
    out, pullback = dr.vjp(f, *floats, **others)
    leaves, tree = flatten(out)
    weights = [np.linspace(0.5, 1.5, np.size(leaf) or 1)[: np.size(leaf)].reshape(np.shape(leaf)) for leaf in leaves]
    found, _ = flatten(pullback(tree.build([weight[()] for weight in weights])))
    return [np.asarray(leaf) for leaf in found]


def taped(f: Any, floats: list[Any], others: dict[str, Any]) -> list[Any]:
    """Return the gradient by the tape."""
    try:
        from dualrev.compiled.adjoints.refusal import Refused
    except ImportError:  # a version without generated code
        return pulled_back(f, floats, others)

    def refusing(kept: Any) -> Any:
        def refuse(*given: Any, **named: Any) -> Any:
            raise Refused("the tape is asked for")

        return refuse

    with _asked(refusing):
        return pulled_back(f, floats, others)


def outcome(f: Any, arguments: Sequence[Any]) -> str:
    """Return "generated", or why a function does not go through generated code."""
    return outcome_of(*with_floats_first(f, arguments))


def outcome_of_reading(f: Any, arguments: Sequence[Any]) -> str:
    """Return "generated" if the generator takes a function, or why not. Nothing is compiled."""
    from dualrev.compiled.adjoints.acceptance import refusal_of
    from dualrev.compiled.clones import registration

    registration.register()
    f, floats, others = with_floats_first(f, arguments)
    types = tuple(map(numba.typeof, (*floats, *others.values())))
    return refusal_of(f, types, tuple(range(len(floats)))) or "generated"


def outcome_of(f: Any, floats: list[Any], others: dict[str, Any]) -> str:
    """Return "generated", or why the derivative by the floats does not go through generated code."""
    reasons: list[str] = []
    texts: list[str] = []

    def noting(kept: Any) -> Any:
        def note(*given: Any, **named: Any) -> Any:
            try:
                result = kept(*given, **named)
            except Exception as refused:
                reasons.append(getattr(refused, "reason", repr(refused)))
                raise
            reasons.append("generated")
            texts.append(result.generated.text)
            return result

        return note

    expected = taped(f, floats, others)
    with _asked(noting):
        found = pulled_back(f, floats, others)
    # Numba may not compile what was generated, and that is kept as a refusal beside the adjoint.
    reasons += [each.reason for each in vars(f).get("_dualrev_adjoints", {}).values() if hasattr(each, "reason")]
    if not reasons or reasons[-1] != "generated":
        return reasons[-1] if reasons else "no reverse derivative of it is made"
    largest = max((np.max(np.abs(each), initial=0.0) for each in expected), default=0.0)
    pairs = zip(found, expected, strict=True)
    close = CLOSE["float32" if any("float32" in each for each in texts) else "float64"] * largest
    same = all(np.allclose(a, b, rtol=0.0, atol=close, equal_nan=True) for a, b in pairs)
    return "generated" if same else f"another gradient than the tape's: {found}, {expected}"


def apart(work: Callable[[], str]) -> str:
    """Return what work returns in a process of its own, which may crash or hang."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        signal.alarm(SECONDS)
        try:
            result = work()
        except BaseException as error:
            result = f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0][:200]}"
        os.write(writing, pickle.dumps(result))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        given = pipe.read()
    os.waitpid(child, 0)
    return str(pickle.loads(given)) if given else "the process ended"


def differentiates(call: Call) -> str:
    """Return "by the tape" if the tape differentiates a function, or why not."""

    def work() -> str:
        f, floats, others = with_floats_first(*call.resolved())
        gradient = taped(f, floats, others)
        size = sum(each.size for each in gradient)
        return "by the tape" if size and all(np.all(np.isfinite(each)) for each in gradient) else "no finite gradient"

    return apart(work)


def problems() -> Iterator[tuple[str, Callable[[], str]]]:
    """Yield the compiled form of each problem that has one."""
    for name in dr.problems.names():
        problem = dr.problems.get(name)
        if problem.compiled is not None:
            data = dict(zip(data_names(problem), problem.data, strict=False))
            yield name, partial(outcome_of, problem.compiled, [problem.x[0] if problem.batched else problem.x], data)


def warm() -> None:
    """Compile here what all functions need, which are looked at in processes that begin as copies of this one."""
    for name in ("lstm", "gaussian_mixture", "logistic"):
        problem = dr.problems.get(name)
        taped(problem.compiled, [problem.x], dict(zip(data_names(problem), problem.data, strict=False)))


def data_names(problem: Any) -> list[str]:
    """Return the names of the parameters that take a problem's data."""
    return list(inspect.signature(problem.compiled.py_func).parameters)[1:]


def report(corpus: str, outcomes: dict[str, str]) -> None:
    """Print how many functions of a corpus go through generated code, and the reasons of the others."""
    count = sum(each == "generated" for each in outcomes.values())
    share = count / len(outcomes) if outcomes else 0.0
    print(f"{corpus}: {len(outcomes)} functions, {count} by generated code, {share:.0%}")
    reasons = Counter(without_lines(each) for each in outcomes.values() if each != "generated")
    for reason, times in reasons.most_common():
        print(f"  {times:4} {reason}")


def without_lines(reason: str) -> str:
    """Return a reason without the numbers of lines, so that those of one kind are counted together."""
    words = reason.split()
    return " ".join("..." if before == "line" else word for before, word in zip(["", *words], words, strict=False))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.adjoint_corpora", description=__doc__)
    parser.add_argument("corpora", nargs="*", default=["problems", "packages"], help="packages, problems")
    parser.add_argument("--read", action="store_true", help="ask the generator alone about packages, without compiling")
    parser.add_argument("--candidates", type=Path, help="print the calls of a file that the tape differentiates")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    if not arguments.read:
        warm()
    if arguments.candidates:
        for call in calls(arguments.candidates)[1]:
            found = differentiates(call)
            print(call.text if found == "by the tape" else f"# {call.text}: {found}", flush=True)
        return
    if "problems" in arguments.corpora:
        report("problems", {name: apart(work) for name, work in problems()})
    if "packages" in arguments.corpora:
        pinned, listed = calls()
        assert {name: version(name) for name in pinned} == pinned, "versions are those of the list"
        outcomes = {}
        for call in listed:
            look = outcome_of_reading if arguments.read else outcome
            outcomes[call.text] = apart(lambda: look(*call.resolved()))  # noqa: B023 - it is called at once
            print(f"{call.text}: {outcomes[call.text]}", file=sys.stderr, flush=True)
        report("packages", outcomes)


if __name__ == "__main__":
    main()
