"""How alike two titles and two lists of authors are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from survey.found import surname

__all__ = ["common", "generic", "likeness", "same_person", "same_script", "words"]

_WORD = re.compile(r"[^\W_]+")
_MARKUP = re.compile(r"\\[A-Za-z]+")
# A title of nothing but these names no paper.
_NAMELESS = """
    a about abstract abstracts acknowledgement acknowledgements acknowledgment acknowledgments
    additional an and annual appendices appendix article articles author authors back bibliography
    board book calendar call chair chairs chapter chapters combined comment comments committee
    conclusion conclusions conference contents contributors copyright correction corrections
    corrigenda corrigendum cover data date dissertation doctoral editor editorial editors erratum
    errata events figure figures file files final first foreword for from front full future guest
    ieee in index information introduction introductory invited issue journal keynote
    keynotes keyword letter list main master masters material materials matter meeting message
    methods month name no note notes notice obituary of on online organizers organisers outline
    overview page papers paper part phd poster posters preface preliminary proceedings program
    programme publication published references related remarks reply report research response
    results retracted retraction review reviewer reviewers reviews s section session sessions
    short si special subject summary supplement supplemental supplementary supporting symposium
    table tables talk talks technical text the thesis this title titles to topical toc unknown
    untitled vol volume welcome with work workshop workshops year
"""
_GENERIC = frozenset(_NAMELESS.split())
_ROMAN = re.compile(r"[ivxlc]+|\d+(?:st|nd|rd|th)?")


@lru_cache(maxsize=4096)
def words(title: str) -> frozenset[str]:
    """Its words without marks, accents and case."""
    plain = _MARKUP.sub(" ", title).casefold()
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain)
        plain = "".join(c for c in plain if not unicodedata.combining(c))
    return frozenset(_WORD.findall(plain))


def generic(title: str) -> bool:
    """Whether many texts are called so: `Supplementary Material`, `Guest Editorial, Part II`."""
    return all(word in _GENERIC or _ROMAN.fullmatch(word) for word in words(title))


def likeness(one: str, other: str) -> float:
    """From 0 to 1, by the words that two titles share; 0.9 for a title inside a longer one."""
    a, b = words(one), words(other)
    if not a or not b:
        return 0.0
    both = len(a & b)
    shorter = min(len(a), len(b))
    inside = 0.9 if both == shorter >= 3 else 0.0
    return max(both / len(a | b), inside)


def same_script(one: str, other: str) -> bool:
    """Whether two texts can be compared at all: a translated title cannot."""
    return _latin(one) == _latin(other)


def _latin(text: str) -> bool:
    letters = [c for c in text if c.isalpha()]
    # Latin with all its accents ends at U+024F.
    return 2 * sum(c < "\u0250" for c in letters) >= len(letters)


@lru_cache(maxsize=16384)
def _parts(name: str) -> tuple[str, frozenset[str]]:
    """The family name and all names."""
    return surname(name), words(name)


def common(some: Iterable[str], others: Iterable[str]) -> int:
    """How many family names two lists share, or people who are written the other way round."""
    first, second = [_parts(name) for name in some], [_parts(name) for name in others]
    families = {family for family, _ in second if family}
    whole = {names for _, names in second if len(names) > 1}
    return sum(family in families or names in whole for family, names in set(first))


def same_person(one: str, other: str) -> bool:
    """Whether two names can be of one person: `J. Zhu`, `Zhu, Jun-Yan`, `Jun-Yan Zhu`."""
    (family, names), (other_family, other_names) = _parts(one), _parts(other)
    if names == other_names:
        return bool(names)
    if not family or family != other_family:
        return False
    given, others = _initials(one, family), _initials(other, family)
    return not given or not others or given[0] == others[0]


def _initials(name: str, family: str) -> str:
    after = name.split(",")[1] if "," in name else " ".join(name.split(" ")[:-1])
    return "".join(part[0] for part in _in_order(after))


def _in_order(text: str) -> list[str]:
    """Its words in their order, without marks, accents and case."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall("".join(c for c in plain if not unicodedata.combining(c)))
