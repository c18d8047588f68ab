"""Exact derivatives of NumPy code, in forward and reverse mode, compared and proved."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from dualrev.environment import __version__ as __version__  # first, for it says what is too old

# isort: split
from dualrev import errors, linalg, special
from dualrev.active.number import no_grad, stop_gradient
from dualrev.auto.choice import CostConstants, ModeChoice, choose_mode
from dualrev.custom.checkpoint import checkpoint
from dualrev.custom.implicit import implicit_root
from dualrev.custom.rule import custom_rule
from dualrev.errors import DualrevError
from dualrev.forward.dual import Dual
from dualrev.operators.anomaly import detect_anomaly
from dualrev.operators.derivative import derivative, elementwise_grad
from dualrev.operators.hessian import hessian, hvp
from dualrev.operators.jacobian import grad, jacobian, value_and_grad, value_and_jacobian
from dualrev.operators.linear_operator import linear_operator
from dualrev.operators.taylor.taylor import taylor
from dualrev.operators.vector_products import jvp, vjp
from dualrev.reverse.creation import arange, full, linspace, ones, randn, tensor, zeros
from dualrev.reverse.tape import Tape
from dualrev.reverse.tape_limit import tape_limit
from dualrev.reverse.var import Var

if TYPE_CHECKING:
    from dualrev import cuda, nn, optim, problems
    from dualrev.comparison import Comparison, Sweep, compare, sweep
    from dualrev.compiled.steps import as_step
    from dualrev.teaching import Graph, Trace, graph, trace
    from dualrev.verification import Verification, check_grads, verify

__all__ = [
    "Comparison",
    "CostConstants",
    "Dual",
    "DualrevError",
    "Graph",
    "ModeChoice",
    "Sweep",
    "Tape",
    "Trace",
    "Var",
    "Verification",
    "arange",
    "as_step",
    "check_grads",
    "checkpoint",
    "choose_mode",
    "compare",
    "cuda",
    "custom_rule",
    "derivative",
    "detect_anomaly",
    "elementwise_grad",
    "errors",
    "full",
    "grad",
    "graph",
    "hessian",
    "hvp",
    "implicit_root",
    "jacobian",
    "jvp",
    "linalg",
    "linear_operator",
    "linspace",
    "nn",
    "no_grad",
    "ones",
    "optim",
    "problems",
    "randn",
    "special",
    "stop_gradient",
    "sweep",
    "tape_limit",
    "taylor",
    "tensor",
    "trace",
    "value_and_grad",
    "value_and_jacobian",
    "verify",
    "vjp",
    "zeros",
]

_ON_FIRST_USE = {
    "Comparison": "comparison",
    "as_step": "compiled.steps",
    "compare": "comparison",
    "Sweep": "comparison",
    "sweep": "comparison",
    "Verification": "verification",
    "check_grads": "verification",
    "verify": "verification",
    "nn": "nn",
    "optim": "optim",
    "problems": "problems",
    "cuda": "cuda",
    "Graph": "teaching",
    "Trace": "teaching",
    "graph": "teaching",
    "trace": "teaching",
}
"""Names whose modules need SymPy, SciPy, rich or Numba, which take longer to import than dualrev."""


def __getattr__(name: str) -> Any:
    if name not in _ON_FIRST_USE:
        raise AttributeError(f"module 'dualrev' has no attribute {name!r}")
    module = importlib.import_module(f"dualrev.{_ON_FIRST_USE[name]}")
    return module if name == _ON_FIRST_USE[name] else getattr(module, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
