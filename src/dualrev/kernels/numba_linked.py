"""How the functions of a derivative become machine code: linked into the one that Python calls, and hidden in it.

Numba optimises and emits every function that it compiles, because Python may call it, and again in each function that
calls it. A derivative consists of dozens of functions that Python never calls: overloads of the rules, and clones of
what the user's function calls. Their code stays as it was lowered (`Linked`), and is optimised once, within the
function that Python calls (`Whole`). That takes a third off the time of a first Hessian.

Two kinds of functions are still emitted at once, as Numba does. The code of one looks up its environment (the Python
objects that it prints, boxes or raises with), which is filled in where the code is emitted. Functions that call
themselves or each other, with arguments of other types, find each other by their addresses.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import partial
from secrets import token_hex
from typing import Any
from weakref import WeakValueDictionary

import numba
from llvmlite.binding import Linkage
from numba import _dynfunc
from numba.core import types
from numba.core.codegen import JITCodeLibrary, RuntimeLinker
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import register_pass
from numba.core.typed_passes import NativeLowering
from numba.core.typing.templates import (
    infer,
    infer_getattr,
    infer_global,
    make_overload_method_template,
    make_overload_template,
)

# Numba has a lock of its own around all that is compiled.
_LIBRARIES: WeakValueDictionary[str, _Library] = WeakValueDictionary()
"""By the name of the function in machine code."""


class _Library(JITCodeLibrary):  # type: ignore[misc]
    """The code of a function and of what it calls, not optimised and not emitted until its address is asked for."""

    emitted = False
    function = ""

    def _optimize_final_module(self) -> None:
        """Leave the code as it is; the function that it is linked into is optimised as a whole."""

    def _finalize_final_module(self) -> None:
        """Emit functions that find each other by their addresses: each is a variable where it is called."""
        self._finalize_dynamic_globals()
        self._finalized = True
        _LIBRARIES[self.function] = self
        prefix = RuntimeLinker.PREFIX
        names = [each.name for each in self._final_module.global_variables if each.name.startswith(prefix)]
        for called in (_LIBRARIES.get(name.removeprefix(prefix)) for name in names):
            if called is not None:
                called.emit()
        if names or self.function in self._codegen._rtlinker._unresolved:
            self.emit()

    def emit(self) -> None:
        """Optimise the code and make machine code of it, as Numba does with every function."""
        if not self.emitted:
            self.emitted = True
            super()._optimize_final_module()
            super()._finalize_final_module()

    def get_pointer_to_function(self, name: str) -> int:
        """Return the address of a function, for those that are passed as values."""
        self._ensure_finalized()
        self.emit()
        address: int = super().get_pointer_to_function(name)
        return address


def _refuse(*_: Any) -> None:
    raise RuntimeError("a function that is compiled to be linked into others cannot be called from Python")


_REFUSE = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object, ctypes.py_object, ctypes.py_object)(_refuse)
_ADDRESS = ctypes.cast(_REFUSE, ctypes.c_void_p).value


@register_pass(mutates_CFG=True, analysis_only=False)
class _Lowering(NativeLowering):  # type: ignore[misc]
    """Numba's own lowering, into a library that is not emitted."""

    _name = "dualrev_linked_lowering"

    def run_pass(self, state: Any) -> bool:
        """Lower the function, and enter it under a key of its own, as the address of its machine code would be."""
        target = state.targetctx
        library = state.library = _Library(target.codegen(), state.func_id.func_qualname)
        state.flags.no_compile = state.flags.no_cpython_wrapper = True
        super().run_pass(state)
        lowered = state["cr"]
        library.function = lowered.fndesc.mangled_name
        # The name of the environment stands once where it is declared.
        if str(library._final_module).count(lowered.fndesc.env_name) > 1:
            entry = target.get_executable(library, lowered.fndesc, lowered.env)
        else:
            library.finalize()
            # Numba finds a function by an object of this kind, for which there is no code that Python could call.
            name = lowered.fndesc.qualname.split(".")[-1]
            entry = _dynfunc.make_function(lowered.fndesc.lookup_module(), name, "", _ADDRESS, lowered.env, (library,))
        target.insert_user_function(entry, lowered.fndesc, [library])
        state.reload_init.extend(library._reload_init)
        state["cr"] = lowered._replace(cfunc=entry)
        return True


class _WholeLibrary(JITCodeLibrary):  # type: ignore[misc]
    """The code of a function with all that it calls, none of which is known by a name outside."""

    def _optimize_final_module(self) -> None:
        """Hide what the function calls, and optimise."""
        own = f".{token_hex(8)}"
        for function in self._final_module.functions:
            if not function.is_declaration and function.linkage == Linkage.linkonce_odr:
                function.linkage = Linkage.internal
                # The linker finds hidden functions by their names all the same, and another one that is compiled later
                # may ask for one that Numba shares. The optimiser leaves out parameters of those that are hidden.
                function.name += own
        super()._optimize_final_module()


# Numba names functions by their names, types, and numbers that begin anew in every process. The linker takes the first
# function of a name, so that machine code from disk would call those of this process that happen to have its names.
@register_pass(mutates_CFG=True, analysis_only=False)
class _WholeLowering(NativeLowering):  # type: ignore[misc]
    """Numba's own lowering, into a library that needs nothing of others and can be kept on disk."""

    _name = "dualrev_whole_lowering"

    def run_pass(self, state: Any) -> bool:
        """Lower the function."""
        state.library = _WholeLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
        state.library.enable_object_caching()
        lowered: bool = super().run_pass(state)
        return lowered


class Whole(CompilerBase):  # type: ignore[misc]
    """Compiles functions that Python calls."""

    lowering: type = _WholeLowering

    def define_pipelines(self) -> list[Any]:
        """Numba's own, but for the last step."""
        manager = DefaultPassBuilder.define_nopython_pipeline(self.state)
        # What runs in parallel is lowered in a way of its own.
        manager.passes = [(self.lowering if each is NativeLowering else each, text) for each, text in manager.passes]
        manager.finalize()
        return [manager]


class Linked(Whole):
    """Compiles functions that only compiled code calls."""

    lowering = _Lowering


class _Compiled:
    """A template whose implementations are compiled to be linked; those for a device are compiled as Numba does."""

    def _get_jit_decorator(self) -> Any:
        decorator = super()._get_jit_decorator()  # type: ignore[misc]
        return partial(decorator, pipeline_class=Linked) if decorator is numba.jit else decorator


_OPTIONS = {"nopython": True, "no_cpython_wrapper": True}


def overload(
    function: Any,
    choose: Callable[..., Any],
    jit_options: dict[str, Any] | None = None,
    prefer_literal: bool = False,
    **metadata: Any,
) -> None:
    """Implement a function in compiled code by what `choose` answers, as `numba.extending.overload` does."""
    options = {**_OPTIONS, **(jit_options or {})}
    made = make_overload_template(function, choose, options, True, "never", prefer_literal, **metadata)
    template = type(made.__name__, (_Compiled, made), {})
    infer(template)
    infer_global(function, types.Function(template))


def overload_method(of: Any, name: str, choose: Callable[..., Any], jit_options: dict[str, Any] | None = None) -> None:
    """Implement a method in compiled code, as `numba.extending.overload_method` does."""
    infer_getattr(make_overload_method_template(of, name, choose, "never"))
    overload(choose, choose, jit_options)
