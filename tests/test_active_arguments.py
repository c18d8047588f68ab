"""Active numbers in every argument of every function of arrays: the derivative is right, or the refusal names it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from array_cases import COMPOSITE_CASES, RULE_CASES

import dualrev as dr
from dualrev import errors
from dualrev.active._in_place.written import CREATORS, WRITERS

pytestmark = pytest.mark.filterwarnings("ignore")  # of points at which nobody calls these functions
MODES = ("forward", "reverse")
X = np.array([0.5, 1.5, 2.5, 3.5])
TABLES = {function: make for table in (RULE_CASES, COMPOSITE_CASES) for function, make in table.items()}
NAMES = sorted({f.__name__ for f in TABLES if f not in WRITERS and f not in CREATORS})

LEFT_ALONE = ("logm", "tanhm", "sinhm", "sinm", "tanm", "coshm", "cosm")
"""These are like expm and sqrtm, and slow."""

each_function = pytest.mark.parametrize("name", NAMES)


class Given(Exception):
    """Carries the arguments with which a case calls its function."""


class Asking:
    """Stands for a function in its cases, and says how it is called."""

    def __init__(self, f: Any) -> None:
        self.__name__ = f.__name__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise Given(args, kwargs)


def bound_calls(f: Any, most: int) -> Iterator[inspect.BoundArguments]:
    """Return the arguments of a function in its first cases."""
    signature = inspect.signature(getattr(f, "implementation", f))
    for case in TABLES[f](Asking(f))[:most]:
        rng = np.random.default_rng(0)
        x = [np.float64(rng.uniform(0.2, 2.0, shape) * rng.choice([-1.0, 1.0], shape)) for shape in case.shapes]
        with pytest.raises(Given) as caught:
            case.call(*x)
        args, kwargs = caught.value.args
        yield signature.bind(*args, **kwargs)


def with_argument(f: Any, bound: inspect.BoundArguments, name: str, value: Any) -> Any:
    """Call a function with another value for one argument."""
    given = {**bound.arguments, name: value}
    args: list[Any] = []
    keywords: dict[str, Any] = {}
    positional = True
    for parameter in bound.signature.parameters.values():
        if parameter.name not in given:
            positional = positional and parameter.kind is parameter.VAR_POSITIONAL
        elif parameter.kind is parameter.VAR_POSITIONAL:
            args.extend(given[parameter.name])
        elif parameter.kind is parameter.VAR_KEYWORD:
            keywords |= given[parameter.name]
        elif positional and parameter.kind is not parameter.KEYWORD_ONLY:
            args.append(given[parameter.name])
        else:
            keywords[parameter.name] = given[parameter.name]
    return flat(f(*args, **keywords))


def flat(y: Any) -> Any:
    """Return a result, or several, as real numbers in a row."""
    if isinstance(y, tuple | list):
        return np.concatenate([flat(part) for part in y])
    return np.real(np.reshape(y, -1))


def scalars_of(f: Any) -> Iterator[tuple[Any, inspect.BoundArguments, str, float]]:
    """Return every parameter that is no array, with a number that the function takes there, or else one half."""
    seen = set()
    for bound in bound_calls(f, 4):
        for parameter in bound.signature.parameters.values():
            given = bound.arguments.get(parameter.name)
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD) or parameter.name in seen:
                continue
            if parameter.name in bound.arguments and type(given) not in (int, float):
                continue
            seen.add(parameter.name)
            for number in (0.5, 2.0, 1.0) if given is None else (float(given),):
                try:
                    with_argument(f, bound, parameter.name, number)
                except (TypeError, ValueError, IndexError, AttributeError):
                    continue
                yield f, bound, parameter.name, number
                break
            else:
                yield f, bound, parameter.name, 0.5


def right(call: Callable[[Any], Any], point: float, found: Any) -> bool:
    """Whether a derivative is that by differences on one side of the point or the other: it may be a kink."""
    h = 1e-6
    if attempt(lambda: (call(point + h), call(point - h)))[1] is not None:
        return not np.any(found)  # a choice that is a number
    with np.errstate(all="ignore"):
        here, after, before = call(point), call(point + h), call(point - h)
    sides = (after - here) / h, (here - before) / h, (after - before) / (2 * h)
    return any(np.allclose(found, side, rtol=1e-4, atol=1e-4, equal_nan=True) for side in sides)


@each_function
def test_an_active_number_in_each_option_is_right_or_refused_by_name(name: str) -> None:
    for f in functions(name):
        for _, bound, option, number in scalars_of(f):

            def call(q: Any, f: Any = f, bound: Any = bound, option: str = option) -> Any:
                return with_argument(f, bound, option, q)

            check_option(name, option, call, number)


def attempt(call: Callable[[], Any]) -> tuple[Any, Exception | None]:
    """Return what a call returns, or its error."""
    try:
        with np.errstate(all="ignore"):
            return call(), None
    except Exception as error:
        return None, error


def check_option(name: str, option: str, call: Callable[[Any], Any], number: float) -> None:
    taken = attempt(lambda: call(number))[1] is None  # or else the function refuses a plain number there as well
    for mode in MODES:
        found, error = attempt(lambda: dr.jacobian(call, mode=mode)(number))  # noqa: B023
        if error is not None:
            own = isinstance(error, errors.DualrevError)
            assert own or not taken, f"{name}({option}=...): {error!r}"
            assert not isinstance(error, RecursionError), f"{name}({option}=...): {error!r}"
            if own:
                assert name in str(error), f"{name}({option}=...): {error}"
                assert "stop_gradient" not in str(error), f"{name}({option}=...): {error}"
            continue
        if option == "where":
            assert not np.any(found)
        elif taken:
            assert right(call, number, found), f"{name}({option}={number}) has {found}"


def nested(x: Any) -> Any:
    return [nested(each) for each in x] if np.ndim(x) else x


@each_function
def test_lists_of_active_numbers_are_right_or_refused_by_name(name: str) -> None:
    for f in functions(name) if name not in LEFT_ALONE else ():
        for bound in bound_calls(f, 3):
            for n in arrays_of(bound):
                check_list(f, bound, n)


def functions(name: str) -> list[Any]:
    """Return the functions of a name."""
    return [f for f in TABLES if f.__name__ == name and f not in WRITERS and f not in CREATORS]


def arrays_of(bound: inspect.BoundArguments) -> list[str]:
    """Return the names of the arguments that are arrays of real numbers."""
    return [n for n, x in bound.arguments.items() if isinstance(x, np.ndarray) and x.dtype == float and x.size]


def check_list(f: Any, bound: inspect.BoundArguments, n: str) -> None:
    x = bound.arguments[n]
    of_list, _ = attempt(lambda: with_argument(f, bound, n, nested(x)))
    if not np.array_equal(of_list, with_argument(f, bound, n, x)):
        return  # the function takes no lists, or is another one of lists, as np.dsplit
    for mode in MODES:
        want = dr.jacobian(lambda q: with_argument(f, bound, n, q), mode=mode)(x)
        found, error = attempt(lambda: dr.jacobian(lambda q: with_argument(f, bound, n, nested(q)), mode=mode)(x))  # noqa: B023
        if error is None:
            np.testing.assert_allclose(found, want, rtol=1e-12, atol=1e-12)
        else:
            of_elements = isinstance(f, np.ufunc) or not f.__module__.startswith("numpy")
            assert of_elements, f"{f.__name__} of a list: {error!r}"  # NumPy lets nobody take part in those
            assert isinstance(error, errors.DualrevError), repr(error)
            assert f.__name__ in str(error) or "np.stack" in str(error), repr(error)


@each_function
def test_lists_of_plain_numbers_beside_an_active_array(name: str) -> None:
    for f in functions(name):
        for bound in bound_calls(f, 3):
            arrays = [n for n in arrays_of(bound) if bound.arguments[n].ndim]
            for n, other in permutations(arrays, 2):
                check_beside(f, bound, n, {**bound.arguments, other: bound.arguments[other].tolist()})


def check_beside(f: Any, bound: inspect.BoundArguments, n: str, given: Any) -> None:
    listed = inspect.BoundArguments(bound.signature, given)
    want = dr.jacobian(lambda q: with_argument(f, bound, n, q))(bound.arguments[n])
    for mode in MODES:
        found = dr.jacobian(lambda q: with_argument(f, listed, n, q), mode=mode)(bound.arguments[n])
        np.testing.assert_allclose(found, want, rtol=1e-12, atol=1e-12)


V = np.array([0.7, -1.3, 2.1, 0.4])
NAN = np.array([np.nan, 1.0, np.inf, -np.inf])
KNOTS = np.array([0.0, 1.0, 2.0])
FOLLOWED: dict[str, Callable[[Any], Any]] = {
    **{
        f"{function.__name__} in q, {method}": lambda q, f=function, m=method: f(V, q, method=m)
        for function in (np.quantile, np.nanquantile)
        for method in ("linear", "hazen", "weibull", "median_unbiased", "normal_unbiased", "interpolated_inverted_cdf")
    },
    **{
        f"{function.__name__} of rows": lambda q, f=function: f(
            np.array([V, V**2, NAN, [1.0, np.nan, 3.0, 2.0]]), np.stack([20 * q, 55 * q]), axis=1, keepdims=True
        )
        for function in (np.percentile, np.nanpercentile)
    },
    "quantile in both": lambda q: np.quantile(V * q, q),
    "quantile of levels": lambda q: np.quantile(V, np.stack([0.3 * q, q])),
    "sum": lambda q: np.sum(q * V, initial=q**2),
    "sum of some": lambda q: np.sum(q * V, initial=q**2, where=V > 0),
    "prod": lambda q: np.prod(q * V, initial=q),
    "max": lambda q: np.max(q * V, initial=9 * q),
    "max below": lambda q: np.max(q * np.outer(V, V), axis=1, keepdims=True, initial=q, where=V < 1),
    "min": lambda q: np.min(q * np.outer(V, V), axis=0, initial=q),
    "reduce": lambda q: np.add.reduce(q * V, initial=q) + np.maximum.reduce(q * V, initial=7 * q),
    "unwrap": lambda q: np.unwrap(np.array([0.0, 5.0, 11.0, 3.0]) * q, period=8 * q),
    "unwrap in the period": lambda q: np.unwrap(np.array([0.0, 5.0, 11.0, 3.0]) + 0 * q, period=3.9 * q),
    "pad": lambda q: np.pad(V * q, 1, constant_values=q),
    "pad by a pair": lambda q: np.pad(V * q, (1, 2), constant_values=(q, q**2)),
    "pad to ends": lambda q: np.pad(V * q, 2, mode="linear_ramp", end_values=3.0),
    "interp": lambda q: np.interp(V * q, KNOTS, KNOTS**2, left=q, right=2 * q),
    "interp of a period": lambda q: np.interp(V * q, KNOTS, KNOTS**2, period=3 * q),
    "interp in knots": lambda q: np.interp(V, KNOTS * q, KNOTS**2 + q),
    "nan_to_num": lambda q: np.nan_to_num(NAN * q, nan=q, posinf=2 * q, neginf=3 * q),
    "full_like": lambda q: np.full_like(V * q, q),
    "full": lambda q: np.full((2, 2), q, like=q * V),
    "clip": lambda q: np.clip(V, -q, q),
    "linspace": lambda q: np.linspace(q, [1.0, 2 * q], 4),
    "geomspace": lambda q: np.geomspace(q, 8.0, 4),
    "logspace": lambda q: np.logspace(q, 2.0, 4, base=1 + q),
    "gradient": lambda q: np.gradient(V, 2 * q),
    "gradient at places": lambda q: np.gradient(V, np.cumsum(np.stack([q, 0.3, q, 0.5]))),
    "trapezoid": lambda q: np.trapezoid(V, dx=q),
    "diff": lambda q: np.diff(V, prepend=q, append=[q, 3.0]),
    "ediff1d": lambda q: np.ediff1d(V, to_begin=q, to_end=[q, 1.0]),
    "average": lambda q: np.average(V, weights=[q, 1.0, 2.0, q]),
    "cov": lambda q: np.cov(np.outer(np.stack([1.0, q]), V) ** 2, aweights=[q, 1.0, 2.0, q]),
    "std about a mean": lambda q: np.std(V, mean=q, keepdims=True),
    "convolve": lambda q: np.convolve(V, [q, 1.0]),
    "polyval": lambda q: np.polyval([q, 1.0, q], V),
    "select": lambda q: np.select([V > 1, V > 0], [q * V, V], default=q),
    "choose": lambda q: np.choose([0, 1, 0], [q, np.array([1.0, 2.0, 3.0])]),
    "insert": lambda q: np.insert(V, 1, q),
    "append": lambda q: np.append(V, q),
    "norm in its order": lambda q: np.linalg.norm(V * q, ord=3 * q),
    "vector_norm in its order": lambda q: np.linalg.vector_norm(V * q, ord=1 + q),
    "cross": lambda q: np.cross([q, 0.0, 1.0], V[:3]),
    "insertion of a list": lambda q: np.concatenate([[q, 1.0], V]),
}


@pytest.mark.parametrize("case", FOLLOWED)
def test_options_are_differentiated(case: str) -> None:
    f = FOLLOWED[case]
    point = 0.63
    forward = dr.jacobian(f, mode="forward")(point)
    np.testing.assert_allclose(dr.jacobian(f, mode="reverse")(point), forward, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(dr.value_and_jacobian(f)(point)[0], f(point), rtol=1e-15, atol=1e-15)
    h = 1e-6
    with np.errstate(invalid="ignore"):
        differences = (np.asarray(f(point + h)) - np.asarray(f(point - h))) / (2 * h)
    found = np.isfinite(differences)  # an infinity that stays has the derivative of what it was multiplied by
    np.testing.assert_allclose(np.asarray(forward)[found], differences[found], rtol=1e-5, atol=1e-6)
    finite = np.isfinite(f(point))
    dr.check_grads(lambda q: np.sum((f(q)[finite] if np.ndim(finite) else f(q)) ** 3), (point,), order=2)


@pytest.mark.parametrize("mode", MODES)
def test_levels_at_the_ends_and_on_an_element(mode: str) -> None:
    a = np.array([3.0, 1.0, 2.0, 7.0])
    slopes = [float(dr.jacobian(lambda q: np.quantile(a, q), mode=mode)(q)) for q in (0.0, 1 / 3, 0.5, 1.0)]
    np.testing.assert_allclose(slopes, [3.0, 3.0, 3.0, 12.0])
    for method in ("lower", "higher", "nearest", "midpoint", "inverted_cdf", "closest_observation"):
        assert dr.jacobian(lambda q, m=method: np.quantile(a, q, method=m), mode=mode)(0.4) == 0.0


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("tie", [np.max, np.min])
def test_what_a_reduction_begins_with_shares_ties(tie: Any, mode: str) -> None:
    gradient = dr.grad(lambda x: tie(x[:2], initial=x[2]), mode=mode)(np.array([2.0, 2.0, 2.0]))
    np.testing.assert_allclose(gradient, [1 / 3, 1 / 3, 1 / 3])
