"""Videos of the channel Two Minute Papers, and which papers they are about."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from data.console import warn
from data.errors import AtlasError, NetworkProblem
from data.files import lock, write_text
from data.paths import Home
from survey.found import clean, iso_date, title_key
from survey.ids import arxiv_id, find_arxiv

if TYPE_CHECKING:
    from survey.settings import Settings

__all__ = [
    "CHANNEL",
    "Match",
    "Named",
    "Refreshed",
    "Video",
    "covered",
    "digest",
    "parse_feed",
    "refresh",
    "videos",
]

CHANNEL = "UCbfYPyITQ-7l4upoX8nvctg"
BUNDLED = Path(__file__).with_name("two_minute_papers.json")
RULES = "1"  # changes with what counts as a match
_ATOM = "{http://www.w3.org/2005/Atom}"
_YOUTUBE = "{http://www.youtube.com/xml/schemas/2015}"
_MEDIA = "{http://search.yahoo.com/mrss/}"
_ID = re.compile(r"[A-Za-z0-9_-]{11}")
# `The paper "…" and its source code are available here:`, then the addresses up to a blank line.
_PAPER = re.compile(r'\bpapers?\s+["“](?P<title>[^"“”\n]{5,300})["”]', re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A paper as a video's description names it."""

    title: str
    arxiv: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Video:
    """One video; `published` is a day, empty where it is not known."""

    video: str  # YouTube's id
    title: str
    published: str = ""
    papers: tuple[Named, ...] = ()

    @property
    def url(self) -> str:
        """Where it can be seen."""
        return f"https://www.youtube.com/watch?v={self.video}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A paper of the catalogue and a video about it: one row of the table `covered`."""

    paper: str
    video: str
    title: str
    url: str
    published: str
    evidence: str  # `arxiv:1703.10593`, or `title: …` as the video names it


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """What the feed gave: videos in it, how many were new, how many are known now."""

    listed: int
    new: int
    known: int


def videos(home: Home) -> list[Video]:
    """The bundled list and what was refreshed since, newest first; undated ones last."""
    try:
        kept = _read(_kept_at(home))
    except AtlasError as problem:
        warn(f"{problem.message}; using the bundled list")
        kept = []
    return _joined(_read(BUNDLED), kept)


def digest(home: Home) -> str:
    """Changes whenever `videos` or the way of matching may give something else."""
    seen = hashlib.sha256(RULES.encode())
    for path in (BUNDLED, _kept_at(home)):
        seen.update(path.read_bytes() if path.is_file() else b"")
    return seen.hexdigest()[:16]


def covered(papers: Iterable[tuple[str, str, str]], videos: Iterable[Video]) -> list[Match]:
    """The (id, title, arXiv id) that videos are about: by arXiv id, else by the same title.

    A title is no evidence where the two have different arXiv ids. Each paper is judged on its own.
    """
    by_arxiv: dict[str, list[tuple[Video, Named]]] = {}
    by_title: dict[str, list[tuple[Video, Named]]] = {}
    for video in videos:
        for named in video.papers:
            by_arxiv.setdefault(named.arxiv, []).append((video, named))
            by_title.setdefault(title_key(named.title), []).append((video, named))
    by_arxiv.pop("", None)
    by_title.pop("", None)
    found: dict[tuple[str, str], Match] = {}
    for paper, title, arxiv in papers:
        for video, named in by_arxiv.get(arxiv, ()):
            found.setdefault((paper, video.video), _match(paper, video, f"arxiv:{named.arxiv}"))
        for video, named in by_title.get(title_key(title), ()):
            if not (arxiv and named.arxiv):
                found.setdefault(
                    (paper, video.video), _match(paper, video, f"title: {named.title}")
                )
    return [found[key] for key in sorted(found)]


def _match(paper: str, video: Video, evidence: str) -> Match:
    return Match(
        paper=paper,
        video=video.video,
        title=video.title,
        url=video.url,
        published=video.published,
        evidence=evidence,
    )


def refresh(home: Home, settings: Settings) -> Refreshed:
    """Add the newest videos of the public feed to the list under the home; none is ever lost."""
    listed = _ask(settings)
    path = _kept_at(home.ready())
    with lock(path):
        before = _read(path)
        after = _joined(before, listed)
        if after != _joined(before, []):
            write_text(path, _told(after))
    known = {video.video for video in (*before, *_read(BUNDLED))}
    new = {video.video for video in listed} - known
    return Refreshed(listed=len(listed), new=len(new), known=len(known | new))


