"""Functions with a rule of their own: rules that users write, implicit functions, checkpoints."""
