"""The data of a comparison."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING

from dualrev.auto.choice import ModeChoice
from dualrev.comparison._agreement import Agreement
from dualrev.comparison._timing import Timing, told_apart

if TYPE_CHECKING:
    from dualrev.verification import Verification

TOLERATED = 1.15
"""Auto is right if the mode it chose takes no more than this times the time of the other."""

MODES = ("forward", "reverse")


@dataclass(frozen=True)
class MethodReport:
    """One way to the Jacobian.

    Attributes
    ----------
    method : str
        "forward", "reverse", "auto", "forward differences", "central differences", "complex step", "SymPy", "by hand".
    timing : Timing
        Of a whole Jacobian; if not `complete`, extrapolated from the passes that were run, or predicted; of no batches
        if the comparison was interrupted before it was timed: then it is that of the first call.
    ratio : float
        Time over that of the function; NaN where the times are too noisy to tell.
    complete : bool
        Whether the whole Jacobian was computed.
    cut_short : str
        Why not, if not.
    unavailable : str
        Why the method does not serve here, if it does not; then nothing else is known.
    calls : int
        Calls of the function that a Jacobian takes.
    passes, passes_run, together : int
        Passes or sweeps that a Jacobian takes, how many of them were run to measure, and how many directions or
        cotangents go together in one.
    operations : int
        Recorded operations; 0 for what records nothing.
    tape_bytes : int
        Memory of the tape and of what it keeps for the sweeps, at its peak, which is the end of the recording.
    peak_bytes : int
        The most memory at once: measured for interpreted code, counted from the tape and the result for compiled code;
        what adjoint code keeps is not counted.
    compile_seconds : float
        How much longer the first call took than a later one.
    error : float
        The largest difference from the reference over the reference's largest entry; NaN if nothing was compared.
    entries : int
        How many entries were compared.
    predicted_seconds : float
        What the cost model says; NaN where it says nothing.
    """

    method: str
    timing: Timing
    ratio: float
    complete: bool
    cut_short: str
    unavailable: str
    calls: int
    passes: int
    passes_run: int
    together: int
    operations: int
    tape_bytes: int
    peak_bytes: int
    compile_seconds: float
    error: float
    entries: int
    predicted_seconds: float

    @property
    def mode(self) -> str:
        """The name of the method."""
        return self.method

    @property
    def seconds(self) -> float:
        """Time of a whole Jacobian."""
        return self.timing.seconds

    @property
    def runs(self) -> int:
        """How often it was timed."""
        return self.timing.runs

    @property
    def timed(self) -> bool:
        """Whether there is a time, measured or extrapolated."""
        return not isnan(self.timing.seconds)

    @property
    def approximate(self) -> bool:
        """Whether the time is extrapolated, predicted, or that of a first call."""
        return not self.complete or not self.timing.batches


@dataclass(frozen=True)
class Execution:
    """One way in which the function runs, and all methods on it.

    Attributes
    ----------
    name : "interpreted", "compiled" or "cuda"
    unavailable : str
        Why the function does not run this way, if it does not.
    function : Timing
        Of the function itself.
    operations, elements : int
        Recorded operations, and elements of all their results together.
    choice : ModeChoice or None
        What `mode="auto"` takes, why, and the predicted costs.
    methods : tuple of MethodReport
    """

    name: str
    unavailable: str
    function: Timing
    operations: int
    elements: int
    choice: ModeChoice | None
    methods: tuple[MethodReport, ...]

    def method(self, name: str) -> MethodReport:
        """Return the report of a method."""
        return next(each for each in self.methods if each.method == name)


@dataclass(frozen=True)
class ComparisonRecord:
    """All methods on one function at one point, without the means to show them; see `Comparison`."""

    name: str
    n: int
    m: int
    executions: tuple[Execution, ...]
    reference: str
    agreement: Agreement
    verification: Verification | None
    notes: tuple[str, ...] = ()
    interrupted: bool = False

    @property
    def main(self) -> Execution:
        """The execution in which the function itself runs."""
        return self.executions[0]

    @property
    def operations(self) -> int:
        """Recorded operations."""
        return self.main.operations

    @property
    def elements(self) -> int:
        """Elements of the results of all operations together."""
        return self.main.elements

    @property
    def function_seconds(self) -> float:
        """Time of the function itself."""
        return self.main.function.seconds

    @property
    def choice(self) -> ModeChoice:
        """The choice of `mode="auto"`, its reason, and the predicted costs."""
        assert self.main.choice is not None
        return self.main.choice

    @property
    def forward(self) -> MethodReport:
        """Forward mode, as the function itself runs."""
        return self.main.method("forward")

    @property
    def reverse(self) -> MethodReport:
        """Reverse mode, as the function itself runs."""
        return self.main.method("reverse")

    @property
    def faster(self) -> str:
        """The mode that took less time."""
        return "forward" if self.forward.seconds <= self.reverse.seconds else "reverse"

    @property
    def told_apart(self) -> bool:
        """Whether the times of the modes differ by more than their spread."""
        return told_apart(self.forward, self.reverse)

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
