"""Generated code that computes Jacobians of a compiled function forward, the loop over chunks included."""

from __future__ import annotations

from math import ceil
from typing import Any

from dualrev.compiled import seeding
from dualrev.compiled.cloning import rewrites_arrays
from dualrev.compiled.leaves import Arguments
from dualrev.compiled.outputs import Outputs
from dualrev.forward.numba_dual import DualType, seeded
from dualrev.kernels.extending import defined

WIDEST = 8
"""Directions that a dual number carries at most: two vector registers of doubles with AVX2."""


def width(directions: int) -> int:
    """Return how many directions go together: fewest passes, then least remainder."""
    return max(1, ceil(directions / ceil(max(directions, 1) / WIDEST)))


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
    """

    def __init__(
        self, cloner: Any, dispatcher: Any, arguments: Arguments, value: bool, aux: bool, chunk: int | None
    ) -> None:
        self.arguments, self.value = arguments, value
        numbers = not any(leaf.is_array for leaf in arguments.leaves)
        count = chunk or (width(len(arguments.leaves)) if numbers else WIDEST)
        self.dual = DualType(arguments.float_type, count, arguments.level)
        clones = cloner(self.dual)
        self.function = clones.clone(dispatcher)
        self.scope: dict[str, Any] = {"D": self.dual, "number": self.dual, "f": self.function, "seeded": seeded} | vars(
            seeding
        )
        self.outputs = Outputs(self.function, arguments.lifted(self.dual), arguments.of, aux)
        arguments.expect_outputs(len(self.outputs.leaves))
        self.rewrites = rewrites_arrays(clones)

    def implementation(self) -> Any:
        """Return the function that Numba is to compile."""
        numbers = not any(leaf.is_array for leaf in self.arguments.leaves)
        return defined(self.arguments.all_names, self._straight() if numbers else self._chunked(), self.scope)

    def _call(self, number: Any) -> str:
        call = ", ".join(
            self.arguments.arranged(lambda leaf: f"L{leaf.number}" if leaf.is_array else number(leaf), self.scope)
        )
        return f"y = f({call})"

    def _straight(self) -> list[str]:
        """Write the passes one after another: all inputs are numbers."""
        leaves, count = self.arguments.leaves, self.dual.count
        body = []
        for start in range(0, max(len(leaves), 1), count):
            body.append(self._call(lambda leaf, start=start: f"seeded(D, {leaf.path}, {leaf.number - start})"))
            for leaf in leaves[start : start + count]:
                body += [
                    f"B{n}_{leaf.number} = column(D, {out.path}, {leaf.number - start})"
                    for n, out in enumerate(self.outputs.leaves)
                ]
        return [*body, *self._result(lambda n, leaf: f"B{n}_{leaf.number}")]

    def _chunked(self) -> list[str]:
        """Write a loop over chunks."""
        leaves, outs = self.arguments.leaves, self.outputs.leaves
        body = ["n = 0"]
        for leaf in leaves:
            body += [f"o{leaf.number} = n", f"n += {f'{leaf.path}.size' if leaf.is_array else 1}"]
        arrays = [leaf for leaf in leaves if leaf.is_array]
        lift = [f"L{leaf.number} = lifted(D, {leaf.path})" for leaf in arrays]
        loop = ["stop = min(start + D_count, n)"]
        self.scope["D_count"] = self.dual.count
        if self.rewrites:
            loop += lift
        else:
            body += lift
            again = [f"    unseed(L{x.number}, start - D_count - o{x.number}, start - o{x.number})" for x in arrays]
            loop += ["if start > 0:", *again] if again else []
        loop += [f"seed(L{x.number}, D, {x.path}, start - o{x.number}, stop - o{x.number})" for x in arrays]
        loop.append(self._call(lambda leaf: f"seeded(D, {leaf.path}, o{leaf.number} - start)"))
        loop.append("if start == 0:")
        for n, out in enumerate(outs):
            loop += [f"    B{n}_{leaf.number} = {self.arguments.block('D_value', out.path, leaf)}" for leaf in leaves]
        # A function that gives another value at the same point is random, and its columns belong to no one Jacobian.
        loop += ["    if n > D_count:", *(f"        P{n} = primal_of(D, {out.path})" for n, out in enumerate(outs))]
        loop += ["else:", *(f"    expect_same(D, {out.path}, P{n})" for n, out in enumerate(outs))]
        for n, out in enumerate(outs):
            loop += [
                f"columns(B{n}_{leaf.number}, D, {out.path}, start - o{leaf.number}, stop - o{leaf.number})"
                for leaf in leaves
            ]
        self.scope["D_value"] = self.dual.dtype
        body += ["for start in range(0, max(n, 1), D_count):", *(f"    {line}" for line in loop)]
        return [
            *body,
            *self._result(
                lambda n, leaf: (
                    "out" if self.arguments.has_out else f"shaped(B{n}_{leaf.number}, {outs[n].path}, {leaf.path})"
                )
            ),
        ]

    def _result(self, block: Any) -> list[str]:
        """Write the return statement: the output's structure, each leaf holding the input's."""

        def row(n: int) -> str:
            parts = self.arguments.arranged(lambda leaf: block(n, leaf), self.scope, every=False)
            return parts[0] if self.arguments.single else f"({', '.join(parts)},)"

        derivative = self.outputs.arranged(row, self.scope)
        return [f"return {self.outputs.returned(derivative, self.value, 'D', self.scope)}"]

    def pushforward(self, prefix: str) -> Any:
        """Return the function for one direction, which comes as further arguments, named after those they belong to."""
        call = ", ".join(
            self.arguments.arranged(
                lambda leaf: f"along(D, {leaf.path}, {prefix}{leaf.path})",
                self.scope,
            )
        )
        names = [*self.arguments.names, *(f"{prefix}{self.arguments.names[n]}" for n in self.arguments.argnums)]
        paths = [out.path for out in self.outputs.leaves]
        tangent = self.outputs.arranged(lambda n: f"column(D, {paths[n]}, 0)", self.scope)
        return defined(
            names, [f"y = f({call})", f"return {self.outputs.returned(tangent, True, 'D', self.scope)}"], self.scope
        )
