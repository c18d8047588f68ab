"""SciPy's methods of minimisation, with exact derivatives."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np

from dualrev.active.ownership import lent
from dualrev.environment import module_of
from dualrev.errors import UnknownMethodError, meant
from dualrev.operators.jacobian import value_and_grad
from dualrev.optim._methods import METHODS, Objective
from dualrev.optim._result import STOPPED, Minimum, finished

WITHOUT_GRADIENT = frozenset({"nelder-mead", "powell", "cobyla", "cobyqa"})
WITH_PRODUCTS = frozenset({"newton-cg", "trust-ncg", "trust-krylov", "trust-constr"})
WITH_HESSIAN = frozenset({"dogleg", "trust-exact"})
"""The derivatives beyond gradients that SciPy's methods take."""


def by_scipy(
    f: Callable[..., Any],
    start: Any,
    args: tuple[Any, ...],
    method: str,
    iterations: int | None,
    tolerance: float | None,
    callback: Callable[[int, Any, float], object] | None,
    options: dict[str, Any],
) -> Minimum:
    """Hand a minimisation to SciPy; `options` are arguments of `scipy.optimize.minimize`."""
    own = ", ".join(METHODS)
    module = module_of("scipy", "scipy.optimize", f"method {method!r} (dualrev's own are {own}) is SciPy's")
    shape, name, objective = start.shape, method.lower(), Objective(f, args)
    both = value_and_grad(f)
    path: list[Any] = []
    losses: list[float] = []

    def value(x: np.ndarray) -> float:
        return float(objective(_shaped(x)))

    def value_and_slope(x: np.ndarray) -> tuple[float, np.ndarray]:
        loss, gradient = both(_shaped(x), *args)
        return float(loss), np.ravel(gradient)

    def _shaped(x: np.ndarray) -> Any:
        return np.array(x, start.dtype).reshape(shape)[()]

    def seen(x: np.ndarray, *_: Any) -> None:
        path.append(_shaped(x))
        losses.append(value(x))
        if callback is not None:
            callback(len(losses) - 1, lent(path[-1]), losses[-1])

    if name not in WITHOUT_GRADIENT:
        options = {"jac": True} | options
    if name in WITH_PRODUCTS and not {"hess", "hessp"} & options.keys():
        options["hessp"] = lambda x, p: np.ravel(objective.product(_shaped(x), _shaped(p)))
    if name in WITH_HESSIAN and "hess" not in options:
        options["hess"] = lambda x: objective.hessian(_shaped(x))
    if iterations is not None:
        options["options"] = {"maxiter": iterations} | options.get("options", {})
    if tolerance is not None:
        options["tol"] = tolerance
    try:
        seen(np.ravel(start))
    except StopIteration:
        return finished(f, args, path, losses, False, STOPPED, method)
    told: Any = value_and_slope if options.get("jac") is True else value
    optimize: Any = module
    try:
        found = optimize.minimize(told, np.ravel(lent(start)), method=method, callback=seen, **options)
    except ValueError as error:
        if "Unknown solver" not in str(error):
            raise
        raise UnknownMethodError(
            f"there is no method {method!r}{meant(method, METHODS)}; "
            f"expected one of {', '.join(METHODS)}, or of scipy.optimize.minimize"
        ) from error
    if not np.array_equal(np.ravel(path[-1]), found.x):
        with suppress(StopIteration):  # it is over
            seen(found.x)
    return finished(f, args, path, losses, bool(found.success), str(found.message), method, found)
