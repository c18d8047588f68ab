"""Libraries' functions that do not take active numbers: the error is ours, names them, the line, and the cure."""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dualrev as dr
from dualrev import errors
from dualrev.active import _cures as cures
from dualrev.active._callers import LIBRARIES
from dualrev.kernels.numpy_rows import partials
from dualrev.primitives.array.constant import REFUSED
from dualrev.primitives.host import HOST
from dualrev.primitives.row import HostRow

X = np.array([0.5, 1.5, 2.5, 3.5])
G = np.linspace(0.0, 4.0, 9)
MODES = ("forward", "reverse")
each_mode = pytest.mark.parametrize("mode", MODES)

sparse, stats = pytest.importorskip("scipy.sparse"), pytest.importorskip("scipy.stats")
linalg, special = pytest.importorskip("scipy.linalg"), pytest.importorskip("scipy.special")
signal, ndimage = pytest.importorskip("scipy.signal"), pytest.importorskip("scipy.ndimage")
interpolate, integrate = pytest.importorskip("scipy.interpolate"), pytest.importorskip("scipy.integrate")
optimize, spatial = pytest.importorskip("scipy.optimize"), pytest.importorskip("scipy.spatial")
solver = pytest.importorskip("scipy.sparse.linalg")
S = sparse.csr_array(np.eye(4))
RNG = np.random.default_rng(0)
SPLINE = interpolate.CubicSpline(G, np.sin(G))


def square(x: Any) -> Any:
    m = np.reshape(x, (2, 2))
    return m @ m.T


def mixed(x: Any) -> Any:
    return np.array([[x[0], 1.0], [2.0, x[1]]])


