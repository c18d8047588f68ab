"""ADBench's hand tracking: points seen on a hand, and where a skinned model has them, written from the formulas.

Taylor, Stebbing, Ramakrishna et al.: User-Specific Hand Modeling from Monocular Depth Sequences, CVPR 2014; Srajer,
Kukelova, Fitzgibbon: A benchmark of selected algorithmic differentiation tools, Optimization Methods and Software 33
(2018). The hand is made up; its size is that of ADBench.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numba import njit

import dualrev as dr
from benchmarks.timing import Result, interleaved

FINGERS, BONES = 5, 22
"""Two bones of the palm, and four of each finger, of which the last does not turn."""

POSE = 26
"""Parameters: rotation vector (3), translation (3), and for each finger two angles of its first joint and one of the
next two."""


@njit
def angles(pose, bone):
    """Return the angles about the axes y and x by which a bone turns."""
    finger, joint = (bone - 2) // 4, (bone - 2) % 4
    first = 6 + 4 * finger
    if bone < 2 or joint == 3:
        return 0.0, 0.0
    if joint == 0:
        return pose[first + 1], pose[first]
    return 0.0, pose[first + 1 + joint]


@njit
def turned(pose, bone, frame, out):
    """Write a rigid motion (3, 4) with a bone's turn behind it."""
    y, x = angles(pose, bone)
    a, b, c, d = np.cos(y), np.sin(y), np.cos(x), np.sin(x)
    for i in range(3):
        out[i, 0] = frame[i, 0] * a - frame[i, 2] * b
        side = frame[i, 0] * b + frame[i, 2] * a
        out[i, 1] = frame[i, 1] * c + side * d
        out[i, 2] = side * c - frame[i, 1] * d
        out[i, 3] = frame[i, 3]


@njit
def product(a, b, out):
    """Write one rigid motion (3, 4) after another."""
    for i in range(3):
        for j in range(4):
            out[i, j] = a[i, 0] * b[0, j] + a[i, 1] * b[1, j] + a[i, 2] * b[2, j]
        out[i, 3] += a[i, 3]


@njit
def rotation(x, y, z):
    """Return the rotation about a vector by its length, Rodrigues' formula."""
    square = x * x + y * y + z * z
    angle = np.sqrt(square)
    cosine, sine = np.cos(angle), np.sin(angle) / angle
    versine = (1.0 - cosine) / square
    out = np.empty((3, 3))
    out[0, 0], out[0, 1], out[0, 2] = cosine + versine * x * x, versine * x * y - sine * z, versine * x * z + sine * y
    out[1, 0], out[1, 1], out[1, 2] = versine * x * y + sine * z, cosine + versine * y * y, versine * y * z - sine * x
    out[2, 0], out[2, 1], out[2, 2] = versine * x * z - sine * y, versine * y * z + sine * x, cosine + versine * z * z
    return out


@njit
def residuals(pose, parents, relative, inverse, places, weights, seen):
    """Return the differences (3 o,) of o points that are seen and their places in the model.

    A bone's motion is that of its parent, its own place in that, (22, 3, 4), and its turn. Each point moves with the
    weighted mean (o, 22) of the bones, from its place (o, 3) in the hand at rest, which `inverse` (22, 3, 4) tells the
    bones.
    """
    motions, moved = np.empty((BONES, 3, 4)), np.empty((BONES, 3, 4))
    frame = np.empty((3, 4))
    for b in range(BONES):
        if parents[b] < 0:
            turned(pose, b, relative[b], motions[b])
        else:
            product(motions[parents[b]], relative[b], frame)
            turned(pose, b, frame, motions[b])
        product(motions[b], inverse[b], moved[b])
    whole = rotation(pose[0], pose[1], pose[2])
    out = np.empty(3 * len(seen))
    for n in range(len(seen)):
        p, q, r = places[n, 0], places[n, 1], places[n, 2]
        x, y, z = 0.0, 0.0, 0.0
        for b in range(BONES):
            m, w = moved[b], weights[n, b]
            x += w * (m[0, 0] * p + m[0, 1] * q + m[0, 2] * r + m[0, 3])
            y += w * (m[1, 0] * p + m[1, 1] * q + m[1, 2] * r + m[1, 3])
            z += w * (m[2, 0] * p + m[2, 1] * q + m[2, 2] * r + m[2, 3])
        for i in range(3):
            out[3 * n + i] = seen[n, i] - (whole[i, 0] * x + whole[i, 1] * y + whole[i, 2] * z + pose[3 + i])
    return out


# A turn moves what hangs on the bone about the joint: axis x (place - joint), summed with the weights of these bones.
@njit
def turning(axis, part, weight, frame, rows, column):
    """Write the derivative of a place by a turn, from the weighted sum of its places on the bones that turn."""
    x, y, z = (part[0] - weight * frame[0, 3], part[1] - weight * frame[1, 3], part[2] - weight * frame[2, 3])
    rows[0, column] = axis[1] * z - axis[2] * y
    rows[1, column] = axis[2] * x - axis[0] * z
    rows[2, column] = axis[0] * y - axis[1] * x


