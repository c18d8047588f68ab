"""Random bodies of functions, of the kind that generated adjoints have: loops, branches, arrays and names set twice."""

from __future__ import annotations

from random import Random

OPERATORS = ("+", "-", "*")
CONSTANTS = ("0.0", "1.0", "-0.0", "0.5", "2.0", "-3.0")
INDICES = ("0", "1", "2", "-1")


class StructuredText:
    """A body of a function of an array `x` of eight numbers or more and a number `c`.

    It calls `plus`, which is pure, and `noted` and `divided`, which are not: the first keeps a list of its arguments.
    """

    def __init__(self, random: Random) -> None:
        self.random = random
        self.lines: list[str] = []
        self.numbers, self.integers, self.arrays = ["c"], ["n"], ["x", "y"]
        self.depth = self.count = self.loops = 0
        self.add("y = np.zeros(x.shape)")
        self.add("n = x.size - 7")
        self.block(6, 14)
        numbers = self.random.choices(self.numbers, k=2)
        self.add(f"return ({', '.join(numbers)}, x, y)")

    def add(self, line: str) -> None:
        self.lines.append("    " * self.depth + line)

    def block(self, least: int, most: int) -> None:
        for _ in range(self.random.randint(least, most)):
            self.statement()

    def statement(self) -> None:
        kinds = [self.assignment] * 10 + [self.change] * 3 + [self.store] * 3 + [self.index] * 2
        kinds += [self.several, self.view, self.exchange, self.error]
        if self.depth < 3:
            kinds += [self.branch] * 2 + [self.range_loop] * 2 + [self.endless_loop]
        if self.loops:
            kinds.append(self.leave)
        self.random.choice(kinds)()

    def number(self) -> str:
        draw = self.random.random()
        # What was set last is read most, so that there are chains.
        return self.numbers[-1] if draw < 0.4 else self.random.choice(self.numbers)

    def element(self) -> str:
        index = self.random.choice(INDICES) if self.random.random() < 0.4 else self.random.choice(self.integers)
        return f"{self.random.choice(self.arrays)}[{index}]"

    def expression(self) -> str:
        draw = self.random.random()
        if draw < 0.45:
            return f"{self.number()} {self.random.choice(OPERATORS)} {self.number()}"
        forms = (
            self.number,
            self.element,
            lambda: f"-{self.number()}",
            lambda: f"plus({self.number()}, {self.number()})",
            lambda: f"noted({self.number()})",
            lambda: f"divided({self.number()}, {self.number()})",
            lambda: f"{self.number()} if {self.condition()} else {self.number()}",
            lambda: self.random.choice(CONSTANTS),
            lambda: f"np.sum({self.random.choice(self.arrays)})",
        )
        return self.random.choice(forms)()

    def condition(self) -> str:
        return f"{self.number()} < {self.number()}"

    def name(self) -> str:
        draw = self.random.random()
        if draw < 0.5:
            self.count += 1
            return f"t_{self.count}"
        known = [each for each in self.numbers if each != "c"]
        return self.random.choice(known) if known and draw < 0.75 else self.random.choice("abd")

    def set(self, name: str) -> None:
        self.numbers = [each for each in self.numbers if each != name] + [name]

    def assignment(self) -> None:
        name, value = self.name(), self.expression()
        self.add(f"{name} = {value}")
        self.set(name)

    def change(self) -> None:
        known = [each for each in self.numbers if each != "c"]
        if not known:
            self.assignment()
        else:
            self.add(f"{self.random.choice(known)} {self.random.choice('+-')}= {self.expression()}")

    def several(self) -> None:
        names = list({self.name(), self.name()})
        values = [self.expression() for _ in names]
        self.add(f"{', '.join(names)} = {', '.join(values)}")
        for each in names:
            self.set(each)

    def store(self) -> None:
        self.add(f"{self.element()} {self.random.choice(('', '+'))}= {self.expression()}")

    def index(self) -> None:
        name = self.random.choice(("t_0", "j"))
        self.add(f"{name} = {self.random.choice(self.integers)} % 3 + {self.random.choice('01')}")
        if name not in self.integers:
            self.integers.append(name)

    def view(self) -> None:
        name = self.random.choice("vw")
        source = self.random.choice(("x", "y"))
        self.add(f"{name} = {source}{self.random.choice(('', '[1:]', '[::-1]'))}")
        if name not in self.arrays:
            self.arrays.append(name)

    def exchange(self) -> None:
        self.add("x, y = y, x")

    def error(self) -> None:
        self.add(f"if {self.condition()} and {self.number()} == 0.5:")
        self.add(f"    raise ValueError({self.number()})")

    def leave(self) -> None:
        self.add(f"if {self.condition()}:")
        self.inner(0, 1, "break")

    def inner(self, least: int, most: int, last: str = "") -> None:
        """Write a block whose names are not set behind it, unless they were before."""
        before = list(self.numbers), list(self.integers), list(self.arrays)
        self.depth += 1
        self.block(least, most)
        if last:
            self.add(last)
        self.depth -= 1
        self.numbers, self.integers, self.arrays = before

    def branch(self) -> None:
        self.add(f"if {self.condition()}:")
        self.inner(1, 3)
        if self.random.random() < 0.6:
            self.add("else:")
            self.inner(1, 3)

    def range_loop(self) -> None:
        bounds = self.random.choice(("3", "n", "n + 1", "2, -1, -1", f"{self.random.choice(self.integers)} + 1"))
        name = self.random.choice(("i", "k"))
        integers = list(self.integers)
        self.add(f"for {name} in range({bounds}):")
        self.integers = [*integers, name]
        self.loops += 1
        self.inner(1, 5)
        self.loops -= 1
        self.integers = integers

    def endless_loop(self) -> None:
        self.count += 1
        counter = f"trips_{self.count}"
        self.add(f"{counter} = 0")
        self.add("while True:")
        self.depth += 1
        self.add(f"{counter} += 1")
        self.add(f"if {counter} > 3:")
        self.add("    break")
        self.depth -= 1
        self.loops += 1
        self.inner(1, 4)
        self.loops -= 1
