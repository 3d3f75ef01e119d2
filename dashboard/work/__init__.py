"""Work that pages ask for and never do themselves: a queue, and processes with limits."""
