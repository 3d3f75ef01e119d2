"""arXiv, Hugging Face and OpenCitations add what the lists of citing papers lack."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.survey.crawling.conftest import Fetch, Rows, Serve
from tests.survey.world import CYCLEGAN, World

Dump = Callable[..., tuple[Rows, Rows]]


def _records(dump: Dump, source: str) -> dict[str, dict[str, Any]]:
    return {row[1]: json.loads(row[2]) for row in dump()[0] if row[0] == source}


def test_arxiv_describes_every_paper_that_has_its_id(
    serve: Serve, fetch: Fetch, dump: Dump
) -> None:
    services = serve(World(450))
    report = fetch(CYCLEGAN, names=("openalex", "arxiv"))
    found = _records(dump, "arxiv")
    named = {p.arxiv for p in services.world.papers if p.arxiv and p.n % 10 != 3} | {CYCLEGAN}
    assert named == set(found)
    assert services.count("/api/query") == -(-len(named) // 100)
    assert (report.outcomes[-1].papers, report.exit_code) == (len(named), 0)
    paper = services.world.papers[5]
    assert found[paper.arxiv]["comment"] == "8 pages"
    assert found[paper.arxiv]["categories"] == ["cs.CV", "eess.IV"]
    assert found[paper.arxiv]["version"] == 2
    assert "withdrawn" not in str(found[paper.arxiv].get("comment"))
    withdrawn = services.world.papers[1]
    assert found[withdrawn.arxiv]["withdrawn"] is True
    assert found[paper.arxiv]["withdrawn"] is False


def test_arxiv_is_asked_once_for_an_id_that_it_does_not_know(serve: Serve, fetch: Fetch) -> None:
    services = serve(World(60))
    del services.by_arxiv[services.world.papers[4].arxiv]
    fetch(CYCLEGAN, names=("openalex", "arxiv"))
    assert services.count("/api/query") == 1
    services.log.clear()
    fetch(CYCLEGAN, names=("openalex", "arxiv"))
    assert services.count("/api/query") == 0


def test_an_id_that_arxiv_takes_offence_at_does_not_cost_the_others(
    serve: Serve, fetch: Fetch, dump: Dump
) -> None:
    services = serve(World(60))
    bad = services.world.papers[4].arxiv
    services.fail("400", bad, times=1000)
    report = fetch(CYCLEGAN, names=("openalex", "arxiv"))
    assert report.exit_code == 0
    assert (
        len(_records(dump, "arxiv"))
        == len({p.arxiv for p in services.world.papers if p.arxiv and p.n % 10 != 3} - {bad}) + 1
    )


def test_a_service_that_refuses_every_id_is_not_taken_to_know_none(
    serve: Serve, fetch: Fetch, dump: Dump
) -> None:
    services = serve(World(60))
    services.fail("400", "/api/query", times=1000)
    report = fetch(CYCLEGAN, names=("openalex", "arxiv"))
    assert report.exit_code == 3
    assert services.count("/api/query") < 20
    services.faults.clear()
    assert fetch(CYCLEGAN, names=("openalex", "arxiv")).exit_code == 0
    named = {p.arxiv for p in services.world.papers if p.arxiv and p.n % 10 != 3} | {CYCLEGAN}
    assert named == set(_records(dump, "arxiv"))


def test_faults_of_arxiv_are_waited_out(serve: Serve, fetch: Fetch, dump: Dump) -> None:
    services = serve(World(450))
    for kind in ("429-0", "500", "503", "html", "cut", "short"):
        services.fail(kind, "/api/query")
    assert fetch(CYCLEGAN, names=("openalex", "arxiv")).exit_code == 0
    named = {p.arxiv for p in services.world.papers if p.arxiv and p.n % 10 != 3} | {CYCLEGAN}
    assert named == set(_records(dump, "arxiv"))


def test_a_feed_with_fewer_papers_than_it_counts_is_read_on(
    serve: Serve, fetch: Fetch, dump: Dump
) -> None:
    services = serve(World(60))
    answer = services._arxiv

    def shorter(asked: Any, body: Any) -> Any:
        if asked.query["start"] == "0":
            asked.query["max_results"] = "15"
        return answer(asked, body)

    services._arxiv = shorter  # type: ignore[method-assign]
    fetch(CYCLEGAN, names=("openalex", "arxiv"))
    named = {p.arxiv for p in services.world.papers if p.arxiv and p.n % 10 != 3} | {CYCLEGAN}
    assert named == set(_records(dump, "arxiv"))


def test_hugging_face_gives_code_and_models_of_the_most_cited(
    serve: Serve, fetch: Fetch, dump: Dump
) -> None:
    services = serve(World(200))
    fetch(CYCLEGAN, names=("openalex",))
    report = fetch(CYCLEGAN, names=("huggingface",), limit=20)
    asked = [a.path.removeprefix("/api/papers/") for a in services.log if "/papers/" in a.path]
    by_arxiv = {p.arxiv: p for p in services.world.papers}
    totals = [by_arxiv[name].total for name in asked if name != CYCLEGAN]
    assert (len(asked), totals) == (20, sorted(totals, reverse=True))
    found = _records(dump, "huggingface")
    key, record = next(iter(found.items()))
    assert record["links"] == [
        f"https://github.com/someone/hf-{by_arxiv[key].n}",
        f"https://huggingface.co/someone/model-{key}",
    ]
    assert report.outcomes[0].papers == len(found) < 20
    services.log.clear()
    fetch(CYCLEGAN, names=("huggingface",), limit=5)
    assert not set(asked) & {a.path.removeprefix("/api/papers/") for a in services.log}


def test_opencitations_adds_dois_and_gets_their_titles(
    serve: Serve, fetch: Fetch, dump: Dump
) -> None:
    services = serve(World(60))
    report = fetch("10.1109/ICCV.2017.244", names=("opencitations",))
    dois = {p.doi for p in services.world.papers if p.doi}
    assert dois == set(_records(dump, "opencitations"))
    titled = _records(dump, "semantic_scholar")
    assert dois == {record["doi"] for record in titled.values()}
    assert all(record["title"] for record in titled.values())
    assert (services.count("/paper/batch"), report.exit_code) == (1, 0)
