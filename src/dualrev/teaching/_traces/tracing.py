"""The evaluation trace of a function, with the tangent or the adjoint of every line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dualrev.documents import Document, Part, as_text
from dualrev.errors import UnknownModeError
from dualrev.forward.dual import Dual
from dualrev.operators.call import Point
from dualrev.operators.options import Argnums
from dualrev.reverse.tape import Leaf
from dualrev.reverse.var import Var
from dualrev.teaching._passes import adjoints, complete, tangents
from dualrev.teaching._recording import OutShape, Recording, Step, known_order, record
from dualrev.teaching._traces import formulas, tables
from dualrev.teaching._traces.notation import HTML, TEXT


@dataclass(frozen=True)
class Line:
    """One variable of a trace.

    Attributes
    ----------
    variable : str
        Its name: v1, v2, ... for operations, v0, v-1, ... for inputs.
    operation : str
        Name in the table of primitives, or "input".
    formula : str
        What is computed.
    value : number or array
    derivative_formula : str
        Of the tangent v1' or the adjoint v1b.
    derivative : number or array
        The tangent or the adjoint.
    """

    variable: str
    operation: str
    formula: str
    value: Any
    derivative_formula: str
    derivative: Any


class Trace(Document):
    """The lines of a function at a point, with tangents or adjoints; see `trace`.

    It prints as a table, and in a notebook as HTML.

    Attributes
    ----------
    name : str
        The function's.
    mode : "forward" or "reverse"
    lines : tuple of Line
        Inputs first, then operations.
    output : number, array or container
        The function's value.
    derivative : number, array, tuple or container
        In forward mode the output's tangent; in reverse mode a tuple with the gradient of each argument.

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> trace = dr.trace(lambda x: x * np.sin(x), 0.5)
    >>> len(trace), trace.lines[1].operation, trace.lines[1].formula
    (3, 'sin', 'sin(v0)')
    """

    def __init__(self, recording: Recording, mode: str, derivatives: dict[Step, Any]) -> None:
        self.name, self.mode = recording.name, mode
        self._recording, self._derivatives = recording, derivatives
        self._consumers: dict[Step, list[tuple[Step, int]]] = {step: [] for step in recording.steps}
        for step in recording.operations:
            for n, operand in enumerate(step.operands):
                if isinstance(operand, Step):
                    self._consumers[operand].append((step, n))

    def __len__(self) -> int:
        return len(self._recording.steps)

    @property
    def lines(self) -> tuple[Line, ...]:
        """One line for each variable."""
        return tuple(
            Line(
                TEXT.name(step.number, ""),
                formulas.operation_name(step),
                formulas.primal(step, TEXT),
                step.value,
                self.derivative_formula(step, TEXT),
                self._derivatives[step],
            )
            for step in self._recording.steps
        )

    @property
    def output(self) -> Any:
        """The function's value."""
        ends = self._recording.outputs
        return self._recording.tree.build([end.value if isinstance(end, Step) else end for end in ends])

    @property
    def derivative(self) -> Any:
        """The output's tangent, or a tuple with the gradient of each argument."""
        if self.mode == "forward":
            ends = self._recording.outputs
            return self._recording.tree.build(
                [self._derivatives[end] if isinstance(end, Step) else np.zeros(np.shape(end))[()] for end in ends]
            )
        return self._recording.point.like_input([self._derivatives[step] for step in self._recording.inputs])

    def derivative_formula(self, step: Step, style: Any) -> str:
        """Return the formula of a step's tangent or adjoint; for a seed its value."""
        seeds = self._recording.inputs if self.mode == "forward" else self._recording.outputs
        if self.mode == "forward":
            return "seed" if any(step is seed for seed in seeds) else formulas.tangent(step, style)
        text = formulas.adjoint(step, self._consumers[step], style)
        if not any(step is seed for seed in seeds):
            return text
        return "seed" if not self._consumers[step] else f"seed + {text}"

    @property
    def _shown(self) -> tables.Shown:
        return tables.Shown(self.name, self.mode, self._recording, self._derivatives, self.derivative_formula)

    def table(self, limit: int | None = None) -> str:
        """Return the trace as an aligned table.

        Parameters
        ----------
        limit : int, optional
            The most lines to show; the middle is left out.
        """
        return as_text(tables.parts(self._shown, TEXT, limit))

    def html(self) -> str:
        """Return the trace as an HTML table."""
        return self._repr_html_()

    def latex(self) -> str:
        """Return the trace as a LaTeX tabular; it needs the package amsmath."""
        return tables.latex(self._shown)

    def markdown(self) -> str:
        """Return the trace as a Markdown table with formulas between dollar signs."""
        return tables.markdown(self._shown)

    def __str__(self) -> str:
        return self.table(limit=100)

    __repr__ = __str__

    def _parts(self, html: bool = False) -> list[Part]:
        return tables.parts(self._shown, HTML if html else TEXT)


