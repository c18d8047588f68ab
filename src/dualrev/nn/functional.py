"""Functions of networks. Their derivatives are those of the table; large logits neither overflow nor lose digits."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev import special
from dualrev.active.number import primal
from dualrev.errors import InputTypeError, ShapeMismatchError


def linear(x: Any, weight: Any, bias: Any = None) -> Any:
    """Return x @ weight.T + bias.

    Parameters
    ----------
    x : array
        Of shape (..., n).
    weight : array
        Of shape (m, n).
    bias : array, optional
        Of shape (m,).

    Returns
    -------
    array
        Of shape (..., m).

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> dr.nn.linear(np.array([1.0, 2.0]), np.array([[3.0, 4.0]]), np.array([0.5]))
    array([11.5])
    """
    y = np.matmul(x, np.transpose(weight))
    return y if bias is None else y + bias


def relu(x: Any) -> Any:
    """Return max(x, 0), whose derivative at 0 is 0.

    Examples
    --------
    >>> import dualrev as dr
    >>> [dr.derivative(dr.nn.relu)(x) for x in (-1.0, 0.0, 2.0)]
    [0.0, 0.0, 1.0]
    """
    return special.relu(x)


def sigmoid(x: Any) -> Any:
    """Return 1 / (1 + exp(-x)).

    Examples
    --------
    >>> import dualrev as dr
    >>> dr.derivative(dr.nn.sigmoid)(0.0)
    0.25
    """
    return special.expit(x)


def tanh(x: Any) -> Any:
    """Return the hyperbolic tangent.

    Examples
    --------
    >>> import dualrev as dr
    >>> dr.derivative(dr.nn.tanh)(0.0)
    1.0
    """
    return np.tanh(x)


def softplus(x: Any) -> Any:
    """Return log(1 + exp(x)), whose derivative is the sigmoid.

    Examples
    --------
    >>> import dualrev as dr
    >>> dr.derivative(dr.nn.softplus)(0.0)
    0.5
    """
    return special.softplus(x)


def softmax(x: Any, axis: int = -1) -> Any:
    """Return exp(x) / sum(exp(x)) along an axis.

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> dr.jacobian(dr.nn.softmax)(np.zeros(2))
    array([[ 0.25, -0.25],
           [-0.25,  0.25]])
    """
    return special.softmax(x, axis=axis)


def log_softmax(x: Any, axis: int = -1) -> Any:
    """Return x - log(sum(exp(x))) along an axis.

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> dr.jacobian(dr.nn.log_softmax)(np.zeros(2))
    array([[ 0.5, -0.5],
           [-0.5,  0.5]])
    """
    return special.log_softmax(x, axis=axis)


def mse(prediction: Any, target: Any) -> Any:
    """Return the mean of the squared differences.

    Raises
    ------
    ShapeMismatchError
        If the shapes differ: broadcasting (n, 1) against (n,) would compare every pair.

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> dr.grad(dr.nn.mse)(np.array([1.0, 2.0]), np.array([0.0, 4.0]))
    array([ 1., -2.])
    """
    _same_shape("mse", prediction, target)
    return np.mean((prediction - target) ** 2)


def binary_cross_entropy_with_logits(logits: Any, target: Any) -> Any:
    """Return the mean of log(1 + exp(z)) - y z: the negative log-likelihood of labels between 0 and 1.

    Parameters
    ----------
    logits : array
    target : array
        Of the same shape.

    Raises
    ------
    ShapeMismatchError
        If the shapes differ.

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> dr.grad(dr.nn.binary_cross_entropy_with_logits)(np.zeros(2), np.array([0.0, 1.0]))
    array([ 0.25, -0.25])
    """
    _same_shape("binary_cross_entropy_with_logits", logits, target)
    return np.mean(special.softplus(logits) - target * logits)


def cross_entropy(logits: Any, target: Any) -> Any:
    """Return the mean of -log softmax(logits)[class]: the negative log-likelihood of classes.

    Parameters
    ----------
    logits : array
        Of shape (..., classes).
    target : array
        Of integers, the classes, of shape (...); or of probabilities, of the shape of `logits`.

    Raises
    ------
    ShapeMismatchError
        If the target has neither shape.
    InputTypeError
        If a class is none of 0, 1, ..., classes - 1.

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> dr.grad(dr.nn.cross_entropy)(np.zeros(4), 1)
    array([ 0.25, -0.75,  0.25,  0.25])
    """
    shape, classes = np.shape(logits), np.asarray(primal(target))
    if classes.dtype.kind in "iub" and classes.shape == shape[:-1]:
        if classes.size and not 0 <= classes.min() <= classes.max() < shape[-1]:
            raise InputTypeError(
                f"the target holds class {classes.max() if classes.min() >= 0 else classes.min()}; "
                f"expected 0 to {shape[-1] - 1}, for logits of shape {shape}"
            )
        chosen: Any = np.arange(shape[-1]) == classes[..., None]
        return np.mean(special.logsumexp(logits, axis=-1) - np.sum(np.where(chosen, logits, 0.0), axis=-1))
    if classes.shape != shape:
        raise ShapeMismatchError(
            f"cross_entropy was given logits of shape {shape} and a target of {classes.dtype} of shape "
            f"{classes.shape}; expected integers of shape {shape[:-1]}, or probabilities of shape {shape}"
        )
    return np.mean(-np.sum(target * log_softmax(logits), axis=-1))


def _same_shape(name: str, x: Any, target: Any) -> None:
    if np.shape(x) != np.shape(target):
        raise ShapeMismatchError(f"{name} was given shapes {np.shape(x)} and {np.shape(target)}; expected the same")
