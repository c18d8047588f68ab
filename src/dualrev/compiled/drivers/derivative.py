"""Derivatives of compiled functions: dispatchers with the function's signature, for Python and for compiled code."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from numba.core import types

from dualrev.compiled._marks import MADE_OF, TAKES_OUT
from dualrev.compiled.adjoints.refusal import Refused, SeveralOutputs
from dualrev.compiled.clones import registration
from dualrev.compiled.clones.cloning import Cloner
from dualrev.compiled.clones.constructors import constructors, thorough_constructors
from dualrev.compiled.drivers._arguments import Arguments
from dualrev.compiled.drivers._care import CAREFUL, EITHER, Repetition, care_for
from dualrev.compiled.drivers._generated_rows import GeneratedRows
from dualrev.compiled.drivers._numba_errors import (
    expect_linear_algebra,
    expect_no_python,
    expect_same_globals,
    informative,
    refusal,
)
from dualrev.compiled.drivers._reverse import ReverseDriver
from dualrev.compiled.drivers.entries import entry_of
from dualrev.compiled.drivers.forward import WIDEST, ForwardDriver
from dualrev.compiled.drivers.generated import GeneratedDriver
from dualrev.compiled.drivers.parameters import cotangent_name, further_parameters, parameters, tangent_prefix
from dualrev.errors import DualrevError, NonScalarOutputError
from dualrev.kernels.numba_extending import written_by
from dualrev.kernels.numba_types import element

_BUILDING = threading.RLock()
_KEPT = "_dualrev_derivatives"


class Question(NamedTuple):
    """A derivative that is asked of a compiled function.

    Attributes
    ----------
    kind : "jacobian", "gradient", "pushforward", "pullback" or "tape"
        A gradient is the Jacobian of a function that must return one number. The next two take further arguments: a
        tangent for each argument that is differentiated, or the output's cotangent. The last is no derivative but the
        number of records on the tape, and their bytes.
    mode : "forward", "reverse" or "auto"
    argnums
        What is differentiated.
    value
        Whether the function's value is returned too.
    chunk
        Directions to carry together.
    aux
        Whether the function returns (output, aux), of which the second part is passed on.
    carriers
        Arguments that hold a point in each entry of their first axis. Where there are any, the derivative takes another
        array, which it writes that of every point to; in forward mode, of one array.
    once
        Whether a chunk holds all directions, so that one pass does.
    care
        What is done about a NaN among the results; see `_care`.
    """

    kind: str
    mode: str
    argnums: int | tuple[int, ...]
    value: bool = False
    chunk: int | None = None
    aux: bool = False
    carriers: tuple[int, ...] = ()
    once: bool = False
    care: str = EITHER


def derivative(dispatcher: Any, question: Question) -> Any:
    """Return the dispatcher that computes a derivative of a compiled function; the same one for the same question."""
    with _BUILDING:
        # Kept at the function itself and in no table of ours: both go away together, and an edited cell of a notebook
        # makes a new function, with none.
        kept = vars(dispatcher).setdefault(_KEPT, {})
        if question not in kept:
            registration.register()
            kept[question] = _built(dispatcher, question)
        return kept[question]


def _built(dispatcher: Any, question: Question) -> Any:
    of = parameters(dispatcher)
    further, takes_out = further_parameters(of, question)

    def choose(*numba_types: Any) -> Callable[..., Any]:
        if question.carriers:
            return _at_points(dispatcher, question, of, numba_types)
        arguments = arguments_of(dispatcher, question, numba_types)
        if question.mode == "auto":
            return _either(dispatcher, question, arguments)
        return _implementation(dispatcher, question, arguments)

    # The entry has the user's names and defaults, for calls by keyword and for `inspect`. What runs is written per
    # types.
    entry, on_disk = entry_of(dispatcher, question, [*of, *further])
    setattr(entry, TAKES_OUT, takes_out)
    setattr(entry, MADE_OF, (dispatcher, question))
    defaults = dispatcher.py_func.__defaults__ or ()
    if getattr(dispatcher.py_func, TAKES_OUT, False):
        defaults = defaults[:-1]
    if takes_out:
        entry.__defaults__ = (*defaults, None)
    elif not further:
        entry.__defaults__ = defaults
    # Numba takes options that are left out from the function for which this one is compiled.
    return written_by(choose, entry, nogil=True, cache=on_disk, fastmath=False, error_model="python")


# Generated code has names of its own: the user's stay outside, in the signature.
def arguments_of(dispatcher: Any, question: Question, numba_types: Sequence[Any]) -> Arguments:
    """Return the arguments of a derivative of these types."""
    users = parameters(dispatcher)
    own = [f"a{n}" for n in range(len(users))]
    arguments = Arguments(own, numba_types[: len(own)], question.argnums, dispatcher.py_func.__name__, users)
    if further_parameters(users, question)[1]:
        arguments.out = numba_types[-1]
    else:
        arguments.further = numba_types[len(own) :]
    return arguments


def _at_points(dispatcher: Any, question: Question, of: list[str], numba_types: Sequence[Any]) -> Callable[..., Any]:
    names = [f"{'p' if n in question.carriers else 'a'}{n}" for n in range(len(of))]
    points = [_first(each) if n in question.carriers else each for n, each in enumerate(numba_types[: len(of)])]
    arguments = Arguments(names, points, question.argnums, dispatcher.py_func.__name__, of)
    arguments.out = _first(numba_types[-1])
    return _implementation(dispatcher, question, arguments)


def _first(of: Any) -> Any:
    """Return the type of an array's first entry."""
    return of.dtype if of.ndim == 1 else of.copy(ndim=of.ndim - 1)


