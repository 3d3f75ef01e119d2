"""BibTeX is valid and escaped whatever the titles are, and its keys stay."""

from __future__ import annotations

import re
import unicodedata

import bibtexparser
import pytest

from survey.export import FORMATS, cite_keys, to_latex, to_text
from survey.export.bibtex import entry_kind, plain_title
from survey.paper import Paper

CYCLEGAN = Paper(
    id="arxiv:1703.10593",
    title="Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks",
    authors=("Jun-Yan Zhu", "Taesung Park", "Phillip Isola", "Alexei A. Efros"),
    year=2017,
    date="2017-03-30",
    published="2017-10-01",
    venue="IEEE International Conference on Computer Vision",
    abstract="Image-to-image translation is a class of vision and graphics problems.",
    arxiv="1703.10593",
    doi="10.1109/iccv.2017.244",
    citations=21000,
    categories=("cs.CV",),
    code=("https://github.com/junyanz/CycleGAN",),
    topics=("unpaired",),
    status="kept",
)
PIX2PIX = Paper(
    id="arxiv:1611.07004",
    title="Image-to-Image Translation with Conditional Adversarial Networks",
    authors=("Phillip Isola", "Jun-Yan Zhu", "Tinghui Zhou", "Alexei A. Efros"),
    year=2016,
    arxiv="1611.07004",
)
BARE = Paper(id="s2:0123456789012345678901234567890123456789")

# Titles that were seen in the wild or that somebody may send on purpose.
TITLES = [
    "Müller & Söhne: 100% of #1 in $5 a_b ~ ^",
    "Brace { alone, and } another",
    r"A back\slash \input{/etc/passwd} \write18{rm}",
    "学習に基づく画像変換 and العربية",
    "Łódź, Ørsted, ſtraße, naïve, İstanbul",
    "e\u0301 combining \u0304 marks",
    "Quotes “like these”, 'those' and \"these\"",
    "@article{fake, title={injected}}",
    "}, author = {Nobody}, title = {",
    "Emoji 🎨 and maths α ≥ β × 3",
    "<script>alert('x')</script> | a | table",
    "trailing backslash \\",
]


def _entries(papers: list[Paper]) -> list[bibtexparser.model.Entry]:
    library = bibtexparser.parse_string(b"".join(FORMATS["bibtex"].chunks(papers)).decode())
    assert library.failed_blocks == []
    return library.entries


def _field(entry: bibtexparser.model.Entry, name: str) -> str:
    return str(entry.fields_dict[name].value)


def test_bibtex_names_the_conference_and_the_preprint() -> None:
    (entry,) = _entries([CYCLEGAN])
    told = {field.key: field.value for field in entry.fields}
    assert entry.entry_type == "inproceedings"
    assert told["author"] == "Jun-Yan Zhu and Taesung Park and Phillip Isola and Alexei A. Efros"
    assert told["booktitle"] == "IEEE International Conference on Computer Vision"
    assert (
        told["year"],
        told["eprint"],
        told["archivePrefix"],
        told["primaryClass"],
    ) == ("2017", "1703.10593", "arXiv", "cs.CV")
    assert told["doi"] == "10.1109/iccv.2017.244"
    assert told["url"] == "https://arxiv.org/abs/1703.10593"


@pytest.mark.parametrize(
    ("venue", "kind", "expected"),
    [
        ("", "preprint", "misc"),
        ("arXiv.org", "article", "misc"),
        ("Computer Vision and Pattern Recognition", "", "inproceedings"),
        ("ECCV 2022", "", "inproceedings"),
        ("Applied Sciences", "JournalArticle", "article"),
        ("IEEE Transactions on Image Processing", "JournalArticle, Conference", "article"),
        ("Pattern Analysis", "proceedings-article", "inproceedings"),
    ],
)
def test_the_entry_is_of_the_kind_of_its_venue(venue: str, kind: str, expected: str) -> None:
    assert expected == entry_kind(Paper(id="doi:10.1/x", venue=venue, kind=kind))


