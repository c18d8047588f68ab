"""The error of forward differences against their step, beside both modes: example 19.

Run it with `python examples/finite_differences.py`; it writes finite_differences.png.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import sympy

import dualrev as dr


def f(x: Any) -> Any:
    """Return exp(x) sin(x^2)."""
    return np.exp(x) * np.sin(x**2)


def main(figures: Path | None = None) -> dict[str, Any]:
    """Compare differences of many steps, and both modes, with the derivative to 50 digits."""
    at = 1.5
    symbol = sympy.Symbol("x")
    exact = sympy.diff(sympy.exp(symbol) * sympy.sin(symbol**2), symbol).evalf(50, subs={symbol: sympy.Float(at, 50)})
    steps = np.logspace(0, -16, 129)
    differences = (f(at + steps) - f(at)) / steps
    errors = np.array([abs(float((sympy.Float(d, 50) - exact) / exact)) for d in differences])
    modes = {}
    for mode in ("forward", "reverse"):
        derivative = dr.grad(f, mode=mode)(at)
        modes[mode] = abs(float((sympy.Float(derivative, 50) - exact) / exact))
        print(f"{mode} mode: relative error {modes[mode]:.1e}")
    best = int(np.argmin(errors))
    print(f"forward differences: at best {errors[best]:.1e}, with the step {steps[best]:.1e}")
    if figures is not None:
        draw(steps, errors, modes, figures / "finite_differences.png")
    return {"steps": steps, "errors": errors, "modes": modes}


def draw(steps: np.ndarray, errors: np.ndarray, modes: dict[str, float], path: Path) -> None:
    """Draw truncation error, round-off error, and both modes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.8, 3.9), layout="constrained")
    axes = figure.subplots()
    axes.loglog(steps, np.maximum(errors, 1e-17), color="tab:gray", label="forward differences")
    floor = np.finfo(float).eps / 4  # an exact result has no place on a logarithmic axis
    for (mode, error), style, color in zip(modes.items(), ("-", "--"), ("tab:blue", "tab:orange"), strict=True):
        axes.axhline(max(error, floor), linestyle=style, color=color, label=f"{mode} mode, relative error {error:.1e}")
    axes.annotate("round-off", (1e-14, 1e-5), ha="center")
    axes.annotate("truncation", (3e-3, 1e-4), ha="center")
    axes.set_xlabel("step h")
    axes.set_ylabel("relative error of the derivative")
    axes.set_ylim(1e-17, 10)
    axes.invert_xaxis()
    axes.legend(frameon=False, loc="lower left", bbox_to_anchor=(0.02, 0.12))
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main(Path.cwd())
