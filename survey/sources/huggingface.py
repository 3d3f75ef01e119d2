"""Hugging Face papers: code and project pages, and models that were made from a paper."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from survey.catalogue.records import Known
from survey.found import Found, clean, iso_date, year_of
from survey.http import BadRequest, Host, NotFound, as_json
from survey.settings import Settings
from survey.sources.source import SourceCard, inner, read_all, undescribed

__all__ = ["CARD", "HuggingFace", "parse"]

NAME = "huggingface"
PAGE = "https://huggingface.co/"
MODELS = 5  # the most downloaded


def parse(key: str, paper: Mapping[str, Any], models: Sequence[str] = ()) -> Found:
    """A paper's page, with the names of models that cite it."""
    pages = (paper.get("githubRepo"), paper.get("projectPage"), *(PAGE + m for m in models))
    authors = (clean(inner(author, "name")) for author in paper.get("authors") or [])
    return Found(
        source=NAME,
        key=key,
        title=clean(paper.get("title")),
        authors=tuple(name for name in authors if name),
        year=year_of(paper.get("publishedAt")),
        date=iso_date(paper.get("publishedAt")),
        abstract=clean(paper.get("summary")),
        arxiv=key,
        links=tuple(address for page in pages if _address(address := clean(page))),
    )


def _address(text: str) -> bool:
    return text.startswith(("https://", "http://"))


def _paper(content: bytes) -> dict[str, Any]:
    value = as_json(content)
    if not isinstance(value, dict) or "id" not in value:
        raise ValueError("the answer is no paper")
    return value


def _models(content: bytes) -> list[str]:
    value = as_json(content)
    if not isinstance(value, list):
        raise ValueError("the answer is no list of models")
    names, _ = read_all(lambda model: clean(model.get("id") or model.get("modelId")), value)
    return [name for name in names if name]


class HuggingFace:
    """Describes papers by their arXiv ids, one at a time."""

    batch = 1

    def __init__(self, host: Host) -> None:
        self.host = host

    def wanted(self, known: Iterable[Known]) -> list[str]:
        """arXiv ids that other sources name."""
        return undescribed(NAME, known)

    def describe(self, ids: Sequence[str]) -> list[Found]:
        """What its pages say; most papers have none."""
        found = []
        for key in ids:
            try:
                paper = self.host.get(f"/api/papers/{key}", {}, _paper)
            except NotFound:
                continue
            found.append(parse(key, paper, self._models_of(key)))
        return found

    def _models_of(self, key: str) -> list[str]:
        params = {"filter": f"arxiv:{key}", "sort": "downloads", "direction": -1, "limit": MODELS}
        try:
            return self.host.get("/api/models", params, _models)[:MODELS]
        except (NotFound, BadRequest):
            return []


def _open(settings: Settings) -> HuggingFace:
    return HuggingFace(settings.host(NAME))


CARD = SourceCard(
    name=NAME,
    title="Hugging Face",
    gives="code, project pages and models; one request a paper",
    usual=False,
    describing=_open,
)
