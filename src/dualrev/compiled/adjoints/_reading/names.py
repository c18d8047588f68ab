"""Names of values and arrays, each given once."""

from __future__ import annotations

import builtins
import keyword

from numba.core import types

_RESERVED = {
    *dir(builtins),
    *keyword.kwlist,
    *("np", "numpy", "math"),
    *(each.name for each in (*types.number_domain, types.boolean)),
}


class Names:
    """Gives names that are no keyword, no function of Python's, and not given yet."""

    def __init__(self) -> None:
        self.taken = set(_RESERVED)
        self.counts: dict[str, int] = {}

    def new(self, base: str) -> str:
        """Return a name that begins so."""
        base = base.split(" ")[0]
        name = base
        while name in self.taken:
            self.counts[base] = self.counts.get(base, 1) + 1
            name = f"{base}_{self.counts[base]}"
        self.taken.add(name)
        return name