@pytest.mark.parametrize("title", TITLES)
def test_any_title_comes_back_from_bibtex(title: str) -> None:
    (entry,) = _entries([Paper(id="doi:10.1/x", title=title, authors=(title,))])
    assert [field.key for field in entry.fields] == ["title", "author"]
    assert _same(plain_title(title)) == _same(to_text(_field(entry, "title")))
    for name in ("title", "author"):
        assert _field(entry, name).count("{") == _field(entry, name).count("}")


def _same(text: str) -> str:
    # LaTeX knows one kind of quote at each end, one circumflex, and no long s.
    signs = {"‘": "'", "’": "'", '"': "''", "“": "''", "”": "''", "ſ": "s", "ˆ": "^"}
    return "".join(signs.get(c, c) for c in unicodedata.normalize("NFC", " ".join(text.split())))


def test_latex_in_a_title_is_read_before_it_is_written() -> None:
    title = r"H{\"o}lder $\beta$-VAE for {GAN}s"
    (entry,) = _entries([Paper(id="doi:10.1/x", title=title)])
    assert to_text(_field(entry, "title")) == "Hölder β-VAE for GANs"


def test_capitals_inside_words_are_protected_from_styles() -> None:
    (entry,) = _entries([Paper(id="doi:10.1/x", title="CycleGAN and a U-Net in 3D by Anyone")])
    assert _field(entry, "title") == "{CycleGAN} and a {U}-Net in {3D} by Anyone"


def test_an_author_called_and_is_one_author() -> None:
    (entry,) = _entries([Paper(id="doi:10.1/x", title="T", authors=("Research and Co", "A B"))])
    assert _field(entry, "author") == "{Research and Co} and A B"


def test_three_thousand_authors_are_all_there() -> None:
    authors = tuple(f"Given{n} Família{n}" for n in range(3000))
    (entry,) = _entries([Paper(id="doi:10.1/x", title="Many", authors=authors)])
    assert len(_field(entry, "author").split(" and ")) == 3000


def test_keys_are_of_surname_year_and_word() -> None:
    assert re.fullmatch(r"zhu2017unpaired-[a-z]{5}", cite_keys([CYCLEGAN])[CYCLEGAN.id])
    assert re.fullmatch(r"isola2016image-[a-z]{5}", cite_keys([PIX2PIX])[PIX2PIX.id])
    assert re.fullmatch(r"anonpaper-[a-z]{5}", cite_keys([BARE])[BARE.id])
    odd = Paper(
        id="doi:10.1/ø", title="Æther über alles", authors=("Øystein Ærlig-Łoś",), year=2020
    )
    assert re.fullmatch(r"[a-z]+2020aether-[a-z]{5}", cite_keys([odd])[odd.id])


def test_a_key_stays_when_other_papers_come_or_identifiers_are_found() -> None:
    twin = Paper(id="doi:10.1/1", title="Image tricks", authors=("Phillip Isola",), year=2016)
    before = cite_keys([PIX2PIX])[PIX2PIX.id]
    after = cite_keys([twin, CYCLEGAN, PIX2PIX])
    assert before == after[PIX2PIX.id]
    assert after[twin.id].startswith("isola2016image-")
    assert len(set(after.values())) == 3
    as_doi = Paper(id="doi:10.1109/x", title=PIX2PIX.title, authors=PIX2PIX.authors, year=2016)
    assert before == cite_keys([as_doi])[as_doi.id]


def test_keys_differ_even_where_two_papers_look_the_same() -> None:
    same = [Paper(id=f"doi:10.1/{n}", title="Same", authors=("A B",), year=2020) for n in "cab"]
    keys = cite_keys(same)
    assert len(set(keys.values())) == 3
    assert keys == cite_keys(list(reversed(same)))


def test_latex_has_balanced_braces_whatever_the_text() -> None:
    for text in ("{", "}", "}{", "\\{", "a{b", "{\\}"):
        latex = to_latex(text)
        assert latex.count("{") == latex.count("}")
        assert text == to_text(latex)