FOREIGN: dict[str, tuple[Callable[[Any], Any], str]] = {
    "math.sin": (lambda x: math.sin(x[0]), "np.sin for math.sin"),
    "math.gamma": (lambda x: math.gamma(x[0]), "dualrev.special.gamma"),
    "math.hypot": (lambda x: math.hypot(x[0], x[1]), "np.hypot"),
    "math.atan2": (lambda x: math.atan2(x[0], x[1]), "np.arctan2"),
    "statistics.mean": (lambda x: statistics.mean(x), "np.mean"),
    "statistics.fmean": (lambda x: statistics.fmean(list(x)), "np.mean"),
    "scipy.linalg.expm": (lambda x: linalg.expm(square(x)), "dualrev.linalg.expm"),
    "scipy.linalg.cholesky": (lambda x: linalg.cholesky(square(x)), "dualrev.linalg.cholesky"),
    "scipy.linalg.cho_factor": (lambda x: linalg.cho_factor(square(x)), "dualrev.linalg.cho_factor"),
    "scipy.linalg.solve": (lambda x: linalg.solve(square(x), x[:2]), "np.linalg.solve"),
    "scipy.linalg.det": (lambda x: linalg.det(square(x)), "np.linalg.det"),
    "scipy.linalg.lu_factor": (lambda x: linalg.lu_factor(square(x)), "dualrev.linalg"),
    "scipy.special.logsumexp": (lambda x: special.logsumexp(x), "dualrev.special.logsumexp"),
    "scipy.special.log_softmax": (lambda x: special.log_softmax(x), "dualrev.special.log_softmax"),
    "scipy.special.polygamma": (lambda x: special.polygamma(1, x), "dualrev.special.polygamma"),
    "scipy.special.kolmogorov": (lambda x: special.kolmogorov(x), "add a rule"),
    "scipy.stats.norm.logpdf": (lambda x: stats.norm.logpdf(x), "custom_rule"),
    "scipy.stats.gamma.pdf": (lambda x: stats.gamma.pdf(1.0, x[0]), "custom_rule"),
    "scipy.stats.norm(...).logpdf": (lambda x: stats.norm(0, x[0]).logpdf(1.0), "custom_rule"),
    "scipy.stats.multivariate_normal.logpdf": (
        lambda x: stats.multivariate_normal.logpdf(x, np.zeros(4)),
        "custom_rule",
    ),
    "scipy.interpolate.CubicSpline": (lambda x: SPLINE(x), "custom_rule"),
    "scipy.interpolate.interp1d": (lambda x: interpolate.interp1d(G[:4], x)(1.0), "np.interp"),
    "scipy.integrate.quad": (lambda x: integrate.quad(lambda t: t * x[0], 0.0, 1.0)[0], "leggauss"),
    "scipy.integrate.odeint": (lambda x: integrate.odeint(lambda y, t: -x[0] * y, 1.0, G), "@njit"),
    "scipy.integrate.solve_ivp": (lambda x: integrate.solve_ivp(lambda t, y: -x[0] * y, (0, 1), [1.0]).y, "@njit"),
    "scipy.optimize.fsolve": (lambda x: optimize.fsolve(lambda t: t - x[0], 1.0), "implicit_root"),
    "scipy.optimize.minimize": (
        lambda x: optimize.minimize(lambda t: ((t - x) ** 2).sum(), np.zeros(4)).x,
        "implicit_root",
    ),
    "scipy.signal.fftconvolve": (lambda x: signal.fftconvolve(x, x), "np.convolve"),
    "scipy.signal.lfilter": (lambda x: signal.lfilter([1.0], [1.0, 0.5], x), "custom_rule"),
    "scipy.ndimage.gaussian_filter": (lambda x: ndimage.gaussian_filter(x, 1.0), "custom_rule"),
    "scipy.ndimage.correlate1d": (lambda x: ndimage.correlate1d(G, x), "np.convolve"),
    "scipy.ndimage.affine_transform": (
        lambda x: ndimage.affine_transform(np.eye(4), np.eye(2), offset=x[:2]),
        "custom_rule",
    ),
    "scipy.ndimage.map_coordinates": (lambda x: ndimage.map_coordinates(G, [x]), "custom_rule"),
    "scipy.spatial.distance.cdist": (lambda x: spatial.distance.cdist(square(x), square(x)), "np.linalg.norm"),
    "scipy.sparse.csr_array": (lambda x: S @ x, "toarray"),
    "scipy.sparse.linalg.spsolve": (lambda x: solver.spsolve(S.tocsc(), x), "custom_rule"),
    "np.random.normal": (lambda x: np.random.normal(x[0]), "loc + scale * z"),  # noqa: NPY002
    "np.random.Generator.normal": (lambda x: RNG.normal(x), "loc + scale * z"),
    "scipy.sparse.diags": (lambda x: sparse.diags(x), "np.diag"),
    "scipy.sparse.diags_array": (lambda x: sparse.diags_array(x), "np.diag"),
    "scipy.sparse met": (lambda x: sparse.eye(2) * x[0], "toarray"),
    "scipy.sparse met an active number": (lambda x: x[0] * S, "toarray"),
    "scipy.stats.iqr": (lambda x: stats.iqr(x), "np.quantile"),
    "scipy.linalg.circulant": (lambda x: linalg.circulant(x), "custom_rule"),
    "scipy.linalg.lu": (lambda x: linalg.lu(square(x))[0], "custom_rule"),
    "scipy.linalg.null_space": (lambda x: linalg.null_space(square(x)), "custom_rule"),
    "scipy.optimize.brentq": (lambda x: optimize.brentq(lambda t: t - x[0], -9, 9), "implicit_root"),
    "scipy.optimize.bisect": (lambda x: optimize.bisect(lambda t: np.sin(t - x[0]), -1, 2), "implicit_root"),
    "scipy.optimize.ridder": (lambda x: optimize.ridder(lambda t: t**3 - x[0], -9, 9), "implicit_root"),
    "scipy.optimize.brenth": (lambda x: optimize.brenth(lambda t: np.exp(t) - x[0], -9, 9), "implicit_root"),
    "scipy.optimize.minimize_scalar": (
        lambda x: optimize.minimize_scalar(lambda t: float((t - x[0]) ** 2)).x,
        "implicit_root",
    ),
    "scipy.optimize.root": (lambda x: optimize.root(lambda t: [math.exp(t[0]) - float(x[0])], [0.0]).x, "implicit"),
    "np.linspace": (lambda x: np.linspace(0.0, 1.0, x[0]), "argnums"),
    "np.fromiter": (lambda x: np.fromiter((each for each in x), float), "np.stack"),
    "range": (lambda x: sum(range(x[0])), "argnums"),
    "np.exp": (lambda x: np.exp(np.array([x[0], 0.0])), "np.stack"),
    "np.sqrt": (lambda x: np.sqrt([x[0], 2.0]), "np.stack"),
    "np.linalg.inv": (lambda x: np.linalg.inv(mixed(x)), "np.stack"),
    "np.linalg.eigvalsh": (lambda x: np.linalg.eigvalsh(mixed(x)), "np.stack"),
    "np.linalg.slogdet": (lambda x: np.linalg.slogdet(mixed(x)), "like=x"),
    "np.mean": (lambda x: np.mean([x[0], x[1] + 2]), "np.stack"),
    "np.median": (lambda x: np.std([x[0], np.median([x[1], 2.0, 3.0, x[2]])]), "np.stack"),
    "np.array(...).mean": (lambda x: np.array([x[0], 1.0]).mean(), "np.stack"),
    "np.interp": (lambda x: np.interp(0.5, [0.0, 1.0], [x[0], 2.0]), "np.stack"),
    "np.fft.fft": (lambda x: np.fft.fft([x[0], 2.0]).real, "np.stack"),
    "np.cov": (lambda x: np.cov([x[0], 2.0, 3.0]), "np.stack"),
    "np.full_like": (lambda x: np.full_like(G, x[0]), "like=x"),
    "np.nan_to_num": (lambda x: np.nan_to_num(np.array([np.nan, 1.0]), nan=x[0]), "like=x"),
    "np.max": (lambda x: np.max(G, initial=x[0]), "np.stack"),
    "np.pad": (lambda x: np.pad(G, 1, constant_values=x[0]), "np.stack"),
    "np.arange": (lambda x: np.arange(0.0, x[0]), "argnums"),
}


