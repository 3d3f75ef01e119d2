"""Style and content classifiers (2002.05638, §4): trained on a person's pictures, then scored."""
