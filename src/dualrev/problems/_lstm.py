"""A chain of LSTM cells, one after the other in time.

Hochreiter and Schmidhuber: Long short-term memory, Neural Computation 9 (1997), with forget gates.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.problems.problem import Problem, at_least


def mean_square(parameters: Any, inputs: np.ndarray, targets: np.ndarray) -> Any:
    """Return the mean square of hidden states minus targets, shape (T, h), for inputs of shape (T, d).

    `parameters` holds weights (d + h, 4 h) and biases (4 h,) of the gates: input, forget, output, and the candidate.
    """
    width, hidden = inputs.shape[1] + targets.shape[1], targets.shape[1]
    weights = np.reshape(parameters[: 4 * hidden * width], (width, 4 * hidden))
    biases = parameters[4 * hidden * width :]
    state, cell, loss = np.zeros(hidden), np.zeros(hidden), 0.0
    for t in range(len(inputs)):
        z = np.concatenate([inputs[t], state]) @ weights + biases
        gates = 1.0 / (1.0 + np.exp(-z[: 3 * hidden]))
        cell = gates[hidden : 2 * hidden] * cell + gates[:hidden] * np.tanh(z[3 * hidden :])
        state = gates[2 * hidden :] * np.tanh(cell)
        loss = loss + np.sum((state - targets[t]) ** 2)
    return loss / targets.size


def loop(parameters: Any, inputs: np.ndarray, targets: np.ndarray) -> Any:
    """Return the same, unit by unit."""
    steps, hidden = targets.shape
    d = inputs.shape[1]
    biases = 4 * hidden * (d + hidden)
    state, cell, z, loss = np.zeros(hidden), np.zeros(hidden), np.zeros(4 * hidden), 0.0
    for t in range(steps):
        for k in range(4 * hidden):
            z[k] = parameters[biases + k]
            for j in range(d):
                z[k] += inputs[t, j] * parameters[4 * hidden * j + k]
            for j in range(hidden):
                z[k] += state[j] * parameters[4 * hidden * (d + j) + k]
        for k in range(hidden):
            kept = cell[k] / (1.0 + np.exp(-z[hidden + k]))
            cell[k] = kept + np.tanh(z[3 * hidden + k]) / (1.0 + np.exp(-z[k]))
            state[k] = np.tanh(cell[k]) / (1.0 + np.exp(-z[2 * hidden + k]))
            loss += (state[k] - targets[t, k]) ** 2
    return loss / targets.size


def gradient(parameters: np.ndarray, inputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return the gradient, shape (n,), by backpropagation through time."""
    steps, hidden = targets.shape
    width = inputs.shape[1] + hidden
    weights = parameters[: 4 * hidden * width].reshape(width, 4 * hidden)
    biases = parameters[4 * hidden * width :]
    state, cell, history = np.zeros(hidden), np.zeros(hidden), []
    for t in range(steps):
        joined = np.concatenate([inputs[t], state])
        z = joined @ weights + biases
        i, f, o = np.split(1.0 / (1.0 + np.exp(-z[: 3 * hidden])), 3)
        g, before = np.tanh(z[3 * hidden :]), cell
        cell = f * before + i * g
        state = o * np.tanh(cell)
        history.append((joined, i, f, o, g, np.cosh(z[3 * hidden :]), before, cell, state))
    to_weights, to_biases = np.zeros_like(weights), np.zeros_like(biases)
    to_state, to_cell = np.zeros(hidden), np.zeros(hidden)
    for t in reversed(range(steps)):
        joined, i, f, o, g, stretch, before, cell, state = history[t]
        to_state = to_state + 2.0 * (state - targets[t]) / targets.size
        bent = np.tanh(cell)
        to_cell = to_cell + to_state * o / np.cosh(cell) ** 2
        gates = [to_cell * g * i * (1.0 - i), to_cell * before * f * (1.0 - f), to_state * bent * o * (1.0 - o)]
        to_z = np.concatenate([*gates, to_cell * i / stretch**2])
        to_weights += np.outer(joined, to_z)
        to_biases += to_z
        to_state, to_cell = (weights @ to_z)[inputs.shape[1] :], to_cell * f
    return np.concatenate([to_weights.ravel(), to_biases])


def problem(steps: int = 20, inputs: int = 5, hidden: int = 10) -> Problem:
    """Return a chain that is fed random numbers."""
    at_least(1, steps=steps, inputs=inputs, hidden=hidden)
    rng = np.random.default_rng(0)
    return Problem(
        name="lstm",
        title=f"chain of {steps} LSTM cells with {inputs} inputs and {hidden} hidden units",
        f=mean_square,
        loop=loop,
        derivative=gradient,
        x=rng.standard_normal(4 * hidden * (inputs + hidden + 1)) / np.sqrt(inputs + hidden),
        data=(rng.standard_normal((steps, inputs)), np.tanh(rng.standard_normal((steps, hidden)))),
        description="Mean square error of hidden states through time (Hochreiter and Schmidhuber, 1997).",
    )
