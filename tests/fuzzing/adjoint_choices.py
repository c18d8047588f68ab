"""Random statements in which a branch chooses what names of arrays stand for."""

from __future__ import annotations

from fuzzing.adjoint_grammar import Grammar, Memory


class Choices(Grammar):
    """A function under construction, with arrays that are chosen.

    Attributes
    ----------
    loose
        Names that may share memory with any array.
    """

    def __init__(self, random: object) -> None:
        super().__init__(random)
        self.loose: set[str] = set()

    def apart(self, a: Memory, b: Memory) -> bool:
        """Whether two arrays never share memory."""
        return a.group != b.group and not {a.name, b.name} & self.loose

    def alike(self, array: Memory) -> list[Memory]:
        """Return the arrays of a shape."""
        return [each for each in self.arrays if each.shape == array.shape]

    def choose(self) -> None:
        """Give one of two arrays another name."""
        a, name = self.choice(self.arrays), self.name("z")
        b = self.choice(self.alike(a))
        if self.chance(0.5):
            self.line(f"{name} = {a.name} if {self.condition()} else {b.name}")
        else:
            self.line(f"if {self.condition()}:")
            self.line(f"    {name} = {self.choice((a.name, f'{a.name}[::-1]', f'{a.name}.copy()'))}")
            self.line("else:")
            self.line(f"    {name} = {self.choice((b.name, f'{b.name} * 0.5'))}")
        self.arrays.append(Memory(name, a.shape, a.sizes, -2))
        self.loose.add(name)

    def shrink(self) -> None:
        """Let a name stand for other arrays again and again, most of which are shorter than the last one."""
        a, z, i, k = self.choice(self.arrays), self.name("z"), self.name("i"), self.random.randrange(5)
        vector = self.choice([each for each in self.arrays if len(each.shape) == 1])
        first = [f"{a.name} * 1.0", f"{a.name}.copy()", a.name, f"np.sin({a.name})", f"{a.name}[:-1]"]
        begun = self.choice(first)
        self.line(f"{z} = {begun}")
        element, last = (f"{z}{'[0]' * len(a.shape)}", f"{z}{'[-1]' * len(a.shape)}")
        rest = [f"{z}[1:]", f"{z}[:-1] * 0.7", f"np.cos({z}[1:])", f"{z}[1:].copy()", f"{z} + {element}"]
        rest += [f"{z}[{z} < {self.atom()}]"] * (len(a.shape) == 1) + [a.name, vector.name] * (len(a.shape) == 1)
        self.line(f"for {i} in range({k}):")
        self.line(f"    if {z}.size == 0{self.choice(('', f' or {self.condition()}'))}:")
        self.line(f"        {self.choice(('break', 'continue', f'{z} = {a.name}'))}")
        others = [f"{element} *= 0.9", f"{last} = math.sin({last} + {self.atom()})", f"{a.name}[0] *= 0.8"]
        numbers = [f"{self.choice(self.numbers)} = math.sin({element} * {last} + {self.atom()} + {i})"] * 3
        for _ in range(self.random.randrange(1, 4)):
            written = others[: self.random.randrange(4)] * ("(" in begun or "*" in begun or self.chance(0.1))
            self.line(f"    {self.choice(numbers + written)}")
        if self.chance(0.3):
            self.line(f"    if {self.condition()}:")
            self.line(f"        {z} = {self.choice(rest)}")
        if self.chance(0.8):
            self.line(f"    {z} = {self.choice(rest)}")
        self.line(f"if {z}.size > 0:")
        self.line(f"    {self.choice(self.numbers)} = math.cos({element} + {self.choice(self.numbers)} * {z}.size)")

    def rebind(self) -> None:
        """Let a name stand for another array of its shape, on one way."""
        a = self.choice(self.arrays)
        b = self.choice(self.alike(a))
        self.line(f"if {self.condition()}:")
        forms = [b.name, f"{a.name}.copy()", f"np.sin({b.name})", f"{a.name}[::-1]"]
        self.line(f"    {a.name} = {self.choice(forms)}")
        if self.chance(0.4):
            self.line("else:")
            self.line(f"    {a.name} = {self.choice((b.name, f'{b.name} * 0.7'))}")
        self.loose.add(a.name)
