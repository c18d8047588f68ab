"""Derivatives on CUDA devices: of batches, and inside kernels."""