def trace(
    f: Callable[..., Any],
    *args: Any,
    argnums: Argnums = 0,
    mode: str | None = None,
    direction: Any = None,
    order: str = "level",
    out_shape: OutShape = None,
    **kwargs: Any,
) -> Trace:
    """Return the evaluation trace of a function and, beside it, its tangent trace or its adjoint trace.

    Parameters
    ----------
    f : callable
        Any function that the operators take. One that Numba compiled is interpreted, with the compiled functions that
        it calls: every operation inside is a line.
    *args
        The point, and data.
    argnums : int or tuple of int
        The arguments to differentiate, the first by default. The others are data, which go through untouched.
    mode : {"reverse", "forward"}, optional
        Adjoints or tangents. By default adjoints; tangents of a function that has more outputs than inputs, which is
        called a second time for them.
    direction : number, array, tuple or container, optional
        In forward mode the tangent of the differentiated arguments: a tuple with one for each, or that of a single
        one. By default the unit direction of the first input. In reverse mode the cotangent of the output; by default
        1, where the output is a scalar.
    order : {"level", "evaluation"}
        How operations are numbered: by the longest way from an input, as in textbooks, or as Python ran them.
    out_shape : int or tuple of int, optional
        For a function that writes its result into its last argument: the shape of that. It is left out of `args`.
    **kwargs
        Passed to `f`.

    Returns
    -------
    Trace
        Printed as a table; `.html()`, `.latex()`, `.markdown()`, and `.lines` to work with.

    Raises
    ------
    UnknownModeError
        If `mode` is neither of the two.
    NonScalarOutputError
        In reverse mode without `direction`, if the output is not a scalar.
    ShapeMismatchError
        If `direction` does not match.
    ArgnumsError
        If `argnums` names no positional argument.

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> print(dr.trace(lambda x1, x2: np.log(x1) + x1 * x2 - np.sin(x2), 2.0, 5.0, argnums=(0, 1)))
    <lambda>, reverse mode: 2 inputs, 5 operations
    <BLANKLINE>
    variable  operation  formula      value  adjoint                     value
    v-1       input      x1               2  v1b / v-1 + v2b * v0          5.5
    v0        input      x2               5  v2b * v-1 + v3b * cos(v0)  1.71634
    v1        log        log(v-1)  0.693147  v4b                             1
    v2        multiply   v-1 * v0        10  v4b                             1
    v3        sin        sin(v0)  -0.958924  -v5b                           -1
    v4        add        v1 + v2    10.6931  v5b                             1
    v5        subtract   v4 - v3    11.6521  seed                            1
    """
    if mode not in (None, "forward", "reverse"):
        raise UnknownModeError(f"mode is {mode!r}; expected 'forward' for tangents or 'reverse' for adjoints")
    known_order(order)

    def recorded(carried: Callable[[Point, int], Sequence[Any]]) -> Recording:
        return record(f, args, kwargs, "trace", carried, out_shape, argnums).numbered(order)

    if mode != "forward":
        recording = recorded(lambda point, level: [Var.at_level(x, Leaf(x), level) for x in point.leaves])
        if mode is not None or direction is not None or not _more_outputs(recording):
            return Trace(recording, "reverse", complete(recording, adjoints(recording, direction)))
    recording = recorded(
        lambda point, level: [
            Dual.at_level(x, t, level) for x, t in zip(point.leaves, tangents(point, direction), strict=True)
        ]
    )
    found = {step: step.inner.tangent for step in recording.steps if isinstance(step.inner, Dual)}
    return Trace(recording, "forward", complete(recording, found))


def _more_outputs(recording: Recording) -> bool:
    outputs = sum(int(np.size(end.value if isinstance(end, Step) else end)) for end in recording.outputs)
    return outputs > recording.point.n
