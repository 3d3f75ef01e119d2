"""`survey similar`: shared references and citing papers first, text second, with the numbers."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, insert

from data.errors import UsageProblem
from survey.catalogue import tables as t
from survey.catalogue.papers import Filter
from survey.similar import Similar, similar

SEED = 1  # the OpenAlex number of what every paper cites


def _similar(shelf: Any, text: str, wanted: Filter | None = None, limit: int = 20) -> list[Similar]:
    with shelf.catalogue.read() as connection:
        return similar(connection, text, wanted, limit)


def _names(found: list[Similar]) -> list[str]:
    return [one.paper.arxiv for one in found]


@pytest.fixture
def crowd(shelf: Any) -> Any:
    """Twenty papers that cite the seed, a well-known work and works of their own."""
    with shelf.catalogue.write() as connection:
        row = {"seed": "arxiv:1703.10593", "source": "openalex", "at": f"W{SEED}"}
        connection.execute(insert(t.crawl).values(**row))
    for n in range(20):
        own = range(1000 + 20 * n, 1010 + 20 * n)
        refers = [SEED, *own, *([2] if n % 2 else [])]
        shelf.put(f"1801.{n:05d}", f"Bystander {n}", refers=refers)
    return shelf


def test_more_shared_references_are_more_alike(crowd: Any) -> None:
    crowd.put("1901.00001", "Own", refers=[SEED, 2, *range(10, 20)])
    crowd.put("1901.00002", "Three", refers=[SEED, 10, 11, 12, *range(30, 37)])
    crowd.put("1901.00003", "Six", refers=[SEED, 2, *range(10, 15), *range(40, 44)])
    found = _similar(crowd, "1901.00001")
    assert _names(found)[:2] == ["1901.00003", "1901.00002"]
    assert [one.evidence.references for one in found[:2]] == [7, 4]
    assert found[0].evidence.coupling > found[1].evidence.coupling > 0
    assert found[0].evidence.citing == 0


def test_the_seed_alone_makes_nobody_alike(crowd: Any) -> None:
    crowd.put("1901.00001", "Own", refers=[SEED, *range(10, 20)])
    assert _similar(crowd, "1901.00001") == []


def test_what_few_share_counts_more_than_what_many_share(crowd: Any) -> None:
    crowd.put("1901.00001", "Own", refers=[2, *range(10, 14)])
    crowd.put("1901.00002", "Common", refers=[2, *range(40, 44)])
    crowd.put("1901.00003", "Rare", refers=[10, *range(30, 34)])
    rare, common, *_ = _similar(crowd, "1901.00001")
    assert (rare.paper.title, common.evidence.references) == ("Rare", 1)
    assert rare.evidence.coupling > 2 * common.evidence.coupling > 0


def test_what_everyone_cites_is_no_evidence(crowd: Any) -> None:
    with crowd.catalogue.write() as connection:
        connection.execute(delete(t.crawl))  # so that the seed is a work like another
    crowd.put("1901.00001", "Own", refers=[SEED, *range(10, 20)])
    assert _similar(crowd, "1901.00001") == []


def test_a_long_list_is_not_alike_for_being_long(crowd: Any) -> None:
    crowd.put("1901.00001", "Own", refers=range(10, 20))
    crowd.put("1901.00002", "Survey of everything", refers=[*range(10, 15), *range(500, 800)])
    crowd.put("1901.00003", "Short", refers=[*range(10, 14), 30, 31])
    assert _names(_similar(crowd, "1901.00001"))[:2] == ["1901.00003", "1901.00002"]


def test_papers_cited_together_are_alike(crowd: Any) -> None:
    crowd.put("1901.00001", "Own", works=[71, 72])
    crowd.put("1901.00002", "Often together", works=[73])
    crowd.put("1901.00003", "Once together", works=[74])
    for n in range(5):
        together = [71 + n % 2, 73, *([74] if n == 0 else [])]
        crowd.put(f"2001.{n:05d}", f"Later {n}", refers=[SEED, *together, *range(90, 95)])
    found = [one for one in _similar(crowd, "1901.00001") if one.evidence.citing]
    assert _names(found) == ["1901.00002", "1901.00003"]
    assert [one.evidence.citing for one in found] == [5, 1]
    assert found[0].evidence.cocitation > found[1].evidence.cocitation > 0


def test_text_finds_them_where_no_references_are_known(crowd: Any) -> None:
    crowd.put("1901.00001", "Colouring line drawings", abstract="Anime sketches become coloured.")
    crowd.put("1901.00002", "Anime sketches", abstract="We colour line drawings of anime.")
    crowd.put("1901.00003", "Magnetic resonance", abstract="Drawings play no part in tissue.")
    found = _similar(crowd, "1901.00001")
    assert _names(found) == ["1901.00002", "1901.00003"]
    assert [one.evidence.score for one in found] == [0, 0]
    first, second = (one.evidence.text for one in found)
    assert first is not None
    assert second is not None
    assert 1 >= first > second > 0


def test_evidence_of_the_graph_comes_before_the_best_text(crowd: Any) -> None:
    words = {"abstract": "Horses turn into zebras without pairs."}
    crowd.put("1901.00001", "Horses and zebras", refers=range(10, 20), **words)
    crowd.put("1901.00002", "Horses and zebras again", **words)
    crowd.put("1901.00003", "Something else", refers=[10, 11, *range(30, 40)])
    assert _names(_similar(crowd, "1901.00001")) == ["1901.00003", "1901.00002"]


def test_text_breaks_ties_of_the_graph(crowd: Any) -> None:
    crowd.put("1901.00001", "Colouring drawings", refers=range(10, 20))
    crowd.put("1901.00002", "Tissue", refers=range(10, 15))
    crowd.put("1901.00003", "Colouring anime drawings", refers=range(15, 20))
    found = _similar(crowd, "1901.00001", limit=1)
    assert _names(found) == ["1901.00003"]
    assert found[0].evidence.text


def test_text_is_not_read_where_the_graph_is_enough(crowd: Any) -> None:
    crowd.put("1901.00001", "Colouring drawings", refers=range(10, 20))
    crowd.put("1901.00002", "Colouring", refers=range(10, 15))
    (found,) = _similar(crowd, "1901.00001", limit=1)
    assert found.evidence.text is None


def test_filters_and_limits_hold(crowd: Any) -> None:
    crowd.put("1901.00001", "Own", refers=range(10, 20))
    for n in range(6):
        crowd.put(f"2001.{n:05d}", f"P{n}", refers=range(10, 13 + n), year=2015 + n)
    found = _similar(crowd, "arXiv:1901.00001v3", Filter(years=(2017, 2019)))
    assert _names(found) == ["2001.00004", "2001.00003", "2001.00002"]
    assert _names(_similar(crowd, "1901.00001", limit=2)) == ["2001.00005", "2001.00004"]


def test_the_json_has_the_evidence_in_numbers(crowd: Any) -> None:
    crowd.put("1901.00001", "Own", refers=range(10, 20))
    crowd.put("1901.00002", "Other", refers=range(12, 22))
    (one,) = _similar(crowd, "1901.00001", limit=1)
    content = one.to_json()
    assert content["id"] == "arxiv:1901.00002"
    assert content["evidence"]["references"] == 8
    assert content["score"] == pytest.approx(content["evidence"]["coupling"], abs=1e-5)
    assert 0 < content["score"] < 1


def test_a_paper_that_is_not_there_is_said_so(crowd: Any) -> None:
    with pytest.raises(UsageProblem, match=r"no paper in the catalogue is called '9901\.00001'"):
        _similar(crowd, "9901.00001")
