"""A row of the table becomes something that can be called: one module per target."""
