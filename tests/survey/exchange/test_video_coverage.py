"""Videos are matched to papers by id or exact title, and a refreshed list never loses any."""

from __future__ import annotations

import json
from contextlib import closing
from typing import Any

import pytest
from click.testing import CliRunner

from data.errors import AtlasError, NetworkProblem
from data.paths import Home
from survey.catalogue.papers import Filter, papers
from survey.cli import main
from survey.coverage import CHANNEL, Named, Video, covered, digest, parse_feed, refresh, videos
from survey.derive import ready
from survey.found import Found
from survey.settings import Settings

Channel = Any  # of conftest.py
ENTRY = """
 <entry>
  <id>yt:video:{id}</id>
  <yt:videoId>{id}</yt:videoId>
  <title>{title}</title>
  <published>{day}T14:00:00+00:00</published>
  <media:group><media:title>{title}</media:title>
   <media:description>{description}</media:description></media:group>
 </entry>"""
FEED = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns:yt="http://www.youtube.com/xml/schemas/2015" xmlns:media="http://search.yahoo.com/mrss/"
 xmlns="http://www.w3.org/2005/Atom"><title>Two Minute Papers</title>{entries}</feed>"""
ROBUST = (
    "❤️ Sponsor: https://example.com/ad\n\n"
    "📝 The paper &quot;Robust Motion &amp; In-betweening&quot; is available here:\n"
    "- https://arxiv.org/abs/2102.04942v2\n- https://montreal.ubisoft.com/en/\n\n"
    "Our earlier paper: https://arxiv.org/abs/1703.10593\n"
)


def _feed(*entries: dict[str, str]) -> bytes:
    return FEED.format(entries="".join(ENTRY.format(**entry) for entry in entries)).encode()


def _entry(name: str, title: str = "A video", about: str = ROBUST) -> dict[str, str]:
    return {"id": name, "title": title, "day": "2021-02-02", "description": about}


def test_the_bundled_list_covers_both_seeds(home: Home) -> None:
    papers = [
        ("arxiv:1703.10593", "Unpaired", "1703.10593"),
        ("arxiv:1611.07004", "Pix2pix", "1611.07004"),
        ("arxiv:2002.05638", "GANILLA", "2002.05638"),
    ]
    found = covered(papers, videos(home))
    assert {"arxiv:1703.10593", "arxiv:1611.07004"} == {match.paper for match in found}
    assert all(match.evidence == match.paper for match in found)
    assert all(match.url == f"https://www.youtube.com/watch?v={match.video}" for match in found)


def test_the_bundled_list_is_well_formed(home: Home) -> None:
    known = videos(home)
    assert len(known) == len({video.video for video in known})
    assert all(video.title and video.papers for video in known)
    arxiv = [named.arxiv for video in known for named in video.papers if named.arxiv]
    assert len(arxiv) == len(set(arxiv))
    assert {"1903.07291", "1808.07371", "2009.08692"} <= set(arxiv)


def test_a_title_matches_in_any_case_but_never_against_another_id() -> None:
    video = Video(
        video="abcdefghijk",
        title="Look!",
        papers=(
            Named(title="Everybody Dance Now", arxiv="1808.07371"),
            Named(title="Endless Loops"),
        ),
    )
    papers = [
        ("doi:10.1/same", "EVERYBODY dance now.", ""),
        ("arxiv:2001.00001", "Everybody Dance Now", "2001.00001"),
        ("doi:10.1/loops", "Endless loops", ""),
        ("doi:10.1/longer", "Endless loops and more", ""),
        ("doi:10.1/none", "", ""),
    ]
    found = [(match.paper, match.evidence) for match in covered(papers, [video])]
    assert found == [
        ("doi:10.1/loops", "title: Endless Loops"),
        ("doi:10.1/same", "title: Everybody Dance Now"),
    ]
    assert covered(reversed(papers), [video]) == covered(papers, [video])


def test_a_paper_is_matched_once_a_video_by_the_better_evidence() -> None:
    named = Named(title="Everybody Dance Now", arxiv="1808.07371")
    known = [Video(video=name * 11, title=name, papers=(named,)) for name in "ab"]
    found = covered([("arxiv:1808.07371", "Everybody Dance Now", "1808.07371")], known)
    assert [(match.video, match.evidence) for match in found] == [
        ("a" * 11, "arxiv:1808.07371"),
        ("b" * 11, "arxiv:1808.07371"),
    ]


def test_the_feed_names_the_paper_and_its_arxiv_id() -> None:
    (video,) = parse_feed(_feed(_entry("mb6WJ34xQXg", title="Dance! 🕺")))
    assert video == Video(
        video="mb6WJ34xQXg",
        title="Dance! 🕺",
        published="2021-02-02",
        papers=(Named(title="Robust Motion & In-betweening", arxiv="2102.04942"),),
    )


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        ("", ()),
        ("No quotes: the paper is available here: https://arxiv.org/abs/1703.10593", ()),
        ('An earlier paper "Old Work Of Ours" was nice.', ()),
        ("The papers “Two Good Works” are available here:", (Named(title="Two Good Works"),)),
        (
            'The paper "First Work" is available here:\nhttps://arxiv.org/abs/1703.10593\n'
            'The paper "Second Work" is available here:\nhttps://example.com/x.pdf',
            (Named(title="First Work", arxiv="1703.10593"), Named(title="Second Work")),
        ),
        (
            'The paper "Deep Photo Style Transfer" is and its source code is available here:\n'
            "https://arxiv.org/pdf/1703.07511.pdf",
            (Named(title="Deep Photo Style Transfer", arxiv="1703.07511"),),
        ),
    ],
)
def test_descriptions_are_read_as_they_are_written(about: str, expected: tuple[Named, ...]) -> None:
    (video,) = parse_feed(_feed(_entry("mb6WJ34xQXg", about=about)))
    assert video.papers == expected


@pytest.mark.parametrize(
    "content",
    [
        b"<!DOCTYPE html><html><body>Sorry</body></html>",
        b'<?xml version="1.0"?><!DOCTYPE feed [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
        b'<feed xmlns="http://www.w3.org/2005/Atom">&b;</feed>',
        b"<rss/>",
        _feed(_entry("mb6WJ34xQXg"))[:-20],
        b"\xff\xfe\x00bad",
        b"",
    ],
)
def test_what_is_no_feed_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"feed|codec"):
        parse_feed(content)


def test_a_refresh_adds_and_never_loses(home: Home, channel: Channel) -> None:
    before = digest(home)
    channel.body = _feed(_entry("mb6WJ34xQXg"), _entry("not an id"))
    told = refresh(home, Settings())
    bundled = len(videos(Home(home.root / "other")))
    assert (told.listed, told.new, told.known) == (1, 1, bundled + 1)
    assert channel.asked == [{"channel_id": [CHANNEL]}]
    middle = digest(home)
    assert middle != before
    channel.body = _feed(_entry("zzzzzzzzzzz", about=""))
    assert (1, bundled + 2) == (refresh(home, Settings()).new, len(videos(home)))
    assert digest(home) not in (before, middle)
    assert ("mb6WJ34xQXg", "2102.04942") in {
        (video.video, named.arxiv) for video in videos(home) for named in video.papers
    }


def test_a_second_refresh_changes_nothing(home: Home, channel: Channel) -> None:
    channel.body = _feed(_entry("mb6WJ34xQXg"))
    refresh(home, Settings())
    seen = digest(home)
    assert refresh(home, Settings()).new == 0
    assert seen == digest(home)


def test_the_feed_renames_a_video_and_keeps_what_was_known_of_it(
    home: Home, channel: Channel
) -> None:
    channel.body = _feed(_entry("D4C1dB9UheQ", title="A new name", about="No paper."))
    assert refresh(home, Settings()).new == 0
    (video,) = [video for video in videos(home) if video.video == "D4C1dB9UheQ"]
    assert (video.title, video.papers[0].arxiv) == ("A new name", "1703.10593")


@pytest.mark.parametrize("status", [404, 400])
def test_a_feed_that_is_not_given_is_a_network_problem(
    home: Home, channel: Channel, status: int
) -> None:
    channel.status = status
    with pytest.raises(NetworkProblem, match="feed of the channel"):
        refresh(home, Settings())
    assert not (home.root / "two_minute_papers.json").exists()


def test_a_damaged_list_is_not_written_over_and_does_not_stop_reading(
    home: Home, channel: Channel, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = home.root / "two_minute_papers.json"
    kept.write_text('{"videos": [{"video": "x"')
    assert videos(home) == videos(Home(home.root / "other"))
    assert "damaged" in capsys.readouterr().err
    with pytest.raises(AtlasError, match="damaged"):
        refresh(home, Settings())
    assert kept.read_text() == '{"videos": [{"video": "x"'


def test_the_stored_list_is_readable_json(home: Home, channel: Channel) -> None:
    channel.body = _feed(_entry("mb6WJ34xQXg"))
    refresh(home, Settings())
    content = json.loads((home.root / "two_minute_papers.json").read_text())
    assert content["channel"] == CHANNEL
    assert [video["video"] for video in content["videos"]] == ["mb6WJ34xQXg"]


def test_the_verb_refreshes_and_names_the_papers_of_the_catalogue(
    home: Home, channel: Channel, fetched: Any
) -> None:
    fetched(
        Found(source="openalex", key="W0", title="Shown by nobody", arxiv="2001.00001"),
        Found(source="openalex", key="W1", title="Robust Motion & In-betweening", doi="10.1000/x"),
        Found(source="openalex", key="W2", title="Pix2pix", arxiv="1611.07004"),
    )
    channel.body = _feed(_entry("mb6WJ34xQXg"))
    result = CliRunner().invoke(main, ["coverage", "--refresh", "--json", "--home", str(home.root)])
    assert result.exit_code == 0
    assert "1 new" in result.stderr
    rows = {row["video"]: row["papers"] for row in map(json.loads, result.stdout.splitlines())}
    assert (rows["mb6WJ34xQXg"], rows["u7kQ5lNfUfg"]) == (
        ["doi:10.1000/x"],
        ["arxiv:1611.07004"],
    )
    with closing(ready(home)) as catalogue, catalogue.read() as connection:
        shown = {paper.id for paper in papers(connection, Filter(covered=True))}
    assert shown == {"doi:10.1000/x", "arxiv:1611.07004"}


def test_the_verb_lists_videos_where_there_is_no_catalogue(home: Home) -> None:
    result = CliRunner().invoke(main, ["coverage", "--home", str(home.root)])
    assert result.exit_code == 0
    assert "AI Learns to Synthesize Pictures of Animals" in result.stdout