# Both modes are compiled, so that the choice can depend on sizes that are known only when the code runs.
def _either(dispatcher: Any, question: Question, arguments: Arguments) -> Callable[..., Any]:
    """Return the implementation that chooses the mode when it runs, from the number of inputs.

    The forward mode needs no tape, and for few inputs it costs less than a recording; see `auto.choice`.
    """
    modes = {mode: derivative(dispatcher, question._replace(mode=mode)) for mode in ("forward", "reverse")}
    try:
        generated_driver(dispatcher, question._replace(mode="reverse"), arguments)
        most = WITH_ADJOINTS
    except Refused:
        most = FORWARD_INPUTS
    names = arguments.all_names
    call = f"({', '.join(names)})"
    leaves = arguments.leaves
    if not any(leaf.is_array for leaf in leaves):
        mode = "forward" if len(leaves) <= most else "reverse"
        return arguments.function(names, [f"return {mode}{call}"], dict(modes))
    total = " + ".join(leaf.size for leaf in leaves)
    body = [f"if {total} <= {most}:", f"    return forward{call}", f"return reverse{call}"]
    return arguments.function(names, body, dict(modes))


FORWARD_INPUTS = 8 * WIDEST
"""Inputs up to which compiled code runs forward where it cannot know better."""

WITH_ADJOINTS = WIDEST
"""Those where reverse mode is generated adjoint code: that costs 1 to 3 times the function, whatever their number, and
a forward pass for `WIDEST` of them about 1.5 times."""


# What this code calls is plain, so it is no way to be careful.
def generated_driver(dispatcher: Any, question: Question, arguments: Arguments) -> GeneratedDriver:
    """Return what writes a derivative that calls generated adjoint code.

    Raises
    ------
    Refused
        If the tape is what computes it.
    """
    if question.mode == "forward":
        raise Refused("it is computed forward")
    if question.kind not in ("gradient", "pullback", "jacobian"):
        raise Refused("another thing than a derivative is asked for")
    if question.care == CAREFUL:
        raise Refused("each product is tested")
    care = care_for(dispatcher, question.care, arguments, generated=True)
    if care == CAREFUL:
        raise Refused("it might do something else when it is called a second time")
    repetition = _repetition(dispatcher, question, care)
    try:
        return GeneratedDriver(dispatcher, arguments, question.value, question.aux, repetition)
    except SeveralOutputs:
        if question.kind != "jacobian" or question.aux:
            raise
        return GeneratedRows(dispatcher, arguments, question.value, question.aux, repetition)


