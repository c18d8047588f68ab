"""Lists and numbers that a function has written in its text, where Numba takes their types from what stands there.

Numba types `[1.0, 0.0]` as a list of floats, whatever it stands beside, and what is first put into a list or dict
decides what it holds. Before a clone's types are found, its intermediate representation is changed in two places.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from numba.core import ir, types
from numba.core.compiler_machinery import FunctionPass, register_pass
from numba.core.ir_utils import get_definition, guard
from numba.core.untyped_passes import ReconstructSSA

from dualrev.compiled._array_functions.table import owner_inside
from dualrev.kernels.numba_extending import compiled_only, defined
from dualrev.kernels.numba_linked import Linked
from dualrev.kernels.numba_types import constant


# A function for each number of rows: what compiled code calls has a fixed number of arguments.
@cache
def rows(count: int) -> Any:
    """Return a function that makes a list of so many lists, all of active numbers if one is."""
    names = [f"row{n}" for n in range(count)]

    def choose(*given: Any) -> Callable[..., Any]:
        # Rows of one type are a list already; only a mixed one would stop Numba.
        owner = None if all(each == given[0] for each in given) else owner_inside(types.Tuple(given))
        constants = [owner is not None and owner_inside(of) is None for of in given]
        made = [f"as_row(owner, {name})" if each else name for name, each in zip(names, constants, strict=True)]
        return defined(names, [f"return [{', '.join(made)}]"], {"as_row": as_row, "owner": owner})

    return compiled_only(defined(names, [f"return choose({', '.join(names)})"], {"choose": choose}))


@compiled_only
def as_row(number: Any, row: Any) -> Callable[..., Any]:
    """Return a list of constants, or of lists of them, as one of active numbers."""
    if isinstance(row, types.List):
        return lambda number, row: [as_row(number, each) for each in row]
    return lambda number, row: constant(number, row)


@cache
def lifts(number: Any) -> Any:
    """Return a function of one number that makes it active."""

    @compiled_only
    def lift(x: Any) -> Callable[..., Any]:
        return defined(["x"], ["return constant(number, x)"], {"constant": constant, "number": number})

    return lift


class _Rewriting(FunctionPass):  # type: ignore[misc]
    """Replaces lists of lists by calls of `rows`, and numbers by calls of `lifts` if there is one."""

    _name = "dualrev_literals"
    number: Any = None

    def __init__(self) -> None:
        FunctionPass.__init__(self)

    def run_pass(self, state: Any) -> bool:
        """Change the function's intermediate representation."""
        func_ir, changes = state.func_ir, []
        for block in func_ir.blocks.values():
            for statement in block.body:
                if isinstance(statement, ir.Assign):
                    if _of_lists(func_ir, statement.value):
                        # Collected first: the blocks must not change while they are walked through.
                        changes.append((block, statement, rows(len(statement.value.items)), statement.value.items))
                    elif self.number is not None and _is_float(statement.value):
                        changes.append((block, statement, lifts(self.number), None))
        if changes:  # the functions may have been entered just now
            state.typingctx.refresh()
            state.targetctx.refresh()
        for block, statement, function, arguments in changes:
            self._call(func_ir, block, statement, function, arguments)
        return bool(changes)

    def _call(self, func_ir: Any, block: Any, statement: Any, function: Any, arguments: Any) -> None:
        place, scope = statement.loc, statement.target.scope
        called = scope.redefine("$dualrev_literal", place)
        added = [ir.Assign(ir.Global(f"literal_{called.name}", function, place), called, place)]
        if arguments is None:
            plain = scope.redefine("$dualrev_number", place)
            added.append(ir.Assign(statement.value, plain, place))
            arguments = [plain]
        # Later passes look for a variable's definition in this table and not in the blocks.
        for each in added:
            func_ir._definitions[each.target.name] = [each.value]
        at = block.body.index(statement)
        call = ir.Expr.call(called, list(arguments), (), place)
        definitions = func_ir._definitions[statement.target.name]
        func_ir._definitions[statement.target.name] = [
            call if each is statement.value else each for each in definitions
        ]
        block.body[at : at + 1] = [*added, ir.Assign(call, statement.target, place)]


def _of_lists(func_ir: Any, value: Any) -> bool:
    """Whether an expression is a list of several lists that nothing else refers to."""
    if not (isinstance(value, ir.Expr) and value.op == "build_list" and len(value.items) > 1):
        return False
    inner = [guard(get_definition, func_ir, each) for each in value.items if each.name.startswith("$")]
    return len(inner) == len(value.items) and all(
        isinstance(each, ir.Expr) and each.op == "build_list" for each in inner
    )


def _is_float(value: Any) -> bool:
    return isinstance(value, ir.Const | ir.Global | ir.FreeVar) and type(value.value) is float


@cache
def pipeline(number: Any = None) -> Any:
    """Return the way clones are compiled; with a type of active numbers, their floats are all of it."""
    rewriting = type("Rewriting", (_Rewriting,), {"number": number})
    registered = register_pass(mutates_CFG=False, analysis_only=False)(rewriting)

    class Clones(Linked):
        def define_pipelines(self) -> list[Any]:
            """Those of functions that are linked into others, and what is rewritten."""
            (manager,) = super().define_pipelines()
            # After it each name is assigned once, so that a name's definition is the literal itself.
            manager.add_pass_after(registered, ReconstructSSA)
            manager.finalize()
            return [manager]

    return Clones
