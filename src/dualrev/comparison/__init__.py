"""Forward and reverse mode side by side: time, passes, memory, agreement."""

from dualrev.comparison.comparing import compare
from dualrev.comparison.report import Agreement, Comparison, ModeReport

__all__ = ["Agreement", "Comparison", "ModeReport", "compare"]
