"""A function that takes active numbers, and the arguments of one call, with the leaves to differentiate laid bare."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

import numpy as np

from dualrev.active.number import Active, looked_at
from dualrev.active.numpy_protocol import UFUNCS_OF
from dualrev.active.ownership import lent, owned, private_tree
from dualrev.active.refusals import refused
from dualrev.active.trees import Tree, flatten, map_leaves
from dualrev.active.values import own_value
from dualrev.errors import ActiveConversionError, ArgnumsError, NoOutputError, count_advice
from dualrev.operators.options import Argnums
from dualrev.primitives.array.limit import taken

_NUMBA, _HOOKS = "numba.core.dispatcher", "dualrev.compiled.hooks"


def is_dispatcher(f: Any) -> bool:
    """Whether a function is one that Numba compiled."""
    return type(f).__module__.partition(".")[0] == "numba" and hasattr(f, "py_func")


def compiled_form(f: Any) -> Any:
    """Return the compiled function that a function is, or that one made by `numba.vectorize` is called by; or None."""
    if is_dispatcher(f):
        return f
    if type(f).__module__ == "numba.np.ufunc.dufunc":
        from dualrev.compiled.clones.vectorized import dispatcher_of_ufunc

        return dispatcher_of_ufunc(f)
    return None


def _made_by_numba(ufunc: Any) -> Any:
    """Return a ufunc of Numba's as a function of active numbers."""
    compiled = compiled_form(ufunc)
    return ufunc if compiled is None else interpretable(compiled, "auto")


UFUNCS_OF["numba"] = _made_by_numba


def interpretable(f: Any, backend: str) -> Any:
    """Return a function that takes active numbers: a compiled one as a single step, or interpreted if that is asked.

    It is interpreted, too, where its operations are looked at.
    """
    compiled = None if type(f) is FunctionType else compiled_form(f)
    if compiled is None:
        if _NUMBA in sys.modules and _HOOKS not in sys.modules:
            import dualrev.compiled.hooks  # noqa: F401 - it sees the arrays of objects that Numba does not ask about
        return f
    if backend == "numpy" or looked_at():
        from dualrev.compiled.clones.cloning import interpreted

        return interpreted(compiled)
    from dualrev.compiled.steps import CompiledStep

    return CompiledStep(compiled, private=True)  # what it writes to is for it alone: operators modify no input


def name_of(f: Any) -> str:
    """Return a name for a function in messages."""
    return getattr(f, "__name__", None) or type(f).__name__


def described(operator: Any) -> str:
    """Return what an operator of a function, or of another operator, prints as."""
    f = operator.f
    inner = repr(f) if type(f).__module__.startswith("dualrev.") else name_of(f)
    return f"<{type(operator).__name__} of {inner}>"


def as_argnums(argnums: Any) -> Any:
    """Return `argnums` with a list as a tuple, and NumPy's integers as Python's."""
    if isinstance(argnums, list | tuple):
        return tuple([as_argnums(n) for n in argnums])
    return int(argnums) if isinstance(argnums, np.integer) else argnums


def known_function(f: Any, operator: str) -> Any:
    """Return `f`, or raise `TypeError` if it cannot be called."""
    if not callable(f):
        raise TypeError(f"{operator} was given a {type(f).__name__}; expected a function")
    return f


