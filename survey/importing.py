"""Take papers into the shortlist from a BibTeX file or from a list of identifiers."""

from __future__ import annotations

import codecs
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection

from data.errors import UsageProblem
from survey.catalogue.events import add, decisions
from survey.catalogue.papers import known
from survey.catalogue.records import save
from survey.export.latex import to_text
from survey.found import Found, Row, clean, iso_date, title_digest, year_of
from survey.ids import PaperId, arxiv_id, doi_id, find_arxiv, parse_id

__all__ = ["Outcome", "Problem", "Reading", "Taken", "Wanted", "keep", "read"]

SOURCE = "import"
Outcome = Literal["kept", "added", "kept already"]
_ENTRY = re.compile(r"^\s*@\s*[A-Za-z]+\s*[{(]", re.MULTILINE)
_COMMENT = re.compile(r"(?:^|\s)#.*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A paper that a file names, and in which line."""

    line: int
    found: Found

    @property
    def name(self) -> str:
        """What a decision calls it: an identifier, else the record; both survive merging."""
        return str(self.found.ids[0]) if self.found.ids else f"{SOURCE}/{self.found.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something in the file that is no paper."""

    line: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a file says."""

    wanted: tuple[Wanted, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of one paper; `added` ones the catalogue did not have."""

    wanted: Wanted
    outcome: Outcome


def read(content: bytes) -> Reading:
    """The papers of a BibTeX file or of a list of identifiers, whichever it is.

    Old files that are neither UTF-8 nor marked as UTF-16 are taken for Latin-1.
    """
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = content.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return _entries(text) if _ENTRY.search(text) else _lines(text)


def keep(connection: Connection, wanted: Sequence[Wanted]) -> list[Taken]:
    """Keep every paper that is not kept yet; those that the catalogue lacks become records.

    The catalogue has to be derived, and derived again afterwards.
    """
    decided = decisions(connection)
    have = known(connection, {name for one in wanted for name in _names(one)})
    taken: dict[str, Taken] = {}
    lacking: list[Row] = []
    for one in wanted:
        paper = next((have[name] for name in _names(one) if name in have), None)
        place = paper or one.name
        if place in taken:
            continue
        if paper is None:
            lacking.append(Row(one.found))
        outcome: Outcome = "kept" if paper else "added"
        if place in decided and decided[place].status == "kept":
            outcome = "kept already"
        else:
            add(connection, one.name, "keep")
        taken[place] = Taken(wanted=one, outcome=outcome)
    save(connection, SOURCE, "", lacking)
    return list(taken.values())


def _names(one: Wanted) -> list[str]:
    return [*(str(i) for i in one.found.ids), one.name]


def _lines(text: str) -> Reading:
    wanted: list[Wanted] = []
    problems: list[Problem] = []
    for number, line in enumerate(text.splitlines(), 1):
        given = _COMMENT.sub("", line).strip()
        if not given:
            continue
        try:
            wanted.append(Wanted(line=number, found=_only(parse_id(given))))
        except UsageProblem as problem:
            problems.append(Problem(line=number, message=problem.message))
    return Reading(wanted=tuple(wanted), problems=tuple(problems))


def _only(name: PaperId) -> Found:
    ids: dict[str, Any] = {name.kind: name.value}
    return Found(source=SOURCE, key=str(name), **ids)


def _entries(text: str) -> Reading:
    from bibtexparser.entrypoint import parse_string

    # What it cannot read is in `failed_blocks`; it would tell of it on stderr as well.
    logging.getLogger("bibtexparser").addHandler(logging.NullHandler())
    library = parse_string(text)
    wanted: list[Wanted] = []
    problems: list[Problem] = []
    for block, entry in _blocks(library):
        line = block.start_line + 1
        found = None if entry is None else _found(entry)
        if found is not None:
            wanted.append(Wanted(line=line, found=found))
        else:
            problems.append(Problem(line=line, message=_reason(block, entry)))
    return Reading(wanted=tuple(wanted), problems=tuple(problems))


def _blocks(library: Any) -> Iterator[tuple[Any, Any]]:
    """Blocks with the entry that each holds, in the order of the file; None for a broken one."""
    whole = {id(entry) for entry in library.entries}
    broken = {id(block) for block in library.failed_blocks}
    for block in library.blocks:
        if id(block) in whole:
            yield block, block
        elif id(block) in broken:
            # Two entries with one key, or a field that is there twice, are still readable.
            inner = block.ignore_error_block
            yield block, inner if hasattr(inner, "fields_dict") else None


def _reason(block: Any, entry: Any) -> str:
    if entry is not None:
        return f"the entry '{clean(entry.key)}' has neither a title nor an identifier"
    told = getattr(block.error, "abort_reason", "") or "it cannot be read"
    return f"broken entry: {clean(told).rstrip('.')}"


def _found(entry: Any) -> Found | None:
    fields = {f.key.casefold(): _text(f.value) for f in reversed(entry.fields)}
    title = clean(fields.get("title", ""))
    year = year_of(fields.get("year") or fields.get("date"))
    arxiv, doi = _arxiv(fields), _doi(fields)
    key = f"arxiv:{arxiv}" if arxiv else f"doi:{doi}" if doi else title_digest(title, year)
    if not (title or arxiv or doi):
        return None
    venue = next((v for n in ("journal", "journaltitle", "booktitle") if (v := fields.get(n))), "")
    raw = next((f.value for f in entry.fields if f.key.casefold() == "author"), "")
    return Found(
        source=SOURCE,
        key=key,
        title=title,
        authors=tuple(_authors(str(raw))),
        year=year,
        date=iso_date(fields.get("date")),
        venue="" if re.match(r"arxiv|corr\b", venue, re.IGNORECASE) else clean(venue),
        abstract=clean(fields.get("abstract", "")),
        kind=clean(entry.entry_type).casefold(),
        arxiv=arxiv,
        doi=doi,
        links=tuple(u for u in [fields.get("url", "")] if re.match(r"https?://\S+$", u)),
    )


def _text(content: Any) -> str:
    return to_text(str(content).strip().strip('"'))


def _arxiv(fields: Mapping[str, str]) -> str:
    """Where people write it: `eprint`, a DOI or address of arXiv, `abs/…`, or inside a journal."""
    volume = fields.get("volume", "").removeprefix("abs/")
    exact = (fields.get("eprint"), fields.get("doi"), fields.get("url"), volume)
    loose = (fields.get(name) for name in ("journal", "note", "howpublished", "url"))
    found = next((a for text in exact if (a := arxiv_id(text))), None)
    return found or next((a for text in loose if (a := find_arxiv(text))), None) or ""


def _doi(fields: Mapping[str, str]) -> str:
    return next((d for n in ("doi", "url") if (d := doi_id(fields.get(n)))), None) or ""


def _authors(names: str) -> Iterator[str]:
    """`Last, First and {A Group}` as `First Last`, `A Group`; `others` is nobody."""
    for name in _split(names.strip().strip('"'), r"\s+(?i:and)\s+"):
        parts = [to_text(part.strip()) for part in _split(name, ",")]
        # von Last, First, or: von Last, Jr, First
        shown = clean(" ".join((parts[-1], *parts[:-1])))
        if shown and shown.casefold() != "others":
            yield shown


def _split(text: str, separator: str) -> list[str]:
    """Split where no brace is open."""
    pieces = [""]
    for part in re.split(f"({separator})", text):
        if re.fullmatch(separator, part) and pieces[-1].count("{") <= pieces[-1].count("}"):
            pieces.append("")
        else:
            pieces[-1] += part
    return pieces
