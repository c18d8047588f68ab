"""Gradients and Jacobians: validate, choose, call."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any, Unpack

import numpy as np

from dualrev.active.number import Active
from dualrev.active.ownership import all_owned, owned
from dualrev.auto.calibration import current_constants
from dualrev.auto.choice import CostConstants, ModeChoice, choose_mode, directions_at_once, surely_forward
from dualrev.errors import ActiveConversionError, NonScalarOutputError, known_mode
from dualrev.memory import expect_room
from dualrev.operators import blocks as jacobians
from dualrev.operators.backends import dispatcher_of, known_backend, returning
from dualrev.operators.batched import carriers_of, known_device, on_device, over_points
from dualrev.operators.blocks import Blocks
from dualrev.operators.call import Point, as_argnums, described, with_aux
from dualrev.operators.fundamental import Pullback
from dualrev.operators.options import Argnums, Options, with_defaults


class Operator:
    """A derivative of a function, as a callable. Usable from several threads; picklable when the function is."""

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
        self._counts: dict[Any, tuple[int, int, int]] = {}
        self._choices: dict[Any, ModeChoice] = {}
        update_wrapper(self, f, updated=())
        self._connect()

    _function = "jacobian"
    """The public function that makes the operator."""
    _kind = "jacobian"
    _value = False

    __repr__ = described

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the derivative."""
        if self.compiled is not None:
            if not kwargs and args and type(args[0]) is float:
                try:
                    return self._direct(*args)
                except ActiveConversionError:  # one of the others is active
                    return self.compiled(args, kwargs)
                except Exception:
                    if not any(hasattr(type(arg), "__pandas_priority__") for arg in args):
                        raise
            return self.compiled(args, kwargs)
        if self._on_device is not None:
            return self._on_device(args, **kwargs)
        if self._at_one_point is not None:
            return over_points(self._at_one_point, carriers_of(self.batched, self.argnums), args, kwargs)
        return self._interpreted(args, kwargs)

    def _interpreted(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return the derivative of a function that runs over NumPy."""
        raise NotImplementedError

    def _connect(self) -> None:
        """Find the way through compiled code. For numbers it is direct: the mode is chosen there."""
        self._at_one_point, self._on_device = None, None
        if self.device == "cuda":
            self._on_device = on_device(
                self.f, self._kind, self.argnums, self.batched, self._value, self.out_shape, self.chunk_size
            )
        elif self.batched:
            carriers_of(self.batched, self.argnums)
            self._at_one_point = type(self)(
                self.f,
                self.argnums,
                mode=self.mode,
                chunk_size=self.chunk_size,
                has_aux=self.has_aux,
                backend=self.backend,
            )
        self.compiled = None if self.batched else self._compiled()
        self._direct: Any = None if self.compiled is None else self.compiled.dispatcher

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
        return {
            name: value
            for name, value in vars(self).items()
            if name not in ("compiled", "_direct", "_at_one_point", "_on_device")
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._connect()

    def plan(self, *args: Any, **kwargs: Any) -> ModeChoice:
        """Return the mode that this operator would use at a point, and why, without computing the derivative.

        Where the number of outputs must be known and is not, the function is called once.
        """
        if self.compiled is not None:
            choice: ModeChoice = self.compiled.choice(args, kwargs)
            return self._asked(choice)
        return self._choose(self._point(args, kwargs))[0]

    def _point(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Point:
        return Point(self.f, args, kwargs, self.argnums, self.has_aux, backend=self.backend)

    def _choose(self, point: Point) -> tuple[ModeChoice, Pullback | None]:
        """Return the choice, and the recording if one had to be made to find out."""
        counts, recorded = self._counts.get(point.shapes), None
        if counts is None and self.mode == "auto" and not surely_forward(point.n, self.chunk_size):
            recorded = self._record(point)
            counts = self._counts[point.shapes]
        return self._decide(point.n, counts), recorded

    def _record(self, point: Point) -> Pullback:
        pullback = Pullback(point.call, point.leaves, point.name)
        outputs = sum([v.size for v in pullback.values])
        known = self._counts.get(point.shapes)
        if known is None or known[0] != outputs:
            self._counts[point.shapes] = (outputs, max(pullback.tape.operations, 1), pullback.tape.elements)
        return pullback

    def _decide(self, n: int, counts: tuple[int, int, int] | None) -> ModeChoice:
        constants = current_constants()
        key = (n, counts, id(constants))
        if key not in self._choices:
            self._choices[key] = self._decided(n, counts, constants)
        return self._choices[key]

    def _decided(self, n: int, counts: tuple[int, int, int] | None, constants: CostConstants) -> ModeChoice:
        m, operations, elements = counts or (None, 1, None)
        choice = choose_mode(
            n,
            m,
            chunk_size=self.chunk_size,
            operations=operations,
            elements=elements,
            constants=constants,
        )
        return self._asked(choice)

    def _asked(self, choice: ModeChoice) -> ModeChoice:
        """Return the choice, or what was asked for in its stead."""
        if self.mode in ("auto", choice.mode):
            return choice
        reason = f"mode={self.mode!r} was asked for"
        return ModeChoice(self.mode, reason, choice.forward_cost, choice.reverse_cost, choice.chunk, choice.block)  # type: ignore[arg-type]

    def _blocks(self, point: Point) -> Blocks:
        if isinstance(self.f, Gradient) and self.f.argnums == self.argnums:
            point.what = "Hessian"
            expect_room(point.what, point.name, (point.n, point.n))
        choice, recorded = self._choose(point)
        if choice.mode == "forward":
            return jacobians.forward(point, choice.chunk)
        recorded = recorded or self._record(point)
        return jacobians.reverse(point, recorded, self._decide(point.n, self._counts[point.shapes]).block)


class Jacobian(Operator):
    """The Jacobian of a function; see `jacobian`."""

    def _interpreted(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        point = self._point(args, kwargs)
        return with_aux(point, _arranged(point, self._blocks(point)))


class ValueAndJacobian(Operator):
    """The value and the Jacobian of a function; see `value_and_jacobian`."""

    _function = "value_and_jacobian"
    _value = True

    def _interpreted(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        point = self._point(args, kwargs)
        blocks = self._blocks(point)
        return with_aux_value(
            point, blocks.tree.build([_plain(point, v) for v in all_owned(blocks.values)]), _arranged(point, blocks)
        )


class Gradient(Operator):
    """The gradient of a scalar-valued function; see `grad`."""

    _function = "grad"
    _kind = "gradient"

    def _interpreted(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        point = self._point(args, kwargs)
        return with_aux(point, self._value_and_gradient(point)[1])

    def _choose(self, point: Point) -> tuple[ModeChoice, Pullback | None]:
        counts = self._counts.get(point.shapes)
        return self._decide(point.n, counts or (1, 1, max(point.n, 1))), None

    def _forward_chunk(self, point: Point) -> int:
        """Return how many directions to carry in forward mode, 0 for reverse mode."""
        if self.mode == "auto" and surely_forward(point.n, self.chunk_size):
            return max(point.n, 1)
        choice, _ = self._choose(point)
        return choice.chunk if choice.mode == "forward" else 0

    def _value_and_gradient(self, point: Point) -> tuple[Any, Any]:
        chunk = self._forward_chunk(point)
        if chunk:
            blocks = jacobians.forward(point, chunk)
            _expect_scalar(point, blocks.values, blocks.tree.spec is None)
            parts = blocks.blocks[0]
        else:
            pullback = self._record(point)
            _expect_scalar(point, pullback.values, pullback.tree.spec is None)
            blocks = Blocks(pullback.values, pullback.tree, [])
            one = np.ones((), pullback.values[0].dtype)[()]
            parts = all_owned(
                np.zeros(x.shape, x.dtype) if a is None else a
                for a, x in zip(pullback([one], last=True), point.leaves, strict=True)
            )
        gradient = point.like_input(
            [point.finished(n, _like(part, x)) for n, (part, x) in enumerate(zip(parts, point.leaves, strict=True))]
        )
        return blocks.values[0], gradient


class ValueAndGradient(Gradient):
    """The value and the gradient of a scalar-valued function; see `value_and_grad`."""

    _function = "value_and_grad"
    _value = True

    def _interpreted(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        point = self._point(args, kwargs)
        value, gradient = self._value_and_gradient(point)
        return with_aux_value(point, _plain(point, value), gradient)


def with_aux_value(point: Point, value: Any, derivative: Any) -> Any:
    """Return (value, derivative), or ((value, aux), derivative) where the function has an extra output."""
    return ((value, point.aux) if point.has_aux else value), derivative


def _arranged(point: Point, blocks: Blocks) -> Any:
    rows = [point.like_input([point.finished(n, block) for n, block in enumerate(row)]) for row in blocks.blocks]
    return blocks.tree.build(rows)


def _plain(point: Point, value: Any) -> Any:
    if not isinstance(value, Active) and value.shape == ():
        return float(value) if all(point.python_float) else value[()]
    return owned(value)


def _like(part: Any, x: Any) -> Any:
    return part if part.dtype is x.dtype or part.dtype == x.dtype else part.astype(x.dtype)


def _expect_scalar(point: Point, values: list[Any], single: bool) -> None:
    if single and values[0].shape == ():
        return
    shapes = [np.shape(v) for v in values]
    given = f"an output of shape {shapes[0]}" if single else f"a container of {len(shapes)} outputs"
    advice = (
        "return its element [0] from the function" if shapes == [(1,)] else "use jacobian, or reduce the output: np.sum"
    )
    raise NonScalarOutputError(f"{point.name} returned {given}; grad needs a scalar, of shape (): {advice}")
