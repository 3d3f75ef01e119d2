"""One method a file: its card and its recipe."""
