"""The generator: from a program in normal form to the text of its adjoint, and the compiled function."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numba
import numpy as np
from numba.core import types

from dualrev.compiled._array_functions.pullbacks import FUNCTIONS
from dualrev.compiled.adjoints import _row_sweeps as row_sweeps
from dualrev.compiled.adjoints._activity import Activity
from dualrev.compiled.adjoints._common_values import with_common_values
from dualrev.compiled.adjoints._facts import Facts
from dualrev.compiled.adjoints._fills import with_loops_for_fills
from dualrev.compiled.adjoints._form import Array, Constant, Loop, Program, Raise, Value, leaves
from dualrev.compiled.adjoints._forward_text import ForwardText
from dualrev.compiled.adjoints._free_names import with_free_names
from dualrev.compiled.adjoints._lines import Line, Lines
from dualrev.compiled.adjoints._loop_classes import LoopClasses
from dualrev.compiled.adjoints._needs import Needs
from dualrev.compiled.adjoints._partials import Partials
from dualrev.compiled.adjoints._place import NOWHERE
from dualrev.compiled.adjoints._primal_text import PrimalText, dtype, scope_of, written
from dualrev.compiled.adjoints._purity import purity
from dualrev.compiled.adjoints._reverse_text import ReverseText
from dualrev.compiled.adjoints._shadows import shadows
from dualrev.compiled.adjoints._shared_roots import with_shared_roots
from dualrev.compiled.adjoints._tidy import tidied
from dualrev.compiled.adjoints._workspace import HELPERS, Places
from dualrev.compiled.adjoints.refusal import Refused
from dualrev.kernels.numba_extending import defined

MARGIN = 64
"""The column at which the user's lines stand beside those of an adjoint, at most."""


class Generated:
    """The adjoint of a function.

    Attributes
    ----------
    lines
        Its body.
    parameters
        Its parameters: the function's leaves, then a cotangent for each leaf of the result, and a workspace last
        where there is anything to keep.
    scope
        What its names mean.
    """

    def __init__(self, parameters: Sequence[str], lines: list[Line], scope: dict[str, Any]) -> None:
        self.parameters, self.lines, self.scope = parameters, lines, scope

    @property
    def text(self) -> str:
        """The function's text."""
        return "\n".join([self._head, *(line.indented for line in self.lines)]) + "\n"

    @property
    def text_beside_code(self) -> str:
        """The function's text, and beside each line, as a comment, that of the user's code which it comes from."""
        found, before = [self._head], NOWHERE
        width = min(max(len(line.indented) for line in self.lines), MARGIN)
        for line in self.lines:
            place = line.place or before
            beside = f"  # {place}: {place.text}" if place.text and place != before else ""
            found.append(f"{line.indented:{width}}{beside}".rstrip())
            before = place
        return "\n".join(found) + "\n"

    @property
    def _head(self) -> str:
        return f"def adjoint({', '.join(self.parameters)}):"

    @property
    def keeps(self) -> bool:
        """Whether it takes a workspace."""
        return self.parameters[-1] == "workspace"

    @cached_property
    def plain(self) -> Any:
        """The function, not compiled."""
        lines = [line.indented.removeprefix("    ") for line in self.lines]
        return defined(self.parameters, lines, dict(self.scope), "adjoint")

    @cached_property
    def function(self) -> Any:
        """The compiled function: of the leaves and cotangents, a tuple of the values and then of the adjoints."""
        return numba.njit(self.plain, error_model="numpy", nogil=True, fastmath=False)


def generate(
    program: Program,
    value: bool,
    shadows: bool = False,
    rows: bool = False,
    build: type[Generator] | None = None,
) -> Generated:
    """Return the adjoint of a program, which also returns its value if asked.

    With `shadows` it is handed the arrays of adjoints of what is differentiated, after the cotangents. They hold zeros.
    With `rows` a sweep carries several rows of the Jacobian, and the number of the first stands for the cotangents.
    `build` is another class than the ordinary one, for tests.

    Raises
    ------
    Refused
        If the program holds what the generator does not take.
    """
    with_shared_roots(program)
    with_loops_for_fills(program)
    with_common_values(program)
    with_free_names(program)
    not_fused: frozenset[Loop] = frozenset()
    while True:
        generator = (build or Generator)(program, value, shadows, rows, not_fused)
        generator.find_needs()
        wasted = generator.wasted()
        if not wasted:
            return generator.generated()
        not_fused |= wasted


