"""One page a file; a view draws what load.py gives and computes nothing."""
