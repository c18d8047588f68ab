"""The result of a sweep over n and m, which shows and saves itself."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dualrev.comparison.sweeps import _as_document as as_document
from dualrev.comparison.sweeps import _as_picture as as_picture
from dualrev.comparison.sweeps._record import SweepPoint, SweepRecord
from dualrev.documents import Illustrated, Part, as_json
from dualrev.errors import SweepError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Sweep(SweepRecord, Illustrated):
    """Both modes over n and m; see `sweep`.

    It prints as a table: for each n and m how many times longer forward mode takes than reverse mode. `.plot()` draws
    the map over n and m with both lines, and times along its edges. A file that is no page is JSON, for `Sweep.load`.

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

    _alt = "both modes over n and m"

    def _parts(self, html: bool = False) -> list[Part]:
        return as_document.parts(self)

    def _draw(self) -> Figure:
        return as_picture.plot(self)

    def _drawable(self) -> bool:
        return bool(self.points)

    def _stored(self) -> str:
        return as_json({"sweep": self.to_dict()})

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
