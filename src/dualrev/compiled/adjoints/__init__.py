"""Reverse mode as code: the adjoint of a compiled function, generated from its source."""