class Point:
    """The leaves at which a function is differentiated, and the way from leaves to the function's output.

    Attributes
    ----------
    leaves : list
        The numbers and arrays in the differentiated arguments: copies to which nobody writes.
    sizes, offsets : list of int
        Their sizes, and where each begins among all elements.
    n : int
        Number of scalar inputs.
    shapes : tuple
        Shapes of the leaves.
    args, kwargs
        The arguments of the call; with `keep`, which is for calls later on, copies, of which each call gets its own.
    aux : Any
        What the function returned beside its output in the last call, if it has such.
    what : str
        What the matrix of derivatives is called in messages.
    """

    what = "Jacobian"

    def __init__(
        self,
        f: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        argnums: Argnums,
        has_aux: bool = False,
        backend: str = "auto",
        keep: bool = False,
    ) -> None:
        self.f, self._keep = interpretable(f, backend), keep
        if self.f is not f and is_dispatcher(f):
            from dualrev.compiled.drivers.aliasing import expect_apart

            expect_apart(f, args, kwargs)
        if keep:
            args, kwargs = private_tree((args, kwargs))
        argnums = argnums if type(argnums) is int else as_argnums(argnums)
        self.args, self.kwargs, self.argnums, self.has_aux = args, kwargs, argnums, has_aux
        self.name = name_of(f)
        self.aux: Any = None
        self.positions = [self._position(argnums)] if isinstance(argnums, int) else self._several(argnums)
        self.trees: list[tuple[Tree, int]] = []
        self.leaves: list[Any] = []
        self.python_float: list[bool] = []
        self.sizes: list[int] = []
        self.offsets: list[int] = []
        self.n = 0
        shapes = []
        bare = True
        for position in self.positions:
            leaves, tree = flatten(args[position])
            self.trees.append((tree, len(leaves)))
            bare = bare and tree.spec is None
            for leaf in leaves:
                value = own_value(leaf)
                self.leaves.append(value)
                self.python_float.append(type(leaf) is float)
                self.sizes.append(value.size)
                shapes.append(value.shape)
                self.offsets.append(self.n)
                self.n += value.size
        self.shapes = tuple(shapes)
        self._bare = bare

    def _position(self, n: int) -> int:
        count = len(self.args)
        if 0 <= n < count:
            return n
        if not -count <= n < count:
            raise ArgnumsError(
                f"argnums names argument {n} of {self.name}, which was given {count} positional arguments; "
                "pass what is differentiated by position"
            )
        return n % count

    def _several(self, argnums: Any) -> list[int]:
        if not isinstance(argnums, tuple) or not all(isinstance(n, int) for n in argnums):
            raise ArgnumsError(f"argnums is {argnums!r}; expected an int or a tuple of ints")
        positions = [self._position(n) for n in argnums]
        if len(set(positions)) < len(positions):
            raise ArgnumsError(f"argnums {argnums} names an argument of {self.name} twice; name each once")
        return positions

    def call(self, leaves: Sequence[Any]) -> Any:
        """Call the function with other leaves."""
        args, kwargs = list(self.args), self.kwargs
        if self._keep:
            args, kwargs = [arg if n in self.positions else lent(arg) for n, arg in enumerate(args)], lent(kwargs)
        for position, part in zip(self.positions, self._arranged(leaves), strict=True):
            args[position] = part
        try:
            out = self.f(*args, **kwargs)
        except Exception as error:
            counts = self._integers() if _wanted_an_integer(error) else []
            if counts:
                raise ActiveConversionError(count_advice(self.name, counts)) from error
            own = refused(error, Active)
            if own is None:
                raise
            raise own from error
        if not self.has_aux:
            return out
        if not isinstance(out, tuple) or len(out) != 2:
            raise NoOutputError(
                f"{self.name} returned a {type(out).__name__}; with has_aux=True it must return (output, aux)"
            )
        if taken.get() is None:  # what limits are taken of has other vectors
            self.aux = map_leaves(_value_of, out[1])
        return out[0]

    def _integers(self) -> list[int]:
        """Return the differentiated arguments that are integers, or hold some."""
        return [n for n in self.positions if any(map(_is_integer, flatten(self.args[n])[0]))]

    def like_input(self, parts: Sequence[Any]) -> Any:
        """Arrange one result per leaf as the input was arranged."""
        results = self._arranged(parts)
        return results[0] if isinstance(self.argnums, int) else tuple(results)

    def _arranged(self, leaves: Sequence[Any]) -> Sequence[Any]:
        """Return the leaves as one container for each argument."""
        if self._bare:
            return leaves
        results = []
        start = 0
        for tree, count in self.trees:
            results.append(tree.build(leaves[start : start + count]))
            start += count
        return results

    def finished(self, leaf: int, result: Any) -> Any:
        """Return a result for one leaf as its owner expects it: a Python float for a Python float."""
        if self.python_float[leaf]:
            return result if isinstance(result, Active) or result.shape else float(result)
        return result[()] if type(result) is np.ndarray and result.ndim == 0 else result


def _is_integer(x: Any) -> bool:
    """Whether a number is an integer, as counts and indices are; derivatives take it for a float."""
    return isinstance(x, int | np.integer) and not isinstance(x, bool)


def _wanted_an_integer(error: Exception) -> bool:
    """Whether an active number was to be a whole one, in range(x), np.zeros(x) or an index."""
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_name in ("__index__", "__int__"):
            return True
        traceback = traceback.tb_next
    return isinstance(error, TypeError | IndexError) and any(word in str(error) for word in ("integer", "non-int"))


def _value_of(x: Any) -> Any:
    return owned(x.value) if isinstance(x, Active) else x


def with_aux(point: Point, result: Any) -> Any:
    """Return the result, with the function's own extra output if it has one."""
    return (result, point.aux) if point.has_aux else result
