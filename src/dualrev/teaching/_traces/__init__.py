"""Evaluation traces: what a function computes, line by line, with tangents or adjoints."""
