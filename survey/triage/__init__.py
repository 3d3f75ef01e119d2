"""Deciding on papers one by one, with a queue that learns and an estimate of what is left."""
