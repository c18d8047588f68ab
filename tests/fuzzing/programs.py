"""Random programs over scalars and small arrays: every row of the table, selections, reductions, matrices, loops and
branches, inner functions, writes into arrays and, for Python alone, derivatives of derivatives.

A program is the text of a function of four numbers. What draws it is a `random.Random`, which may be hypothesis's.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

import dualrev as dr
from dualrev.primitives.row import Row
from dualrev.primitives.scalar import TABLE

INPUTS = 4
HEADER = "import numpy as np\nimport dualrev as dr\n"
ROWS = list(TABLE.values())
ON_ARRAYS = [row for row in ROWS if any(name.startswith("numpy.") for name in row.names) and row.name != "where"]
FREE = {"add", "subtract", "multiply", "negative", "positive", "maximum", "minimum", "absolute"}
"""Rows whose arguments are taken as they come; others' are brought into their domains."""


class Program:
    """A program under construction.

    Attributes
    ----------
    lines : list of str
        Statements, from the function's body.
    scalars, vectors : list of str
        Names of the numbers and of the arrays of three numbers that there are.
    """

    def __init__(self, random: Any, statements: int, arrays: bool, nested: bool) -> None:
        self.random, self.arrays = random, arrays
        self.lines = ["s0 = x[0]", "s1 = x[3] * 1.0", "v0 = x[:3]", "v1 = x[::-1][:3]"]
        self.scalars, self.vectors = ["s0", "s1"], ["v0", "v1"]
        kinds: list[Callable[[], None]] = [self.row] * 5 + [self.branch, self.loop, self.halving]
        kinds += [self.power, self.builtin, self.search, self.inner]
        if arrays:
            kinds += [self.row_of_arrays] * 3 + [self.reduction] * 2
            kinds += [self.selection, self.arrangement, self.product, self.gathering]
            kinds += [self.matrix, self.buffer, self.buffer]
        if nested:
            kinds += [self.derivative]
        for _ in range(statements):
            self.choice(kinds)()

    def choice(self, given: Any) -> Any:
        return given[self.random.randrange(len(given))]

    @property
    def scalar(self) -> str:
        """The name of a number, rather a late one."""
        return self.choice(self.scalars[-4:] if self.random.randrange(3) else self.scalars)  # type: ignore[no-any-return]

    @property
    def vector(self) -> str:
        """The name of an array, rather a late one."""
        return self.choice(self.vectors[-3:] if self.random.randrange(3) else self.vectors)  # type: ignore[no-any-return]

    def number(self, expression: str) -> None:
        """Give an expression that is a number a name."""
        name = f"s{len(self.scalars)}"
        self.lines.append(f"{name} = {expression}")
        self.scalars.append(name)

    def array(self, expression: str) -> None:
        """Give an expression that is an array a name."""
        name = f"v{len(self.vectors)}"
        self.lines.append(f"{name} = {expression}")
        self.vectors.append(name)

    def applied(self, row: Row, spelling: str, operand: Callable[[], str]) -> str:
        """Return a row of operands in its domain."""
        given = []
        for domain in row.domain:
            if isinstance(domain, frozenset):
                given.append(repr(self.choice(sorted(domain))))
                continue
            low, high = domain
            middle, half = round((low + high) / 2, 3), round(0.47 * (high - low), 3)
            given.append(operand() if row.name in FREE else f"{middle} + {half} * np.tanh({operand()})")
        truth = "1.0 * " if row.flat else ""  # NumPy refuses to subtract what is true or false
        return f"{truth}{spelling}({', '.join(given)})"

    def row(self) -> None:
        row = self.choice(ROWS)
        self.number(self.applied(row, f"dr.special.{row.name}", lambda: self.scalar))

    def row_of_arrays(self) -> None:
        row = self.choice(ON_ARRAYS)
        name = next(name for name in row.names if name.startswith("numpy."))
        operands = [self.scalar, self.vector] if row.arity > 1 else [self.vector]
        first = self.vector  # one operand is an array in any case, the others may be numbers

        def operand() -> str:
            return first if not used else self.choice(operands)

        used: list[int] = []

        def once() -> str:
            given = operand()
            used.append(1)
            return given

        self.array(self.applied(row, name.replace("numpy.", "np."), once))

    def reduction(self) -> None:
        name = self.choice(["np.sum", "np.mean", "np.prod", "np.max", "np.min", "np.var", "np.std", "np.linalg.norm"])
        self.number(f"{name}({self.vector})")

    def power(self) -> None:
        exponent = self.choice(["2", "3", "5", "0", "1", "-1", "-2", "0.5", "-1.5", self.scalar])
        whole = exponent in {"2", "3", "5", "0", "1"}
        base = self.choice([self.scalar, self.vector]) if self.arrays else self.scalar
        form = f"{base} ** {exponent}" if whole else f"(1.5 + np.tanh({base})) ** ({exponent})"
        (self.array if base in self.vectors else self.number)(form)

    def builtin(self) -> None:
        a, b = self.scalar, self.scalar
        self.number(
            self.choice([f"min({a}, {b})", f"max({a}, {b}, 0.1)", f"abs({a} - {b})", f"+{a} / (abs({b}) + 1.5)"])
        )

    def search(self) -> None:
        """A loop that is left early, with the number it was left at."""
        name, vector = f"s{len(self.scalars)}", self.vector
        self.lines += [
            f"{name} = {self.scalar} * 0.5",
            "for k in range(3):",
            f"    if {vector}[k] * {name} > {self.scalar}:",
            "        break",
            f"    {name} += {vector}[k] * (k + 1)",
        ]
        self.scalars.append(name)

    def inner(self) -> None:
        """A function within the function, which takes a number from around it."""
        name, other = f"g{len(self.scalars)}", self.scalar
        body = self._of_one_number("(t + u)")
        self.lines += [f"def {name}(t, u):", f"    return {body} + t * {other}"]
        self.number(f"{name}({self.scalar}, 0.5) - {name}({self.scalar}, {self.scalar})")

    def derivative(self) -> None:
        """A derivative within the function, of something that holds a number of the outer one."""
        body = self._of_one_number("(t * 0.7)")
        operator_ = self.choice(["dr.derivative", "dr.grad"])
        mode = "" if operator_ == "dr.derivative" else f", mode={self.choice(['forward', 'reverse'])!r}"
        self.number(f"{operator_}(lambda t: {body} * {self.scalar} + t * t{mode})({self.scalar})")

    def selection(self) -> None:
        a, b = self.vector, self.vector
        forms = [
            f"np.where({a} > {self.scalar}, {b}, {self.vector})",
            f"np.maximum({a}, {self.scalar})",
            f"np.sort({a})",
            f"np.minimum({a}, {b} + 0.1)",
            f"np.abs({a}) * np.clip({b}, -0.5, {self.scalar} + 1.0)",
            f"np.where({a} < {b}, np.sqrt(np.abs({b} - {a}) + 0.5), {self.scalar} * {b})",
        ]
        self.array(self.choice(forms))

    def arrangement(self) -> None:
        a = self.vector
        forms = [
            f"{a}[::-1]",
            f"np.cumsum({a})",
            f"np.concatenate(({a}[1:], {self.vector}[:1]))",
            f"{a}[np.array([2, 0, 0])]",
            f"np.roll({a}, 1)",
            f"np.concatenate(({a}[:2] + {a}[1:], {self.vector}[-1:]))",
        ]
        self.array(self.choice(forms))

    def product(self) -> None:
        a, b = self.vector, self.vector
        self.array(f"np.outer({a}, {b}) @ {self.vector}" if self.random.randrange(2) else f"{a} * np.dot({a}, {b})")
        if self.random.randrange(2):
            self.number(f"{a} @ {b}")

    def matrix(self) -> None:
        a, b = self.vector, self.vector
        made = f"(np.outer({a}, {b}) + {self.scalar})"
        forms = [
            f"np.sum({made}, axis={self.choice([0, 1])})",
            f"{made}[{self.choice([0, 1, 2])}]",
            f"{made}[:, {self.choice([0, -1])}]",
            f"{made}[1:, 1:].T.copy().reshape(4)[:3]",
            f"{made}[::-1].T @ {self.vector}",
            f"({made} * {self.vector}) @ {made}[1]",
            f"np.diag({made})",
        ]
        self.array(self.choice(forms))

    def buffer(self) -> None:
        """An array that is made and written to, piece by piece."""
        name, vector = f"v{len(self.vectors)}", self.vector
        start = self.choice(["np.zeros_like(v0)", f"{vector} + v0", f"({vector} * v1).copy()"])
        writes = [
            f"{name}[1] = {self.scalar}",
            f"{name}[0] += {self.scalar} * {name}[2]",
            f"{name}[1:] += {vector}[:2]",
            f"{name}[:2] = {name}[1:] * 0.5",
            f"{name}[::-1][0] = {vector}[1]",
            f"{name}[:] = {name} * {self.scalar}",
            f"{name}[{name} > 0.2] = {self.choice(['0.3', self.scalar])}",
            f"{name} *= {self.scalar}",
            f"for k in range(2):\n        {name}[k + 1] = {name}[k] * 0.5 + {vector}[k]",
            f"{name}[0], {name}[2] = {name}[2], {name}[0]",
        ]
        self.lines.append(f"{name} = {start}")
        self.lines += [self.choice(writes) for _ in range(1 + self.random.randrange(3))]
        self.vectors.append(name)

    def gathering(self) -> None:
        self.array(f"np.concatenate(({self.scalar} * {self.vector}[:1], {self.vector}[1:]))")

    def branch(self) -> None:
        condition = f"{self.scalar} > {self.choice([self.scalar, '0.1'])}"
        then, other = self._of_one_number(), self._of_one_number()
        name = f"s{len(self.scalars)}"
        self.lines += [f"if {condition}:", f"    {name} = {then}", "else:", f"    {name} = {other}"]
        self.scalars.append(name)

    def loop(self) -> None:
        start, vector, other = self.scalar, self.vector, self.scalar
        name, times = f"s{len(self.scalars)}", self.choice([2, 3])
        form = self._of_one_number(f"{vector}[k] + {name}")
        self.lines += [f"{name} = {start} * 0.5", f"for k in range({times}):"]
        if self.random.randrange(2):
            self.lines += [
                f"    if {vector}[k] > {other}:",
                f"        {name} = {name} * {vector}[k]",
                "        continue",
            ]
        self.lines.append(f"    {name} = 0.3 * {name} + {form}")
        self.scalars.append(name)

    def halving(self) -> None:
        name = f"s{len(self.scalars)}"
        self.lines += [
            f"{name} = {self.scalar} * 1.0",
            f"while 1.5 < abs({name}) < 1000.0:",
            f"    {name} = {name} * 0.5",
        ]
        self.scalars.append(name)

    def _of_one_number(self, operand: str = "") -> str:
        row = self.choice(ROWS)
        return self.applied(row, f"dr.special.{row.name}", lambda: operand or self.scalar)

    def text(self, name: str = "f") -> str:
        """Return the source of the function."""
        sums = [f"np.sum({v})" for v in self.vectors[-2:]] if self.arrays else []
        result = " + ".join([*self.scalars[-3:], *sums])
        return f"def {name}(x):\n" + "".join(f"    {line}\n" for line in [*self.lines, f"return {result}"])


def program(random: Any, statements: int = 8, arrays: bool = True, nested: bool = False) -> str:
    """Return the text of a random program.

    Without `arrays` it computes with numbers, and compiles much faster. With `nested` it takes derivatives of its own.
    """
    return Program(random, statements, arrays, nested).text()


def function(text: str, name: str = "f") -> Callable[..., Any]:
    """Return the function that a text defines."""
    scope: dict[str, Any] = {"np": np, "dr": dr, "operator": operator}
    exec(text, scope)
    made: Callable[..., Any] = scope[name]
    return made


def point(random: Any) -> Any:
    """Return a point at which no two coordinates are near each other."""
    return np.array([0.37, -0.81, 0.93, 1.27]) + np.array([random.randrange(-99, 100) / 577 for _ in range(INPUTS)])


def script(text: str, x: Any, check: str = "print(dr.verify(f, x))") -> str:
    """Return a program as code that can be run."""
    return f"{HEADER}\n\n{text}\n\nx = np.array({x.tolist()})\n{check}\n"