def _repetition(dispatcher: Any, question: Question, care: str) -> Repetition:
    return Repetition(care, derivative(dispatcher, question._replace(care=CAREFUL)) if care == EITHER else None)


def _implementation(dispatcher: Any, question: Question, arguments: Arguments) -> Callable[..., Any]:
    """Return what Numba is to compile for arguments of these types.

    A first attempt takes arrays that hold constants for what they are. Where the function writes active numbers into
    one of them, or lets a variable be now such an array and now an active one, a second has all of them hold active
    numbers from the start. In a third, so do the floats in its text, which decide what lists and dicts can hold.
    """
    if question.mode == "reverse":
        try:
            driver = generated_driver(dispatcher, question, arguments)
            own = cotangent_name(arguments.names)
            return driver.pullback(own) if question.kind == "pullback" else driver.implementation()
        except Refused:  # the reason is kept; see `way`
            pass
    failures: list[Exception] = []
    made: list[Cloner] = []
    # In this order, because each attempt makes more of the function active, and so slower, than the one before.
    for attempt in range(3):
        table = thorough_constructors if attempt else constructors
        given = arguments.thorough() if attempt else arguments

        def cloner(number: Any, table: Any = table, literals: bool = attempt == 2) -> Cloner:
            held = {types.float64: number, types.float32: number} if literals else {}
            replacements = registration.replacements(number) | table(number) | held
            made.append(Cloner(replacements, number if literals else None))
            return made[-1]

        try:
            written: Callable[..., Any] = _written(cloner, dispatcher, question, given)
            expect_no_python(made[-1])
            expect_same_globals(made[-1].originals)
            return written
        # A refusal of ours is final: a wider attempt would not cure it, and its message is better than the next
        # one's.
        except (DualrevError, Warning):  # where warnings are errors, that of Numba's stays what it is
            raise
        except Exception as error:  # Numba's own, and where its lowering did not expect a type, any other
            failures.append(error)
    failure = informative(failures)
    expect_linear_algebra(dispatcher, failure)
    functions = [function for each in made for function in each.originals]
    raise refusal(dispatcher, failure, functions, _counts_among(arguments)) from failure


def _counts_among(arguments: Arguments) -> str:
    """Return a sentence about integers that are differentiated: they may have been meant as counts."""
    integers = [n for n in arguments.argnums if isinstance(element(arguments.types[n]), types.Integer)]
    if not integers:
        return ""
    return (
        f". Its argument {integers[0]} is an integer and named in argnums, so that it stands for an active float: "
        "where it is a count or an index, leave it out of argnums"
    )


def _written(cloner: Any, dispatcher: Any, question: Question, arguments: Arguments) -> Any:
    kind = question.kind
    repetition = _repetition(dispatcher, question, care_for(dispatcher, question.care, arguments))
    if question.mode == "forward":
        chunk = 1 if kind == "pushforward" else question.chunk
        forward = ForwardDriver(
            cloner, dispatcher, arguments, question.value, question.aux, chunk, question.once, repetition
        )
        if kind == "gradient":
            _expect_number(forward)
        if kind == "pushforward":
            return forward.pushforward(tangent_prefix(arguments.names))
        if question.carriers:
            return forward.points([*(f"a{n}" for n in range(len(arguments.names))), "points"], question.carriers)
        return forward.implementation()
    reverse = ReverseDriver(cloner, dispatcher, arguments, question.value, question.aux, repetition)
    if kind == "tape":
        return reverse.tape()
    if kind == "pullback":
        return reverse.pullback(cotangent_name(arguments.names))
    if kind == "gradient":
        _expect_number(reverse)
    return reverse.gradient() if reverse.outputs.is_number else reverse.implementation()


def _expect_number(driver: Any) -> None:
    outputs = driver.outputs
    if outputs.is_number:
        return
    given = outputs.type
    shape = (
        f"an array of {given.ndim} axes" if isinstance(given, types.Array) else f"a container of {len(outputs.leaves)}"
    )
    raise NonScalarOutputError(
        f"{driver.arguments.of} returns {shape}; grad needs a scalar, of shape (): return its element [0] from the "
        "function, use jacobian, or reduce the output: np.sum"
    )
