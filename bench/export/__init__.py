"""Results for other programs, for papers and for model cards."""
