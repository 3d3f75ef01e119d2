"""Plotly figures: every series has a colour and a sign of its own, and every point a text."""
