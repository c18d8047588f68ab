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
