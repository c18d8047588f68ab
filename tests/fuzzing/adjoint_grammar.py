"""What the statements of random programs are made of: subscripts that are valid, ranges, numbers and conditions."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

CALLS = ("math.sin", "math.cos", "math.tanh", "np.sin", "np.tanh", "abs", "np.sign", "np.floor")
MATH = ("math.sin", "math.cos", "math.tanh", "np.cos")
"""Functions that keep a number between -1 and 1."""


@dataclass(frozen=True)
class Integer:
    """A name of an integer, and the interval that it stays in; None where that is not known."""

    name: str
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True)
class Memory:
    """A name of an array.

    Attributes
    ----------
    shape, sizes
        As numbers, and as texts.
    group
        Arrays of different groups never share memory.
    """

    name: str
    shape: tuple[int, ...]
    sizes: tuple[str, ...]
    group: int


class Grammar:
    """A function under construction.

    Attributes
    ----------
    lines
        Of the body, indented.
    numbers, arrays, integers, pointers
        Names that are set where the next statement stands. Pointers are integers that statements change.
    loops
        Variables of the loops around.
    """

    def __init__(self, random: Any) -> None:
        self.random = random
        self.lines: list[str] = []
        self.numbers: list[str] = []
        self.arrays: list[Memory] = []
        self.integers: list[Integer] = []
        self.pointers: list[Integer] = []
        self.loops: list[Integer] = []
        self.depth, self.count, self.helpers = 1, 0, list[str]()

    def choice(self, given: Any) -> Any:
        return given[self.random.randrange(len(given))]

    def chance(self, of: float) -> bool:
        return bool(self.random.random() < of)

    def name(self, prefix: str) -> str:
        """Return a new name."""
        self.count += 1
        return f"{prefix}{self.count}"

    def line(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    @contextmanager
    def block(self) -> Any:
        """Indent what follows; names that are set in it are forgotten behind it."""
        kept = [list(names) for names in (self.numbers, self.arrays, self.integers, self.pointers, self.loops)]
        self.depth += 1
        start = len(self.lines)
        yield
        if len(self.lines) == start:
            self.line("pass")
        self.depth -= 1
        self.numbers, self.arrays, self.integers, self.pointers, self.loops = kept

    def subscript(self, size: int, text: str) -> str:
        """Return an integer that is a valid subscript of an axis, which may be negative."""
        known = [each for each in (*self.loops * 3, *self.pointers, *self.integers) if each.low is not None]
        found = [str(self.random.randrange(-size, size)), f"{text} - 1"]
        for each in known:
            moved = [n for n in (-2, -1, 0, 0, 0, 1, 2, -size) if -size <= each.low + n and each.high + n < size]
            if moved:
                n = self.choice(moved)
                found += [f"{each.name}{f' + {n}' if n > 0 else f' - {-n}' if n else ''}"] * 3
            if -size <= size - 1 - each.high and each.low >= 0:
                found.append(f"{text} - 1 - {each.name}")
            if each.low >= 0 and each.high < 2 * size:
                found.append(f"{each.name} // 2")
        any_integer = [each.name for each in (*self.loops, *self.pointers, *self.integers)]
        if any_integer:
            a, b = self.choice(any_integer), self.choice(any_integer)
            found += [f"({a} + {self.random.randrange(1, 4)}) % {text}", f"({a} * {b}) % {text}"]
            found += [f"{a} % {text} - {text}", f"(2 * {a} - {b}) % {text}", f"{a} % {text} - 1"]
        if len(found) > 1 and self.chance(0.03):
            return f"({self.choice(found)} if {self.condition()} else {self.choice(found)})"
        return str(self.choice(found))

    def element(self, array: Memory | None = None) -> str:
        """Return an element of an array."""
        array = array or self.choice(self.arrays)
        subscripts = [self.subscript(n, text) for n, text in zip(array.shape, array.sizes, strict=True)]
        return f"{array.name}[{(', ' if self.chance(0.9) else '][').join(subscripts)}]"

    def atom(self) -> str:
        kind = self.random.random()
        if kind < 0.4:
            return str(self.choice(self.numbers[-4:] if self.chance(0.5) else self.numbers))
        if kind < 0.8 and self.arrays:
            return self.element()
        if kind < 0.88 and self.loops:
            return f"{self.choice((0.1, 0.25, -0.3))} * {self.choice(self.loops).name}"
        return f"{self.random.uniform(-1, 1):.2f}"

    def number(self, depth: int = 2) -> str:
        """Return an expression that is a number, of moderate size if its atoms are."""
        if not depth:
            return self.atom()
        a, b, kind = self.number(depth - 1), self.number(depth - 1), self.random.random()
        if kind < 0.25:
            return f"({a} * {b})"
        if kind < 0.5:
            return f"({a} {self.choice('+-')} {b})"
        if kind < 0.68:
            return f"{self.choice(CALLS)}({a})"
        if kind < 0.74:
            return f"{self.choice(('max', 'min'))}({a}, {b})"
        if kind < 0.8:
            return f"({a} / (1.5 + {self.choice(MATH)}({b})))"
        if kind < 0.84:
            return f"math.{self.choice(('exp', 'atan'))}(math.sin({a}))"
        if kind < 0.88:
            return f"math.{self.choice(('log', 'sqrt'))}(1.5 + {self.choice(MATH)}({a}))"
        if kind < 0.92:
            power = self.choice(("2", "3", f"math.sin({b})", "0.5"))
            return f"(1.5 + {self.choice(MATH)}({a})) ** {power}"
        if kind < 0.95:
            return f"({a} if {self.condition()} else {b})"
        if kind < 0.97 and self.arrays:
            return self.total()
        return f"-{a}" if self.chance(0.5) else a

    def total(self) -> str:
        """Return a number of all elements of an array."""
        array = self.choice(self.arrays)
        other = self.choice([each for each in self.arrays if each.shape == array.shape])
        forms = [f"0.2 * np.sum({array.name})", f"0.2 * {array.name}.sum()", f"np.mean({array.name})"]
        forms += [f"0.2 * np.dot({array.name}, {other.name})"] * (len(array.shape) == 1)
        forms += [f"0.2 * np.mean({array.name}.T @ {other.name})"] * 3 * (len(array.shape) == 2)
        return str(self.choice(forms))

    def images(self, shape: tuple[int, ...]) -> list[str]:
        """Return products of matrices and vectors that are vectors of a shape."""
        found = []
        for matrix in (each for each in self.arrays if len(each.shape) == 2):
            for vector in (each.name for each in self.arrays if each.shape == matrix.shape[1:]):
                found += [f"{matrix.name} @ {vector}"] * (matrix.shape[:1] == shape)
            for vector in (each.name for each in self.arrays if each.shape == matrix.shape[:1]):
                found += [f"{vector} @ {matrix.name}", f"{matrix.name}.T @ {vector}"] * (matrix.shape[1:] == shape)
        return found

    def bounded(self, depth: int = 2) -> str:
        """Return an expression between -1 and 1."""
        return f"{self.choice(MATH)}({self.number(depth)})"

    def condition(self) -> str:
        """Return an expression that is true or false."""
        integers = [each.name for each in (*self.loops, *self.pointers, *self.integers)]
        kind = self.random.random()
        if kind < 0.3 and integers:
            a = self.choice(integers)
            return str(self.choice((f"{a} % 2 == 0", f"{a} > 1", f"{a} != {self.choice(integers)}", f"{a} < 0")))
        if kind < 0.4:
            return f"({self.condition()} {self.choice(('and', 'or'))} {self.condition()})"
        if kind < 0.44:
            return f"not {self.condition()}"
        if kind < 0.48:
            return f"-0.5 < {self.atom()} <= {self.atom()}"
        return f"{self.atom()} {self.choice(('<', '>', '<=', '>='))} {self.atom()}"

    def range(self) -> tuple[str, int, int]:
        """Return a range, and an interval that holds all it yields."""
        size, text = self.choice([(a.shape[0], a.sizes[0]) for a in self.arrays if a.shape[0] > 1] or [(3, "3")])
        last, found = size - 1, [(str(self.choice((2, 3))), 0, 2)] * 2
        found += [(text, 0, last)] * 4 + [(f"1, {text}", 1, last), (f"{text} - 1", 0, size - 2)]
        found += [(f"{text} - 1, -1, -1", 0, last)] * 2 + [(f"{text} - 2, 0, -1", 0, last), (f"0, {text}, 2", 0, last)]
        found += [
            (f"-{text}, {text}", -size, last),
            (f"-1, {text} - 1", -1, last - 1),
            (f"{text} - 1, -2, -2", -1, last),
        ]
        found += [("0", 0, 0), ("3, 1", 0, 0), (f"{text}, {text}", 0, 0)][: self.chance(0.4) * 3]
        for each in self.pointers + self.integers:
            found += [(f"{each.name} % 3", 0, 1), (f"{each.name} % 2, {text}, 1 + {each.name} % 2", 0, last)]
            step = f"(2 * ({each.name} % 2) - 1)"
            found.append((f"{step}, {step} * {text}, {step}", -last, last))
        for each in self.loops:
            if each.low is not None and each.high is not None and each.low >= 0 and each.high < size:
                found += [(each.name, 0, each.high), (f"{each.name}, {text}", each.low, last)]
                found += [(f"{each.name} + 1, {text}", each.low, last), (f"{each.name}, -1, -1", 0, each.high)]
        return self.choice(found)  # type: ignore[no-any-return]
