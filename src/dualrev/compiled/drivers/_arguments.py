"""The arguments of a derivative of a compiled function, some of them differentiated, as generated code has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from numba.core import types

from dualrev.compiled.drivers._leaves import Leaf, class_of, parts_of, without_activity
from dualrev.errors import ComplexInputError, InputTypeError
from dualrev.kernels.numba_extending import defined, with_names
from dualrev.kernels.numba_types import NUMBERS, array_of, element, is_active


class Arguments:
    """The arguments of a call by name and type, of which some are differentiated.

    Parameters
    ----------
    names, numba_types
        Of all positional arguments.
    argnums
        Which of them are differentiated.
    of, users
        The user's names of the function and of the arguments, for what people read.

    Raises
    ------
    InputTypeError
        If a differentiated argument holds anything but real numbers, arrays of them and tuples of those.
    """

    def __init__(
        self,
        names: Sequence[str],
        numba_types: Sequence[Any],
        argnums: int | tuple[int, ...],
        of: str,
        users: Sequence[str],
    ) -> None:
        self.names, self.types, self.of, self.users = names, numba_types, of, users
        self._single = isinstance(argnums, int)
        self.argnums = (argnums,) if isinstance(argnums, int) else argnums
        self.argnums = tuple(n % len(names) for n in self.argnums)
        self.leaves: list[Leaf] = []
        for n in self.argnums:
            self._collect(n, names[n], numba_types[n])
        self.widened: tuple[int, ...] = ()
        self.further: Sequence[Any] = ()
        self.out: Any = None

    @property
    def all_names(self) -> list[str]:
        """The parameters of a derivative: those of the function, and `out` where there is such."""
        return [*self.names, *([] if self.out is None else ["out"])]

    def function(self, names: Sequence[str], body: Sequence[str], scope: dict[str, Any]) -> Callable[..., Any]:
        """Return the derivative's function, in which the user's names stand where they are free."""
        users = {"f": self.of} | dict(zip(self.names, self.users, strict=True))
        return defined(*with_names(users, names, body, scope), "derivative")

    @property
    def has_out(self) -> bool:
        """Whether the derivative is to be written into an array."""
        if self.out is None or isinstance(self.out, types.NoneType | types.Omitted):
            return False
        if len(self.leaves) != 1 or not self.leaves[0].is_array:
            raise InputTypeError(f"out= was given for a derivative of {self.of} that is not one array; leave it out")
        of = self.out
        if not isinstance(of, types.Array) or not (isinstance(of.dtype, types.Float) or is_active(of.dtype)):
            raise InputTypeError(
                f"out= is of type {of}; expected an array of floats that a derivative of {self.of} fits"
            )
        if not (of.layout == "C" or self._is_block(of)):
            raise InputTypeError(
                f"out= of a derivative of {self.of} is not contiguous; give it an array made by np.empty"
            )
        return True

    # A derivative reads its arguments again when a part of it is written, or when it is computed a second time.
    def expect_apart(self) -> list[str]:
        """Return the lines that expect the array which the derivative is written into to share memory with none."""
        if not self.has_out:
            return []
        pairs = zip(self.names, self.types, strict=True)
        arrays = [part.path for name, of in pairs for part in parts_of(name, of) if isinstance(part.type, types.Array)]
        return [f"expect_apart(out, ({', '.join(arrays)},))"]

    def expect_outputs(self, count: int) -> None:
        """Raise an error if there is an array to write to and not one output."""
        if self.has_out and count != 1:
            raise InputTypeError(f"out= was given for {self.of}, which returns {count} parts; leave it out")

    def _is_block(self, out: Any) -> bool:
        """Whether the derivative is a matrix, a row for each output."""
        return bool(out.ndim == 2 and self.leaves[0].type.ndim == 1)

    # Widened arguments are copied into arrays of active numbers, which costs memory and time. So only the second
    # attempt asks for them.
    def thorough(self) -> Arguments:
        """Return the same arguments, of which constant arrays of floats are to hold active numbers too."""
        argnums = self.argnums[0] if self._single else self.argnums
        wider = Arguments(self.names, self.types, argnums, self.of, self.users)
        wider.widened = tuple(
            n
            for n, each in enumerate(self.types)
            if n not in self.argnums and isinstance(each, types.Array) and isinstance(each.dtype, types.Float)
        )
        wider.further, wider.out = self.further, self.out
        return wider

    # A derivative that is differentiated in its turn is given active numbers. Its adjoint is written for what they are
    # numbers of, and then cloned.
    def of_floats(self) -> Arguments:
        """Return the same arguments with the floats that active numbers are made of."""
        argnums = self.argnums[0] if self._single else self.argnums
        plain = Arguments(self.names, list(map(without_activity, self.types)), argnums, self.of, self.users)
        plain.further = tuple(map(without_activity, self.further))
        plain.out = self.out and without_activity(self.out)
        return plain

    def _collect(self, argument: int, path: str, numba_type: Any) -> None:
        if isinstance(numba_type, types.BaseTuple):
            for n, each in enumerate(numba_type):
                self._collect(argument, f"{path}[{n}]", each)
            return
        of = element(numba_type)
        if isinstance(of, types.Complex):
            raise ComplexInputError(f"{self.of} was given argument {argument} of type {numba_type}; only real numbers")
        if not (isinstance(of, NUMBERS) or is_active(of)):
            raise InputTypeError(
                f"{self.of} was given argument {argument} of type {numba_type}; compiled derivatives take real "
                "numbers, arrays of them (np.array of a list), and tuples of those. backend='numpy' runs the function "
                "interpreted"
            )
        self.leaves.append(Leaf(path, numba_type, len(self.leaves), argument))

    @property
    def single(self) -> bool:
        """Whether one argument is differentiated, so that results are not in a tuple."""
        return self._single

    @property
    def active_types(self) -> list[Any]:
        """The active types among all arguments: the derivatives under way outside this one."""
        found: list[Any] = []
        pending = [*self.types, *self.further]
        while pending:
            each = pending.pop()
            if isinstance(each, types.BaseTuple):
                pending += list(each)
            elif is_active(element(each)):
                found.append(element(each))
        return found

    # The derivatives under way outside are nested. The numbers of this one hold those of the innermost of them,
    # whichever argument these came in.
    @property
    def float_type(self) -> Any:
        """The type of number that holds the values of all leaves."""
        floats = [leaf.float_type for leaf in self.leaves]
        if self.active_types:
            return max(self.active_types, key=lambda each: each.level)
        return types.float64 if types.float64 in floats or not floats else floats[0]

    @property
    def level(self) -> int:
        """The level of a derivative with respect to these arguments."""
        return 1 + max((each.level for each in self.active_types), default=0)

    def lifted(self, number: Any) -> list[Any]:
        """Return the types of all arguments, with active ones for the leaves of those that are differentiated."""

        def array(numba_type: Any) -> Any:
            return array_of(number, numba_type.ndim, numba_type.layout)

        found = self.with_leaves(lambda leaf: array(leaf.type) if leaf.is_array else number)
        return [array(each) if n in self.widened else each for n, each in enumerate(found)]

    def with_leaves(self, leaf: Callable[[Leaf], Any]) -> list[Any]:
        """Return the types of all arguments, with others for the leaves of those that are differentiated."""

        def changed(numba_type: Any, leaves: Iterator[Leaf]) -> Any:
            if not isinstance(numba_type, types.BaseTuple):
                return leaf(next(leaves))
            parts = [changed(each, leaves) for each in numba_type]
            if isinstance(numba_type, types.NamedTuple | types.NamedUniTuple):
                return types.BaseTuple.from_types(parts, numba_type.instance_class)
            return types.Tuple(parts)

        return [changed(each, self._leaves_of(n)) if n in self.argnums else each for n, each in enumerate(self.types)]

    def block(self, dtype: str, output: Any, leaf: Leaf) -> str:
        """Return the expression of an array for the derivatives of an output with respect to a leaf."""
        shape = f"({output.size}, {leaf.size})"
        if not self.has_out:
            return f"empty_array({dtype}, {shape})"
        out = f"fitting(out, {output.path}, {leaf.path})"
        return out if self._is_block(self.out) else f"{out}.reshape({shape})"

    def _leaves_of(self, argument: int) -> Iterator[Leaf]:
        return (leaf for leaf in self.leaves if leaf.argument == argument)

    def arranged(self, leaf: Callable[[Leaf], str], scope: dict[str, Any]) -> list[str]:
        """Return an expression for each argument; what is differentiated is built from expressions for its leaves.

        Any other argument stands for itself. Classes of named tuples are entered in the scope.
        """
        differentiated = dict(zip(self.argnums, self.derivatives(leaf, scope), strict=True))
        others = [f"lifted(number, {name})" if n in self.widened else name for n, name in enumerate(self.names)]
        return [differentiated.get(n, other) for n, other in enumerate(others)]

    def derivatives(self, leaf: Callable[[Leaf], str], scope: dict[str, Any]) -> list[str]:
        """Return an expression for each argument that is differentiated, in the order in which that was asked for."""
        return [self._built(self.types[n], leaf, self._leaves_of(n), scope) for n in self.argnums]

    def _built(self, numba_type: Any, leaf: Callable[[Leaf], str], leaves: Any, scope: dict[str, Any]) -> str:
        if not isinstance(numba_type, types.BaseTuple):
            return leaf(next(leaves))
        parts = "".join(f"{self._built(each, leaf, leaves, scope)}, " for each in numba_type)
        return f"{class_of(numba_type, scope)}({parts})"
