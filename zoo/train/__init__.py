"""Training: one loop for CPU, one GPU and several; methods differ in one step."""
