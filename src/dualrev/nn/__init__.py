"""A small set of functions and layers for regression, classification and multilayer networks.

The functions take numbers, arrays, `Dual` and `Var` alike, so that `grad` and `jacobian` differentiate them, too.

Examples
--------
>>> import numpy as np
>>> import dualrev as dr
>>> model = dr.nn.Sequential(dr.nn.Linear(2, 3, seed=1), dr.nn.Sigmoid(), dr.nn.Linear(3, 1, seed=2))
>>> logits = model(np.ones((5, 2)))
>>> logits.shape
(5, 1)
>>> loss = dr.nn.binary_cross_entropy_with_logits(logits[:, 0], np.ones(5))
>>> loss.backward()
>>> [parameter.grad.shape for parameter in model.parameters()]
[(3, 2), (3,), (1, 3), (1,)]
"""

from dualrev.nn.functional import (
    binary_cross_entropy_with_logits,
    cross_entropy,
    linear,
    log_softmax,
    mse,
    relu,
    sigmoid,
    softmax,
    softplus,
    tanh,
)
from dualrev.nn.layers import Linear, Sequential, Sigmoid

__all__ = [
    "Linear",
    "Sequential",
    "Sigmoid",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "linear",
    "log_softmax",
    "mse",
    "relu",
    "sigmoid",
    "softmax",
    "softplus",
    "tanh",
]
