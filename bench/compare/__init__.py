"""Differences between models that translated the same sources, and what may be said of ranks."""
