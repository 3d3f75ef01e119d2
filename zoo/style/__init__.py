"""Models that take the picture whose style is wanted: AdaIN and the optimisation of Gatys."""
