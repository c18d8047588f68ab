"""The options that the operators share, stated once: their names and types, what they are by default, and help."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from difflib import get_close_matches
from typing import Literal, TypedDict, TypeVar

Mode = Literal["auto", "forward", "reverse"]
Backend = Literal["auto", "numba", "numpy"]
Device = Literal["cpu", "cuda"]
Batched = bool | tuple[int, ...]
Argnums = int | tuple[int, ...]

_F = TypeVar("_F", bound=Callable[..., object])


class Options(TypedDict, total=False):
    """Keyword arguments of `jacobian`, `grad` and the other operators; `jacobian` documents each."""

    mode: Mode
    chunk_size: int | None
    has_aux: bool
    backend: Backend
    batched: Batched
    out_shape: int | tuple[int, ...] | None
    device: Device


DEFAULTS = Options(
    mode="auto", chunk_size=None, has_aux=False, backend="auto", batched=False, out_shape=None, device="cpu"
)


def takes_options(function: _F) -> _F:
    """Let `inspect.signature`, and so help and notebooks, list every option in the place of `**options`."""
    signature = inspect.signature(function)
    *others, _ = signature.parameters.values()
    by_keyword, types = inspect.Parameter.KEYWORD_ONLY, Options.__annotations__
    listed = [
        inspect.Parameter(name, by_keyword, default=each, annotation=types[name]) for name, each in DEFAULTS.items()
    ]
    function.__signature__ = signature.replace(parameters=[*others, *listed])  # type: ignore[attr-defined]
    return function


def with_defaults(options: Options, function: str) -> Options:
    """Return all options, or raise the `TypeError` that Python raises for a keyword that a function does not have."""
    for name in options:
        if name not in DEFAULTS:
            close = get_close_matches(name, DEFAULTS, 1)
            hint = f". Did you mean {close[0]!r}?" if close else ""
            raise TypeError(f"{function}() got an unexpected keyword argument {name!r}{hint}")
    return DEFAULTS | options
