"""Parts of pages that Streamlit has not: each a Python file, a script and a style.

Data reaches a script as JSON and the page as text nodes and attributes, never as HTML.
"""
