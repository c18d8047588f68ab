"""Numbers as people read them."""

from __future__ import annotations

from math import isfinite, isnan


def duration(seconds: float) -> str:
    """Return a time with a fitting unit and three digits."""
    if not isfinite(seconds):
        return "?"
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{digits(seconds / size)} {unit}"
    return f"{digits(seconds / 1e-9)} ns"


def memory(size: int) -> str:
    """Return a number of bytes with a fitting unit."""
    for unit, power in (("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if size >= 1 << power:
            return f"{digits(size / (1 << power))} {unit}"
    return f"{size} B"


def digits(x: float) -> str:
    """Return a number with three digits."""
    if isnan(x):
        return "?"
    return f"{x:,.0f}" if 100 <= x < 1e6 else f"{x:.3g}"


def spread(low: float, middle: float, high: float) -> str:
    """Return half the distance of the quartiles over the median, in per cent."""
    return f"±{50 * (high - low) / middle:.0f}%" if middle and isfinite(middle) else ""