@each_mode
@pytest.mark.parametrize("name", FOREIGN)
def test_the_function_the_line_and_the_cure_are_named(name: str, mode: str) -> None:
    f, cure = FOREIGN[name]
    try:
        found = dr.jacobian(f, mode=mode)(X)
    except errors.DualrevError as error:
        text = str(error)
    else:  # NumPy and SciPy come to take active numbers in more and more places
        h = 1e-6
        columns = [(np.asarray(f(X + h * d)) - np.asarray(f(X - h * d))) / (2 * h) for d in np.eye(4)]
        np.testing.assert_allclose(found, np.moveaxis(columns, 0, -1), rtol=1e-5, atol=1e-7)
        return
    assert name in text
    assert cure in text or "np.zeros(n, like=x)" in text
    assert "stop_gradient" not in text
    assert "add a rule" in text or "plain array" in text or "test_refusals.py" in text


def test_every_cure_that_is_ours_exists_and_every_function_of_linear_algebra_has_one() -> None:
    for name, cure in cures.CURES.items():
        assert name.partition(".")[0].replace("np", "numpy") in LIBRARIES or name == "range"
        for word in cure.replace(",", " ").replace("(", " ").replace(";", " ").split():
            if word.startswith("dualrev."):
                thing: Any = dr
                for part in word.rstrip(".:").split(".")[1:]:
                    thing = getattr(thing, part)
    for name in set(dr.linalg.__all__) & set(dir(linalg)):
        assert f"linalg.{name}" in cures.cure(f"scipy.linalg.{name}"), name
    for name in set(dir(math)) & set(dir(np)) - {"e", "pi", "inf", "nan", "tau"}:
        if not name.startswith("_"):
            assert "np." in cures.cure(f"math.{name}"), name


def test_what_a_library_says_of_the_values_passes_unchanged() -> None:
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        dr.jacobian(lambda x: np.linalg.inv(np.zeros((2, 2))) * x[0])(X)
    with pytest.raises(ValueError, match="math domain error") as caught:
        dr.jacobian(lambda x: x * math.log(-1.0))(X)
    assert not isinstance(caught.value, errors.DualrevError)
    with pytest.raises(ValueError, match="inhomogeneous") as caught:
        dr.jacobian(lambda x: x * np.array([[1.0, 2.0], [3.0]]))(X)
    assert not isinstance(caught.value, errors.DualrevError)


