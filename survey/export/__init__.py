"""Papers written out in the formats that other tools read."""

from __future__ import annotations

from survey.export.bibtex import cite_keys
from survey.export.formats import FORMATS, Format, format_named, format_of, write_file
from survey.export.latex import to_latex, to_text

__all__ = [
    "FORMATS",
    "Format",
    "cite_keys",
    "format_named",
    "format_of",
    "to_latex",
    "to_text",
    "write_file",
]
