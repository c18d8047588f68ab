"""ADBench's LSTM and Gaussian mixture, written from the formulas, each beside its gradient by hand."""

from __future__ import annotations

import math

import numpy as np

from benchmarks.adjoint_functions import compiled


@compiled
def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


@compiled
def lstm(layers, ends, state, sequence):
    """Return minus the mean log-likelihood of each next row, as ADBench's objective of LSTM does.

    `layers` holds for each layer four weights and four biases a unit, `ends` the scales before and behind all layers
    and a bias, `state` for each layer hidden values and cells.
    """
    count, width = layers.shape[0], layers.shape[2]
    hidden, cell = state[0].copy(), state[1].copy()
    x, total = np.empty(width), 0.0
    for t in range(sequence.shape[0] - 1):
        for j in range(width):
            x[j] = sequence[t, j] * ends[0, j]
        for n in range(count):
            for j in range(width):
                forget = sigmoid(x[j] * layers[n, 0, j] + layers[n, 4, j])
                enter = sigmoid(hidden[n, j] * layers[n, 1, j] + layers[n, 5, j])
                leave = sigmoid(x[j] * layers[n, 2, j] + layers[n, 6, j])
                change = np.tanh(hidden[n, j] * layers[n, 3, j] + layers[n, 7, j])
                cell[n, j] = cell[n, j] * forget + enter * change
                hidden[n, j] = leave * np.tanh(cell[n, j])
                x[j] = hidden[n, j]
        powers = 0.0
        for j in range(width):
            x[j] = x[j] * ends[1, j] + ends[2, j]
            powers += np.exp(x[j])
        rest = np.log(powers + 2.0)
        for j in range(width):
            total += sequence[t + 1, j] * (x[j] - rest)
    return -total / ((sequence.shape[0] - 1) * width)


@compiled
def lstm_by_hand(layers, ends, state, sequence):
    count, width = layers.shape[0], layers.shape[2]
    steps = sequence.shape[0] - 1
    hidden, cell = np.empty((steps + 1, count, width)), np.empty((steps + 1, count, width))
    hidden[0], cell[0] = state[0], state[1]
    gates, bent = np.empty((steps, count, 4, width)), np.empty((steps, count, width))
    powers, power = np.empty((steps, width)), np.empty(steps)
    for t in range(steps):
        power[t] = 2.0
        for n in range(count):
            for j in range(width):
                x = hidden[t + 1, n - 1, j] if n > 0 else sequence[t, j] * ends[0, j]
                before = hidden[t, n, j]
                forget = sigmoid(x * layers[n, 0, j] + layers[n, 4, j])
                enter = sigmoid(before * layers[n, 1, j] + layers[n, 5, j])
                leave = sigmoid(x * layers[n, 2, j] + layers[n, 6, j])
                change = np.tanh(before * layers[n, 3, j] + layers[n, 7, j])
                gates[t, n, 0, j], gates[t, n, 1, j] = forget, enter
                gates[t, n, 2, j], gates[t, n, 3, j] = leave, change
                cell[t + 1, n, j] = cell[t, n, j] * forget + enter * change
                bent[t, n, j] = np.tanh(cell[t + 1, n, j])
                hidden[t + 1, n, j] = leave * bent[t, n, j]
        for j in range(width):
            powers[t, j] = np.exp(hidden[t + 1, count - 1, j] * ends[1, j] + ends[2, j])
            power[t] += powers[t, j]
    to_layers, to_ends = np.zeros(layers.shape), np.zeros(ends.shape)
    to_hidden, to_cell = np.zeros((count, width)), np.zeros((count, width))
    scale = -1.0 / (steps * width)
    for t in range(steps - 1, -1, -1):
        expected = 0.0
        for j in range(width):
            expected += sequence[t + 1, j]
        for j in range(width):
            to_out = scale * (sequence[t + 1, j] - expected * powers[t, j] / power[t])
            to_ends[1, j] += to_out * hidden[t + 1, count - 1, j]
            to_ends[2, j] += to_out
            to_hidden[count - 1, j] += to_out * ends[1, j]
        for n in range(count - 1, -1, -1):
            for j in range(width):
                x = hidden[t + 1, n - 1, j] if n > 0 else sequence[t, j] * ends[0, j]
                before = hidden[t, n, j]
                forget, enter = gates[t, n, 0, j], gates[t, n, 1, j]
                leave, change = gates[t, n, 2, j], gates[t, n, 3, j]
                through, slope = bent[t, n, j], 1.0 / math.cosh(cell[t + 1, n, j])
                past = to_cell[n, j] + to_hidden[n, j] * leave * slope * slope
                to_forget = past * cell[t, n, j] * forget * (1.0 - forget)
                to_enter = past * change * enter * (1.0 - enter)
                to_leave = to_hidden[n, j] * through * leave * (1.0 - leave)
                slope = 1.0 / math.cosh(before * layers[n, 3, j] + layers[n, 7, j])
                to_change = past * enter * slope * slope
                to_layers[n, 0, j] += to_forget * x
                to_layers[n, 1, j] += to_enter * before
                to_layers[n, 2, j] += to_leave * x
                to_layers[n, 3, j] += to_change * before
                to_layers[n, 4, j] += to_forget
                to_layers[n, 5, j] += to_enter
                to_layers[n, 6, j] += to_leave
                to_layers[n, 7, j] += to_change
                to_cell[n, j] = past * forget
                to_hidden[n, j] = to_enter * layers[n, 1, j] + to_change * layers[n, 3, j]
                to_x = to_forget * layers[n, 0, j] + to_leave * layers[n, 2, j]
                if n > 0:
                    to_hidden[n - 1, j] += to_x
                else:
                    to_ends[0, j] += to_x * sequence[t, j]
    return to_layers, to_ends


