"""Measured speed: each module fills one table of bench/README.md."""