def _ask(settings: Settings) -> list[Video]:
    from survey.http import BadRequest, NotFound  # not on the way to a listing

    try:
        with closing(settings.host("youtube")) as host:
            return host.get("/feeds/videos.xml", {"channel_id": CHANNEL}, parse_feed)
    except (NotFound, BadRequest) as problem:
        raise NetworkProblem(
            f"YouTube does not give the feed of the channel: {problem}",
            hint="the stored list stays as it is; try again later: survey coverage --refresh",
        ) from problem


def parse_feed(content: bytes) -> list[Video]:
    """The videos of an Atom feed; ValueError for what is none, and for any document type.

    Without a document type no entity can be defined, so none can be expanded without end.
    """
    text = content.decode("utf-8")
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ValueError("the feed has a document type, which no feed needs")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - entities are refused above
    except ElementTree.ParseError as problem:
        raise ValueError(f"the feed is cut or no XML: {problem}") from problem
    if root.tag != f"{_ATOM}feed":
        raise ValueError("the answer is no Atom feed")
    entries = (_entry(entry) for entry in root.findall(f"{_ATOM}entry"))
    return [video for video in entries if video is not None]


def _entry(entry: ElementTree.Element) -> Video | None:
    identity = entry.findtext(f"{_YOUTUBE}videoId", "").strip()
    if not _ID.fullmatch(identity):
        return None
    description = entry.findtext(f"{_MEDIA}group/{_MEDIA}description", "")
    return Video(
        video=identity,
        title=clean(entry.findtext(f"{_ATOM}title", "")),
        published=iso_date(entry.findtext(f"{_ATOM}published", "")),
        papers=tuple(_papers_in(description)),
    )


def _papers_in(description: str) -> Iterator[Named]:
    found = list(_PAPER.finditer(description))
    ends = [match.start() for match in found[1:]] + [len(description)]
    for match, end in zip(found, ends, strict=False):  # no match, one end
        about = re.split(r"\n\s*\n", description[match.end() : end])[0]
        if "available" in about.lower():
            yield Named(title=clean(match["title"]), arxiv=find_arxiv(about) or "")


def _joined(first: Iterable[Video], second: Iterable[Video]) -> list[Video]:
    """Both lists; of one video the second's words, and the papers that either knows."""
    known: dict[str, Video] = {}
    for video in (*first, *second):
        old = known.get(video.video)
        known[video.video] = video if old is None else _newer(old, video)
    return sorted(known.values(), key=lambda v: (v.published, v.video), reverse=True)


def _newer(old: Video, new: Video) -> Video:
    papers = {title_key(named.title) or named.title: named for named in old.papers}
    ids = {named.arxiv for named in old.papers}
    for named in new.papers:
        key = title_key(named.title) or named.title
        # A description that changed may have lost its link; what was known stays.
        if not (named.arxiv and named.arxiv in ids) and not (key in papers and not named.arxiv):
            papers[key] = named
    return Video(
        video=old.video,
        title=new.title or old.title,
        published=new.published or old.published,
        papers=tuple(papers.values()),
    )


def _kept_at(home: Home) -> Path:
    return home.root / "two_minute_papers.json"


def _read(path: Path) -> list[Video]:
    if not path.is_file():
        return []
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return [_video(item) for item in content["videos"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        raise AtlasError(
            f"{path} is damaged: {problem}",
            hint=f"move it away and ask again: mv {path} {path}.old; survey coverage --refresh",
        ) from problem


def _video(item: Mapping[str, Any]) -> Video:
    papers = (
        Named(title=clean(p["title"]), arxiv=arxiv_id(p.get("arxiv")) or "")
        for p in item.get("papers", ())
    )
    if not _ID.fullmatch(item["video"]):
        raise ValueError(f"'{item['video']}' is no id of a video")
    return Video(
        video=item["video"],
        title=clean(item["title"]),
        published=iso_date(item.get("published")),
        papers=tuple(papers),
    )


def _told(known: Iterable[Video]) -> str:
    content = {"channel": CHANNEL, "videos": [asdict(video) for video in known]}
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"