_ZERO = re.compile(r"\b0 \+ (?=(\d+ \* )?trips_)|(?<=\[uint64\()0 \+ ")
"""Where a stack begins at 0, the sums that its places are."""

_OF_MODULE = re.compile(r"\b(numpy|math)_([A-Za-z]\w*)(?=\()")


def with_modules(text: str, scope: dict[str, Any]) -> str:
    """Return a text in which functions of NumPy and of Python's `math` are called as people call them."""

    def called(match: re.Match[str]) -> str:
        module, name = (np if match[1] == "numpy" else math), match[2]
        known = scope.get(match[0]) is getattr(module, name, scope)
        return f"{'np' if module is np else 'math'}.{name}" if known else match[0]

    return _OF_MODULE.sub(called, text)


class Generator:
    """Writes the adjoint of a program."""

    def __init__(self, program: Program, value: bool, shadows: bool, rows: bool, not_fused: frozenset[Loop]) -> None:
        self.program, self.value, self.rows = program, value, rows
        self.given = [each for each in program.differentiated if isinstance(each, Array)] if shadows else []
        self.facts = Facts(program)
        self.activity = Activity(program)
        self.classes = LoopClasses(self.facts, self.activity, not_fused)
        self.needs = Needs(self.facts, self.classes)
        self.places = Places(self.facts, self.needs)
        self.partials = Partials()
        self.results = list(leaves(program.result))
        self.cotangents = [f"cotangent{n}" for n in range(len(self.results))]
        self._expect_known()

    def _expect_known(self) -> None:
        if any(self.facts.is_exchanged(each.root) for each in self.given):
            raise Refused("it exchanges an array whose adjoints are written into one that is given")
        for statement in self.facts.all:
            if self.rows and isinstance(statement, Raise) and statement.to_tape:
                raise Refused(f"line {statement.line} raises an error of its own")
            if isinstance(statement, Loop) and statement.variable is not None:
                of = statement.variable.type
                if not (isinstance(of, types.Integer) and of.signed):
                    raise Refused(f"line {statement.line} counts in {of}")
        for result in self.results:
            if isinstance(result, Value) and self.classes.home(result.block) is not None:
                raise Refused("a result is set in a loop")

    # What the reverse sweep needs is known when it has been written, and what is saved for that adds to it. So it is
    # written until nothing is added.
    def find_needs(self) -> None:
        """Find what the reverse sweep needs."""
        self.reverse_sweep()
        while self.needs.note_saves():
            self.reverse_sweep()

    def generated(self) -> Generated:
        """Return the adjoint, when its needs are known."""
        reverse = self.reverse_sweep()
        lines = Lines()
        for stack in self.places.used():
            lines.add(f"{stack.name} = {stack.room}(workspace, 0, 1)")
            lines.add(f"{stack.top} = 0")
        for array in self._copied():
            turned = ".T" if array.type.layout == "F" and array.type.ndim > 1 else ""
            lines.add(f"{array.name} = {array.name}{turned}.copy(){turned}")
        for array in self._shadowed(early=True):
            lines.add(self.activity.zeros(array))
        forward = ForwardText(lines, self.needs, self.classes, self.places, self.activity, self._to_tape())
        forward.block(self.program.body)
        ends = bool(self.program.body.statements) and isinstance(self.program.body.statements[-1], Raise)
        if ends:
            raise Refused("it always raises an error")
        values = []
        for n, each in enumerate(self.results):
            if isinstance(each, Array) and self.value:
                lines.add(f"value{n} = {each.name}.copy()")
            values.append(f"value{n}" if isinstance(each, Array) else written(each))
        lines.extend(reverse.lines)
        for operation in forward.late:
            with lines.of(operation):
                PrimalText(lines, self.places.element).statement(operation)
        adjoints = [self._adjoint(each) for each in self.program.differentiated]
        lines.add(self._returned(values, adjoints))
        parameters = [each.name for each in self.program.parameters]
        parameters += [row_sweeps.START] if self.rows else self.cotangents
        parameters += [f"{each.name}_b" for each in self.given]
        parameters += ["workspace"] if self.places.used() else []
        scope = scope_of(self.program) | HELPERS | FUNCTIONS | self.partials.scope
        scope |= row_sweeps.NAMES if self.rows else {}
        for line in lines.lines:
            line.text = with_modules(line.text, scope)
        body = tidied(lines.lines, purity(scope, {"plus", *self.partials.scope}))
        for line in body:
            line.text = _ZERO.sub("", row_sweeps.for_rows(line.text) if self.rows else line.text)
        return Generated(parameters, body, scope)

    def _returned(self, values: list[str], adjoints: list[str]) -> str:
        return f"return ({''.join(f'{each}, ' for each in [*(values if self.value else []), *adjoints])})"

    def _to_tape(self) -> str:
        """Return the line that ends the function with NaNs for adjoints: the driver then asks the tape."""
        values = [
            f"np.empty({(0,) * each.type.ndim}, {dtype(each)})"
            if isinstance(each, Array)
            else written(Constant(0, each.type))
            for each in self.results
        ]
        adjoints = [
            f"np.full({each.name}.shape, np.nan, {dtype(each)})"
            if isinstance(each, Array)
            else written(Constant(math.nan, each.type))
            for each in self.program.differentiated
        ]
        return self._returned(values, adjoints)

    def wasted(self) -> frozenset[Loop]:
        """Return the innermost loops that are fused, and run before all the same: to keep their values costs less."""
        return frozenset(
            loop
            for loop in self.facts.within
            if self.classes.is_fused(loop) and self.facts.is_innermost(loop) and self.needs.reads_behind(loop)
        )

    def _copied(self) -> list[Array]:
        """Return the arguments that the function writes to: the adjoint writes to copies."""
        written_to = {group for group, stores in self.facts.stores.items() if stores}
        return [each for each in self.program.parameters if isinstance(each, Array) and each.root.group in written_to]

    def reverse_sweep(self) -> Lines:
        """Return the reverse sweep."""
        text = ReverseText(self.facts, self.activity, self.classes, self.needs, self.places, self.partials)
        self._shadows(text.lines)
        with text.reversed_block(self.program.body):
            if self.rows:
                active = [isinstance(each, Array) and self.activity.active(each) for each in self.results]
                for line in row_sweeps.seeds(self.results, active):
                    text.lines.add(line)
            for each, cotangent in zip(self.results, self.cotangents, strict=True):
                if isinstance(each, Value):
                    text.contribute(each, cotangent)
                elif isinstance(each, Array) and self.activity.active(each) and not self.rows:
                    text.lines.add(f"{each.name}_b[:] += {cotangent}")
            for statement in reversed(self.program.body.statements):
                with text.lines.of(statement):
                    text.statement(statement)
        self.begun = text.begun
        return text.lines

    def _shadows(self, lines: Lines) -> None:
        """Write the arrays of adjoints, all zeros."""
        for array in self._shadowed(early=False):
            lines.add(self.activity.zeros(array))
        shadows(lines, self.program.body, self.facts, self.activity)

    def _shadowed(self, early: bool) -> list[Array]:
        """Return the parameters whose shadows are made, in the forward sweep or behind it."""
        arrays = [each for each in self.program.parameters if isinstance(each, Array) and each not in self.given]
        due = [each for each in arrays if self.activity.active(each) or each in self.program.differentiated]
        return [each for each in due if self.facts.is_shadowed_early(each.root) is early]

    def _adjoint(self, of: Value | Array) -> str:
        if isinstance(of, Array):
            return f"{of.name}_b"
        text = f"{of.name}_b" if of in self.begun else "0.0"
        return text if of.type == types.float64 or self.rows else f"{of.type.name}({text})"
