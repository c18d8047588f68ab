"""Newton's method, and how conditioning and step size decide about descent: example 17.

Run it with `python examples/conditioning.py`; it writes conditioning.png.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import dualrev as dr
from dualrev.optim import minimize, newton_root, one_over_t

START = np.array([2.0, 1.0])


def quadratic(condition: float) -> Any:
    """Return x1^2 / 2 + condition * x2^2 / 2, whose Hessian has this condition number."""
    return lambda x: 0.5 * x[0] ** 2 + 0.5 * condition * x[1] ** 2


def main(figures: Path | None = None) -> dict[str, Any]:
    """Find a root and minima."""
    root = newton_root(lambda x: x**2 - 2, 1.0)
    errors = np.abs(root.path - np.sqrt(2))
    print("Newton for a root of x^2 - 2, errors:", ", ".join(f"{error:.1e}" for error in errors))

    f = quadratic(50.0)
    number = float(np.linalg.cond(dr.hessian(f)(START)))
    print(f"condition number {number:g}")
    ways = {
        "gradient descent, 1/L": {"step": 1 / 50},
        "gradient descent, 2/(L + mu)": {"step": 2 / 51},
        "steps 1/(L + t)": {"step": one_over_t(1.0, start=51)},
        "momentum": {"method": "momentum", "step": 1 / 50, "momentum": 0.75},
        "steepest descent": {"method": "steepest-descent"},
        "coordinate descent": {"method": "coordinate-descent"},
        "preconditioned": {"method": "preconditioned-descent", "preconditioner": np.array([1.0, 50.0]), "step": 0.5},
        "Newton": {"method": "newton"},
    }
    found = {name: minimize(f, START, iterations=300, **options) for name, options in ways.items()}
    for name, each in found.items():
        print(f"{name:>28}: loss {each.loss:.2e} after {each.iterations} iterations")
    diverged = minimize(f, START, step=2.2 / 50, iterations=10000)
    print(f"a step of 2.2/L: {diverged.reason}")
    if figures is not None:
        draw(found, f, figures / "conditioning.png")
    return {"errors": errors, "condition": number, "found": found, "diverged": diverged}


def draw(found: dict[str, Any], f: Any, path: Path) -> None:
    """Draw the losses of all, and some of the paths."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11.5, 4.0), layout="constrained")
    left, right = figure.subplots(1, 2)
    colors = {name: f"C{n}" for n, name in enumerate(found)}
    for name, each in found.items():
        left.semilogy(np.maximum(each.losses, 1e-16), color=colors[name], label=name, linewidth=1.3)
    left.set_xlim(0, 150)
    left.set_ylim(1e-16, 1e2)
    left.set_xlabel("iteration")
    left.set_ylabel("loss")
    left.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    x, y = np.meshgrid(np.linspace(-0.5, 2.2, 120), np.linspace(-1.15, 1.15, 120))
    right.contour(x, y, f((x, y)), levels=np.geomspace(0.02, 30, 12), colors="lightgray", linewidths=0.8)
    for name in ("gradient descent, 2/(L + mu)", "momentum", "steepest descent", "preconditioned"):
        points = found[name].path[:60]
        right.plot(points[:, 0], points[:, 1], ".-", color=colors[name], markersize=3, linewidth=0.9, label=name)
    right.plot(0, 0, "k+")
    right.set_xlabel("x1")
    right.set_ylabel("x2")
    right.set_title("the first 60 points, condition number 50", fontsize=10)
    right.legend(frameon=False, fontsize=8)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main(Path.cwd())
