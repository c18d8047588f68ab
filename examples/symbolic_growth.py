"""How symbolic derivatives grow, beside the length of the tape: example 19.

Run it with `python examples/symbolic_growth.py`; it writes symbolic_growth.png.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import sympy

import dualrev as dr


def iterated(x: Any, times: int) -> Any:
    """Iterate the logistic map x -> 4 x (1 - x), as Baydin et al. do (Journal of Machine Learning Research, 2018)."""
    for _ in range(times):
        x = 4 * x * (1 - x)
    return x


def main(figures: Path | None = None) -> dict[str, Any]:
    """Count operations of the symbolic derivative, and statements on the tape."""
    symbol, times = sympy.Symbol("x"), list(range(1, 9))
    symbolic, recorded = [], []
    for n in times:
        derivative = sympy.diff(iterated(symbol, n), symbol)
        symbolic.append(int(sympy.count_ops(derivative)))
        x = dr.Var(0.3)
        y = iterated(x, n)
        recorded.append(dr.Tape([y.grad_fn]).operations)
        y.backward()
        np.testing.assert_allclose(x.grad, float(derivative.subs(symbol, sympy.Float(0.3, 40))), rtol=1e-10)
        print(f"{n} iterations: {symbolic[-1]:6d} operations in the symbolic derivative, {recorded[-1]:3d} on the tape")
    if figures is not None:
        draw(times, symbolic, recorded, figures / "symbolic_growth.png")
    return {"times": times, "symbolic": symbolic, "recorded": recorded}


def draw(times: list[int], symbolic: list[int], recorded: list[int], path: Path) -> None:
    """Draw both counts."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.0, 3.6), layout="constrained")
    axes = figure.subplots()
    axes.semilogy(times, symbolic, "o-", color="tab:red", label="symbolic derivative (SymPy)")
    axes.semilogy(times, recorded, "o-", color="tab:blue", label="tape (dualrev)")
    axes.set_xlabel("iterations of x -> 4 x (1 - x)")
    axes.set_ylabel("operations")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main(Path.cwd())
