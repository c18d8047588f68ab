"""Generated code that drives a derivative: inputs made active, passes, sweeps, results read."""
