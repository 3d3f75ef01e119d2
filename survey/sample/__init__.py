"""A small catalogue of real papers that comes with the program: something true to see offline."""
