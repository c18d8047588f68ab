"""Functions whose adjoints are generated, and gradients that people write by hand.

Both of a pair are compiled with the same options. What the hand keeps from the way forward, and what it computes
again, is what was fastest here.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from benchmarks.compiled import prey_and_predators

compiled = njit(error_model="numpy")


@compiled
def rosenbrock_by_hand(x):
    to_x = np.zeros(x.size)
    for i in range(x.size - 1):
        a = x[i + 1] - x[i] * x[i]
        to_x[i] += -400.0 * a * x[i] - 2.0 * (1.0 - x[i])
        to_x[i + 1] += 200.0 * a
    return to_x


@compiled
def _pulled_back(p, u, v, to_a, to_b, to_p):
    """Add to the adjoint of the rates, and return those of u and v."""
    to_p[0] += to_a * u
    to_p[1] -= to_a * u * v
    to_p[2] += to_b * u * v
    to_p[3] -= to_b * v
    return to_a * (p[0] - p[1] * v) + to_b * v * p[2], to_b * (p[2] * u - p[3]) - to_a * u * p[1]


@compiled
def lotka_volterra_by_hand(p, steps):
    u, v = p[4], p[5]
    h = 10.0 / steps
    stages = np.empty((steps, 8))
    for n in range(steps):
        a1, b1 = prey_and_predators(p, u, v)
        u2, v2 = u + 0.5 * h * a1, v + 0.5 * h * b1
        a2, b2 = prey_and_predators(p, u2, v2)
        u3, v3 = u + 0.5 * h * a2, v + 0.5 * h * b2
        a3, b3 = prey_and_predators(p, u3, v3)
        u4, v4 = u + h * a3, v + h * b3
        a4, b4 = prey_and_predators(p, u4, v4)
        stages[n, 0], stages[n, 1], stages[n, 2], stages[n, 3] = u, v, u2, v2
        stages[n, 4], stages[n, 5], stages[n, 6], stages[n, 7] = u3, v3, u4, v4
        u += h / 6.0 * (a1 + 2.0 * a2 + 2.0 * a3 + a4)
        v += h / 6.0 * (b1 + 2.0 * b2 + 2.0 * b3 + b4)
    to_p = np.zeros(6)
    to_u, to_v = 2.0 * u, 2.0 * v
    for n in range(steps - 1, -1, -1):
        u, v, u2, v2 = stages[n, 0], stages[n, 1], stages[n, 2], stages[n, 3]
        u3, v3, u4, v4 = stages[n, 4], stages[n, 5], stages[n, 6], stages[n, 7]
        last_u, last_v = h / 6.0 * to_u, h / 6.0 * to_v
        to_u4, to_v4 = _pulled_back(p, u4, v4, last_u, last_v, to_p)
        to_u3, to_v3 = _pulled_back(p, u3, v3, 2.0 * last_u + h * to_u4, 2.0 * last_v + h * to_v4, to_p)
        to_a2, to_b2 = 2.0 * last_u + 0.5 * h * to_u3, 2.0 * last_v + 0.5 * h * to_v3
        to_u2, to_v2 = _pulled_back(p, u2, v2, to_a2, to_b2, to_p)
        to_u1, to_v1 = _pulled_back(p, u, v, last_u + 0.5 * h * to_u2, last_v + 0.5 * h * to_v2, to_p)
        to_u += to_u4 + to_u3 + to_u2 + to_u1
        to_v += to_v4 + to_v3 + to_v2 + to_v1
    to_p[4], to_p[5] = to_u, to_v
    return to_p


@compiled
def burgers_end(start, steps):
    """Take explicit steps between two buffers, with fixed ends."""
    u, w = start.copy(), start.copy()
    for _ in range(steps):
        for i in range(1, u.size - 1):
            w[i] = u[i] - 0.1 * u[i] * (u[i + 1] - u[i - 1]) + 0.2 * (u[i + 1] - 2.0 * u[i] + u[i - 1])
        u, w = w, u
    return u


@compiled
def sines(x):
    """Return eight sums of sines and exponentials."""
    y = np.zeros(8)
    for i in range(x.size):
        y[i % 8] += math.sin(x[i]) * math.exp(math.sin(x[(7 * i) % x.size]))
    return y


@compiled
def burgers(start, steps):
    """Return the energy at the end."""
    u = burgers_end(start, steps)
    energy = 0.0
    for i in range(u.size):
        energy += u[i] * u[i]
    return energy


@compiled
def burgers_by_hand(start, steps):
    n = start.size
    u = np.empty((steps + 1, n))
    u[0] = start
    for t in range(steps):
        for i in range(1, n - 1):
            difference = u[t, i + 1] - u[t, i - 1]
            curvature = u[t, i + 1] - 2.0 * u[t, i] + u[t, i - 1]
            u[t + 1, i] = u[t, i] - 0.1 * u[t, i] * difference + 0.2 * curvature
        u[t + 1, 0], u[t + 1, n - 1] = start[0], start[n - 1]
    to_new, to_old = 2.0 * u[steps], np.empty(n)
    first, last = to_new[0], to_new[n - 1]
    for t in range(steps - 1, -1, -1):
        to_new[0] = to_new[n - 1] = 0.0
        for i in range(1, n - 1):
            own = to_new[i] * (0.6 - 0.1 * (u[t, i + 1] - u[t, i - 1]))
            beside = to_new[i - 1] * (0.2 - 0.1 * u[t, i - 1]) + to_new[i + 1] * (0.2 + 0.1 * u[t, i + 1])
            to_old[i] = own + beside
        first += to_new[1] * (0.2 + 0.1 * u[t, 1])
        last += to_new[n - 2] * (0.2 - 0.1 * u[t, n - 2])
        to_new, to_old = to_old, to_new
    to_new[0], to_new[n - 1] = first, last
    return to_new


@compiled
def softmax(weights, features, labels):
    """Return the mean cross-entropy of a linear predictor for each class."""
    z = features @ weights
    points, classes = z.shape
    loss = 0.0
    for i in range(points):
        largest = z[i, 0]
        for c in range(1, classes):
            largest = max(largest, z[i, c])
        total = 0.0
        for c in range(classes):
            total += np.exp(z[i, c] - largest)
        loss += np.log(total) + largest - z[i, labels[i]]
    return loss / points


@compiled
def softmax_by_hand(weights, features, labels):
    z = features @ weights
    points, classes = z.shape
    for i in range(points):
        largest = z[i, 0]
        for c in range(1, classes):
            largest = max(largest, z[i, c])
        total = 0.0
        for c in range(classes):
            z[i, c] = np.exp(z[i, c] - largest)
            total += z[i, c]
        for c in range(classes):
            z[i, c] /= total * points
        z[i, labels[i]] -= 1.0 / points
    return features.T @ z


@compiled
def network(first, first_bias, second, second_bias, inputs, targets):
    """Return the mean square of the outputs of two layers minus the targets, the first through tanh."""
    hidden = np.tanh(inputs @ first + first_bias)
    away = hidden @ second + second_bias - targets
    return np.sum(away * away) / targets.size


@compiled
def network_by_hand(first, first_bias, second, second_bias, inputs, targets):
    z = inputs @ first + first_bias
    hidden = np.tanh(z)
    to_out = (2.0 / targets.size) * (hidden @ second + second_bias - targets)
    to_z = to_out @ second.T
    for i in range(z.shape[0]):
        for j in range(z.shape[1]):
            slope = 1.0 / math.cosh(z[i, j])
            to_z[i, j] *= slope * slope
    return inputs.T @ to_z, to_z.sum(axis=0), hidden.T @ to_out, to_out.sum(axis=0)


@compiled
def waves_by_hand(x):
    to_x = np.empty(x.size)
    for i in range(x.size):
        to_x[i] = np.exp(-x[i]) * (np.cos(x[i]) - np.sin(x[i]))
    return to_x
