"""Random statements over numbers, integers and arrays, and the control flow around them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

from fuzzing.adjoint_calls import Calls
from fuzzing.adjoint_grammar import MATH, Integer, Memory

DEEPEST = 4
"""Levels of loops and branches."""


class Function(Calls):
    """A function under construction, statement after statement.

    Attributes
    ----------
    size
        Of most arrays, and of those that are handed to other functions.
    results
        Writes what is returned, at the end and before.
    calls
        Whether there are calls of functions of whole arrays, and subscripts that are arrays.
    """

    def __init__(self, random: Any, size: int, results: Callable[[Function], str]) -> None:
        super().__init__(random)
        self.size, self.results = size, results
        self.exchangeable: list[Memory] = []
        self.in_loop = False
        self.calls = self.chance(0.25)
        self.budget = 200
        """Iterations that the loops around may still make."""

    def statements(self, count: int) -> None:
        simple = [self.assign] * 4 + [self.augment] * 3 + [self.swap, self.point, self.error]
        if self.arrays:
            simple += [self.store] * 5 + [self.augment_element] * 4
            simple += [self.swap_elements, self.view, self.view, self.whole, self.choose]
            simple += [self.reduce, self.step, self.step, self.gather, self.stretch] * 3 * self.calls
            simple += [self.rebind] * (not self.in_loop or self.chance(0.05))
            simple += [self.shrink] * (self.depth < 3)
        simple += [self.call] * 2 * bool(self.helpers) + [self.exchange] * bool(self.exchangeable)
        for _ in range(count):
            kinds = list(simple)
            if self.depth < DEEPEST:
                kinds += [self.branch] * 3 + [self.early_return] * (self.depth > 1)
            if self.depth < DEEPEST and self.budget >= 5:
                kinds += [self.loop] * 4 + [self.repeat] + [self.over] * bool(self.arrays)
            if self.in_loop:
                kinds += [self.jump] * 2 + [self.make] * (bool(self.arrays) and self.depth < 3)
            self.choice(kinds)()

    # Numbers and integers

    def assign(self) -> None:
        name = self.choice(self.numbers)
        self.line(f"{name} = {self.bounded() if self.chance(0.4) else self.following(name)}")

    def following(self, name: str) -> str:
        """Return an expression between -1 and 1 of a number and of what there is."""
        return f"{self.choice(MATH)}({name} {self.choice('+-*')} {self.number(1)})"

    def augment(self) -> None:
        sign = self.choice(("+=", "-=", "*="))
        self.line(f"{self.choice(self.numbers)} {sign} {'' if sign == '*=' else '0.2 * '}{self.bounded()}")

    def swap(self) -> None:
        a, b = self.choice(self.numbers), self.choice(self.numbers)
        self.line(f"{a}, {b} = {self.choice((f'{b}, {a}', f'{self.bounded(1)}, {a}', f'{b}, {self.bounded(1)}'))}")

    def point(self) -> None:
        """Change an integer, or set one more."""
        if self.pointers and self.chance(0.8):
            each = self.choice(self.pointers)
            others = [a.name for a in (*self.loops, *self.pointers, *self.integers)]
            if each.low is None:
                self.line(f"{each.name} {self.choice(('+= 1', '-= 2', '+= 3', f'= 5 - {each.name}'))}")
            else:
                self.line(f"{each.name} = ({each.name} + {self.choice([*others, '1', '2'])}) % {each.high + 1}")
        else:
            name, start = self.name("q"), self.choice([a.name for a in (*self.loops, *self.integers)] + ["1"])
            self.line(f"{name} = {start} + {self.random.randrange(-2, 3)}")
            self.pointers.append(Integer(name))

    # Elements and arrays

    def store(self) -> None:
        element = self.element()
        value = self.bounded() if self.chance(0.4) else self.following(self.choice((element, self.element())))
        self.line(f"{element} = {value}")

    def augment_element(self) -> None:
        sign = self.choice(("+=", "-=", "*="))
        self.line(f"{self.element()} {sign} {'' if sign == '*=' else '0.3 * '}{self.bounded(1)}")

    def swap_elements(self) -> None:
        a, b = self.element(), self.element()
        self.line(f"{a}, {b} = {b}, {self.choice((a, f'0.9 * {a}', self.bounded(1)))}")

    def view(self) -> None:
        """Name a part of an array."""
        source = self.choice(self.arrays)
        size, text, rest, name = source.shape[0], source.sizes[0], source.shape[1:], self.name("p")
        forms = [("[::-1]", size, text)]
        if size > 1:
            forms += [("[1:]", size - 1, f"({text} - 1)"), ("[:-1]", size - 1, f"({text} - 1)")]
            forms += [
                ("[::2]", (size + 1) // 2, f"{name}.shape[0]"),
                (f"[:{text} // 2 + 1]", size // 2 + 1, f"len({name})"),
            ]
        if rest and self.chance(0.75):
            columns, column = rest[0], source.sizes[1]
            j, i = self.subscript(columns, column), self.subscript(size, text)
            form, shape, sizes = self.choice(
                (
                    (f"[{i}]", rest, source.sizes[1:]),
                    (f"[{i}, :]", rest, source.sizes[1:]),
                    (f"[:, {j}]", (size,), (text,)),
                    (".T", (columns, size), (column, text)),
                )
            )
        else:
            form, part, part_text = self.choice(forms)
            shape, sizes = (part, *rest), (part_text, *source.sizes[1:])
        self.line(f"{name} = {source.name}{form}")
        self.loose |= {name} if source.name in self.loose else set()
        self.arrays.append(Memory(name, shape, sizes, source.group))

    def whole(self) -> None:
        """Write all of an array at once."""
        target = self.choice(self.arrays)
        alike = [a.name for a in self.arrays if a.shape == target.shape and self.apart(a, target)]
        everything = self.choice((f"{target.name}[:]", f"{target.name}[::-1]"))
        forms = [f"{everything} = {self.bounded(1)}", f"{target.name} *= {self.bounded(1)}"]
        forms += [f"{everything} = {a}" for a in alike] + [f"{target.name} += 0.2 * {a}" for a in alike]
        forms += [f"{everything} = np.sin({a}) * {self.atom()}" for a in alike]
        forms += [f"{everything} = np.tanh({image})" for image in self.images(target.shape)] * 4
        self.line(self.choice(forms))

    def make(self) -> None:
        """Make an array, here or in each iteration."""
        like = self.choice([a for a in self.arrays if a.shape])
        name, shape = self.name("w"), ", ".join(like.sizes)
        several = f"({shape})" if len(like.sizes) > 1 else shape
        made = [f"np.zeros({several})", f"np.empty({several})", f"{like.name}.copy()", f"np.zeros_like({like.name})"]
        text = self.choice(made)
        self.line(f"{name} = {text}")
        array = Memory(name, like.shape, tuple(like.sizes), self.count)
        if "empty" in text:
            subscripts = [self.name("e") for _ in like.shape]
            for depth, (i, size) in enumerate(zip(subscripts, like.sizes, strict=True)):
                self.line("    " * depth + f"for {i} in range({size}):")
            inside = "    " * len(subscripts)
            self.line(f"{inside}{name}[{', '.join(subscripts)}] = {self.bounded(1)} + 0.1 * {subscripts[0]}")
        self.arrays.append(array)
        if len(like.shape) == 1 and self.depth == 1 and self.chance(0.5):
            same = [a for a in self.exchangeable if a.shape == like.shape]
            self.exchangeable.append(array)
            if same:  # names of one group may come to share memory
                self.arrays[-1] = self.exchangeable[-1] = Memory(name, array.shape, array.sizes, same[0].group)

    def exchange(self) -> None:
        """Exchange the memory of two arrays, or of two pairs."""
        group = self.choice(self.exchangeable).group
        same = [each for each in self.exchangeable if each.group == group]
        self.random.shuffle(same)
        for a, b in list(zip(same[::2], same[1::2], strict=False))[: 1 + self.chance(0.5)]:
            self.line(f"{a.name}, {b.name} = {b.name}, {a.name}")

    # Control flow

    @contextmanager
    def iterations(self, header: str, endless: bool = False) -> Any:
        """Write a loop around what follows."""
        kept, around = self.budget, self.in_loop
        self.line(header)
        self.budget, self.in_loop = self.budget // 5, True
        with self.block():
            yield
        self.budget, self.in_loop = kept, around
        if not endless and self.chance(0.12):
            self.line("else:")
            with self.block():
                self.statements(self.random.randrange(1, 3))

    def loop(self) -> None:
        """Iterate over a range."""
        variable, (text, low, high) = self.name("i"), self.range()
        known, changed = self.chance(0.1), self.chance(0.05)
        if known:
            self.line(f"{variable} = 0")
        with self.iterations(f"for {variable} in range({text}):"):
            self.loops.append(Integer(variable) if changed else Integer(variable, low, high))
            self.statements(self.random.randrange(1, 5))
            if changed:
                self.line(f"{variable} += 1")
                self.statements(1)
        if known:  # the variable is also read behind the loop
            self.pointers.append(Integer(variable))

    def over(self) -> None:
        """Iterate over arrays."""
        array = self.choice([a for a in self.arrays if len(a.shape) == 1])
        other = self.choice([a for a in self.arrays if a.shape == array.shape])
        v, w, i = self.name("v"), self.name("v"), self.name("i")
        zipped, counted = f"{v}, {w} in zip({array.name}, {other.name})", f"{i}, {v} in enumerate({array.name})"
        chosen = self.choice((f"{v} in {array.name}", zipped, counted))
        with self.iterations(f"for {chosen}:"):
            self.numbers += [v, w] if chosen == zipped else [v]
            if chosen == counted:
                self.loops.append(Integer(i, 0, array.shape[0] - 1))
            self.statements(self.random.randrange(1, 4))

    def repeat(self) -> None:
        """Iterate while something holds, some times at most."""
        counter, most, endless = self.name("t"), self.random.randrange(1, 5), self.chance(0.3)
        self.line(f"{counter} = 0")
        test = self.choice((f"{counter} < {most}", f"{counter} < {most} and {self.condition()}"))
        with self.iterations("while True:" if endless else f"while {test}:", endless):
            self.line(f"{counter} += 1")
            self.loops.append(Integer(counter, 1, most + 1))
            if endless:  # nothing may continue before it ends
                self.in_loop = False
                self.statements(self.random.randrange(3))
                self.in_loop = True
                self.line(f"if {counter} > {most}:")
                self.line("    break")
            self.statements(self.random.randrange(1, 4))

    def branch(self) -> None:
        for keyword in self.choice((("if",), ("if", "else"), ("if", "else"), ("if", "elif"), ("if", "elif", "else"))):
            self.line("else:" if keyword == "else" else f"{keyword} {self.condition()}:")
            with self.block():
                self.statements(self.random.randrange(1, 3))

    def jump(self) -> None:
        self.line(f"if {self.condition()}:")
        with self.block():
            self.statements(self.random.randrange(2) if self.depth < DEEPEST else 0)
            self.line(self.choice(("break", "continue")))

    def early_return(self) -> None:
        self.line(f"if {self.atom()} > {self.choice((0.7, 0.9, 0.95))}:")
        with self.block():
            self.line(f"return {self.results(self)}".rstrip())

    def error(self) -> None:
        """Raise an error in a case that does not occur."""
        a = self.choice([each.name for each in (*self.pointers, *self.integers)] or self.numbers)
        if self.chance(0.3):
            self.line(f"assert {a} < 1000")
        else:
            self.line(f"if {a} > 1000:")
            self.line(f"    raise ValueError({self.choice(('', repr('too large')))})")

    def call(self) -> None:
        """Call a function of this program."""
        name, a, b = self.choice(self.helpers), self.number(1), self.atom()
        if name.startswith("c"):
            self.line(f"{self.choice(self.numbers)} = {name}({a})")
        elif name.startswith("g"):
            target = self.choice((self.choice(self.numbers), self.element()))
            self.line(f"{target} {self.choice(('=', '= 0.5 *'))} {name}({a}, {self.choice(('b=', ''))}{b})")
        elif name.startswith("r"):
            flat = [array for array in self.arrays if array.shape == (self.size,)]
            one, other, made = self.choice(flat), self.choice(flat), self.name("z")
            self.line(f"{made} = {name}({one.name}, {other.name}, {b})")
            self.arrays.append(Memory(made, one.shape, one.sizes, -2))
            self.loose.add(made)
        elif name.startswith("h"):
            one, other = self.choice(self.numbers), self.choice(self.numbers)
            self.line(f"{one}, {other} = {name}({a}, {b})" if one != other else f"{one} = {name}({a}, {b})[1]")
        else:
            flat = [array.name for array in self.arrays if array.shape == (self.size,)]
            self.line(f"{name}({self.choice(flat)}, {self.choice(flat)}, {b}, {self.subscript(2, '2')})")

    def last(self) -> str:
        """Return a number that depends on all, where there is one."""
        return f"{self.choice(('s', 'math.sin(s)', '0.5 * s * s'))}" if "s" in self.numbers else self.bounded()

    def inner(self) -> None:
        """Define a function that takes a number from around it."""
        name, number = self.name("c"), self.name("z")
        self.line(f"{number} = {self.bounded()}")
        self.line(f"def {name}(z):")
        self.line(f"    return {self.choice(MATH)}(z) * {number} + {self.choice(('z', 'z * z', '0.1'))}")
        self.line(f"{self.choice(self.numbers)} = {name}({self.number(1)})")  # Numba refuses one that is never called
        self.helpers = [*self.helpers, name]

    def text(self, name: str, parameters: str) -> str:
        """Return the function."""
        return f"@njit\ndef {name}({parameters}):\n" + "".join(f"{line}\n" for line in self.lines)
