"""Identifiers of papers are read in every form that people paste, and nothing else is."""

from __future__ import annotations

import pytest

from data.errors import UsageProblem
from survey.ids import arxiv_id, doi_id, find_arxiv, parse_id

S2 = "c43d954cf8133e6254499f3d68e45218067e4941"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1703.10593", "arxiv:1703.10593"),
        (" 1703.10593v7 ", "arxiv:1703.10593"),
        ("arXiv:1703.10593v2", "arxiv:1703.10593"),
        ("ARXIV: 1703.10593", "arxiv:1703.10593"),
        ("https://arxiv.org/abs/1703.10593v3", "arxiv:1703.10593"),
        ("http://www.arxiv.org/pdf/1703.10593.pdf", "arxiv:1703.10593"),
        ("https://arxiv.org/pdf/1703.10593v2?download=1#page=3", "arxiv:1703.10593"),
        ("arxiv.org/html/1703.10593", "arxiv:1703.10593"),
        ("https://doi.org/10.48550/arXiv.1703.10593", "arxiv:1703.10593"),
        ("10.48550/ARXIV.1703.10593", "arxiv:1703.10593"),
        ("https://huggingface.co/papers/1703.10593", "arxiv:1703.10593"),
        ("0704.0001", "arxiv:0704.0001"),
        ("hep-th/9901001v1", "arxiv:hep-th/9901001"),
        ("math.GT/0309136", "arxiv:math/0309136"),
        ("10.1109/ICCV.2017.244", "doi:10.1109/iccv.2017.244"),
        ("doi:10.1109/ICCV.2017.244.", "doi:10.1109/iccv.2017.244"),
        ("https://dx.doi.org/10.1109/ICCV.2017.244", "doi:10.1109/iccv.2017.244"),
        ("https://dl.acm.org/doi/abs/10.1145/3072959.3073659", "doi:10.1145/3072959.3073659"),
        ("10.1002/(SICI)1097<1661::AID-SIM968>3.0.CO;2-2", None),
        (f"https://www.semanticscholar.org/paper/Unpaired-Zhu/{S2}?sort=x", f"s2:{S2}"),
        (S2.upper(), f"s2:{S2}"),
        (f"s2:{S2}", f"s2:{S2}"),
        ("CorpusID:206770979", "s2:CorpusId:206770979"),
        ("https://api.semanticscholar.org/CorpusID:206770979", "s2:CorpusId:206770979"),
        ("w2962793481", "openalex:W2962793481"),
        ("https://openalex.org/W2962793481", "openalex:W2962793481"),
        ("openalex:W2962793481", "openalex:W2962793481"),
    ],
)
def test_a_form_names_the_same_paper(text: str, expected: str | None) -> None:
    expected = expected or f"doi:{text.lower()}"
    assert expected == str(parse_id(text))
    assert expected == str(parse_id(expected))


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "hello", "1713.10593", "1703.1059", "1403.10593", "12345", "10.1/x", "arxiv:"),
        *("W", "https://example.com/paper.pdf", "1703.10593 and 1611.07004", "\x1b[31m", "c43d9"),
    ],
)
def test_what_is_no_id_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageProblem, match="no identifier") as refused:
        parse_id(text)
    assert "survey fetch --cites 1703.10593" in str(refused.value.hint)


def test_the_doi_of_a_preprint_is_its_arxiv_id_and_no_doi() -> None:
    assert doi_id("https://doi.org/10.48550/arXiv.1703.10593") is None
    assert arxiv_id("https://doi.org/10.48550/arXiv.1703.10593") == "1703.10593"
    assert (arxiv_id(None), doi_id(None), arxiv_id("10.1109/x")) == (None, None, None)


def test_an_arxiv_id_is_found_inside_a_text() -> None:
    assert find_arxiv("The paper (https://arxiv.org/abs/1808.07371) is here.") == "1808.07371"
    assert find_arxiv("no 1808.07371 without its name") is None
