"""The Vars of a derivative under way."""

from __future__ import annotations

from dualrev.active.carried import Carried
from dualrev.reverse.var import Var


class Variable(Var, metaclass=Carried):
    """A Var that an operator made, or that came of one. All numbers of one level are such, or all are by hand."""

    __slots__ = ()


Variable.__name__ = Variable.__qualname__ = "Var"  # as messages call it
