"""Layers: functions with parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualrev.nn import functional
from dualrev.reverse.creation import tensor
from dualrev.reverse.var import Var


class Linear:
    """x @ weight.T + bias.

    Parameters
    ----------
    inputs, outputs : int
    bias : bool
        Whether there is one.
    seed : int or numpy.random.Generator, optional
        The same seed gives the same start: uniform between -1 / sqrt(inputs) and 1 / sqrt(inputs), as in PyTorch.
    dtype : numpy.dtype, optional
        np.float64 or np.float32.

    Attributes
    ----------
    weight : Var
        Of shape (outputs, inputs).
    bias : Var or None
        Of shape (outputs,).

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> layer = dr.nn.Linear(3, 2, seed=0)
    >>> layer(np.ones((5, 3))).shape, list(layer.named_parameters())
    ((5, 2), ['weight', 'bias'])
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        bias: bool = True,
        *,
        seed: int | np.random.Generator | None = None,
        dtype: Any = None,
    ) -> None:
        random, width = np.random.default_rng(seed), 1 / np.sqrt(inputs)
        self.weight = tensor(random.uniform(-width, width, (outputs, inputs)), dtype, requires_grad=True)
        self.bias = tensor(random.uniform(-width, width, outputs), dtype, requires_grad=True) if bias else None

    def __call__(self, x: Any) -> Any:
        """Return the layer's outputs for inputs of shape (..., inputs)."""
        return functional.linear(x, self.weight, self.bias)

    def named_parameters(self) -> dict[str, Var]:
        """Return the weight and the bias."""
        return {"weight": self.weight} | ({} if self.bias is None else {"bias": self.bias})

    def parameters(self) -> list[Var]:
        """Return the weight and the bias."""
        return list(self.named_parameters().values())

    def __repr__(self) -> str:
        outputs, inputs = self.weight.shape
        return f"Linear({inputs}, {outputs}{'' if self.bias is not None else ', bias=False'})"


class Sigmoid:
    """1 / (1 + exp(-x)).

    Examples
    --------
    >>> import dualrev as dr
    >>> float(dr.nn.Sigmoid()(0.0))
    0.5
    """

    def __call__(self, x: Any) -> Any:
        """Return the sigmoid of every element."""
        return functional.sigmoid(x)

    def named_parameters(self) -> dict[str, Var]:
        """Return nothing: there are none."""
        return {}

    def parameters(self) -> list[Var]:
        """Return nothing: there are none."""
        return []

    def __repr__(self) -> str:
        return "Sigmoid()"


class Sequential:
    """Layers one after another.

    Parameters
    ----------
    *layers : callable
        Layers, or functions such as `dr.nn.tanh`.

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> model = dr.nn.Sequential(dr.nn.Linear(3, 4, seed=0), dr.nn.tanh, dr.nn.Linear(4, 1, seed=1))
    >>> model(np.ones((5, 3))).shape, list(model.named_parameters())
    ((5, 1), ['0.weight', '0.bias', '2.weight', '2.bias'])
    """

    def __init__(self, *layers: Callable[[Any], Any]) -> None:
        self.layers = layers

    def __call__(self, x: Any) -> Any:
        """Return what the last layer makes of what the others made of x."""
        for layer in self.layers:
            x = layer(x)
        return x

    def named_parameters(self) -> dict[str, Var]:
        """Return the parameters of all layers, by names such as "0.weight"."""
        return {
            f"{n}.{name}": parameter
            for n, layer in enumerate(self.layers)
            if hasattr(layer, "named_parameters")
            for name, parameter in layer.named_parameters().items()
        }

    def parameters(self) -> list[Var]:
        """Return the parameters of all layers."""
        return list(self.named_parameters().values())

    def __repr__(self) -> str:
        return f"Sequential({', '.join(getattr(layer, '__name__', repr(layer)) for layer in self.layers)})"
