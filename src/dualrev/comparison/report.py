"""What a comparison found, and how it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dualrev.comparison import as_html, as_picture, as_text
from dualrev.comparison.as_json import as_dict, comparisons_as_json
from dualrev.comparison.record import ComparisonRecord
from dualrev.comparison.verdict import verdict as in_words
from dualrev.environment import write_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Comparison(ComparisonRecord):
    """All methods on one function at one point; see `compare`.

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

    @property
    def verdict(self) -> str:
        """What was found, in sentences."""
        return in_words(self)

    def table(self) -> str:
        """Return the comparison as text, at most 80 columns wide."""
        return as_text.table(self)

    def plot(self) -> Figure:
        """Draw the times of all methods, with their spread and their errors.

        Raises
        ------
        MissingExtraError
            If Matplotlib is not installed.
        """
        return as_picture.plot(self)

    def to_html(self) -> str:
        """Return a page of its own, with the plot where Matplotlib is installed."""
        return as_html.page([self])

    def save(self, path: str | Path) -> None:
        """Write the comparison to a file: a page if its name ends in `.html`, else JSON."""
        path = Path(path)
        write_whole(path, self.to_html() if path.suffix == ".html" else comparisons_as_json([self]))

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain numbers, strings and dicts, for JSON: what is not finite becomes a string."""
        return as_dict(self)

    def __str__(self) -> str:
        return self.table()

    def _repr_html_(self) -> str:
        return as_html.fragment(self)
