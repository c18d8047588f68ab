"""A value on a tape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dualrev.active.number import BY_HAND, Active, known_of_complex, lowest_followed, new_level, printed
from dualrev.active.ownership import private, private_tree
from dualrev.active.values import own_value, own_value_like
from dualrev.active.views import tie
from dualrev.errors import ComplexInputError, InPlaceError, NoGradientError, ShapeMismatchError
from dualrev.primitives.row import Row
from dualrev.reverse._adjoint_hooks import Hook
from dualrev.reverse.adjoint_sweep import sweep
from dualrev.reverse.tape import Leaf, RowStatement, RuleStatement, Statement, Tape

_new = object.__new__


class Var(Active):
    """A number or array whose operations are recorded, for derivatives backwards.

    Parameters
    ----------
    value : number or array
        The primal value; copied. Integers are taken as float64.
    requires_grad : bool
        Whether `backward` computes a gradient for it.

    Attributes
    ----------
    value : number or array
    grad : number, array or None
        The gradient that backward passes have added up, of the value's shape. It can be set, and None clears it.
    requires_grad : bool
        Whether a gradient flows into it. It can be set for a leaf.

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> x = dr.Var(3.0)
    >>> y = np.log(x) ** 2
    >>> y.backward()
    >>> round(float(x.grad), 4)
    0.7324
    """

    __slots__ = ()
    held = ("content",)
    statement: Statement | None

    def __init__(self, value: Any, requires_grad: bool = True) -> None:
        self.content = own_value(value)
        self.level = new_level() if isinstance(self.content, Active) else BY_HAND + 1
        self.statement = Leaf(self.content) if requires_grad else None
        self.ties = None

    @classmethod
    def at_level(cls, value: Any, statement: Statement | None, level: int) -> Var:
        """Return a Var of a level, without a copy or a check."""
        self = _new(cls)
        self.content, self.statement, self.level, self.ties = value, statement, level, None
        return self

    def apply_row(self, row: Row, args: tuple[Any, ...], call: Callable[..., Any]) -> Any:
        """Apply a scalar primitive and record it."""
        level, kind = self.level, type(self)
        primals: list[Any] = []
        parents: list[Statement | None] = []
        active = 0
        for arg in args:
            active += active
            # A number of another level is a constant here: taken for one of this derivative, nested ones would mix.
            if type(arg) is kind and arg.level == level:
                primals.append(arg.content)
                statement = arg.statement
                parents.append(statement)
                if statement is not None:
                    active += 1
            else:
                primals.append(arg)
                parents.append(None)
        y = call(*primals)
        result = _new(kind)
        result.content, result.level, result.statement = y, level, None
        result.ties = None
        if active and level >= lowest_followed():
            result.statement = statement = RowStatement(row, y, primals, parents, active)
            if statement.dtype.kind == "c":
                known_of_complex(row)
        return result

    def apply_rule(self, rule: Any, operands: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Apply an array function and record its linearization."""
        level, kind = self.level, type(self)
        primals: list[Any] = []
        parents: list[Statement | None] = []
        for arg in operands:
            if type(arg) is kind and arg.level == level:
                primals.append(arg.content)
                parents.append(arg.statement)
            else:
                # A rule's pullback may read its constants, which users may write to before the sweep.
                primals.append(arg if rule.sequence else private(arg))
                parents.append(None)
        y = rule.direct(*primals, **kwargs) if rule.direct is not None else rule.value(primals, kwargs)
        result = _new(kind)
        result.content, result.level, result.statement = y, level, None
        result.ties = None
        if (y.base is not None or y is primals[0]) and rule.alias:
            tie(result, operands)
        if any(parents) and level >= lowest_followed():
            if kwargs:
                kwargs = {key: private_tree(value) for key, value in kwargs.items()}
            result.statement = RuleStatement(rule, y, rule.at(y, primals, kwargs), parents)
        return result

    @property
    def requires_grad(self) -> bool:
        """Whether a gradient flows into this number."""
        return self.statement is not None

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        if not self.is_leaf:
            raise NoGradientError("requires_grad was set on the result of an operation; set it on a leaf, or detach()")
        if bool(wanted) != self.requires_grad:
            self.statement = Leaf(self.content) if wanted else None

    @property
    def is_leaf(self) -> bool:
        """Whether this number was made by hand, not by a recorded operation."""
        return self.statement is None or isinstance(self.statement, Leaf)

    @property
    def grad(self) -> Any:
        """The gradient of a leaf, or of a number that retains it; None where no backward pass has reached it."""
        if isinstance(self.statement, Leaf):
            return self.statement.grad
        return self.statement.watch.grad if self.statement is not None and self.statement.watch is not None else None

    @grad.setter
    def grad(self, gradient: Any) -> None:
        if not isinstance(self.statement, Leaf):
            raise NoGradientError("grad was set on a Var that is no leaf with requires_grad=True")
        self.statement.grad = None if gradient is None else own_value_like(self, gradient, "gradient")

    @property
    def grad_fn(self) -> Statement | None:
        """The statement that made this number, None for a leaf.

        It has a `name`, that of a row of the table of primitives, and `next_functions`, those of its operands.
        """
        return None if isinstance(self.statement, Leaf) else self.statement

    def retain_grad(self) -> None:
        """Keep the gradient of this number in `grad`, too, though it is no leaf.

        Raises
        ------
        NoGradientError
            If no gradient flows into it.
        """
        self._recorded("retain_grad").watched().retains = True

    def register_hook(self, hook: Callable[[Any], Any]) -> Hook:
        """Call a function with this number's gradient when a backward pass has computed it.

        Parameters
        ----------
        hook : callable
            Of the gradient. What it returns takes the gradient's place, unless it is None.

        Returns
        -------
        Hook
            Whose `remove()` takes the hook away.

        Raises
        ------
        NoGradientError
            If no gradient flows into this number.
        """
        return Hook(self._recorded("register_hook").watched(), hook)

    def _recorded(self, what: str) -> Statement:
        if self.statement is None:
            raise NoGradientError(f"{what}() on a Var that depends on no Var with requires_grad=True")
        return self.statement

    def backward(self, gradient: Any = None, retain_graph: bool = False) -> None:
        """Add the gradient of this number to `grad` of the leaves that it depends on.

        Parameters
        ----------
        gradient : number or array, optional
            The cotangent, of this number's shape. Needed unless that is ().
        retain_graph : bool
            Keep what was recorded, so that `backward` can be called again.

        Raises
        ------
        NoGradientError
            If nothing that this number depends on requires a gradient.
        ShapeMismatchError
            If `gradient` does not have this number's shape, or is missing for an array.
        FreedTapeError
            If an earlier `backward` freed the graph.
        ComplexInputError
            If this number is complex.
        """
        statement = self._recorded("backward")
        if self.dtype.kind == "c":
            raise ComplexInputError(
                f"backward() on {self.dtype} of shape {self.shape}; expected a real number: take np.real(z), "
                "np.imag(z) or np.abs(z) first"
            )
        if gradient is None and self.shape:
            raise ShapeMismatchError(
                f"backward() on shape {self.shape} needs a gradient of that shape; for a scalar, reduce first: x.sum()"
            )
        cotangent = self.dtype.type(1) if gradient is None else own_value_like(self, gradient, "gradient")
        for each, adjoint in sweep(Tape([statement]), {statement: cotangent}, free=not retain_graph).items():
            place: Any = each if isinstance(each, Leaf) else each.watch
            # A copy: the adjoint may share memory with a seed or another leaf's, and `grad` is the user's.
            place.grad = adjoint.copy() if place.grad is None else place.grad + adjoint

    def zero_grad(self) -> None:
        """Forget the gradient."""
        if isinstance(self.statement, Leaf):
            self.statement.grad = None
        elif self.statement is not None and self.statement.watch is not None:
            self.statement.watch.grad = None

    def snapshot(self) -> Var:
        """Return this number as it is now."""
        return self.at_level(self.content, self.statement, self.level)

    def adopt(self, other: Var) -> None:
        """Become what another number is."""
        self.content, self.statement, self.level = other.content, other.statement, other.level

    def is_users_leaf(self) -> bool:
        """Whether users made this number and ask for its gradient."""
        return self.level == BY_HAND + 1 and isinstance(self.statement, Leaf)

    def updated_leaf(self) -> bool:
        """Whether this is a leaf made by hand, which gets new values under `no_grad` alone."""
        mine = self.is_users_leaf()
        if mine and self.level >= lowest_followed():
            what = "a leaf that requires a gradient was written to in place"
            raise InPlaceError(f"{what}; write to a copy, y = x.copy(), or update the leaf under dualrev.no_grad()")
        return mine

    def detach(self) -> Var:
        """Return a Var of the same value into which no gradient flows."""
        return self.at_level(self.content, None, self.level)

    def assign(self, value: Any) -> None:
        """Give a leaf a new value; what was recorded before keeps the old one.

        Parameters
        ----------
        value : number or array
            Of this number's shape; cast to its dtype.

        Raises
        ------
        InPlaceError
            If this is the result of a recorded operation, or belongs to an operator.
        ShapeMismatchError
            If the shape is another.
        """
        if not self._by_hand:
            raise InPlaceError(
                "a new value was assigned to the result of an operation; only leaves can be updated. "
                "Compute a new Var, as in y = y - step"
            )
        self.content = own_value_like(self, value, "new value")

    def __deepcopy__(self, memo: Any) -> Var:
        if not self._by_hand:
            return +self
        twin = Var(self.content, self.requires_grad)
        if self.grad is not None:
            twin.grad = self.grad
        return twin

    def __reduce__(self) -> Any:
        return (Var, (self.content, self.requires_grad)) if self._by_hand else super().__reduce__()

    @property
    def _by_hand(self) -> bool:
        """Whether users made this number from a plain value."""
        return self.is_leaf and self.level == BY_HAND + 1

    def __repr__(self) -> str:
        return f"Var({printed(self.content)}{'' if self.requires_grad else ', requires_grad=False'})"
