"""Exact derivatives of NumPy code, in forward and reverse mode, compared and proved."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from dualrev import errors, special
from dualrev.active import stop_gradient
from dualrev.derivatives import derivative, elementwise_grad, hessian, hvp, jvp, vjp
from dualrev.errors import DualrevError
from dualrev.forward.dual import Dual
from dualrev.gradients import grad, jacobian, value_and_grad, value_and_jacobian
from dualrev.modes import CostConstants, ModeChoice, choose_mode
from dualrev.reverse.tape import Tape
from dualrev.reverse.var import Var

__version__ = "0.1.0"

__all__ = [
    "CostConstants",
    "Dual",
    "DualrevError",
    "ModeChoice",
    "Tape",
    "Var",
    "derivative",
    "elementwise_grad",
    "errors",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "special",
    "stop_gradient",
    "value_and_grad",
    "value_and_jacobian",
    "vjp",
    "choose_mode",
]
