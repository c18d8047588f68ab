"""The result of a comparison, which shows itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from dualrev.comparison import _as_document as as_document
from dualrev.comparison import _as_picture as as_picture
from dualrev.comparison._record import ComparisonRecord
from dualrev.comparison._verdict import verdict as in_words
from dualrev.documents import Illustrated, Part, as_json, plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Comparison(ComparisonRecord, Illustrated):
    """All methods on one function at one point; see `compare`.

    It prints as text of at most 80 columns, and `.plot()` draws the times of all methods, with their spread and errors.

    Attributes
    ----------
    name : str
    n, m : int
        Numbers of inputs and of outputs.
    executions : tuple of Execution
        The first is how the function itself runs.
    reference : str
        What errors are measured against.
    agreement : Agreement
        Of the two modes, in the first execution.
    verification : Verification or None
        None if it was not asked for, or is not possible at the point.
    notes : tuple of str
        What is odd about the function or its point.
    interrupted : bool
        Whether the comparison was stopped before its end; it holds what was measured until then.

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> found = dr.compare(lambda x: np.sum(x**2), np.ones(3), budget=0.0, verify=False)
    >>> found.main.name, found.n, found.m, found.reverse.passes
    ('interpreted', 3, 1, 1)
    """

    _alt = "times of all methods"

    @property
    def verdict(self) -> str:
        """The verdict, in sentences."""
        return in_words(self)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain numbers, strings and dicts, for JSON: what is not finite becomes a string."""
        judged = ("faster", "told_apart", "regret", "auto_was_right")
        found: dict[str, Any] = plain(
            asdict(self)
            | {name: getattr(self, name) for name in judged}
            | {"choice": asdict(self.choice), "verdict": self.verdict}
        )
        return found

    def _parts(self, html: bool = False) -> list[Part]:
        return as_document.parts(self)

    def _draw(self) -> Figure:
        return as_picture.plot(self)

    def _drawable(self) -> bool:
        return self.forward.timed

    def _stored(self) -> str:
        return comparisons_as_json([self])


def comparisons_as_json(found: Sequence[Comparison]) -> str:
    """Return comparisons as a file holds them, with what they were measured on."""
    return as_json({"comparisons": [comparison.to_dict() for comparison in found]})
