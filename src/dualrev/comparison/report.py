"""What a comparison of the modes found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

from dualrev.modes import ModeChoice

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from dualrev.verification import Verification

TOLERATED = 1.15
"""Auto is right if the mode it chose takes no more than this times the time of the other."""


@dataclass(frozen=True)
class ModeReport:
    """One mode of one function.

    Attributes
    ----------
    mode : "forward" or "reverse"
    seconds : float
        Time of a Jacobian: the fastest measured, or if not `complete`, extrapolated from the passes that were run.
    runs : int
        How often it was timed.
    complete : bool
        Whether the whole Jacobian was computed.
    cut_short : str
        Why not, if not.
    calls : int
        Calls of the function that a Jacobian takes.
    passes : int
        Forward passes, or reverse sweeps, that a Jacobian takes.
    together : int
        Directions in a pass, or cotangents in a sweep.
    passes_run : int
        How many of the passes were run to measure: all of them, if `complete`.
    tape_bytes : int
        Memory of what the tape keeps for the sweeps, at its peak, which is the end of the recording; 0 in forward mode.
    ratio : float
        Time over that of the function.
    predicted_seconds : float
        What the cost model says.
    """

    mode: str
    seconds: float
    runs: int
    complete: bool
    cut_short: str
    calls: int
    passes: int
    together: int
    passes_run: int
    tape_bytes: int
    ratio: float
    predicted_seconds: float


@dataclass(frozen=True)
class Agreement:
    """How far the Jacobians of the two modes are apart.

    Attributes
    ----------
    absolute : float
        The largest difference of two entries that are both finite.
    relative : float
        The same over the largest finite entry.
    entries : int
        How many entries were compared.
    total : int
        How many the Jacobian has.
    not_finite : int
        Entries that are the same infinity, or NaN, in both modes.
    contradictions : int
        Entries that are finite in one mode only, or not the same otherwise.
    """

    absolute: float
    relative: float
    entries: int
    total: int
    not_finite: int
    contradictions: int


@dataclass(frozen=True)
class Comparison:
    """Both modes of one function at one point; see `compare`.

    Attributes
    ----------
    name : str
    n, m : int
        Numbers of inputs and of outputs.
    operations, elements : int
        Recorded operations, and elements of all their results together.
    function_seconds : float
        Time of the function itself.
    forward, reverse : ModeReport
    choice : ModeChoice
        What `mode="auto"` takes, why, and the predicted costs.
    agreement : Agreement
    verification : Verification or None
        None if it was not asked for.
    """

    name: str
    n: int
    m: int
    operations: int
    elements: int
    function_seconds: float
    forward: ModeReport
    reverse: ModeReport
    choice: ModeChoice
    agreement: Agreement
    verification: Verification | None

    @property
    def faster(self) -> str:
        """The mode that took less time."""
        return "forward" if self.forward.seconds <= self.reverse.seconds else "reverse"

    @property
    def regret(self) -> float:
        """Time of the mode that auto chose over that of the faster one: 1 if auto chose the faster one."""
        chosen = self.forward if self.choice.mode == "forward" else self.reverse
        best = min(self.forward.seconds, self.reverse.seconds)
        return chosen.seconds / best if best else 1.0

    @property
    def auto_was_right(self) -> bool:
        """Whether auto chose the faster mode, or one that takes at most 15 % more time."""
        return self.regret <= TOLERATED

    def table(self) -> str:
        """Return the comparison as text, at most 80 columns wide."""
        from dualrev.comparison.text import table

        return table(self)

    def plot(self) -> Figure:
        """Draw the times of the function and of both modes, measured and predicted.

        Raises
        ------
        MissingExtraError
            If Matplotlib is not installed.
        """
        from dualrev.comparison.plot import plot

        return plot(self)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain numbers, strings and dicts, for JSON: what is not finite becomes a string."""
        found: dict[str, Any] = _plain(asdict(self))
        found |= {"faster": self.faster, "regret": self.regret, "auto_was_right": self.auto_was_right}
        return found

    def __str__(self) -> str:
        return self.table()

    def _repr_html_(self) -> str:
        from dualrev.comparison.text import html

        return html(self)


def _plain(x: Any) -> Any:
    if isinstance(x, dict):
        return {key: _plain(value) for key, value in x.items()}
    return str(x) if isinstance(x, float) and not isfinite(x) else x
