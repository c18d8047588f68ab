"""Numba's extension interface, for functions that have annotations.

Numba compares the parameters of an overload with its implementation's, annotations included.
"""

from __future__ import annotations

import keyword
import linecache
import re
from collections.abc import Callable, Mapping, Sequence
from functools import update_wrapper
from itertools import count
from typing import Any

import numba
import numba.extending
from numba import typeof
from numba.core import types
from numba.core.compiler import Flags
from numba.core.dispatcher import _FunctionCompiler
from numba.core.targetconfig import ConfigStack

from dualrev.kernels import numba_linked

_WORD = re.compile(r"[A-Za-z_]\w*")

Chooser = Callable[..., Callable[..., Any] | None]


def overloads(function: Any, **options: Any) -> Callable[[Chooser], Chooser]:
    """Implement a function for the types that the decorated one answers with an implementation."""
    return _plain(lambda choose: numba_linked.overload(function, choose, **options))


def overloads_method(of: Any, name: str, **options: Any) -> Callable[[Chooser], Chooser]:
    """Implement a method."""
    return _plain(lambda choose: numba_linked.overload_method(of, name, choose, **options))


def overloads_classmethod(of: Any, name: str, **options: Any) -> Callable[[Chooser], Chooser]:
    """Implement a class method."""
    return _plain(lambda choose: numba.extending.overload_classmethod(of, name, **options)(choose))


def intrinsic(emit: Callable[..., Any]) -> Any:
    """Make a function of the typing context and types into one that compiled code calls."""
    return numba.extending.intrinsic(emit)


def _plain(register: Callable[[Chooser], Any]) -> Callable[[Chooser], Chooser]:
    def decorate(choose: Chooser) -> Chooser:
        # Numba compares the parameters of the chooser with those of its answer, and an answer is written without
        # annotations.
        choose.__annotations__ = {}
        register(choose)
        return choose

    return decorate


# The stub that Numba wants is made here, from the function that chooses: written by hand there would be two lists of
# parameters for each.
def compiled_only(choose: Chooser | None = None, **options: Any) -> Callable[..., Any]:
    """Make a function of types into one that exists in compiled code only, where it runs what it answers for them."""
    if choose is None:
        return lambda choose: compiled_only(choose, **options)

    def called(*args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError("this function exists in compiled code only")

    overloads(called, **options)(choose)
    return update_wrapper(called, choose)


_NUMBERS = count()


def defined(
    names: Sequence[str], body: Sequence[str], scope: dict[str, Any], name: str = "implementation"
) -> Callable[..., Any]:
    """Return a function of these parameters with these lines, which tracebacks and `inspect.getsource` show."""
    text = "\n    ".join([f"def {name}({', '.join(names)}):", *body]) + "\n"
    file = f"<dualrev {name} {next(_NUMBERS)}>"
    # Python and Numba read the lines of a traceback through `linecache`, and there is no file.
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    # Machine code that is read back from disk asks for its module by name: give one that can always be imported.
    scope.setdefault("__name__", __name__)
    exec(compile(text, file, "exec"), scope)
    function: Callable[..., Any] = scope[name]
    return function


def with_names(
    wanted: Mapping[str, str], names: Sequence[str], body: Sequence[str], scope: dict[str, Any]
) -> tuple[list[str], list[str], dict[str, Any]]:
    """Return the parts of a function with some names replaced, unless the new one has a meaning there already."""
    parts, count, scope = [*names, *body], len(names), dict(scope)
    # Names that a person would choose stand in what users read; a name that has a meaning already would change the
    # code.
    taken = set(_WORD.findall("\n".join(parts)))
    for own, name in wanted.items():
        if name.isidentifier() and not keyword.iskeyword(name) and name not in taken:
            parts = [re.sub(rf"\b{own}\b", name, part) for part in parts]
            taken.add(name)
            if own in scope:
                scope[name] = scope[own]
    return parts[:count], parts[count:], scope


# Numba's errors tell file and line of the code object: those of the user's function help, and those of generated text
# do not.
def around(function: Callable[..., Any], names: Sequence[str], body: Sequence[str], scope: dict[str, Any]) -> Any:
    """Return a function of these lines, compiled, that stands for a user's function, in messages too."""
    whole: Any = defined(names, body, scope)
    code = function.__code__
    whole.__code__ = whole.__code__.replace(co_filename=code.co_filename, co_firstlineno=code.co_firstlineno)
    whole.__name__, whole.__doc__ = function.__name__, function.__doc__
    return numba.njit(whole)


# An overload that the function calls would be compiled beside it. Here the code that it would run is the function's
# own.
class _Written(_FunctionCompiler):  # type: ignore[misc]
    """Compiles, for each signature, what a function of the argument types answers."""

    choose: Chooser

    def _get_implementation(self, args: Any, kws: Any) -> Any:
        # What is compiled meanwhile inherits the options of this function, and not of the one that calls it.
        flags = Flags()
        self.targetdescr.options.parse_as_flags(flags, self.targetoptions)
        # A default that was left out is told by the type of its value.
        with ConfigStack().enter(flags):
            return self.choose(*(typeof(of.value) if isinstance(of, types.Omitted) else of for of in args))


def written_by(choose: Chooser, function: Callable[..., Any], **options: Any) -> Any:
    """Return a dispatcher with the name and the parameters of a function, which compiles what `choose` answers.

    The code is the same as that of an overload which the function calls, without being compiled a second time.
    """
    dispatcher = numba.njit(function, pipeline_class=numba_linked.Whole, **options)
    of = dispatcher._compiler
    dispatcher._compiler = _Written(function, of.targetdescr, of.targetoptions, of.locals, of.pipeline_class)
    dispatcher._compiler.choose = choose
    return dispatcher


def chooser_of(dispatcher: Any) -> Chooser | None:
    """Return what writes a dispatcher's code, or None if that is its function's own."""
    compiler = getattr(dispatcher, "_compiler", None)
    return compiler.choose if isinstance(compiler, _Written) else None
