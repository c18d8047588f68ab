"""Generated code that computes Jacobians of a compiled function forward, the loop over chunks included."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any

from dualrev.compiled import _seeding as seeding
from dualrev.compiled.clones.cloning import rewrites_arrays
from dualrev.compiled.drivers import reading
from dualrev.compiled.drivers._arguments import Arguments
from dualrev.compiled.drivers._care import Repetition
from dualrev.compiled.drivers._leaves import active
from dualrev.compiled.drivers._overlaps import expect_apart
from dualrev.compiled.drivers._results import Outputs, type_returned
from dualrev.compiled.drivers._workspace import borrowed, give_back, guarded
from dualrev.forward.numba_dual import DualType, seeded

WIDEST = 8
"""Directions that a dual number carries at most: two vector registers of doubles with AVX2."""


def width(directions: int) -> int:
    """Return how many directions go together: fewest passes, then least remainder."""
    return max(1, ceil(directions / ceil(max(directions, 1) / WIDEST)))


# The loop over chunks is generated, and not one function with loops over leaves: paths such as `x[0][1]` have a type
# each, and Numba wants a tuple's index in the text. So each leaf has its own variables, named by its number.
class ForwardDriver:
    """Writes the code of one derivative.

    Parameters
    ----------
    cloner
        Makes a cloner for a type of active numbers.
    dispatcher
        The user's function.
    arguments
        What the derivative is called with.
    value
        Whether the function's value is returned too.
    chunk
        Directions to carry together; by default what `width` says, for arrays `WIDEST`.
    once
        Whether these are all that there are.
    repetition
        What looks at the results.
    """

    def __init__(
        self,
        cloner: Any,
        dispatcher: Any,
        arguments: Arguments,
        value: bool,
        aux: bool,
        chunk: int | None,
        once: bool,
        repetition: Repetition,
    ) -> None:
        self.arguments, self.value, self.once, self.repetition = arguments, value, once, repetition
        # How many numbers there are is known by the types, so passes can be even. Of arrays it is known when the code
        # runs.
        numbers = not any(leaf.is_array for leaf in arguments.leaves)
        count = chunk or (width(len(arguments.leaves)) if numbers else WIDEST)
        self.dual = DualType(arguments.float_type, count, arguments.level, repetition.careful)
        clones = cloner(self.dual)
        self.function = clones.clone(dispatcher)
        self.scope: dict[str, Any] = {"Dual": self.dual, "number": self.dual, "f": self.function, "seeded": seeded}
        self.scope |= (
            repetition.scope
            | vars(seeding)
            | vars(reading)
            | {"expect_apart": expect_apart, "borrowed": borrowed, "guarded": guarded, "give_back": give_back}
        )
        returned = type_returned(self.function, arguments.lifted(self.dual))
        self.outputs = Outputs(returned, arguments.of, aux)
        arguments.expect_outputs(len(self.outputs.leaves))
        # Asked after `Outputs` has compiled the clone: the statements that write to arrays are found with their
        # types.
        self.rewrites = rewrites_arrays(clones)

    def implementation(self) -> Any:
        """Return the function that Numba is to compile."""
        numbers = not any(leaf.is_array for leaf in self.arguments.leaves)
        return self.arguments.function(
            self.arguments.all_names, self._straight() if numbers else self._chunked(), self.scope
        )

    # A function that raises must not take the borrowed arrays with it: `guarded` gives them back first. With numbers
    # alone nothing is borrowed.
    def _call(self, number: Any) -> str:
        call = ", ".join(
            self.arguments.arranged(lambda leaf: active(leaf) if leaf.is_array else number(leaf), self.scope)
        )
        return f"y = guarded(f, ({call},), {self._kept})" if self._arrays else f"y = f({call})"

    @property
    def _kept(self) -> str:
        return f"({' '.join(f'cells{leaf.number},' for leaf in self._arrays)})"

    def _straight(self) -> list[str]:
        """Write the passes one after another: all inputs are numbers."""
        leaves, count = self.arguments.leaves, self.dual.count
        body = []
        for start in range(0, max(len(leaves), 1), count):
            body.append(self._call(lambda leaf, start=start: f"seeded(Dual, {leaf.path}, {leaf.number - start})"))
            for leaf in leaves[start : start + count]:
                body += [
                    f"block{n}_{leaf.number} = column(Dual, {out.path}, {leaf.number - start})"
                    for n, out in enumerate(self.outputs.leaves)
                ]
        blocks = [f"block{n}_{leaf.number}" for n, _ in enumerate(self.outputs.leaves) for leaf in leaves]
        bad = " or ".join(f"holds_nan({block})" for block in blocks) or "False"
        return [*body, *self._checked(bad), *self._result(lambda n, leaf: f"block{n}_{leaf.number}")]

    def _checked(self, bad: str) -> list[str]:
        return self.repetition.lines(bad, self.arguments.all_names)

    def _chunked(self) -> list[str]:
        """Write a loop over chunks."""
        (last,) = self._result(self._shaped)
        end = [last.replace("return", "result =", 1), *self._returned(), *self._checked("bad"), "return result"]
        return [*self.arguments.expect_apart(), *self._workspace(), "bad = False", *self._chunks(), *end]

    def _returned(self) -> list[str]:
        return [f"give_back({self._kept})"] if self._arrays else []

    def points(self, parameters: Sequence[str], carriers: Sequence[int]) -> Any:
        """Return the function that writes the derivative at each point into an array, with one workspace for all.

        Its result is whether one of them holds a NaN, where plain products may have brought it in.
        The arguments that carry points have names of their own here, which stand for one of the points.
        """
        names = self.arguments.names

        def point(k: str) -> list[str]:
            return [f"{names[n]} = {parameters[n]}[{k}]" for n in carriers]

        count = f"{parameters[carriers[0]]}.shape[0]"
        body = [*point("0"), *self._workspace(), "bad = False", f"for k in range({count}):"]
        body += [f"    {line}" for line in (*point("k"), f"out = {parameters[-1]}[k]", *self._chunks())]
        # Points have one shape, so the first tells the sizes. The workspace of all is then the same, and lies in the
        # cache.
        return self.arguments.function(parameters, [*body, *self._returned(), "return bad"], self.scope)

    # The arrays are borrowed once and serve all chunks. A pass then asks for no memory, whatever the number of
    # chunks.
    def _workspace(self) -> list[str]:
        """Write where each input begins among all, and arrays of dual numbers to pass on."""
        body = ["n = 0"]
        for leaf in self.arguments.leaves:
            body += [f"first{leaf.number} = n", f"n += {leaf.size}"]
        return body + [f"cells{leaf.number} = borrowed(Dual, {leaf.in_memory}.shape, False)" for leaf in self._arrays]

    @property
    def _arrays(self) -> list[Any]:
        return [leaf for leaf in self.arguments.leaves if leaf.is_array]

    def _chunks(self) -> list[str]:
        """Write a loop over chunks, or the only one."""
        leaves, arrays = self.arguments.leaves, self._arrays
        outs = [(n, out.path) for n, out in enumerate(self.outputs.leaves)]
        self.scope |= {"Dual_count": self.dual.count, "Dual_value": self.dual.dtype}
        fills = [f"fill(cells{leaf.number}, {leaf.in_memory})" for leaf in arrays]
        before = [self._seed(x, "start", "stop", 1.0) for x in arrays]
        before.append(self._call(lambda leaf: f"seeded(Dual, {leaf.path}, first{leaf.number} - start)"))
        blocks = [
            f"block{n}_{x.number} = {self.arguments.block('Dual_value', out, x)}"
            for n, out in enumerate(self.outputs.leaves)
            for x in leaves
        ]
        after = [
            f"bad |= columns(block{n}_{x.number}, Dual, {path}, start - first{x.number}, stop - first{x.number})"
            for n, path in outs
            for x in leaves
        ]
        # One pass holds all directions: no loop, and no comparison of values between passes. Python promises that by
        # the shapes; called with more inputs, the code must say so, and not return zeros for the rest.
        if self.once:
            return ["expect_at_most(n, Dual_count)", *fills, "start, stop = 0, n", *before, *blocks, *after]
        # Values are filled in once, and a chunk changes the tangents of few elements: those of the chunk before
        # become 0, its own 1. A function that may write to its arguments gets fresh values in every pass instead.
        loop = ["stop = start + Dual_count if start + Dual_count < n else n"]
        if self.rewrites:
            loop += fills
        elif arrays:
            again = [self._seed(x, "start - Dual_count", "start", 0.0) for x in arrays]
            loop += ["if start > 0:", *(f"    {line}" for line in again)]
        loop += [*before, "if start == 0:", *(f"    {line}" for line in blocks)]
        # A function that gives another value at the same point is random, and its columns belong to no one Jacobian.
        loop += ["    if n > Dual_count:", *(f"        before{n} = primal_of(Dual, {path})" for n, path in outs)]
        loop += ["else:", *(f"    expect_same(Dual, {path}, before{n})" for n, path in outs), *after]
        body = [] if self.rewrites else fills
        return [*body, "for start in range(0, n if n > 0 else 1, Dual_count):", *(f"    {line}" for line in loop)]

    @staticmethod
    def _seed(x: Any, start: str, stop: str, tangent: float) -> str:
        """Write the call that gives the inputs of a chunk, as far as they are in a leaf, a tangent."""
        return f"seed(cells{x.number}, {x.path}, {start} - first{x.number}, {stop} - first{x.number}, {tangent})"

    def _shaped(self, n: int, leaf: Any) -> str:
        if self.arguments.has_out:
            return "out"
        return f"shaped(block{n}_{leaf.number}, {self.outputs.leaves[n].path}, {leaf.path})"

    def _result(self, block: Any) -> list[str]:
        """Write the return statement: the output's structure, each leaf holding the input's."""

        def row(n: int) -> str:
            parts = self.arguments.derivatives(lambda leaf: block(n, leaf), self.scope)
            return parts[0] if self.arguments.single else f"({', '.join(parts)},)"

        derivative = self.outputs.arranged(row, self.scope)
        return [f"return {self.outputs.returned(derivative, self.value, 'Dual', self.scope)}"]

    def pushforward(self, prefix: str) -> Any:
        """Return the function for one direction, which comes as further arguments, named after those they belong to.

        Its result is the tangent of the output.
        """
        call = ", ".join(
            self.arguments.arranged(
                lambda leaf: f"along(Dual, {leaf.path}, {prefix}{leaf.path})",
                self.scope,
            )
        )
        names = [*self.arguments.names, *(f"{prefix}{self.arguments.names[n]}" for n in self.arguments.argnums)]
        paths = [out.path for out in self.outputs.leaves]
        tangent = self.outputs.arranged(lambda n: f"column(Dual, {paths[n]}, 0)", self.scope)
        body = [f"y = f({call})", f"slopes = {tangent}", *self.repetition.lines("holds_nan(slopes)", names)]
        result = self.outputs.returned("slopes", self.value, "Dual", self.scope)
        return self.arguments.function(names, [*body, f"return {result}"], self.scope)
