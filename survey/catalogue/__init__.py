"""The catalogue: everything that sources said, and the papers that were made of it."""
