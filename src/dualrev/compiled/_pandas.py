"""Tables and series of pandas among the arguments of a compiled function."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.active.number import Active


def of_pandas(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether arguments hold a table or a series, which Numba does not know."""
    return any(hasattr(type(x), "__pandas_priority__") and not isinstance(x, Active) for x in (*args, *kwargs.values()))


def without_index(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return arguments with arrays in place of tables and series."""
    given = [np.asarray(x) if of_pandas((x,), {}) else x for x in (*args, *kwargs.values())]
    return tuple(given[: len(args)]), dict(zip(kwargs, given[len(args) :], strict=True))