@each_mode
def test_what_was_caught_before_does_not_hide_what_comes_later(mode: str) -> None:
    def f(x: Any) -> Any:
        try:
            return math.sin(x[0])
        except TypeError:
            return np.sin(x) @ np.ones(3)

    with pytest.raises(ValueError, match="matmul") as caught:
        dr.jacobian(f, mode=mode)(X)
    assert not isinstance(caught.value, errors.DualrevError)


def test_the_error_of_a_conversion_that_numpy_hides_is_shown() -> None:
    with pytest.raises(errors.ActiveConversionError, match=r"assignment to s\[0\].*np\.zeros\(n, like=x\)") as caught:
        dr.jacobian(written_to)(X)
    assert type(caught.value.__cause__) is ValueError


def written_to(x: Any) -> Any:
    s = np.zeros(3)
    s[0] = x
    return s


def of_objects() -> Any:
    return np.exp(np.array([1.0, object()]))


class Model:
    """Keeps an active number."""

    def __init__(self, rate: Any) -> None:
        self.rate = rate

    def value(self) -> Any:
        return np.exp([self.rate, 0.0])


@each_mode
def test_an_error_about_objects_where_no_active_number_is_passes_unchanged(mode: str) -> None:
    with pytest.raises(TypeError, match="no callable exp") as caught:
        dr.jacobian(lambda x: x * of_objects(), mode=mode)(X)
    assert type(caught.value) is TypeError
    with pytest.raises(errors.ObjectArrayError, match=r"np\.exp .*np\.stack.*value, line"):
        dr.jacobian(lambda x: Model(x[0]).value(), mode=mode)(X)
    with pytest.raises(errors.ObjectArrayError, match=r"np\.exp .*np\.stack"):
        dr.jacobian(lambda p: np.exp([p["a"], 0.0]), mode=mode)({"a": 1.0})


def by_branch(x: Any) -> Any:
    y = None
    if isinstance(x, float):
        y = 2.0
    elif isinstance(x, np.ndarray):
        y = np.ones(2)
    return x * y


def by_array(r: Any) -> Any:
    if isinstance(r, (int, float)):
        return r * r
    r[r < 1] = 1.0
    return r * r


def by_length(r: Any) -> Any:
    return r if isinstance(r, float) else len(r) * r


def by_scalar(r: Any) -> Any:
    return r * r if np.isscalar(r) else r.sum(axis=0)[0]


def by_subclass(r: Any) -> Any:
    return r if issubclass(type(r), float) else [2 * each for each in r]


def by_class(r: Any) -> Any:
    if issubclass(r.__class__, np.ndarray):
        return r
    return r if r.__class__ in (float, np.float64) else r[0]


def by_pattern(r: Any) -> Any:
    match r:
        case float() | int():
            return r
        case _:
            return r[0] + r[1]


def by_shape(r: Any) -> Any:
    return r if isinstance(r, (float, int)) else np.concatenate([r, r])


def by_kind(r: Any) -> Any:
    if type(r) is float:
        value = r * 2
    elif type(r) is np.ndarray:
        value = r * 3
    return value


by_lambda = (1.0, lambda r: r * None if not isinstance(r, np.ndarray) else r)[1]


@each_mode
@pytest.mark.parametrize(
    ("f", "line", "test"),
    [
        (by_branch, 2, "isinstance(x, float)"),
        (by_array, 1, "isinstance(r, (int, float))"),
        (by_length, 1, "isinstance(r, float)"),
        (by_kind, 1, "type(r) is float"),
        (by_scalar, 1, "np.isscalar(r)"),
        (by_subclass, 1, "issubclass(type(r), float)"),
        (by_class, 1, "issubclass(r.__class__, np.ndarray)"),
        (by_pattern, 1, "case float() | int()"),
        (by_shape, 1, "isinstance(r, (float, int))"),
        (by_lambda, 0, "isinstance(r, np.ndarray)"),
    ],
)
def test_a_test_of_types_that_active_numbers_fail_is_named(f: Any, line: int, test: str, mode: str) -> None:
    with pytest.raises(errors.DualrevError) as caught:
        dr.jacobian(lambda x: f(x * 1.0), mode=mode)(2.0)
    text = str(caught.value)
    assert f"line {f.__code__.co_firstlineno + line} of {f.__name__}" in text
    assert test in text
    assert "np.ndim" in text


