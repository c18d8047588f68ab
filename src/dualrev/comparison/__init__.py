"""Forward and reverse mode side by side: time, passes, memory, agreement, and where they cross."""

from dualrev.comparison._agreement import Agreement
from dualrev.comparison._comparing import compare
from dualrev.comparison._record import Execution, MethodReport
from dualrev.comparison._timing import Timing
from dualrev.comparison.report import Comparison
from dualrev.comparison.sweeps._record import SweepPoint
from dualrev.comparison.sweeps.report import Sweep
from dualrev.comparison.sweeps.sweeping import sweep

__all__ = ["Agreement", "Comparison", "Execution", "MethodReport", "Sweep", "SweepPoint", "Timing", "compare", "sweep"]
