"""Repositories are found however an author writes them, and nothing else is taken for one."""

from __future__ import annotations

import pytest

from survey.links import Link, links_of

SEED = "https://github.com/junyanz/CycleGAN"


def _found(text: str) -> list[str]:
    return [link.url for link in links_of(text, "", ())]


@pytest.mark.parametrize(
    "text",
    [
        "https://github.com/junyanz/CycleGAN",
        "Code: https://github.com/junyanz/CycleGAN.",
        "(http://www.github.com/junyanz/CycleGAN).",
        "github.com/junyanz/CycleGAN",
        "HTTPS://GitHub.com/junyanz/CycleGAN",
        "https://github.com/junyanz/CycleGAN.git",
        "git@github.com:junyanz/CycleGAN.git",
        "https://github.com/junyanz/CycleGAN/tree/master/models",
        "https://github.com/junyanz/CycleGAN#readme",
        "https://github.com/junyanz/CycleGAN?tab=readme",
        "https://github.com/ junyanz/CycleGAN, and",
        r"\url{https://github.com/junyanz/CycleGAN}.",
        r"\href{https://github.com/junyanz/CycleGAN}{code}",
        "<https://github.com/junyanz/CycleGAN>",
        "[https://github.com/junyanz/CycleGAN](https://github.com/junyanz/CycleGAN)",
        "«https://github.com/junyanz/CycleGAN»",
        "https://github.com/junyanz/CycleGAN-",
    ],
)
def test_an_address_is_brought_to_one_form(text: str) -> None:
    assert _found(text) == [SEED]


@pytest.mark.parametrize(
    ("text", "url"),
    [
        (r"https://github.com/a\_b/c\_d", "https://github.com/a_b/c_d"),
        ("https://github.com/a/pix2pix.pytorch", "https://github.com/a/pix2pix.pytorch"),
        ("https://gitlab.com/group/sub/name/-/tree/main", "https://gitlab.com/group/sub/name"),
        ("https://gitlab.inria.fr/team/name", "https://gitlab.inria.fr/team/name"),
        ("https://bitbucket.org/a/b/src/master", "https://bitbucket.org/a/b"),
        ("https://codeberg.org/a/b", "https://codeberg.org/a/b"),
        ("https://huggingface.co/a/model", "https://huggingface.co/a/model"),
        ("https://hf.co/spaces/a/demo", "https://huggingface.co/spaces/a/demo"),
    ],
)
def test_other_hosts_and_names_are_known(text: str, url: str) -> None:
    assert [url] == _found(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no address at all",
        "https://github.com/junyanz",
        "https://github.com/features/actions",
        "https://github.com/orgs/NVlabs/repositories",
        "https://junyanz.github.io/CycleGAN/",
        "https://gist.github.com/a/123",
        "https://raw.githubusercontent.com/a/b/main/x.py",
        "mygithub.com/a/b",
        "see github.com/ and/or gitlab",
        "https://github.com/a/..",
        "https://github.com/a/.git",
        "https://github.com/../../etc",
        "https://huggingface.co/datasets/a/b",
        "https://huggingface.co/papers/1703.10593",
        "https://huggingface.co/docs/diffusers",
        "https://example.org/github.com/a/b",
        "https://arxiv.org/abs/1703.10593",
    ],
)
def test_what_is_no_repository_is_left(text: str) -> None:
    assert _found(text) == []


def test_each_repository_is_named_once_with_the_first_place() -> None:
    links = [SEED + "/", SEED.lower(), "https://github.com/phillipi/pix2pix", "mailto:a@b.org"]
    assert [
        Link("https://github.com/a/b", "abstract"),
        Link(SEED, "comment"),
        Link("https://github.com/phillipi/pix2pix", "links"),
    ] == links_of("At github.com/a/b and https://github.com/A/B.", f"Code at {SEED}", links)


def test_a_long_text_without_end_is_read_in_one_go() -> None:
    assert _found("https://github.com/" + "a" * 10**6) == []
    assert _found("https://github.com/a/b/" + "c/" * 10**5) == ["https://github.com/a/b"]
