"""Generated code that computes Jacobians of a compiled function in reverse: one recording, and sweeps."""

from __future__ import annotations

from typing import Any

from dualrev.compiled import _seeding as seeding
from dualrev.compiled.drivers import _adjoint_sweep as adjoint_sweep
from dualrev.compiled.drivers import _sweep_extent as sweep_extent
from dualrev.compiled.drivers import reading
from dualrev.compiled.drivers._arguments import Arguments
from dualrev.compiled.drivers._care import Repetition
from dualrev.compiled.drivers._leaves import active
from dualrev.compiled.drivers._overlaps import expect_apart
from dualrev.compiled.drivers._results import Outputs, type_returned
from dualrev.compiled.drivers._workspace import borrowed, give_back, guarded
from dualrev.kernels.numba_arrays import empty_array
from dualrev.reverse import numba_tape
from dualrev.reverse.numba_var import VarType, variable

# Borrowed and cleared, so that a call of a function that was called before asks for no memory.
_ADJOINTS = "adjoints = borrowed(Var_value, length_of(tape), True)"


class ReverseDriver:
    """Writes the code of one derivative; see `ForwardDriver`."""

    def __init__(
        self, cloner: Any, dispatcher: Any, arguments: Arguments, value: bool, aux: bool, repetition: Repetition
    ) -> None:
        self.arguments, self.value, self.repetition = arguments, value, repetition
        self.var = VarType(arguments.float_type, arguments.level, repetition.careful)
        self.function = cloner(self.var).clone(dispatcher)
        self.scope: dict[str, Any] = {
            "Var": self.var,
            "Var_value": self.var.dtype,
            "number": self.var,
            "f": self.function,
        }
        self.scope |= {"variable": variable, "empty_array": empty_array} | vars(numba_tape)
        self.scope |= {"expect_apart": expect_apart, "borrowed": borrowed, "guarded": guarded, "give_back": give_back}
        self.scope |= repetition.scope | vars(seeding) | vars(reading) | vars(adjoint_sweep) | vars(sweep_extent)
        returned = type_returned(self.function, arguments.lifted(self.var))
        self.outputs = Outputs(returned, arguments.of, aux)
        arguments.expect_outputs(len(self.outputs.leaves))

    def implementation(self) -> Any:
        """Return the function that Numba is to compile."""
        leaves, outs = self.arguments.leaves, self.outputs.leaves
        body, written = self._recording(), []
        for m, out in enumerate(outs):
            blocks = [(f"block{m}_{leaf.number}", leaf) for leaf in leaves]
            body += [f"{block} = {self.arguments.block('Var_value', out, leaf)}" for block, leaf in blocks]
            if len(leaves) == 1:
                body.append(f"rows({blocks[0][0]}, tape, Var, {out.path}, n)")
                written.append(blocks[0][0])
                continue
            written.append(f"rows{m}")
            body += [
                f"rows{m} = empty_array(Var_value, ({out.size}, n))",
                f"rows(rows{m}, tape, Var, {out.path}, n)",
            ]
            for block, leaf in blocks:
                body.append(
                    f"{block}[...] = rows{m}[:, first{leaf.number} - 1 : first{leaf.number} - 1 + {block}.shape[1]]"
                )

        def derivative(m: int) -> str:
            path = outs[m].path
            if self.arguments.has_out:
                return self._like_input(lambda leaf: "out")
            return self._like_input(lambda leaf: f"shaped(block{m}_{leaf.number}, {path}, {leaf.path})")

        bad = " or ".join(f"holds_nan({block})" for block in written) or "False"
        rows = self.outputs.arranged(derivative, self.scope)
        return self._defined(self.arguments.all_names, [*body, f"bad = {bad}"], rows, False)

    def gradient(self) -> Any:
        """Return the function for an output that is one number: a single sweep."""
        body = [
            *self._recording(),
            _ADJOINTS,
            f"top = add_cotangent(adjoints, Var, {self.outputs.leaves[0].path}, 1.0)",
            "sweep(adjoints, tape, Var, top, n)",
            "bad = holds_nan(adjoints[1 : n + 1])",
        ]
        names = self.arguments.all_names
        if self.arguments.has_out:
            return self._defined(
                names, [*body, f"scattered(adjoints, {self._fitting()}, first0)"], self._like_input(lambda leaf: "out")
            )
        return self._defined(names, body, self._like_input(self._gathered))

    def _fitting(self) -> str:
        return f"fitting(out, {self.outputs.leaves[0].path}, {self.arguments.leaves[0].path})"

    def pullback(self, cotangent: str) -> Any:
        """Return the function for a cotangent, which comes as a further argument, of the output's structure."""
        body = [*self._recording(), _ADJOINTS, "top = 0"]
        for out in self.outputs.leaves:
            body.append(f"top = max(top, add_cotangent(adjoints, Var, {out.path}, {cotangent}{out.path[1:]}))")
        body += ["sweep(adjoints, tape, Var, top, n)", "bad = holds_nan(adjoints[1 : n + 1])"]
        return self._defined([*self.arguments.names, cotangent], body, self._like_input(self._gathered))

    # Auto asks for these counts before it has decided, so they come from one recording without a sweep.
    def tape(self) -> Any:
        """Return the function that counts what a recording is made of; see `calls.TapeCounts`."""
        body = [*self._recording(), "outputs = alone = passed = active = 0"]
        for out in self.outputs.leaves:
            body += [f"outputs += {out.size}", f"more = swept(tape, Var, {out.path}, n)"]
            body += ["alone += more[0]", "passed += more[1]", "active += more[2]"]
        counts = "counts = length_of(tape) - n - 1, bytes_of(tape), calls_of(tape), outputs, alone, passed, active"
        body += [counts, f"give_back({self._kept})"]
        return self.arguments.function(self.arguments.all_names, [*body, "return counts"], self.scope)

    def _recording(self) -> list[str]:
        body = [*self.arguments.expect_apart(), "n = 0"]
        for leaf in self.arguments.leaves:
            # Index 0 is the constant's, so inputs begin at 1 and need no test whether they are active.
            body += [f"first{leaf.number} = n + 1", f"n += {leaf.size}"]
        call = ", ".join(self.arguments.arranged(self._variable, self.scope))
        body.append("tape = acquired(Var_value, n)")
        for leaf in self._arrays:
            body.append(f"cells{leaf.number} = borrowed(Var, {leaf.in_memory}.shape, False)")
            body.append(f"number_from(cells{leaf.number}, tape, Var, {leaf.path}, first{leaf.number})")
        return [*body, f"y = guarded(f, ({call},), {self._kept})"]

    @property
    def _arrays(self) -> list[Any]:
        return [leaf for leaf in self.arguments.leaves if leaf.is_array]

    @property
    def _kept(self) -> str:
        return f"({' '.join(['tape,', *(f'cells{leaf.number},' for leaf in self._arrays)])})"

    def _variable(self, leaf: Any) -> str:
        return active(leaf) if leaf.is_array else f"variable(tape, Var, {leaf.path}, first{leaf.number})"

    def _gathered(self, leaf: Any) -> str:
        return f"gathered(adjoints, {leaf.path}, first{leaf.number})"

    def _like_input(self, leaf: Any) -> str:
        parts = self.arguments.derivatives(leaf, self.scope)
        return parts[0] if self.arguments.single else f"({', '.join(parts)},)"

    def _defined(self, names: list[str], body: list[str], derivative: str, adjoints: bool = True) -> Any:
        end = ["give_back((adjoints,))"] if adjoints else []
        result = self.outputs.returned(derivative, self.value, "Var", self.scope)
        end += [f"give_back({self._kept})", *self.repetition.lines("bad", names), "return result"]
        return self.arguments.function(names, [*body, f"result = {result}", *end], self.scope)
