"""How a derivative is computed for given arguments: its code, whether it is an adjoint, and whether always careful."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from numba import typeof

from dualrev.compiled.adjoints.refusal import Refused
from dualrev.compiled.drivers._care import CAREFUL, care_for
from dualrev.compiled.drivers.derivative import Question, arguments_of, derivative, generated_driver
from dualrev.kernels.numba_extending import chooser_of

BY_ADJOINT = "by generated adjoint code"
"""The words of a plan where there is some."""


# The types decide what is written, so the chooser is asked as Numba would ask it; nothing is compiled.
def source(dispatcher: Any, question: Question, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    """Return the code that is written for a derivative, for arguments of these types."""
    numba_types = _types_of(dispatcher, question, args, kwargs)
    try:
        driver = generated_driver(dispatcher, question, arguments_of(dispatcher, question, numba_types))
    except Refused:
        choose = chooser_of(derivative(dispatcher, question))
        assert choose is not None
        return inspect.getsource(choose(*numba_types)).rstrip()  # type: ignore[arg-type]
    text: str = driver.adjoint.generated.text_beside_code
    return text.rstrip()


def way(dispatcher: Any, question: Question, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    """Return by what a derivative in reverse is computed, for arguments of these types."""
    numba_types = _types_of(dispatcher, question, args, kwargs)
    try:
        generated_driver(dispatcher, question, arguments_of(dispatcher, question, numba_types))
    except Refused as refused:
        return f"by the tape: {refused.reason}"
    return BY_ADJOINT


# What generated code calls raises no error about a NaN of a derivative, whatever is said of the function here.
def careful_from_the_start(dispatcher: Any, question: Question, args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
    """Return whether a derivative without generated code is careful from the start, for arguments of these types."""
    numba_types = _types_of(dispatcher, question, args, kwargs)
    return care_for(dispatcher, question.care, arguments_of(dispatcher, question, numba_types)) == CAREFUL


def _types_of(dispatcher: Any, question: Question, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Any]:
    """Return the types of a derivative's arguments, as Numba would ask for it."""
    given = inspect.signature(derivative(dispatcher, question).py_func).bind(*args, **kwargs)
    given.apply_defaults()
    return [typeof(each) for each in given.args]