@compiled
def log_sum_exp(x):
    largest, total = x[0], 0.0
    for k in range(1, x.size):
        largest = max(largest, x[k])
    for k in range(x.size):
        total += np.exp(x[k] - largest)
    return np.log(total) + largest


@compiled
def mixture(weights, means, factors, points, gamma):
    """Return the log-posterior of a mixture of Gaussians but for a constant, ADBench's objective of GMM.

    `factors` holds for each component the logarithms of a triangular matrix's diagonal, then what is below it.
    """
    components, d = means.shape
    scales, logarithms = np.exp(factors[:, :d]), np.empty(components)
    for k in range(components):
        logarithms[k] = np.sum(factors[k, :d])
    away, turned, exponents = np.empty(d), np.empty(d), np.empty(components)
    result = 0.0
    for i in range(points.shape[0]):
        for k in range(components):
            for j in range(d):
                away[j] = points[i, j] - means[k, j]
                turned[j] = scales[k, j] * away[j]
            at = d
            for column in range(d - 1):
                for row in range(column + 1, d):
                    turned[row] += factors[k, at] * away[column]
                    at += 1
            square = 0.0
            for j in range(d):
                square += turned[j] * turned[j]
            exponents[k] = weights[k] + logarithms[k] - 0.5 * square
        result += log_sum_exp(exponents)
    prior = 0.0
    for k in range(components):
        for j in range(d):
            prior += scales[k, j] * scales[k, j]
        for j in range(d, factors.shape[1]):
            prior += factors[k, j] * factors[k, j]
    return result - points.shape[0] * log_sum_exp(weights) + 0.5 * gamma * gamma * prior


@compiled
def _shares(x, shares):
    largest, total = x[0], 0.0
    for k in range(1, x.size):
        largest = max(largest, x[k])
    for k in range(x.size):
        shares[k] = np.exp(x[k] - largest)
        total += shares[k]
    for k in range(x.size):
        shares[k] /= total


@compiled
def mixture_by_hand(weights, means, factors, points, gamma):
    components, d = means.shape
    scales, logarithms = np.exp(factors[:, :d]), np.empty(components)
    for k in range(components):
        logarithms[k] = np.sum(factors[k, :d])
    away, turned, exponents = np.empty((components, d)), np.empty((components, d)), np.empty(components)
    shares, to_away = np.empty(components), np.empty(d)
    to_weights, to_means, to_factors = np.zeros(components), np.zeros(means.shape), np.zeros(factors.shape)
    for i in range(points.shape[0]):
        for k in range(components):
            for j in range(d):
                away[k, j] = points[i, j] - means[k, j]
                turned[k, j] = scales[k, j] * away[k, j]
            at = d
            for column in range(d - 1):
                for row in range(column + 1, d):
                    turned[k, row] += factors[k, at] * away[k, column]
                    at += 1
            square = 0.0
            for j in range(d):
                square += turned[k, j] * turned[k, j]
            exponents[k] = weights[k] + logarithms[k] - 0.5 * square
        _shares(exponents, shares)
        for k in range(components):
            share = shares[k]
            to_weights[k] += share
            for j in range(d):
                to_turned = -share * turned[k, j]
                to_factors[k, j] += share + to_turned * away[k, j] * scales[k, j]
                to_away[j] = to_turned * scales[k, j]
                turned[k, j] = to_turned
            at = d
            for column in range(d - 1):
                to_column = 0.0
                for row in range(column + 1, d):
                    to_factors[k, at] += turned[k, row] * away[k, column]
                    to_column += turned[k, row] * factors[k, at]
                    at += 1
                to_away[column] += to_column
            for j in range(d):
                to_means[k, j] -= to_away[j]
    _shares(weights, shares)
    for k in range(components):
        to_weights[k] -= points.shape[0] * shares[k]
        for j in range(d):
            to_factors[k, j] += gamma * gamma * scales[k, j] * scales[k, j]
        for j in range(d, factors.shape[1]):
            to_factors[k, j] += gamma * gamma * factors[k, j]
    return to_weights, to_means, to_factors
