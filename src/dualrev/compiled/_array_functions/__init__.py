"""NumPy's array functions on active numbers: a table of Python functions, entered by `table.array_function`."""
