"""The tables of the catalogue, for SQLite and PostgreSQL alike.

What sources said (`record`, `cite`, and how far each was read: `crawl`, `part`) and what people
did (`event`, `mend`) is never derived, so it is never thrown away. Everything else follows from
it by survey.derive and may be made anew at any time. JSON columns hold text.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    func,
    literal_column,
)

__all__ = [
    "alias",
    "cite",
    "code",
    "covered",
    "crawl",
    "event",
    "member",
    "mend",
    "meta",
    "metadata",
    "paper",
    "part",
    "record",
    "reference",
    "repository",
    "topic",
]

metadata = MetaData()


def _table(name: str, *columns: Column[Any] | Index, narrow: bool = False) -> Table:
    # Many short rows take a quarter less room where the key alone is the row's place.
    return Table(name, metadata, *columns, sqlite_strict=True, sqlite_with_rowid=not narrow)


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


def _number_key(name: str) -> Column[int]:
    # OpenAlex is beyond the 32 bits that PostgreSQL's INTEGER has; SQLite's has 64.
    kind = BigInteger().with_variant(Integer(), "sqlite")
    return Column(name, kind, primary_key=True, autoincrement=False)


def _number(name: str) -> Column[int]:
    kind = BigInteger().with_variant(Integer(), "sqlite")
    return Column(name, kind, nullable=False, server_default="0")


def _text(name: str, default: str = "") -> Column[str]:
    return Column(name, Text, nullable=False, server_default=default)


def _count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default="0")


meta = _table("meta", _key("name"), _text("value"))  # schema version, what was derived from what

# --- what sources said

record = _table(
    "record",
    _key("source"),
    _key("key"),  # the source's own id
    _text("found"),  # JSON of survey.found.Found
    _text("digest"),  # of `found`: whether it changed
    _text("seen"),  # ISO 8601, UTC: first
    _text("changed"),  # last change of `found`
)

cite = _table(
    "cite",
    _key("source"),
    _key("key"),
    _key("seed"),  # `arxiv:1703.10593`
    _text("contexts", "[]"),  # JSON list of sentences
    _text("intents", "[]"),  # JSON list
    _count("influential"),
)

crawl = _table(
    "crawl",  # one seed at one source, under each name that the source has for it
    _key("seed"),
    _key("source"),
    _key("at"),  # the source's id of the seed
    Column("total", Integer),  # citing papers that the source says it knows
    _text("since"),  # papers published before this day were never asked for
    _text("window"),  # what was read before is asked for again only since this day
    _count("missing"),  # papers that the source counts at least and did not give
    _text("started"),
    _text("finished"),  # all parts read; empty while some are not
)

part = _table(
    "part",
    _key("seed"),
    _key("source"),
    _key("at"),
    _key("name"),
    _text("state", "{}"),  # JSON: the cursor
    _count("done"),
    _count("received"),
    _count("dropped"),  # rows with neither id nor title
)

# --- what people did; append-only

event = _table(
    "event",
    Column("n", Integer, primary_key=True),
    _text("at"),  # ISO 8601, UTC
    _text("paper"),  # an identifier of the paper at that time; survives merging through `alias`
    _text("action"),  # keep | drop | later | reset | tag | untag | note | undo
    _text("value"),  # the tag, the note, or the `n` of what is undone
)

mend = _table(
    "mend",
    Column("n", Integer, primary_key=True),
    _text("at"),
    _text("action"),  # join | split
    _text("first"),  # `source/key` of a record, or an identifier
    _text("second"),
)

# --- derived

paper = _table(
    "paper",
    _key("id"),  # its best identifier: arxiv:…, doi:…, s2:…, openalex:… or source/key
    _number("place"),  # its row in the full text: the most cited first
    _text("title"),
    _text("authors", "[]"),
    Column("year", Integer),
    _text("date"),  # first made public, ISO 8601
    _text("published"),  # date of the version in a venue, when that is another
    _text("venue"),  # where it was published; empty for a preprint
    _text("venues", "[]"),  # every place that a source names, arXiv included
    _text("abstract"),
    _text("arxiv"),
    _text("doi"),
    _text("s2"),
    _text("openalex"),
    Column("citations", Integer),
    Column("influential", Integer),
    _text("kind"),
    _count("withdrawn"),
    _text("comment"),
    _text("categories", "[]"),
    _text("links", "[]"),
    _text("licence"),  # of the text
    _text("sources", "[]"),
    _text("seeds", "[]"),  # the seeds that it cites
    _text("intents", "[]"),  # how it cites them, all seeds together
    _count("contexts"),  # sentences in which it does
    _count("central"),  # a source calls the citation influential
    _text("digest"),  # of all of the above: whether topics and the like are still true
)

member = _table(
    "member",
    _key("source"),
    _key("key"),
    _text("paper"),
    _text("reason"),  # why this record is of this paper: `arxiv:…`, `title, first author, year` …
    _text("doubt"),  # why that may be wrong
)

alias = _table(
    "alias",
    _key("identifier"),  # `doi:…`, or `source/key` of a record
    _text("paper"),
    narrow=True,
)

reference = _table(
    "reference",
    _key("paper"),
    _number_key("work"),  # OpenAlex number of a work that it cites
    narrow=True,
)

topic = _table(
    "topic",
    _key("paper"),
    _key("topic"),
    _text("place"),  # title | abstract | comment | categories | context
    _text("evidence"),  # the words that were found
)

code = _table(
    "code",
    _key("paper"),
    _key("url"),
    _text("place"),  # abstract | comment | links | huggingface
)

# Looked up at GitHub; not derived, but may be asked for again.
repository = _table(
    "repository",
    _key("url"),
    _text("state"),  # alive | archived | gone | blocked
    Column("stars", Integer),
    _text("licence"),  # SPDX
    _text("pushed"),
    _text("moved"),  # its address now, when that is another
    _text("checked"),
)

covered = _table(
    "covered",
    _key("paper"),
    _key("video"),
    _text("title"),
    _text("url"),
    _text("published"),
    _text("evidence"),
)

Index("cite_seed", cite.c.seed)
Index("member_paper", member.c.paper)
Index("alias_paper", alias.c.paper)
Index("reference_work", reference.c.work)
Index("topic_topic", topic.c.topic, topic.c.paper)
# The first order of survey.catalogue.papers.ORDERS.
_CITED = (func.coalesce(paper.c.citations, literal_column("-1")).desc(), paper.c.id)
# With all that filters and orders read, so that none of them reads the papers themselves, which
# have their abstracts beside. PostgreSQL refuses such long rows in an index.
_READ = (paper.c.place, paper.c.citations, paper.c.influential, paper.c.year, paper.c.date)
_MORE = (paper.c.arxiv, paper.c.venues, paper.c.sources, paper.c.seeds, paper.c.title)
Index("paper_listed", *_CITED, *_READ, *_MORE).ddl_if(dialect="sqlite")
Index("paper_cited", *_CITED).ddl_if(dialect="postgresql")
Index("event_paper", event.c.paper)
