"""Where a NaN comes from: `detect_anomaly`."""

from dualrev.operators.anomaly._context import detect_anomaly

__all__ = ["detect_anomaly"]
