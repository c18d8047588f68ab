"""tanh and its first six derivatives, by nesting `elementwise_grad`: example 11.

Run it with `python examples/tanh_derivatives.py`; it writes tanh_derivatives.png.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import dualrev as dr


def main(figures: Path | None = None) -> dict[str, Any]:
    """Differentiate tanh six times and draw all seven curves."""
    x = np.linspace(-7, 7, 200)
    curves, f = [np.tanh(x)], np.tanh
    for _ in range(6):
        f = dr.elementwise_grad(f)
        curves.append(f(x))
    for order, curve in enumerate(curves):
        print(f"derivative {order}: largest value {curve.max():.4f}")
    if figures is not None:
        draw(x, curves, figures / "tanh_derivatives.png")
    return {"x": x, "curves": curves}


def draw(x: np.ndarray, curves: list[np.ndarray], path: Path) -> None:
    """Draw the curves, each over its largest value: they grow like factorials."""
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.0, 3.8), layout="constrained")
    axes = figure.subplots()
    colors = colormaps["viridis"](np.linspace(0.0, 0.92, len(curves)))
    for order, (curve, color) in enumerate(zip(curves, colors, strict=True)):
        peak = np.abs(curve).max()
        label = "tanh" if not order else f"derivative {order}, over {peak:.3g}"
        axes.plot(x, curve / peak, color=color, label=label, linewidth=1.4)
    axes.set_xlabel("x")
    axes.set_xlim(-7, 7)
    axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main(Path.cwd())
