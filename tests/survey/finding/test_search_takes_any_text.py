"""No text that a person can type or paste makes search fail, on SQLite's own grammar or ours."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from survey.query import parse
from survey.search import advise, search

PIECES = [
    *"\"'`“”«»()[]{}<>*^:+-–—~|&!?#$%@/\\.,;=_ \t\n\0\x07\x7f",
    *("AND", "OR", "NOT", "NEAR", "NEAR(a b, 2)", "title:", "rank", "{title abstract}:", "^horse"),
    *("zebra", "horses", "CycleGAN", "image-to-image", "C++", "l_1", "$\\ell_1$", "\\mathbb{R}^n"),
    *(
        "\u202e",
        "\u0301",
        "\ufeff",
        "\u200b",
        "é",
        "e\u0301",
        "ß",
        "İ",
        "🦓",
        "\U0001f1f9\U0001f1f7",
    ),
    *("图像翻译", "画像", "ภาพ", "한국어", "مرحبا", "שלום", "हिन्दी", "\U0001e900", "\U00020000"),
    *(
        "\udc80",
        "\ud800",
        "\uffff",
        "1703.10593",
        "10.1/x",
        "W1",
        "arXiv:",
        "doi:",
        "''; DROP TABLE paper",
    ),
    *('"', '""', '"a', 'b"', "-", "--", '-"', "*", "**", "a*", '"a b"*', "OR OR", "%", "_", "\\"),
]


def _all(shelf: Any, text: str) -> list[Any]:
    with shelf.catalogue.read() as connection:
        hits = list(search(connection, text))
        if not hits:
            assert advise(connection, text).message
        return hits


@pytest.mark.parametrize(
    "text",
    [
        *(
            '"',
            '"unbalanced',
            'a "b" c"',
            "C++",
            "(",
            ")",
            "a AND",
            "OR",
            "OR b",
            "a OR",
            "NOT",
            "*",
            "^",
        ),
        *(
            "a NEAR b",
            "NEAR(",
            "title:horse",
            "-",
            "--",
            "a - b",
            "- -a",
            "",
            "   ",
            "\0",
            "a\0b",
            "'",
        ),
        *(
            "$\\alpha$-GAN",
            "\\'e",
            "\udcff",
            "🦓",
            "%",
            "a_b",
            "x" * 100_000,
            "a " * 3_000,
            '"' * 999,
        ),
        "-" + "a -" * 500,
        *(
            " ".join(f"{a}{n}" for n in range(3_000))
            for a in ("a", "-a", "图", "-图", '"图 b" OR x', "a* OR b")
        ),
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_awkward_text_is_answered(papers: Any, text: str) -> None:
    assert isinstance(_all(papers, text), list)


def test_thousands_of_random_texts_are_answered(papers: Any) -> None:
    chance = random.Random(1703)
    for _ in range(800):
        parts = chance.choices(PIECES, k=chance.randint(1, 9))
        text = "".join(part + chance.choice(["", " "]) for part in parts)
        for hit in _all(papers, text):
            json.dumps(hit.to_json(), allow_nan=False).encode()


def test_random_text_never_hides_what_a_plain_word_finds(papers: Any) -> None:
    chance = random.Random(10593)
    noise = [piece for piece in PIECES if not any(c.isalnum() for c in piece) and '"' not in piece]
    for _ in range(300):
        text = " ".join(
            ["zebras", *chance.choices([n for n in noise if n.strip() not in ("|", "-")], k=4)]
        )
        assert [hit.paper.id for hit in _all(papers, text)] == ["arxiv:1703.10593"], ascii(text)


def test_an_unbalanced_quote_reaches_to_the_end() -> None:
    assert parse('a "b c').groups == parse('a "b c"').groups
    assert len(parse('a "b c').groups) == 2