def own_refusal(x: Any) -> Any:
    if not isinstance(x, np.ndarray):
        raise TypeError("an array is wanted")
    return x


def test_what_a_user_raises_after_such_a_test_passes_with_a_note() -> None:
    with pytest.raises(TypeError, match="an array is wanted") as caught:
        dr.jacobian(own_refusal)(X)
    assert type(caught.value) is TypeError
    assert "isinstance(x, np.ndarray)" in "".join(caught.value.__notes__)


@each_mode
def test_tables_of_pandas_are_data(mode: str) -> None:
    pandas = pytest.importorskip("pandas")
    numba = pytest.importorskip("numba")
    series, q = pandas.Series([1.0, 2.0, 3.0], index=["a", "b", "c"]), 0.7
    table = pandas.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    values = series.to_numpy()
    for f in (
        lambda q, s: s * q,
        lambda q, s: q / s,
        lambda q, s: s - q,
        lambda q, s: (s + 1) ** q,
        lambda q, s: np.exp(s * q),
        lambda q, s: np.multiply(s, q),
        lambda q, s: np.where(s > q, s * q, 0.0),
        lambda q, s: (s * q).sum(),
        lambda q, s: np.interp(q, s, s * q),
    ):
        np.testing.assert_array_equal(dr.jacobian(f, mode=mode)(q, series), dr.jacobian(f, mode=mode)(q, values))
    np.testing.assert_array_equal(dr.jacobian(lambda q: table * q, mode=mode)(q), table.to_numpy())
    np.testing.assert_array_equal(dr.jacobian(lambda q: table.columns.size * pandas.Index([1.0, 2.0]) * q)(q), [2, 4])
    np.testing.assert_array_equal(dr.jacobian(lambda x: x**2, mode=mode)(series), np.diag(2 * values))
    compiled = numba.njit(lambda q, s: q * np.sum(s))
    assert dr.grad(compiled, mode=mode)(q, series) == 6.0


@each_mode
def test_integers_of_any_size_are_floats(mode: str) -> None:
    for f in (lambda x: x * 2**70, lambda x: 2**70 * x, lambda x: x * np.array([2**70, 1])[0]):
        assert dr.grad(f, mode=mode)(2**70) == 2.0**70
    assert dr.Var(2**70).value == dr.Dual(-(2**70), 1.0).value * -1 == 2.0**70
    with pytest.raises(errors.InputTypeError, match=r"2,001 bits.*float64"):
        dr.grad(lambda x: x, mode=mode)(2**2000)


def test_no_refusal_advises_to_drop_the_derivative() -> None:
    texts = [*REFUSED.values(), *cures.CURES.values()]
    for row in HOST.values():
        for n, partial in enumerate(partials(row)):
            if isinstance(row, HostRow) and row.refuses(n):
                with pytest.raises(errors.MissingRuleError, match="custom_rule") as caught:
                    partial.rule()
                texts.append(str(caught.value))
    assert len(texts) > len(REFUSED) + len(cures.CURES)
    assert not [text for text in texts if "stop_gradient" in text]


def test_a_cure_names_functions_that_are_there() -> None:
    for name in dir(linalg):
        if not name.startswith("_"):
            for module, thing in (("np.linalg", np.linalg), ("dualrev.linalg", dr.linalg)):
                for found in re.findall(module.replace(".", r"\.") + r"\.(\w+)", cures.cure(f"scipy.linalg.{name}")):
                    assert hasattr(thing, found), (name, found)
    for name in ("linspace", "logspace", "geomspace", "eye", "zeros", "tile", "repeat"):
        assert "argnums" in cures.cure(f"np.{name}", True)


def added(x: Any) -> Any:
    s = np.zeros(5)
    s[1:] += x
    return s


