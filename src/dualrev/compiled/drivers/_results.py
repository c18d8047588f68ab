"""The numbers and arrays in what a compiled function returns, as expressions of generated code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from numba.core import types

from dualrev.compiled.drivers._leaves import class_of, size_of
from dualrev.errors import NoOutputError
from dualrev.kernels.numba_types import NUMBERS, element, is_active


class Output(NamedTuple):
    """A number or an array that a function returns: the expression that reaches it, and its type."""

    path: str
    type: Any

    @property
    def size(self) -> str:
        """The expression of its number of elements."""
        return size_of(self.path, self.type)


def type_returned(function: Any, numba_types: Sequence[Any]) -> Any:
    """Return the type of what a compiled function returns for arguments of some types, for which it is compiled."""
    _, _, folded, _ = function.get_call_template(tuple(numba_types), {})
    return function.overloads[folded].signature.return_type


class Outputs:
    """The results of a function.

    Parameters
    ----------
    returned
        The type of what it returns.
    of
        Its name.
    aux
        Whether that is a tuple of the output and of what is passed on.

    Raises
    ------
    NoOutputError
        If that is not a number, an array, or a tuple of such.
    """

    def __init__(self, returned: Any, of: str, aux: bool = False) -> None:
        self.of, self.type = of, returned
        self.leaves: list[Output] = []
        self.has_aux = aux
        if aux:
            if not isinstance(self.type, types.BaseTuple) or len(self.type) != 2:
                raise NoOutputError(f"{of} returns a {self.type}; with has_aux=True it must return (output, aux)")
            self.type, self.aux_type = self.type
        self._collect("y[0]" if aux else "y", self.type)

    @property
    def is_number(self) -> bool:
        """Whether the function returns a single number."""
        return len(self.leaves) == 1 and not isinstance(self.type, types.Array | types.BaseTuple)

    def _collect(self, path: str, numba_type: Any) -> None:
        if isinstance(numba_type, types.BaseTuple):
            for n, each in enumerate(numba_type):
                self._collect(f"{path}[{n}]", each)
            return
        of = element(numba_type)
        if isinstance(numba_type, types.Optional) or not (isinstance(of, NUMBERS) or is_active(of)):
            raise NoOutputError(
                f"{self.of} returns a {numba_type}; compiled derivatives need a number, an array or a tuple of those: "
                "is there a `return` on every way through it?"
            )
        self.leaves.append(Output(path, numba_type))

    def returned(self, derivative: str, value: bool, number: str, scope: dict[str, Any]) -> str:
        """Return the expression of an operator's result, in which values stand without their derivatives."""
        paths = [out.path for out in self.leaves]
        primal = self.arranged(lambda n: f"primal_of({number}, {paths[n]})", scope)
        if self.has_aux:
            aux = self._plain(self.aux_type, "y[1]", number, scope)
            return f"({primal}, {aux}), {derivative}" if value else f"{derivative}, {aux}"
        return f"{primal}, {derivative}" if value else derivative

    def _plain(self, numba_type: Any, path: str, number: str, scope: dict[str, Any]) -> str:
        if not isinstance(numba_type, types.BaseTuple):
            return f"primal_of({number}, {path})"
        parts = [self._plain(each, f"{path}[{n}]", number, scope) for n, each in enumerate(numba_type)]
        return f"{class_of(numba_type, scope)}({''.join(f'{part}, ' for part in parts)})"

    def arranged(self, leaf: Callable[[int], str], scope: dict[str, Any]) -> str:
        """Return an expression of the output's structure, from an expression for each leaf."""
        numbers = iter(range(len(self.leaves)))
        return self._built(self.type, leaf, numbers, scope)

    def _built(self, numba_type: Any, leaf: Callable[[int], str], numbers: Any, scope: dict[str, Any]) -> str:
        if not isinstance(numba_type, types.BaseTuple):
            return leaf(next(numbers))
        parts = "".join(f"{self._built(each, leaf, numbers, scope)}, " for each in numba_type)
        return f"{class_of(numba_type, scope)}({parts})"
