"""Measurements beside the peers they are compared with: `python -m benchmarks NAME`."""
