"""Reprojection errors of points seen by cameras: the residuals of ADBench's bundle adjustment.

Srajer, Kukelova, Fitzgibbon: A benchmark of selected algorithmic differentiation tools on some problems in computer
vision and machine learning, Optimization Methods and Software 33 (2018).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.problems.problem import Problem, at_least

CAMERA = 11
"""Parameters of a camera: rotation vector (3), center (3), focal length, principal point (2), radial distortion (2)."""


def residuals(parameters: Any, features: np.ndarray, cameras: int) -> Any:
    """Return the residuals of shape (3 o,) of o observations, every point being seen by every camera.

    `parameters` holds the cameras, the points (3 each), and a weight for each observation. The residuals are the
    weighted differences of projection and feature (o, 2), and 1 - w^2 for all weights (o,).
    """
    points = len(features) // cameras
    camera = np.reshape(parameters[: CAMERA * cameras], (cameras, CAMERA))[:, None, :]
    point = np.reshape(parameters[CAMERA * cameras : CAMERA * cameras + 3 * points], (points, 3))
    weights = parameters[CAMERA * cameras + 3 * points :]
    image = _projected(camera, point - camera[:, :, 3:6])
    weighted = weights[:, None] * (np.reshape(image, (-1, 2)) - features)
    return np.concatenate([np.ravel(weighted), 1.0 - weights * weights])


def _projected(camera: Any, away: Any) -> Any:
    axis = camera[:, :, :3]
    square = np.sum(axis * axis, axis=2, keepdims=True)
    angle = np.sqrt(square)
    # Rodrigues' formula.
    sine, cosine = np.sin(angle) / angle, np.cos(angle)
    turned = cosine * away + sine * _cross(axis, away)
    turned = turned + (1.0 - cosine) / square * np.sum(axis * away, axis=2, keepdims=True) * axis
    flat = turned[:, :, :2] / turned[:, :, 2:]
    radius = np.sum(flat * flat, axis=2, keepdims=True)
    distortion = 1.0 + camera[:, :, 9:10] * radius + camera[:, :, 10:11] * radius * radius
    return camera[:, :, 6:7] * distortion * flat + camera[:, :, 7:9]


def _cross(a: Any, b: Any) -> Any:
    a0, a1, a2 = a[..., 0], a[..., 1], a[..., 2]
    b0, b1, b2 = b[..., 0], b[..., 1], b[..., 2]
    return np.stack([a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0], axis=-1)


def loop(parameters: Any, features: np.ndarray, cameras: int) -> Any:
    """Return the same, observation by observation."""
    count = len(features)
    points = count // cameras
    out = np.empty(3 * count)
    for i in range(count):
        camera = parameters[CAMERA * (i // points) : CAMERA * (i // points + 1)]
        at = CAMERA * cameras + 3 * (i % points)
        w = parameters[CAMERA * cameras + 3 * points + i]
        x, y, z = parameters[at] - camera[3], parameters[at + 1] - camera[4], parameters[at + 2] - camera[5]
        a, b, c = camera[0], camera[1], camera[2]
        square = a * a + b * b + c * c
        angle = np.sqrt(square)
        sine, cosine = np.sin(angle) / angle, np.cos(angle)
        along = (a * x + b * y + c * z) * (1.0 - cosine) / square
        depth = cosine * z + sine * (a * y - b * x) + along * c
        u = (cosine * x + sine * (b * z - c * y) + along * a) / depth
        v = (cosine * y + sine * (c * x - a * z) + along * b) / depth
        radius = u * u + v * v
        scale = camera[6] * (1.0 + camera[9] * radius + camera[10] * radius * radius)
        out[2 * i] = w * (scale * u + camera[7] - features[i, 0])
        out[2 * i + 1] = w * (scale * v + camera[8] - features[i, 1])
        out[2 * count + i] = 1.0 - w * w
    return out


def jacobian(parameters: np.ndarray, features: np.ndarray, cameras: int) -> np.ndarray:
    """Return the Jacobian, shape (3 o, n), of which each row holds few numbers that are not zero."""
    count = len(features)
    points = count // cameras
    first_weight = CAMERA * cameras + 3 * points
    result = np.zeros((3 * count, len(parameters)))
    for i in range(count):
        camera = parameters[CAMERA * (i // points) : CAMERA * (i // points + 1)]
        at = CAMERA * cameras + 3 * (i % points)
        w = parameters[first_weight + i]
        image, to_camera, to_point = _observation(camera, parameters[at : at + 3])
        rows = slice(2 * i, 2 * i + 2)
        result[rows, CAMERA * (i // points) : CAMERA * (i // points + 1)] = w * to_camera
        result[rows, at : at + 3] = w * to_point
        result[rows, first_weight + i] = image - features[i]
        result[2 * count + i, first_weight + i] = -2.0 * w
    return result


def _observation(camera: np.ndarray, point: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a point's image, and its derivatives by camera (2, 11) and point (2, 3)."""
    axis, away = camera[:3], point - camera[3:6]
    square = axis @ axis
    angle = np.sqrt(square)
    cosine, sine = np.cos(angle), np.sin(angle) / angle
    versine = (1.0 - cosine) / square
    cross, along = np.cross(axis, away), axis @ away
    turned = cosine * away + sine * cross + versine * along * axis
    rotation = cosine * np.eye(3) + sine * _matrix(axis) + versine * np.outer(axis, axis)
    slopes = -sine * away + (cosine - sine) / square * cross + (sine - 2.0 * versine) / square * along * axis
    to_axis = np.outer(slopes, axis) - sine * _matrix(away)
    to_axis += versine * (np.outer(axis, away) + along * np.eye(3))
    flat = turned[:2] / turned[2]
    to_flat = np.column_stack([np.eye(2), -flat]) / turned[2]
    radius = flat @ flat
    distortion = 1.0 + camera[9] * radius + camera[10] * radius**2
    to_image = distortion * np.eye(2) + 2.0 * (camera[9] + 2.0 * camera[10] * radius) * np.outer(flat, flat)
    turn = camera[6] * to_image @ to_flat
    to_distortion = camera[6] * np.column_stack([radius * flat, radius**2 * flat])
    parts = [turn @ to_axis, -turn @ rotation, (distortion * flat)[:, None], np.eye(2), to_distortion]
    return camera[6] * distortion * flat + camera[7:9], np.column_stack(parts), turn @ rotation


