"""Text to LaTeX that BibTeX can read, and back."""

from __future__ import annotations

import functools
import logging
import re
from typing import Any

__all__ = ["to_latex", "to_text"]

# What needs no escape, which is nearly every title and name: pylatexenc is slow.
_PLAIN = re.compile(r"[A-Za-z0-9 .,:;!?()/*+='\[\]@-]*")
_BRACE = re.compile(r"([{}])")
# BibTeX counts braces even behind a backslash, so a literal one needs a name.
_BRACES = {"{": r"{\textbraceleft}", "}": r"{\textbraceright}"}
_HELD = {"{": "\ue000", "}": "\ue001"}
_COMMENT = re.compile(r"(?<!\\)([%&#])")


def to_latex(text: str) -> str:
    """`text` with every character that LaTeX would take for something else escaped.

    Braces come out balanced. What has no LaTeX form (Chinese, Arabic, emoji) stays as it is.
    """
    if _PLAIN.fullmatch(text):
        return text
    encode = _encoder().unicode_to_latex
    return "".join(_BRACES.get(part) or encode(part) for part in _BRACE.split(text) if part)


def to_text(latex: str) -> str:
    r"""What LaTeX shows: `{\"U}ber $\beta$` is `Über β`; the same text when it cannot be read.

    Per cent, ampersand and hash without a backslash mean themselves, as people write them.
    """
    if not re.search(r"[\\{}$~]|--|``|''", latex):
        return latex
    read = _COMMENT.sub(r"\\\1", latex)
    for brace, name in _BRACES.items():
        read = read.replace(name, _HELD[brace])  # pylatexenc does not know their names
    try:
        shown = str(_decoder().latex_to_text(read))
    except Exception:  # pylatexenc raises many kinds; a title must not stop an import
        return latex
    for brace, held in _HELD.items():
        shown = shown.replace(held, brace)
    return " ".join(shown.split())


@functools.cache
def _encoder() -> Any:
    from pylatexenc.latexencode import UnicodeToLatexEncoder

    return UnicodeToLatexEncoder(
        replacement_latex_protection="braces-all",
        unknown_char_policy="keep",
        unknown_char_warning=False,
    )


@functools.cache
def _decoder() -> Any:
    from pylatexenc.latex2text import LatexNodes2Text

    # It tells of every unbalanced brace; the text is used all the same.
    logging.getLogger("pylatexenc").addHandler(logging.NullHandler())
    return LatexNodes2Text()
