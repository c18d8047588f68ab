"""The entry of a derivative: the function that is called, in a file that machine code on disk is found by."""

from __future__ import annotations

from typing import Any

from dualrev.compiled.drivers._fingerprint import fingerprint
from dualrev.kernels.generated import digest_of, load


# Numba finds machine code on disk by the file and line of a function. So the entry stands in a file of its own, whose
# name holds the digest of all that the derivative depends on: an edit anywhere finds another file.
def entry_of(dispatcher: Any, question: Any, names: list[str]) -> tuple[Any, bool]:
    """Return a function of the derivative's name and parameters, and whether its machine code can be kept on disk."""
    short = "".join(c if c.isalnum() else "_" for c in dispatcher.py_func.__name__)
    name = f"{question.mode}_{question.kind}_of_{short}"
    made_of = fingerprint(dispatcher)
    text = f"def {name}({', '.join(names)}):\n    raise NotImplementedError\n"
    if made_of is None:
        scope: dict[str, Any] = {"__name__": __name__}
        exec(text, scope)
        return scope[name], False
    scope = load("derivatives", name, digest_of([text, repr(question), *made_of]), text, {})
    return scope[name], True