@njit
def by_rotation(vector, at, rows):
    """Write the derivatives of -rotation(vector) at."""
    x, y, z = vector[0], vector[1], vector[2]
    p, q, r = at[0], at[1], at[2]
    square = x * x + y * y + z * z
    angle = np.sqrt(square)
    cosine, sine = np.cos(angle), np.sin(angle) / angle
    versine = (1.0 - cosine) / square
    along = x * p + y * q + z * r
    cross = (y * r - z * q, z * p - x * r, x * q - y * p)
    matrix = ((0.0, r, -q), (-r, 0.0, p), (q, -p, 0.0))  # of the cross product of a vector with `at`
    for i in range(3):
        slope = (cosine - sine) / square * cross[i] + (sine - 2.0 * versine) / square * along * vector[i] - sine * at[i]
        for j in range(3):
            rows[i, j] = -(slope * vector[j] + sine * matrix[i][j] + versine * vector[i] * at[j])
        rows[i, i] -= versine * along


@njit
def jacobian(pose, parents, relative, inverse, places, weights, seen):
    """Return the Jacobian (3 o, 26) of the residuals, by hand."""
    motions, moved, frames = np.empty((BONES, 3, 4)), np.empty((BONES, 3, 4)), np.empty((BONES, 3, 4))
    for b in range(BONES):
        if parents[b] < 0:
            frames[b] = relative[b]
        else:
            product(motions[parents[b]], relative[b], frames[b])
        turned(pose, b, frames[b], motions[b])
        product(motions[b], inverse[b], moved[b])
    whole = rotation(pose[0], pose[1], pose[2])
    out = np.zeros((3 * len(seen), POSE))
    at, part = np.zeros(3), np.zeros(3)
    for n in range(len(seen)):
        rows = out[3 * n : 3 * n + 3]
        at[:] = 0.0
        weight = 0.0
        for b in range(BONES - 1, -1, -1):
            w, m, joint = weights[n, b], moved[b], (b - 2) % 4
            if b < 2 or joint == 3:  # a finger's last bone, with which its sums begin
                part[:], weight = 0.0, 0.0
            weight += w
            for i in range(3):
                here = w * (m[i, 0] * places[n, 0] + m[i, 1] * places[n, 1] + m[i, 2] * places[n, 2] + m[i, 3])
                part[i] += here
                at[i] += here
            first = 6 + 4 * ((b - 2) // 4)
            if b >= 2 and joint < 3:
                turning(motions[b, :, 0], part, weight, frames[b], rows, first if joint == 0 else first + 1 + joint)
            if b >= 2 and joint == 0:
                turning(frames[b, :, 1], part, weight, frames[b], rows, first + 1)
        by_rotation(pose, at, rows)
        for i in range(3):
            rows[i, 3 + i] = -1.0
        for k in range(6, POSE):
            x, y, z = rows[0, k], rows[1, k], rows[2, k]
            for i in range(3):
                rows[i, k] = -(whole[i, 0] * x + whole[i, 1] * y + whole[i, 2] * z)
    return out


def hand(points):
    """Return the arguments of the functions above, for some points on a hand that is made up."""
    random = np.random.default_rng(3)
    parents = np.array([-1, 0, *(1 if joint == 0 else 1 + 4 * f + joint for f in range(FINGERS) for joint in range(4))])
    relative, inverse, rest = np.empty((BONES, 3, 4)), np.empty((BONES, 3, 4)), np.empty((BONES, 3, 4))
    for b in range(BONES):
        relative[b, :, :3] = rotation(*random.normal(0.0, 0.3, 3))
        relative[b, :, 3] = random.normal(0.0, 1.0, 3)
        if b == 0:
            rest[b] = relative[b]
        else:
            product(rest[parents[b]], relative[b], rest[b])
        inverse[b, :, :3] = rest[b, :, :3].T
        inverse[b, :, 3] = -rest[b, :, :3].T @ rest[b, :, 3]
    places = random.normal(0.0, 2.0, (points, 3))
    weights = random.random((points, BONES)) ** 8
    weights /= weights.sum(axis=1, keepdims=True)
    pose = random.normal(0.0, 0.4, POSE)
    seen = places + random.normal(0.0, 0.1, (points, 3))
    return pose, parents, relative, inverse, places, weights, seen


def run() -> Iterator[Result]:
    """Measure the Jacobian for 100 points over the function, beside that by hand."""
    given = hand(100)
    forward = dr.jacobian(residuals, mode="forward")
    np.testing.assert_allclose(forward(*given), jacobian(*given), rtol=0.0, atol=1e-13)
    f, by_hand, whole = interleaved([lambda each=each: each(*given) for each in (residuals, jacobian, forward)])
    detail = (
        f"function {f * 1e6:.4g} µs (middle {f.spread:+.0%}), derivative {whole * 1e6:.4g} µs ({whole.spread:+.0%}), "
        f"by hand {by_hand / f:.3g} times the function"
    )
    yield Result("hand tracking Jacobian, 300 x 26, forward", "9.6", whole / f, "", detail)
