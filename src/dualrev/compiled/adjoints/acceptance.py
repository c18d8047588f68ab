"""Whether the generator takes a function, without compiling anything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dualrev.compiled.adjoints._generator import generate
from dualrev.compiled.adjoints._reading.program import read
from dualrev.compiled.adjoints.refusal import Refused


def refusal_of(dispatcher: Any, types: Sequence[Any], argnums: Sequence[int]) -> str | None:
    """Return the reason for which a function of arguments of these types is refused, None if it is taken."""
    try:
        generate(read(dispatcher, types, argnums), value=False)
    except Refused as refused:
        return refused.reason
    return None
