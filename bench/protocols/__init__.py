"""Protocols and published numbers as data: what was measured how, and who reported what."""
