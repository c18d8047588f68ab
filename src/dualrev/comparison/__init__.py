"""Forward and reverse mode side by side: time, passes, memory, agreement, and where they cross."""

from dualrev.comparison.agreement import Agreement
from dualrev.comparison.comparing import compare
from dualrev.comparison.record import Execution, MethodReport
from dualrev.comparison.report import Comparison
from dualrev.comparison.sweeps.record import SweepPoint
from dualrev.comparison.sweeps.report import Sweep
from dualrev.comparison.sweeps.sweeping import sweep
from dualrev.comparison.timing import Timing

__all__ = ["Agreement", "Comparison", "Execution", "MethodReport", "Sweep", "SweepPoint", "Timing", "compare", "sweep"]
