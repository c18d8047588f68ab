"""Forward and reverse mode side by side: time, passes, memory, agreement, and where they cross."""

from dualrev.comparison.agreement import Agreement
from dualrev.comparison.comparing import compare
from dualrev.comparison.report import Comparison, Execution, MethodReport
from dualrev.comparison.sweeps.report import Sweep, SweepPoint
from dualrev.comparison.sweeps.sweeping import sweep
from dualrev.comparison.timing import Timing

__all__ = ["Agreement", "Comparison", "Execution", "MethodReport", "Sweep", "SweepPoint", "Timing", "compare", "sweep"]
