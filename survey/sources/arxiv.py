"""arXiv: abstracts, comments, categories and versions, through the package `arxiv`."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import arxiv  # type: ignore[import-untyped]
import requests

from survey.catalogue.records import Known
from survey.found import Found, clean
from survey.http import BadRequest, Host
from survey.ids import arxiv_id, doi_id
from survey.settings import Settings
from survey.sources.source import SourceCard, undescribed

__all__ = ["CARD", "Arxiv", "parse"]

NAME = "arxiv"
PATH = "/api/query"
_PAPER = r"(?:this |the )?(?:paper|article|submission|manuscript|work|version|preprint)"
_WITHDRAWN = (
    rf"(?:{_PAPER} )?(?:(?:has been|have been|was|is) )?(?:now )?withdrawn\b(?! from (?!arxiv))"
)
_BEGINS = re.compile(_WITHDRAWN, re.IGNORECASE)
_SAYS = re.compile(rf"\b{_PAPER} (?:has been|have been|was|is) withdrawn\b", re.IGNORECASE)
_TOTAL = re.compile(rb"totalResults[^>]*>\s*(\d+)")


def parse(result: arxiv.Result) -> Found | None:
    """One entry; None for one that is no paper."""
    key = arxiv_id(result.entry_id)
    if not key:
        return None
    version = re.search(r"v(\d+)$", result.entry_id)
    comment, abstract = clean(result.comment), clean(result.summary)
    categories = dict.fromkeys([result.primary_category, *result.categories])
    return Found(
        source=NAME,
        key=key,
        title=clean(result.title),
        authors=tuple(name for author in result.authors if (name := clean(author.name))),
        year=result.published.year,
        date=result.published.date().isoformat(),
        venue=clean(result.journal_ref),
        abstract=abstract,
        kind="preprint",
        arxiv=key,
        doi=doi_id(result.doi) or "",
        comment=comment,
        categories=tuple(name for category in categories if (name := clean(category))),
        withdrawn=bool(_BEGINS.match(comment) or _SAYS.search(comment) or _BEGINS.match(abstract)),
        version=int(version.group(1)) if version else None,
    )


class _Courier(requests.Session):
    """The package's session: what it asks for goes the way of all our requests."""

    def __init__(self, host: Host) -> None:
        super().__init__()
        self.host = host
        self.body: bytes | None = None  # an answer that is read again

    def get(self, url: str | bytes, **options: Any) -> requests.Response:
        """GET by the polite client, which has the pace, the patience and the stored answers."""
        response = requests.Response()
        params = dict(parse_qsl(urlsplit(str(url)).query, keep_blank_values=True))
        body = self.body or self.host.get(PATH, params, _feed)
        response.raw = io.BytesIO(body)
        response.status_code = 200
        return response


def _feed(content: bytes) -> bytes:
    """The body itself; ValueError for a cut feed, for HTML, and for a first page without papers.

    The package would take a cut feed for a shorter one.
    """
    if b"<feed" not in content[:2000] or not content.rstrip().endswith(b"</feed>"):
        raise ValueError("the answer is cut or no Atom feed")
    total = _TOTAL.search(content)
    starts = re.search(rb"startIndex[^>]*>\s*0\s*<", content)
    if b"<entry" not in content and starts and total and int(total.group(1)):
        raise ValueError("the page is empty where papers are due")
    return content


class Arxiv:
    """Describes papers by their arXiv ids."""

    batch = 100

    def __init__(self, host: Host) -> None:
        self.host = host
        self.courier = _Courier(host)
        # Pace and patience are the host's; an empty later page is the package's to ask again.
        self.client = arxiv.Client(page_size=self.batch, delay_seconds=0, num_retries=2)
        self.client.query_url_format = f"{host.base}{PATH}?{{}}"
        self.client._session = self.courier
        self._known: dict[str, Found] | None = None

    def wanted(self, known: Iterable[Known]) -> list[str]:
        """arXiv ids that other sources name."""
        return undescribed(NAME, known)

    def describe(self, ids: Sequence[str]) -> list[Found]:
        """What arXiv says of them; ids that it does not know are left out.

        Raises BadRequest where it takes offence at one of them.
        """
        if self.host.offline:
            known = self._stored()
            return [known[one] for one in ids if one in known]
        return self._read(arxiv.Search(id_list=list(ids), max_results=len(ids)))

    def _read(self, search: Any) -> list[Found]:
        found: list[Found] = []
        try:
            for result in self.client.results(search):
                if "/api/errors" in result.entry_id:
                    raise BadRequest(clean(result.summary))
                if paper := parse(result):
                    found.append(paper)
        except arxiv.UnexpectedEmptyPageError:
            pass  # it counted ids that it does not have
        return found

    def _stored(self) -> dict[str, Found]:
        """All papers in stored answers: which were asked for together does not matter."""
        if self._known is None:
            self._known = {}
            for _, body in self.host.all_stored(PATH):
                self.courier.body = body
                found = self._read(arxiv.Search(max_results=self.batch))
                self._known |= {paper.key: paper for paper in found}
            self.courier.body = None
        return self._known


def _open(settings: Settings) -> Arxiv:
    return Arxiv(settings.host(NAME))


CARD = SourceCard(
    name=NAME,
    title="arXiv",
    gives="abstracts, comments, categories and versions",
    usual=True,
    describing=_open,
)