def _matrix(a: np.ndarray) -> np.ndarray:
    """Return the matrix of the cross product with a vector."""
    return np.array([[0.0, -a[2], a[1]], [a[2], 0.0, -a[0]], [-a[1], a[0], 0.0]])


def problem(cameras: int = 4, points: int = 20) -> Problem:
    """Return the residuals of cameras that look at points around the origin."""
    at_least(1, cameras=cameras, points=points)
    rng = np.random.default_rng(0)
    seen = np.empty((cameras, CAMERA))
    seen[:, :3] = 0.3 * rng.standard_normal((cameras, 3)) + 0.1
    seen[:, 3:6] = [0.0, 0.0, -6.0] + 0.3 * rng.standard_normal((cameras, 3))
    seen[:, 6:] = [1.2, 0.1, -0.1, 0.1, 0.02] + 0.01 * rng.standard_normal((cameras, 5))
    places = rng.standard_normal((points, 3))
    image = _projected(seen[:, None, :], places - seen[:, None, 3:6]).reshape(-1, 2)
    return Problem(
        name="bundle_adjustment",
        title=f"bundle adjustment of {cameras} cameras that see {points} points",
        f=residuals,
        loop=loop,
        derivative=jacobian,
        x=np.concatenate([seen.ravel(), places.ravel(), rng.uniform(0.5, 1.5, cameras * points)]),
        data=(image + 0.01 * rng.standard_normal(image.shape), cameras),
        description="Reprojection errors with radial distortion, the residuals of ADBench (Srajer et al., 2018).",
    )
