"""A thousand gradient steps on Rosenbrock's function, by Var and by `minimize`: example 5.

Run it with `python examples/rosenbrock_descent.py`; it writes rosenbrock_descent.png.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import dualrev as dr


def rosenbrock(x: Any) -> Any:
    """Return (a - x1)^2 + b (x2 - x1^2)^2 for a = 1, b = 5."""
    return (1 - x[0]) ** 2 + 5 * (x[1] - x[0] ** 2) ** 2


def main(figures: Path | None = None) -> dict[str, Any]:
    """Descend in single precision, as the source of the printed digits did; the update itself is not recorded."""
    x, printed = dr.Var(np.array([-1.0, 1.0], np.float32)), {}
    for iteration in range(1, 1001):
        value = rosenbrock(x)
        value.backward()
        if iteration % 100 == 0:
            printed[iteration] = (float(value.value), *map(float, x.grad))
            print(f"{iteration:5d}: value {value.value:.7g}, gradient ({x.grad[0]:.7g}, {x.grad[1]:.7g})")
        with dr.no_grad():
            x -= 0.01 * x.grad
        x.zero_grad()
    print("the last point:", x.value.round(4))
    found = dr.optim.minimize(rosenbrock, np.array([-1.0, 1.0]), step=0.01, iterations=1000)
    newton = dr.optim.minimize(rosenbrock, np.array([-1.0, 1.0]), "newton")
    print(found)
    print(newton)
    if figures is not None:
        found.plot().savefig(figures / "rosenbrock_descent.png", dpi=110)
    return {"printed": printed, "x": x.value, "minimize": found, "newton": newton}


if __name__ == "__main__":
    main(Path.cwd())
