"""Solutions of equations, differentiated by the implicit function theorem: `implicit_root`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import optree

from dualrev.active.number import Active, outermost, primal
from dualrev.active.one_step import Leaves
from dualrev.active.ownership import lent
from dualrev.custom._custom_function import Arguments, CustomFunction
from dualrev.errors import MissingRuleError, NotARootError, ShapeMismatchError
from dualrev.operators.call import interpretable, name_of
from dualrev.operators.fundamental import Pullback, pushforward
from dualrev.operators.operator import Jacobian


class ImplicitRoot(CustomFunction):
    """The solution of an equation as a function of its parameters; see `implicit_root`."""

    def __init__(self, equation: Callable[..., Any], solver: Callable[..., Any], tolerance: float | None) -> None:
        super().__init__(solver)
        if not callable(equation):
            raise TypeError(f"implicit_root was given a {type(equation).__name__}; expected the function F(z, *args)")
        self.equation, self.tolerance = equation, tolerance

    def value(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return the solution, after a look at whether the equation uses what its derivative would miss."""
        z = self.f(*lent(args), **kwargs)
        _expect_array(z, self.__name__)
        if isinstance(z, np.ndarray | np.generic | float | int):
            self.residual(z, args)
        return z

    def residual(self, z: Any, args: tuple[Any, ...]) -> Any:
        """Return the equation's value at a plain point."""
        residual = interpretable(self.equation, "auto")(*lent((z, *args)))
        if outermost(optree.tree_leaves(residual)) is not None:
            raise MissingRuleError(
                f"the equation {name_of(self.equation)} uses an active number that is not among its arguments, whose "
                "derivative would be lost. Pass it to the root as an argument"
            )
        return residual

    def step(self, y: Any, point: Arguments, leaves: Leaves, active: Sequence[int], kwargs: dict[str, Any]) -> _Step:
        """Return the derivative at a point."""
        return _Step(self, y, point, leaves, active)


def implicit_root(
    equation: Callable[..., Any], solver: Callable[..., Any], *, tolerance: float | None = None
) -> ImplicitRoot:
    """Return the solution z of `equation(z, *args) = 0` as a function of `args` that can be differentiated.

    The solver computes it, by any means: SciPy's `brentq` or `root`, or `minimize` where the equation is that the
    gradient is 0. It sees plain numbers alone and is not differentiated. By the implicit function theorem the
    derivative of the solution is -(dF/dz)^-1 dF/dx, to any order and in both modes, however the solver found it.

    Parameters
    ----------
    equation : callable
        `F(z, *args)`, of the shape of z, written in functions that dualrev differentiates. For a minimum it is the
        gradient: `dr.grad(objective)`.
    solver : callable
        `solver(*args, **options)` returns z, a number or an array.
    tolerance : float, optional
        How far the solver's result may be from the solution, relative to 1 plus the largest element of z, as a step
        of Newton's method measures it. By default the cube root of the rounding unit: 6e-6 in double, 5e-3 in single
        precision. An error of the solution is one of its derivative.

    Returns
    -------
    ImplicitRoot
        Called as `solver`. A derivative takes one Jacobian of `equation` in z, of size z.size squared, and solves
        linear systems with it. Keyword arguments go to the solver alone.

    Raises
    ------
    NotARootError
        When it is differentiated, if the solver's result is no solution, or dF/dz is singular there.
    ShapeMismatchError
        If the solver returns a container; when it is differentiated, if the equation does not have the shape of z.
    MissingRuleError
        If the equation uses an active number that is not among its arguments.

    Examples
    --------
    >>> import dualrev as dr
    >>> from scipy.optimize import brentq
    >>> root = dr.implicit_root(lambda z, a: z**3 - a, lambda a: brentq(lambda z: z**3 - a, 0.0, 10.0))
    >>> round(dr.derivative(root)(8.0), 6)  # d/da a**(1/3)
    0.083333
    """
    return ImplicitRoot(equation, solver, tolerance)


