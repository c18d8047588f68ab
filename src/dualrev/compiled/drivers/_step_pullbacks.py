"""Pullbacks of the steps of generated adjoints: a recording of the one call, by the table of array functions."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from dualrev.compiled.adjoints._steps import Pullback
from dualrev.compiled.clones import registration
from dualrev.compiled.clones.cloning import Cloner
from dualrev.compiled.clones.constructors import constructors
from dualrev.compiled.drivers._arguments import Arguments
from dualrev.compiled.drivers._care import PART, Repetition
from dualrev.compiled.drivers._reverse import ReverseDriver
from dualrev.compiled.drivers.parameters import cotangent_name, parameters
from dualrev.kernels.numba_extending import written_by


@cache
def pullback_of(pullback: Pullback) -> Any:
    """Return the dispatcher that pulls the cotangent of a step's result back to its arguments."""
    names = parameters(pullback.function)

    def choose(*given: Any) -> Callable[..., Any]:
        arguments = Arguments(names, given[: len(names)], pullback.argnums, pullback.function.__name__, names)
        arguments.further = given[len(names) :]

        def cloner(number: Any) -> Cloner:
            return Cloner(registration.replacements(number) | constructors(number))

        driver = ReverseDriver(cloner, pullback.function, arguments, False, False, Repetition(PART))
        implementation: Callable[..., Any] = driver.pullback(cotangent_name(names))
        return implementation

    scope: dict[str, Any] = {"__name__": __name__}
    exec(f"def pullback({', '.join([*names, cotangent_name(names)])}):\n    raise NotImplementedError\n", scope)
    return written_by(choose, scope["pullback"], nogil=True, fastmath=False, error_model="python")
