"""What dualrev's speed is, as ratios measured in one run. `python -m benchmarks` runs all."""
