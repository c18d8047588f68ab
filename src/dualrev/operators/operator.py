"""Gradients and Jacobians: validate what is asked, find the way to run, and run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Unpack

from dualrev.auto.choice import ModeChoice, directions_at_once
from dualrev.errors import CompilationError, known_mode
from dualrev.operators._batched import OnDevice, OverPoints, known_device, on_device
from dualrev.operators.backends import dispatcher_of, known_backend, returning
from dualrev.operators.call import as_argnums, described, name_of
from dualrev.operators.interpreted import Interpreted, InterpretedGradient
from dualrev.operators.options import Argnums, Options, with_defaults


class Way(Protocol):
    """A way to run a derivative: over NumPy, compiled, point by point, or on a device."""

    def run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return the derivative."""


class Operator:
    """A derivative of a function, as a callable. Usable from several threads; picklable when the function is."""

    _function = "jacobian"
    """The public function that makes the operator."""
    _kind = "jacobian"
    _value = False
    _over_numpy: ClassVar[type[Interpreted]] = Interpreted

    def __init__(self, f: Callable[..., Any], argnums: Argnums = 0, **options: Unpack[Options]) -> None:
        if not callable(f):
            raise TypeError(f"{type(self).__name__} was given a {type(f).__name__}; expected a function")
        asked = with_defaults(options, self._function)
        self.mode, self.batched, self.has_aux = asked["mode"], asked["batched"], asked["has_aux"]
        self.device = known_device(asked["device"], self.batched, self.mode, self.has_aux)
        self.out_shape, self.chunk_size = asked["out_shape"], asked["chunk_size"]
        if self.out_shape is not None and self.device == "cpu":
            f = returning(f, self.out_shape, asked["backend"])
        self.f, self.argnums = f, as_argnums(argnums)
        known_mode(self.mode)
        directions_at_once(1, self.chunk_size, 1)
        self.backend = asked["backend"]
        known_backend(self.backend)
        update_wrapper(self, f, updated=())
        self._interpreted = self._over_numpy(
            f, self.argnums, self.mode, self.chunk_size, self.has_aux, self.backend, self._value
        )
        self._connect()

    __repr__ = described

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the derivative."""
        return self._run(args, kwargs)

    def _connect(self) -> None:
        """Find the way to run. It is found again after pickling, because machine code stays where it was made."""
        self.compiled = None if self.batched else self._compiled()
        self._run = self._way().run

    def _way(self) -> Way:
        if self.device == "cuda":
            shape, chunk = self.out_shape, self.chunk_size
            return OnDevice(on_device(self.f, self._kind, self.argnums, self.batched, self._value, shape, chunk))
        if self.batched:
            options = Options(mode=self.mode, chunk_size=self.chunk_size, has_aux=self.has_aux, backend=self.backend)
            return OverPoints(type(self)(self.f, self.argnums, **options), self.batched)
        return self._interpreted if self.compiled is None else self.compiled

    def _compiled(self) -> Any:
        """Return the way through compiled code, or None where the function runs interpreted."""
        dispatcher = dispatcher_of(self.f, self.backend)
        if dispatcher is None:
            return None
        from dualrev.compiled.calls import CompiledOperator, let_compiled_code_call
        from dualrev.compiled.drivers.derivative import Question

        let_compiled_code_call(Operator)
        asked = Question(self._kind, self.mode, self.argnums, self._value, self.chunk_size, self.has_aux)
        return CompiledOperator(dispatcher, asked)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in ("compiled", "_run")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._connect()

    def plan(self, *args: Any, **kwargs: Any) -> ModeChoice:
        """Return the mode that this operator would use at a point, and why, without computing the derivative.

        Where the number of outputs must be known and is not, the function is called once.
        """
        if self.compiled is None:
            return self._interpreted.plan(args, kwargs)
        choice: ModeChoice = self.compiled.plan(args, kwargs, self.mode)
        return choice

    def source(self, *args: Any, **kwargs: Any) -> str:
        """Return the code that is generated for the derivative of a compiled function, for arguments of these types.

        It makes inputs active, calls the function and reads the derivative. An error says so where there is no such
        code, because the derivative runs interpreted, or for many points.
        """
        return source_of(self, args, kwargs)

    def prepare(self, *args: Any, **kwargs: Any) -> float:
        """Compile the derivative for arguments of these types and shapes, and return how many seconds that took.

        Nothing is computed. A call with such arguments then runs at once, unless a result holds a NaN: the careful
        version is compiled when it is needed. Where the derivative runs interpreted, there is nothing to compile.

        Examples
        --------
        >>> import numpy as np
        >>> from numba import njit
        >>> import dualrev as dr
        >>> gradient = dr.grad(njit(lambda x: x[0] * x[1]))
        >>> seconds = gradient.prepare(np.ones(2))
        >>> gradient(np.array([2.0, 3.0]))
        array([3., 2.])
        """
        if self.compiled is None:
            return 0.0
        from dualrev.compiled.ahead import prepare

        return prepare(self.compiled, args, kwargs)

    def cfunc(
        self,
        signature: Any,
        *,
        arguments: Sequence[int] | None = None,
        shapes: Sequence[int | tuple[int, ...]] = (),
        result: int | None = None,
    ) -> Any:
        """Return the derivative of a compiled function as a C function, for solvers that take an address.

        Parameters
        ----------
        signature : str or numba signature
            Of the C function, as `numba.cfunc` takes it. An array is a `types.CPointer(types.float64)`.
        arguments : sequence of int, optional
            Which parameters of the C function hold the function's arguments; by default its first ones, in order.
        shapes : sequence of int or tuple of int
            The shape of the array behind each pointer that is used, in the order of the parameters.
        result : int, optional
            The parameter that points to where a derivative that is an array is written. Without it the derivative is a
            number, which is returned.

        Returns
        -------
        numba CFunc
            With attributes `address`, an integer, and `ctypes`, which `scipy.LowLevelCallable` takes. C has no
            exceptions: where the function raises an error, the result is NaN.

        Raises
        ------
        CompilationError
            If the derivative runs interpreted.
        InputTypeError
            If arguments, shapes or result do not fit the signature.

        Examples
        --------
        >>> from numba import njit
        >>> from scipy import LowLevelCallable, integrate
        >>> import dualrev as dr
        >>> slope = dr.grad(njit(lambda x: x**3)).cfunc("float64(float64)")
        >>> round(integrate.quad(LowLevelCallable(slope.ctypes), 0.0, 2.0)[0], 12)
        8.0
        """
        if self.compiled is None:
            raise CompilationError(
                f"a C function is made of compiled code, and this derivative of {name_of(self.f)} runs interpreted, or "
                "for many points. Let Numba compile the function: decorate it with numba.njit, or pass backend='numba'"
            )
        from dualrev.compiled.ahead import c_function

        return c_function(self.compiled, signature, arguments, shapes, result)


def source_of(operator: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """Return the code that is generated for an operator's derivative, for arguments of these types.

    Raises
    ------
    CompilationError
        If there is none, because the derivative runs interpreted, or for many points at once.
    """
    if operator.compiled is None:
        name = name_of(operator.f)
        raise CompilationError(
            f"there is no generated code for this derivative of {name}: it runs interpreted, or for many points. Let "
            "Numba compile the function (decorate it with numba.njit, or pass backend='numba'), and leave out batched= "
            "and device="
        )
    text: str = operator.compiled.source(args, kwargs)
    return text


class Jacobian(Operator):
    """The Jacobian of a function; see `jacobian`."""


class ValueAndJacobian(Operator):
    """The value and the Jacobian of a function; see `value_and_jacobian`."""

    _function = "value_and_jacobian"
    _value = True

    if TYPE_CHECKING:

        def __call__(self, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
            """Return the value and the derivative."""


class Gradient(Operator):
    """The gradient of a scalar-valued function; see `grad`."""

    _function = "grad"
    _kind = "gradient"
    _over_numpy = InterpretedGradient


class ValueAndGradient(Gradient):
    """The value and the gradient of a scalar-valued function; see `value_and_grad`."""

    _function = "value_and_grad"
    _value = True

    if TYPE_CHECKING:

        def __call__(self, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
            """Return the value and the derivative."""
