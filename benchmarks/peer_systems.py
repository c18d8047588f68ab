"""The problems in other systems: each function is the problem's own, with `np` bound to the system's functions."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any

import numpy as np

import dualrev as dr

Call = Callable[[], Any]


def over(f: Any, namespace: Any) -> Any:
    """Return a function whose `np` is another namespace, in a module of its own, which PyTorch's compiler looks up."""
    name = f"{f.__module__}_over_{id(namespace)}"
    module = sys.modules[name] = ModuleType(name)
    vars(module).update(f.__globals__ | {"np": namespace, "__name__": name})
    return FunctionType(f.__code__, vars(module), f.__name__)


def _by_dualrev(f: Any, problem: Any) -> Call:
    jacobian = dr.jacobian(f, batched=problem.batched)
    return lambda: jacobian(*problem.args)


def _jax(problem: Any) -> Call:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    f = over(problem.f, jnp)
    forward = problem.n <= problem.m
    derivative = jax.jacfwd(f) if forward else jax.grad(f)
    if problem.batched:
        derivative = jax.vmap(derivative)
    compiled = jax.jit(derivative, static_argnums=tuple(n for n, a in enumerate(problem.args) if isinstance(a, int)))
    args = [jnp.asarray(a) if isinstance(a, np.ndarray) else a for a in problem.args]
    return lambda: compiled(*args).block_until_ready()


def _torch(problem: Any, compiled: bool) -> Call:
    import torch

    names = ("sum", "mean", "exp", "sin", "cos", "roll", "stack")
    functions = SimpleNamespace(**{name: getattr(torch, name) for name in names})
    functions.logaddexp = lambda a, b: torch.clamp(b, min=a) + torch.log1p(torch.exp(-torch.abs(b - a)))
    f = over(problem.f, functions)
    x, *data = (torch.tensor(a) if isinstance(a, np.ndarray) else a for a in problem.args)
    if problem.m == 1 and not compiled:

        def gradient() -> Any:
            leaf = x.detach().requires_grad_()
            return torch.autograd.grad(f(leaf, *data), leaf)[0]

        return gradient
    derivative = torch.func.grad(f) if problem.m == 1 else torch.func.jacfwd(f)
    if problem.batched:
        derivative = torch.func.vmap(derivative)
    if compiled:
        derivative = torch.compile(derivative)
    return lambda: derivative(x, *data)


def _autograd(problem: Any) -> Call:
    import autograd
    import autograd.numpy as anp

    f = over(problem.f, anp)
    derivative = autograd.grad(f) if problem.m == 1 else autograd.jacobian(f)
    if problem.batched:
        return lambda: [derivative(x) for x in problem.x]
    return lambda: derivative(*problem.args)


def _casadi(problem: Any) -> Call:
    import casadi

    def roll(u: Any, by: int) -> Any:
        return casadi.vertcat(u[-by:], u[:-by])

    functions = SimpleNamespace(exp=casadi.exp, sin=casadi.sin, cos=casadi.cos, sum=casadi.sum1, roll=roll)
    functions.stack = lambda parts: casadi.vertcat(*parts)
    functions.mean = lambda u: casadi.sum1(u) / u.numel()
    functions.logaddexp = lambda a, b: casadi.fmax(a, b) + casadi.log1p(casadi.exp(-casadi.fabs(a - b)))
    x = casadi.SX.sym("x", problem.n)
    data = [casadi.DM(a) if isinstance(a, np.ndarray) else a for a in problem.data]
    point = casadi.vertsplit(x) if problem.n < 5 else x  # they are taken apart
    y = over(problem.f, functions)(point, *data)
    derivative = casadi.Function("derivative", [x], [casadi.densify(casadi.jacobian(y, x))])
    if not problem.batched:
        return lambda: derivative(problem.x).full()
    mapped, points = derivative.map(problem.points), np.ascontiguousarray(problem.x.T)
    shape = (problem.m, problem.points, problem.n)
    return lambda: mapped(points).full().reshape(shape).swapaxes(0, 1)


def _differences(problem: Any) -> Call:
    from scipy.optimize import approx_fprime

    if problem.batched:
        return lambda: [approx_fprime(x, problem.f) for x in problem.x]
    return lambda: approx_fprime(problem.x, problem.f, 1.5e-8, *problem.data)


SYSTEMS: dict[str, tuple[str | None, Callable[[Any], Call]]] = {
    "dualrev, NumPy": (None, lambda problem: _by_dualrev(problem.f, problem)),
    "dualrev, Numba": (None, lambda problem: _by_dualrev(problem.compiled, problem)),
    "JAX": ("jax", _jax),
    "PyTorch, eager": ("torch", lambda problem: _torch(problem, False)),
    "PyTorch, compiled": ("torch", lambda problem: _torch(problem, True)),
    "autograd": ("autograd", _autograd),
    "CasADi": ("casadi", _casadi),
    "differences": ("scipy", _differences),
}
"""Per system the package that it needs, and what returns a call that computes the derivative of a problem."""
