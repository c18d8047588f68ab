"""The common ground of the numbers of both modes: NumPy's protocols, values, containers, writes in place."""
