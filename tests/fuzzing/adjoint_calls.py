"""Random statements that call functions of whole arrays, and that have arrays as subscripts."""

from __future__ import annotations

from fuzzing.adjoint_choices import Choices
from fuzzing.adjoint_grammar import Memory


class Calls(Choices):
    """A function under construction, with calls that are steps of its adjoint, and elements that are gathered."""

    def _vectors(self) -> tuple[Memory, Memory]:
        """Return two vectors of one length, which may be the same."""
        a = self.choice([each for each in self.arrays if len(each.shape) == 1])
        return a, self.choice(self.alike(a))

    def reduce(self) -> None:
        """Make a number of a vector, or of a matrix."""
        a, _ = self._vectors()
        forms = [f"np.linalg.norm(1.5 + {a.name})", f"np.sort({a.name})[{self.subscript(a.shape[0], a.sizes[0])}]"]
        forms += [f"np.linalg.det({self._matrix(a)})", f"np.linalg.norm({self._matrix(a)})"]
        forms += [f"np.sum({a.name}[{a.name} {self.choice('<>')} {self.atom()}])"]
        target = self.choice((self.choice(self.numbers), self.element()))
        self.line(f"{target} = math.tanh(0.3 * {self.choice(forms)})")

    def step(self) -> None:
        """Make an array of others; a new one outside of loops."""
        a, b = self._vectors()
        forms = [f"np.sort({b.name})", f"np.linalg.solve({self._matrix(a)}, {b.name})", f"np.cumsum({b.name}) * 0.5"]
        forms += [f"{self._matrix(a)} @ {b.name} * 0.2", f"np.linalg.inv({self._matrix(a)})[0]", f"np.diff({b.name})"]
        text = self.choice(forms)
        if text.startswith("np.diff"):
            self.line(f"{self.choice(self.numbers)} = math.sin(np.sum({text} * {text}))")
        elif self.in_loop or self.chance(0.5):
            self.line(f"{a.name}[:] = {text}" if self.chance(0.8) else f"{a.name}.sort()")
        else:
            name = self.name("w")
            self.line(f"{name} = {text}")
            self.arrays.append(Memory(name, b.shape, b.sizes, self.count))

    def gather(self) -> None:
        """Read or write elements whose places an array says, which may come twice."""
        a, b = self._vectors()
        size = a.shape[0]
        places = ", ".join(str(self.random.randrange(-size, size)) for _ in range(size))
        at, mask = f"np.array([{places}])", f"{self.choice((a, b)).name} {self.choice('<>')} {self.atom()}"
        forms = [f"{a.name}[:] = {b.name}[{at}]", f"{a.name}[{at}] = {b.name}", f"{a.name}[{at}] += 0.3 * {b.name}"]
        forms += [f"{a.name}[{mask}] = {self.bounded(1)}", f"{a.name}[{mask}] *= {self.bounded(1)}"]
        forms += [f"{a.name}[:] = np.where({mask}, {b.name}, {self.bounded(1)})"]
        self.line(self.choice(forms))

    def stretch(self) -> None:
        """Write an array of an expression with new axes, which are as long as others."""
        a, b = self._vectors()
        i, j = (self.subscript(a.shape[0], a.sizes[0]) for _ in range(2))
        forms = [f"({a.name}[:, None] * {b.name}[None, :])[{i}]", f"({b.name}[:, None] - {a.name})[:, {j}]"]
        self.line(f"{a.name}[:] = 0.5 * {self.choice(forms)}")

    def _matrix(self, a: Memory) -> str:
        """Return a matrix that is far from singular."""
        return f"(3.0 * np.eye({a.sizes[0]}) + np.outer({a.name}, {a.name}))"
