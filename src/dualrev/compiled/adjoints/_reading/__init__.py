"""The front of the generator: a compiled function's source, read into the normal form."""
