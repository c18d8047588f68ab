"""What a sweep over n and m found, and how it is shown and kept."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dualrev.comparison.as_json import as_json
from dualrev.comparison.sweeps import as_picture, as_text
from dualrev.comparison.sweeps.record import SweepPoint, SweepRecord
from dualrev.environment import write_whole
from dualrev.errors import SweepError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Sweep(SweepRecord):
    """Both modes over n and m; see `sweep`.

    Attributes
    ----------
    name : str
    backend : "interpreted" or "compiled"
    calibrated : bool
        Whether the constants of this machine were used, rather than those shipped.
    points : tuple of SweepPoint
    interrupted : bool
        Whether the sweep was stopped before its end.
    notes : tuple of str
        What is odd about the function or its points.

    Examples
    --------
    >>> import dualrev as dr
    >>> found = dr.sweep("dense", n=(2, 300), m=(1,), budget=0.0)
    >>> found.ns, found.ms, [point.chosen for point in found.points]
    ([2, 300], [1], ['forward', 'reverse'])
    """

    def table(self) -> str:
        """Return the sweep as text: for each n and m how many times longer forward mode takes than reverse mode."""
        return as_text.table(self)

    def plot(self) -> Figure:
        """Draw the map over n and m with both lines, and times along its edges.

        Raises
        ------
        MissingExtraError
            If Matplotlib is not installed.
        """
        return as_picture.plot(self)

    def to_html(self) -> str:
        """Return a page of its own, with the plot where Matplotlib is installed."""
        return as_text.page(self)

    def save(self, path: str | Path) -> None:
        """Write the sweep to a file: a page if its name ends in `.html`, else JSON that `Sweep.load` reads."""
        path = Path(path)
        write_whole(path, self.to_html() if path.suffix == ".html" else as_json({"sweep": self.to_dict()}))

    @classmethod
    def load(cls, path: str | Path) -> Sweep:
        """Read a sweep that was saved, to print or plot it again without measuring.

        Raises
        ------
        SweepError
            If the file holds no sweep.
        """
        try:
            stored = json.loads(Path(path).read_text(encoding="utf-8"))["sweep"]
            types: dict[str, Any] = {"int": int, "float": float, "str": str}  # "inf" and "nan" are strings in JSON
            points = tuple(
                SweepPoint(
                    **{
                        field.name: types[str(field.type)](each[field.name])
                        for field in fields(SweepPoint)
                        if field.name in each or field.name != "spread"  # which older files do not hold
                    }
                )
                for each in stored["points"]
            )
            told = tuple(map(str, stored.get("notes", ())))
            return cls(stored["name"], stored["backend"], stored["calibrated"], points, stored["interrupted"], told)
        except (ValueError, KeyError, TypeError, UnicodeDecodeError) as error:
            raise SweepError(
                f"{path} holds no sweep ({error!r}); expected what `dualrev sweep --json` wrote"
            ) from error

    def __str__(self) -> str:
        return self.table()

    def _repr_html_(self) -> str:
        return as_text.fragment(self)
