"""Numbers that carry SymPy's expressions, and what evaluates these."""
