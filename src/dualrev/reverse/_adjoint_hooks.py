"""Hooks on adjoints, and gradients kept for numbers that are no leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Watch:
    """Users' hooks on the adjoint of a statement, whether it is kept, and what `detect_anomaly` knows of it."""

    def __init__(self) -> None:
        self.hooks: dict[object, Callable[[Any], Any]] = {}
        self.retains = False
        self.grad: Any = None
        self.origin: Any = None


class Hook:
    """A function that sees a gradient, as `register_hook` returned it."""

    def __init__(self, watch: Watch, function: Callable[[Any], Any]) -> None:
        self._watch, self._key = watch, object()
        watch.hooks[self._key] = function

    def remove(self) -> None:
        """Take the hook away; a second call does nothing."""
        self._watch.hooks.pop(self._key, None)
