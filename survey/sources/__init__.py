"""The scholarly services: one module each, with a pure `parse` and a paged reader."""