def kept(x: Any) -> Any:
    return np.save("x.npy", x)


PLACED: dict[str, Callable[[Any], Any]] = {
    "histogram": lambda x: np.histogram(x)[0],
    "gammainc": lambda x: special.gammainc(x[0], 2.0),
    "roots": lambda x: np.roots(x),
    "poly": lambda x: np.poly(x),
    "save": kept,
    "s[1:] += x": added,
    "np.put": lambda x: np.put(np.zeros(3), [0], x[0]),
    "frompyfunc": lambda x: np.frompyfunc(lambda a: a, 1, 1)(x),
    "strides": lambda x: x.tobytes(),
    "shape ()": lambda x: len(x[0]),
    "iteration": lambda x: list(x[0]),
    "view": lambda x: x.view(np.int64),
}


@each_mode
@pytest.mark.parametrize("name", PLACED)
def test_the_line_of_the_users_code_is_named(name: str, mode: str) -> None:
    f = PLACED[name]
    with pytest.raises(errors.DualrevError) as caught:
        dr.jacobian(f, mode=mode)(X)
    text = str(caught.value)
    first = f.__code__.co_firstlineno
    assert any(f"line {line} of test_refusals.py" in text for line in range(first, first + 4)), text
    assert text.count("test_refusals.py") == 1
    assert "stop_gradient" not in text
    with pytest.raises(errors.DualrevError) as nested:
        dr.jacobian(lambda x: dr.jacobian(f, mode=mode)(x), mode=mode)(X)
    assert str(nested.value).count("test_refusals.py") == 1


@each_mode
def test_tables_of_pandas_times_an_active_number_are_arrays(mode: str) -> None:
    pandas = pytest.importorskip("pandas")
    series = pandas.Series([1.0, 2.0, 3.0, 4.0])
    for f in (
        lambda q: (q * series).groupby([0, 0, 1, 1]).sum().to_numpy(),
        lambda q: (q * series).rolling(2).sum().to_numpy(),
        lambda q: (series * q).iloc[0],
    ):
        with pytest.raises(errors.MissingAttributeError, match=r"pandas.*np\.asarray\(series\).*test_refusals"):
            dr.jacobian(f, mode=mode)(0.7)
    with pytest.raises(AttributeError, match="no attribute 'nothing'") as caught:
        dr.jacobian(lambda q: q.nothing, mode=mode)(0.7)
    assert not isinstance(caught.value, errors.DualrevError)


@each_mode
def test_a_conversion_is_named_that_a_library_s_c_code_left_pending(mode: str) -> None:
    for _ in range(30):
        for bracket in (-9, 9), (-1.0, 3.0):
            with pytest.raises(errors.ActiveConversionError, match=r"scipy\.optimize\.brentq.*implicit_root"):
                dr.grad(lambda q, a=bracket: optimize.brentq(lambda t: t - np.sin(q), *a), mode=mode)(0.7)


def test_a_fault_after_a_conversion_that_the_user_caught_is_shown_as_it_is() -> None:
    def f(x: Any) -> Any:
        try:
            math.sin(x[0])
        except TypeError:
            return np.sum(x[:3] * np.ones(2))

    with pytest.raises(ValueError, match="broadcast") as caught:
        dr.grad(f)(X)
    assert not isinstance(caught.value, errors.ActiveConversionError)


@each_mode
def test_stop_gradient_is_no_advice_inside_a_library(mode: str) -> None:
    with pytest.raises(errors.ActiveConversionError, match="stop_gradient"):
        dr.grad(lambda x: float(x[0]), mode=mode)(X)
    with pytest.raises(errors.ActiveConversionError, match=r"scipy\.optimize\.minimize calls.*implicit_root") as caught:
        dr.grad(lambda x: optimize.minimize(lambda t: float((t[0] - x[0]) ** 2), 0.0).x[0], mode=mode)(X)
    assert "stop_gradient" not in str(caught.value)
    with pytest.raises(errors.ActiveConversionError) as caught:
        dr.grad(lambda x: np.vectorize(lambda t: float(t))(x).sum(), mode=mode)(X)
    assert "stop_gradient" not in str(caught.value)
