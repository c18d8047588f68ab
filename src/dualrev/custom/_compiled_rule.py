"""Functions with a rule that compiled code calls: of numbers, by partial derivatives that the rule gives."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from numba.core import types
from numba.core.types import Dispatcher as DispatcherType
from numba.extending import typeof_impl

from dualrev.compiled.clones import registration
from dualrev.compiled.clones.cloning import Cloner
from dualrev.compiled.clones.constructors import constructors
from dualrev.compiled.drivers.parameters import parameters
from dualrev.custom._written_rule import WrittenRule
from dualrev.errors import CompilationError
from dualrev.kernels.numba_extending import compiled_only, defined, written_by
from dualrev.kernels.numba_types import NUMBERS, element, is_active, link, owner_of
from dualrev.operators.call import is_dispatcher

_INSTEAD = "Pass backend='numpy' to the operator, which differentiates the caller interpreted"


@cache
def let_compiled_code_call(rules: type) -> None:
    """Let compiled code call functions with a rule, as a global or an argument."""

    @typeof_impl.register(rules)  # type: ignore[untyped-decorator]
    def typeof_rule(rule: WrittenRule, context: Any) -> Any:
        return DispatcherType(_dispatcher_of(rule))


def _dispatcher_of(rule: WrittenRule) -> Any:
    """Return what compiled code calls: the function, or for active numbers its rule."""
    if not is_dispatcher(rule.f):
        raise CompilationError(
            f"compiled code calls {rule.__name__}, a plain Python function with a rule. Decorate the function and its "
            f"pushforward or pullback with @njit. {_INSTEAD}"
        )
    if rule._dispatcher is None:
        registration.register()
        rule._dispatcher = _entry(rule)
    return rule._dispatcher


def _entry(rule: WrittenRule) -> Any:
    """Return a dispatcher; each level has its own, because none may call itself with other types."""
    names = parameters(rule.f)

    def choose(*numba_types: Any) -> Callable[..., Any]:
        if any(map(_holds_active, numba_types)):
            return _linked(rule, names, numba_types)
        return defined(names, [f"return function({', '.join(names)})"], {"function": rule.f})

    entry = defined(names, ["raise NotImplementedError"], {})
    entry.__name__ = rule.__name__
    # Active numbers never meet Python.
    return written_by(choose, entry, nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)


def _holds_active(of: Any) -> bool:
    if isinstance(of, types.BaseTuple):
        return any(map(_holds_active, of))
    return is_active(element(of))


def _linked(rule: WrittenRule, names: list[str], numba_types: Any) -> Callable[..., Any]:
    """Return the function of active numbers: its value, and the partial derivatives that the rule gives."""
    containers = [name for name, of in zip(names, numba_types, strict=True) if _holds_active(of) and not is_active(of)]
    if containers:
        raise CompilationError(
            f"{rule.__name__} was given active numbers in {', '.join(containers)}, an array or a container; in "
            f"compiled code its rule serves numbers alone. {_INSTEAD}"
        )
    owner = owner_of(numba_types)
    mine = [n for n, of in enumerate(numba_types) if of == owner]
    for n in mine:
        if rule.argnums is not None and n not in rule.argnums:
            raise CompilationError(
                f"argument {n} of {rule.__name__} is an active number, and its rule differentiates arguments "
                f"{list(rule.argnums)} alone. Extend the rule"
            )
    half = rule.pullback if is_dispatcher(rule.pullback) else rule.pushforward
    if not is_dispatcher(half):
        raise CompilationError(
            f"compiled code calls {rule.__name__}, whose rule is plain Python. Decorate its pushforward or pullback "
            f"with @njit. {_INSTEAD}"
        )
    written = half
    below = owner_of([owner.dtype, *(of for of in numba_types if of != owner)])
    if below is not None:  # the rule itself is differentiated
        half = Cloner(registration.replacements(below) | constructors(below)).clone(half)
    values = [f"v{n}" if n in mine else name for n, name in enumerate(names)]
    primals = f"({', '.join(values)},)"
    body = [f"v{n} = {names[n]}.primal_" for n in mine]
    body.append(f"y = number_of(function({', '.join(values)}))")
    if written is rule.pushforward:
        for n in mine:
            unit = ", ".join(_tangent(of, k == n) for k, of in enumerate(numba_types))
            body.append(f"p{n} = half(y, {primals}, ({unit},))")
    else:
        body.append(f"adjoints = half(y, {primals}, 1.0)")
        body += [f"p{n} = partial_of(adjoints[{n}])" for n in mine]
    partials, active = "".join(f"p{n}, " for n in mine), "".join(f"{names[n]}, " for n in mine)
    function = rule.f if below is None else _entry(rule)
    scope = {"function": function, "link": link, "half": half, "partial_of": _partial_of, "number_of": _number_of}
    return defined(names, [*body, f"return link(y, ({partials}), ({active}))"], scope)


def _tangent(of: Any, own: bool) -> str:
    return "1.0" if own else "0.0" if isinstance(of, NUMBERS) or is_active(of) else "None"


@compiled_only
def _partial_of(adjoint: Any) -> Callable[..., Any]:
    return (lambda adjoint: 0.0) if isinstance(adjoint, types.NoneType) else (lambda adjoint: adjoint)


@compiled_only
def _number_of(y: Any) -> Callable[..., Any]:
    if isinstance(y, NUMBERS) or is_active(y):
        return lambda y: y
    raise CompilationError(
        f"a function with a rule returned {y} to compiled code, where rules serve numbers alone. {_INSTEAD}"
    )
