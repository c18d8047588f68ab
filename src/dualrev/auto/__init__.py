"""The choice of mode: what either costs, and the constants that were measured for it."""
