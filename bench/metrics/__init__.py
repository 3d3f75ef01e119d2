"""Metrics: numpy in, a Score with its spread out; one family a file."""