class _Step:
    """The derivative of a solution: linear systems with the Jacobian of the equation."""

    def __init__(self, root: ImplicitRoot, z: Any, point: Arguments, leaves: Leaves, active: Sequence[int]) -> None:
        self._name = name_of(root.equation)
        self._point, self._leaves, self._active = point, list(leaves), list(active)
        self._equation, self._z = interpretable(root.equation, "auto"), z
        self._shape, self._size = z.shape, int(np.prod(z.shape))
        residual = root.residual(primal(z), point.build([primal(x) for x in leaves]))
        if np.shape(residual) != z.shape:
            raise ShapeMismatchError(
                f"the equation {self._name} has shape {np.shape(residual)}; expected {z.shape}, the shape of its "
                "unknown"
            )
        slope = Jacobian(lambda z: self._equation(z, *point.build(lent(list(leaves)))), mode="forward")(z)
        self._slope = np.reshape(slope, (self._size, self._size))
        self._known_root(root, np.ravel(residual))

    def _known_root(self, root: ImplicitRoot, residual: Any) -> None:
        slope, z = primal(self._slope), primal(self._z)
        if not _is_regular(slope):
            raise NotARootError(
                f"the derivative of {self._name} in its unknown is singular at the solution of {root.__name__}, so the "
                "solution is no differentiable function of its parameters there"
            )
        newton = np.max(np.abs(np.linalg.solve(slope, residual)), initial=0.0)
        unit = np.finfo(z.dtype).eps ** (1 / 3) if root.tolerance is None else root.tolerance
        allowed = unit * (1.0 + np.max(np.abs(z), initial=0.0))
        if not newton <= allowed:
            raise NotARootError(
                f"the result of {root.__name__} is no solution of {self._name}: the next step of Newton's method is "
                f"{newton:.1e}; expected at most {allowed:.1e}. Make the solver more accurate, or see `tolerance`"
            )

    def push(self, tangents: Leaves) -> Leaves:
        """Solve for the tangent of the solution."""
        own = [self._leaves[n] for n in self._active]
        given = [tangents[n] for n in self._active]
        _, _, (pushed,) = pushforward(self._call, own, given, self._name)
        ahead = next(t.ndim - x.ndim for t, x in zip(given, own, strict=True) if t is not None)
        if pushed is None:
            counts = [t.shape[:ahead] for t in given if t is not None]
            return [np.zeros(counts[0] + self._shape, self._z.dtype)]
        return [self._solved(self._slope, pushed)]

    def pull(self, cotangents: Leaves) -> Leaves:
        """Solve the transposed system, and pull back through the equation."""
        own = [self._leaves[n] for n in self._active]
        adjoints = Pullback(self._call, own, self._name)([self._solved(self._slope.T, cotangents[0])])
        found = dict(zip(self._active, adjoints, strict=True))
        return [found.get(n) for n in range(len(self._leaves))]

    def _solved(self, matrix: Any, right: Any) -> Any:
        ahead = right.shape[: right.ndim - len(self._shape)]
        columns = np.reshape(right, (*ahead, self._size, 1))
        return -np.reshape(np.linalg.solve(matrix, columns), (*ahead, *self._shape))

    def _call(self, active: Leaves) -> Any:
        leaves = lent(self._leaves)
        for n, leaf in zip(self._active, active, strict=True):
            leaves[n] = leaf
        return self._equation(lent(self._z), *self._point.build(leaves))


def _expect_array(z: Any, name: str) -> None:
    if not isinstance(z, Active | np.ndarray | np.generic | float | int | list):
        found = next((key for key in ("x", "root") if hasattr(z, key)), None)
        raise ShapeMismatchError(
            f"the solver {name} returned a {type(z).__name__}; expected a number or one array"
            + (f", perhaps its .{found}" if found else "")
        )


def _is_regular(matrix: Any) -> bool:
    """Whether a matrix, its rows and columns scaled, is regular to working precision."""
    if not matrix.size or not np.all(np.isfinite(matrix)):
        return True  # what is not finite shows in the step of Newton's method
    with np.errstate(invalid="ignore"):
        scaled = matrix / np.max(np.abs(matrix), axis=1, keepdims=True)
        scaled = scaled / np.max(np.abs(scaled), axis=0)
    return bool(np.all(np.isfinite(scaled)) and np.linalg.cond(scaled, 1) * np.finfo(matrix.dtype).eps < 1.0)
