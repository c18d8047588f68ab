"""Evaluation traces with tangents and adjoints, and computational graphs: examples 1 to 4, 6 and 12.

Run it with `python examples/traces_and_graphs.py`; `dualrev trace` and `dualrev graph` do the same from a shell.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import dualrev as dr


def f(x1: Any, x2: Any) -> Any:
    """The function of the textbooks' traces."""
    return np.log(x1) + x1 * x2 - np.sin(x2)


def log_sin(x1: Any, x2: Any) -> Any:
    """The function of the textbooks' graph."""
    return np.log(x1 * x2) * np.sin(x2)


def main(figures: Path | None = None) -> dict[str, Any]:
    """Print traces; write graphs as .dot, and as .svg where Graphviz is installed."""
    reverse = dr.trace(f, 2.0, 5.0, argnums=(0, 1))
    print(reverse, end="\n\n")
    print(dr.trace(f, 2.0, 5.0, argnums=(0, 1), mode="forward"), end="\n\n")
    second = dr.trace(f, 2.0, 5.0, argnums=(0, 1), mode="forward", direction=(0.0, 1.0))
    print(f"df/dx2 by a second forward pass: {second.derivative:.3f}\n")

    bowl = dr.value_and_grad(lambda x1, x2: 0.2 * x1**2 + 0.2 * x2**2 - 5, (0, 1))
    value, gradient = bowl(2.0, 2.0)
    print(f"0.2 x1^2 + 0.2 x2^2 - 5 at (2, 2): {value:.1f}, gradient ({gradient[0]:.1f}, {gradient[1]:.1f})")

    x = dr.Var(3.0)
    y = np.log(x) ** 2
    last = y.grad_fn
    print(f"log(x)^2 at 3: {y.value:.4f}; its last node is {last}, before it {last.next_functions[0]}")
    y.backward()
    print(f"its derivative: {x.grad:.4f}\n")

    w, b, inputs, target = dr.Var(0.5), dr.Var(-0.2), 0.8, 2.0
    u = w * inputs
    v = u + b
    output = np.exp(v)
    loss = (output - target) ** 2
    for each in (u, v, output, loss):
        each.retain_grad()
    loss.backward()
    adjoints = {"loss": loss, "y": output, "v": v, "u": u, "b": b, "w": w}
    print("adjoints of a neuron:", ", ".join(f"{name} {each.grad:.4f}" for name, each in adjoints.items()))
    tree = dr.grad(lambda x, y: x * (x + y) + y * y, (0, 1))(3.0, 4.0)
    print(f"x (x + y) + y y at (3, 4): gradient {tree}\n")

    graph = dr.graph(log_sin, 2.0, 5.0, argnums=(0, 1), backward=True)
    print(graph)
    if figures is not None:
        graph.render(figures / "log_sin.dot")
        polynomial = dr.graph(lambda x: 3 * x**2 + x + 4 * np.sin(x), 5.0)
        polynomial.render(figures / "polynomial.dot")
        try:
            graph.render(figures / "log_sin.svg")
            polynomial.render(figures / "polynomial.svg")
        except dr.errors.MissingExtraError as error:
            print(error)
    return {
        "gradient": reverse.derivative,
        "second": second.derivative,
        "bowl": (value, *gradient),
        "square of log": (y.value, x.grad),
        "neuron": {name: float(each.grad) for name, each in adjoints.items()},
        "tree": tree,
        "polynomial": float(3 * 5.0**2 + 5.0 + 4 * np.sin(5.0)),
    }


if __name__ == "__main__":
    main(Path.cwd())
