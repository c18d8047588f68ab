"""Code that calls generated adjoints for Jacobians of functions with several outputs: several rows in a sweep."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dualrev.compiled.adjoints._form import Array, leaves
from dualrev.compiled.drivers._adjoints import Adjoint, adjoint_of
from dualrev.compiled.drivers._arguments import Arguments
from dualrev.compiled.drivers._leaves import Leaf
from dualrev.compiled.drivers._nested_adjoints import of_rows
from dualrev.compiled.drivers.forward import WIDEST, width
from dualrev.compiled.drivers.generated import GeneratedDriver, arranged
from dualrev.forward.numba_dual import DualType


# Each sweep runs the function anew, forward and back. How many outputs there are, and of which shapes, the first tells.
class GeneratedRows(GeneratedDriver):
    """Writes the code of a Jacobian; see `GeneratedDriver`."""

    rows = True

    def _adjoint(self, plain: Arguments, aux: bool) -> Adjoint:
        return adjoint_of(self.dispatcher, plain, True, aux, rows=True)

    def _function(self, taken: Sequence[Any]) -> Any:
        results = list(leaves(self.adjoint.program.result))
        count = WIDEST if any(isinstance(each, Array) for each in results) else width(len(results))
        self.row = DualType(self.arguments.float_type, count, self.arguments.level)
        return of_rows(self.dispatcher, self.adjoint.generated, self.arguments.float_type, self.row, taken)

    def implementation(self) -> Callable[..., Any]:
        """Return the function that Numba is to compile."""
        names, outs = self.arguments.all_names, self.outputs.leaves
        self.arguments.expect_outputs(len(outs))
        self.scope |= {"Row": self.row, "float_dtype": self.arguments.float_type}
        keeps = self.adjoint.generated.keeps
        kept = "(kept,)" if keeps else "()"
        body = [*self._expect_apart(names), *self.arguments.expect_apart(), *(["kept = workspace()"] if keeps else [])]
        body += [self._sweep("0", kept), f"y = {arranged(self.adjoint.program.result, iter(range(len(outs))))}"]
        body += ["count = 0"]
        for m, out in enumerate(outs):
            body += [f"first{m} = count", f"count += {out.size}"]
        body += [
            f"{self._block(m, leaf)} = {self.arguments.block('float_dtype', out, leaf)}"
            for m, out in enumerate(outs)
            for leaf in self.arguments.leaves
        ]
        body += ["bad = False", *self._rows("0")]
        body.append(f"for start in range({self.row.count}, count, {self.row.count}):")
        body += [f"    {line}" for line in (self._sweep("start", kept), *self._rows("start"))]
        body += [*([f"give_back({kept})"] if keeps else []), *self.repetition.lines("bad", names)]
        derivative = self.outputs.arranged(self._derivative, self.scope)
        return self.arguments.function(
            names, [*body, f"return {self.outputs.returned(derivative, self.value, 'number', self.scope)}"], self.scope
        )

    def _sweep(self, start: str, kept: str) -> str:
        given = ", ".join([*self._given(), start, *(["kept"] if kept != "()" else [])])
        return f"results = guarded(adjoint, ({given},), {kept})" if kept != "()" else f"results = adjoint({given})"

    def _rows(self, start: str) -> list[str]:
        """Write the lines that write the rows of a sweep."""
        return [
            f"bad |= columns({self._block(m, leaf)}.T, Row, results[{self._place(leaf)}], {start} - first{m}, "
            f"min({start} + {self.row.count}, count) - first{m})"
            for m, _ in enumerate(self.outputs.leaves)
            for leaf in self.arguments.leaves
        ]

    @staticmethod
    def _block(m: int, leaf: Leaf) -> str:
        return f"block{m}_{leaf.number}"

    def _derivative(self, m: int) -> str:
        path = self.outputs.leaves[m].path

        def shaped(leaf: Leaf) -> str:
            return "out" if self.arguments.has_out else f"shaped({self._block(m, leaf)}, {path}, {leaf.path})"

        parts = self.arguments.derivatives(shaped, self.scope)
        return parts[0] if self.arguments.single else f"({', '.join(parts)},)"
