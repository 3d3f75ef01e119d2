"""Networks, one architecture a file, with the state-dict keys of the reference projects."""
