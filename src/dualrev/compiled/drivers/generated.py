"""Code that calls the generated adjoint of a compiled function, for gradients and pullbacks.

The generator refuses what it does not know. The tape differentiates that; see `ReverseDriver`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numba.core import types

from dualrev.compiled._seeding import contiguous, laid, lifted
from dualrev.compiled.adjoints._form import leaves
from dualrev.compiled.drivers import reading
from dualrev.compiled.drivers._adjoints import Adjoint, adjoint_of, compiled, floats, taken_by
from dualrev.compiled.drivers._arguments import Arguments
from dualrev.compiled.drivers._care import Repetition
from dualrev.compiled.drivers._leaves import Leaf, parts_of, taken_of
from dualrev.compiled.drivers._nested_adjoints import cloned
from dualrev.compiled.drivers._overlaps import expect_apart, may_overlap
from dualrev.compiled.drivers._results import Outputs
from dualrev.compiled.drivers._workspace import borrowed, give_back, guarded
from dualrev.compiled.drivers._written_arguments import arguments_written_to
from dualrev.kernels.numba_extending import compiled_only
from dualrev.kernels.numba_types import element, is_active
from dualrev.reverse.numba_workspace import workspace


class GeneratedDriver:
    """Writes the code of one derivative; see `ReverseDriver`.

    Raises
    ------
    Refused
        If the generator does not take the function.
    """

    rows = False
    """Whether a sweep carries several rows of a Jacobian, and returns what the function returns."""

    def __init__(self, dispatcher: Any, arguments: Arguments, value: bool, aux: bool, repetition: Repetition) -> None:
        self.dispatcher, self.arguments, self.repetition = dispatcher, arguments, repetition
        self.value, self.returns = value, value or aux or self.rows
        plain = arguments.of_floats() if arguments.active_types else arguments
        self.adjoint = self._adjoint(plain, aux)
        self.plain_types = floats(plain)
        number = arguments.float_type
        function = self._function(taken_by(self.adjoint, arguments))
        self.outputs = Outputs(self.adjoint.returned, arguments.of, aux)
        self.scope: dict[str, Any] = vars(reading) | repetition.scope
        self.scope |= {"adjoint": function, "number": number}
        self.scope |= {"workspace": workspace, "borrowed": borrowed, "guarded": guarded, "give_back": give_back}
        self.scope |= {
            "primal_of": as_floats,
            "as_floats": as_floats,
            "lifted": lifted,
            "may_overlap": may_overlap,
            "expect_apart": expect_apart,
        }

    def _adjoint(self, plain: Arguments, aux: bool) -> Adjoint:
        return adjoint_of(self.dispatcher, plain, self.value, aux)

    def _function(self, taken: Sequence[Any]) -> Any:
        if self.arguments.active_types:
            return cloned(self.dispatcher, self.adjoint.generated, self.arguments.float_type, taken)
        return compiled(self.dispatcher, self.adjoint, taken)

    def implementation(self) -> Callable[..., Any]:
        """Return the function for an output that is one number."""
        seeds = []
        for n, of in enumerate(self.adjoint.seeds):
            seeds.append(f"seed{n}")
            self.scope[seeds[n]] = (np.float32 if of == types.float32 else np.float64)(n == 0)
        names = self.arguments.all_names
        if not self.arguments.has_out:
            return self._defined(names, seeds, self._slope)
        # The array itself is no place to add up in: a plain result may be NaN, and must not be written.
        first = self.arguments.leaves[0]
        before = [
            *self.arguments.expect_apart(),
            f"fitting(out, 0.0, {first.path})",
            f"cells = borrowed(number, {first.in_memory}.shape, True)",
            f"shadow = {laid('cells', first.type)}",
        ]
        return self._defined(names, seeds, lambda leaf: "out", before, ["shadow"], ["cells"])

    def pullback(self, cotangent: str) -> Callable[..., Any]:
        """Return the function for a cotangent, which comes as a further argument, of the output's structure."""
        seeds = [part.path for part in parts_of(cotangent, self.arguments.further[0])]
        return self._defined([*self.arguments.names, cotangent], seeds, self._slope)

    def _defined(
        self,
        names: list[str],
        seeds: list[str],
        leaf: Callable[[Leaf], str],
        before: Sequence[str] = (),
        shadows: Sequence[str] = (),
        borrowed: Sequence[str] = (),
    ) -> Callable[..., Any]:
        inputs = self.arguments.leaves
        keeps = self.adjoint.generated.keeps
        given, kept = [*self._given(), *seeds, *shadows], [*borrowed, *(["kept"] if keeps else [])]
        body = [*self._expect_apart(names), *before, *(["kept = workspace()"] if keeps else [])]
        # A function that raises an error must not take with it what is borrowed.
        call = f"({', '.join([*given, *(['kept'] if keeps else [])])},)"
        body.append(f"results = guarded(adjoint, {call}, ({', '.join(kept)},))" if kept else f"results = adjoint{call}")
        if self.returns:
            body.append(f"y = {arranged(self.adjoint.program.result, iter(range(len(seeds))))}")
        body += [f"{self._slope(each)} = as_floats(number, results[{self._place(each)}])" for each in inputs]
        body.append(f"bad = {' or '.join(f'holds_nan({self._slope(each)})' for each in inputs)}")
        if borrowed:
            body += ["if not bad:", f"    out[...] = {self._slope(inputs[0])}"]
        if kept:
            body.append(f"give_back(({', '.join(kept)},))")
        parts = self.arguments.derivatives(leaf, self.scope)
        derivative = parts[0] if self.arguments.single else f"({', '.join(parts)},)"
        result = self.outputs.returned(derivative, self.value, "number", self.scope)
        body += [*self.repetition.lines("bad", names), f"return {result}"]
        return self.arguments.function(names, body, self.scope)

    @staticmethod
    def _slope(leaf: Leaf) -> str:
        return f"slope{leaf.number}"

    def _place(self, leaf: Leaf) -> int:
        """Return where the adjoint of a leaf stands among the results."""
        program = self.adjoint.program
        own = program.parameters[self._paths.index(leaf.path)]
        order = [each is own for each in program.differentiated]
        return (sum(1 for _ in leaves(program.result)) if self.returns else 0) + order.index(True)

    @property
    def _paths(self) -> list[str]:
        """The numbers, arrays and texts among all arguments."""
        pairs = zip(self.arguments.names, self.arguments.types, strict=True)
        return [part.path for name, of in pairs for part in taken_of(name, of)]

    def _given(self) -> Iterator[str]:
        """Yield what the adjoint is called with: integers that are differentiated are floats there."""
        known = {leaf.path: leaf for leaf in self.arguments.leaves}
        for path in self._paths:
            leaf = known.get(path)
            if leaf is None or not isinstance(element(leaf.type), types.Integer | types.Boolean):
                yield path
            else:
                self.scope["float_type"] = leaf.float_type
                yield f"lifted(float_type, {path})" if leaf.is_array else f"float_type({path})"

    # The adjoint writes to copies of arguments, so that a write to one of two arrays that share memory does not show in
    # the other. Arguments from Python share none, and arrays that are differentiated are copied by the tape, too.
    def _expect_apart(self, names: list[str]) -> list[str]:
        """Write the test whether the function may write to an array that shares memory with another."""
        arrays = [
            (n, part.path)
            for n, (name, of) in enumerate(zip(self.arguments.names, self.arguments.types, strict=True))
            if n not in self.arguments.argnums
            for part in parts_of(name, of)
            if isinstance(part.type, types.Array)
        ]
        if len(arrays) < 2:
            return []
        written, known = arguments_written_to(self.dispatcher, self.plain_types)
        pairs = [(a, b) for (n, a), (m, b) in combinations(arrays, 2) if not known or n in written or m in written]
        return self.repetition.lines(" or ".join(f"may_overlap({a}, {b})" for a, b in pairs), names) if pairs else []


def arranged(result: Any, numbers: Iterator[int]) -> str:
    """Return the expression of what the function returns, from the results one after another."""
    if isinstance(result, tuple):
        return f"({''.join(f'{arranged(each, numbers)}, ' for each in result)})"
    return f"results[{next(numbers)}]"


@compiled_only
def as_floats(dtype: Any, y: Any) -> Callable[..., Any]:
    """Return a number or an array as floats of a type, arrays contiguous; what holds no floats stays as it is.

    So does all in a derivative of another one: it reads both active numbers and floats.
    """
    of = dtype.instance_type
    if is_active(of) or not isinstance(element(y), types.Float):
        return lambda dtype, y: y
    if not isinstance(y, types.Array):
        return lambda dtype, y: of(y)
    return (lambda dtype, y: y) if y.dtype == of and y.layout == "C" else (lambda dtype, y: contiguous(of, y))
