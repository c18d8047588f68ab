"""Sweeps over numbers of inputs and outputs: where the modes cross."""
