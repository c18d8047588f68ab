"""Python's operators on arrays that were written to, which act on what stands there."""

from __future__ import annotations

import operator
from typing import Any

from dualrev.active._in_place.written import Written, again
from dualrev.primitives.scalar import TABLE


# What stands there may be a plain array, whose own operators the user expects; `again` makes its result one that can
# be written to.
def _reading(name: str) -> Any:
    """Return an operator of Python that acts on what stands there."""
    python = getattr(operator, name)
    if TABLE_ARITY.get(name) == 1:
        return lambda self: again(python(self.read()))
    return lambda self, other: again(python(self.read(), other.read() if type(other) is Written else other))


def _reflected(name: str) -> Any:
    python = getattr(operator, name) if name != "divmod" else divmod
    return lambda self, other: again(python(other, self.read()))


TABLE_ARITY = {name: row.arity for row in TABLE.values() for name in row.spelled("operator")}


def equip_written() -> None:
    """Give written arrays the operators."""
    for name in (*TABLE_ARITY, "matmul", "pow"):
        setattr(Written, f"__{name}__", _reading(name))
        if TABLE_ARITY.get(name) != 1 and name not in ("eq", "ne", "lt", "le", "gt", "ge"):
            setattr(Written, f"__r{name}__", _reflected(name))
    Written.__abs__ = _reading("abs")  # type: ignore[method-assign]
