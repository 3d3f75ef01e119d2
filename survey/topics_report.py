"""How well the rules of topics do on papers that were labelled by hand.

`python -m survey.topics_report tests/survey/labelled.jsonl` prints the table of
docs/survey-topics.md; `--write` puts it there.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from data.console import fail, home_option, say
from data.errors import AtlasError, UsageProblem, unknown
from data.files import write_text
from data.paths import find_home
from survey.topics import Rules, rules

__all__ = ["Labelled", "Tally", "measure", "read_labelled", "report"]

SPLITS = ("dev", "held-out")
_MARKED = re.compile(r"(?<=<!-- measured -->\n).*?(?=<!-- end -->)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A paper and what a person says that it is about."""

    title: str
    year: int
    arxiv: str  # empty where it has none, or none is known for certain
    topics: frozenset[str]  # with parents
    what: str  # what it does, in words of our own
    split: str  # dev: rules were written with it in view; held-out: they were not
    drawn: str  # random, or chosen so that each topic has papers


@dataclass(slots=True)
class Tally:
    """Of one topic, or of all together: found and right, found and wrong, missed."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float | None:
        """Of the papers found, the part that is right; None when none was found."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else None

    @property
    def recall(self) -> float | None:
        """Of the papers that there are, the part that was found; None when there are none."""
        return self.right / (self.right + self.missed) if self.right + self.missed else None


Text = Callable[[Labelled], str | None]  # what to read beside the title; None leaves a paper out


def read_labelled(path: Path, known: Rules) -> list[Labelled]:
    """The papers of a file of JSON Lines; UsageProblem for a label that is no topic."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        topics = set(entry.pop("topics"))
        for name in topics:
            if name not in known.topics:
                raise unknown("topic", name, known.topics, "survey topics")
        parents = {known.topics[name].parent for name in topics} - {""}
        found.append(Labelled(topics=frozenset(topics | parents), **entry))
    return found


def measure(known: Rules, papers: Iterable[Labelled], text: Text) -> dict[str, Tally]:
    """A tally for each topic."""
    tallies = {name: Tally() for name in known.topics}
    for paper in papers:
        read = text(paper)
        if read is None:
            continue
        found = {hit.topic for hit in known.topics_of(paper.title, read)}
        for name in found | paper.topics:
            tally = tallies[name]
            tally.right += name in found and name in paper.topics
            tally.wrong += name not in paper.topics
            tally.missed += name not in found
    return tallies


def together(tallies: Mapping[str, Tally]) -> Tally:
    """All topics in one tally: micro precision and recall."""
    every = tallies.values()
    return Tally(
        sum(t.right for t in every), sum(t.wrong for t in every), sum(t.missed for t in every)
    )


def report(known: Rules, papers: Sequence[Labelled]) -> str:
    """The table of the documentation, in Markdown."""
    parts = {split: [paper for paper in papers if paper.split == split] for split in SPLITS}
    own = {s: measure(known, some, lambda p: p.what) for s, some in parts.items()}
    bare = {s: measure(known, some, lambda _: "") for s, some in parts.items()}
    lines = [
        "| topic | dev precision | dev recall | held-out precision | held-out recall |",
        "|---|---|---|---|---|",
    ]
    sums = {"all topics": own, "all topics, titles alone": bare}
    rows = {name: [together(by[s]) for s in SPLITS] for name, by in sums.items()}
    rows |= {name: [own[s][name] for s in SPLITS] for name in known.topics}
    lines += [f"| {name} | {' | '.join(_cells(tallies))} |" for name, tallies in rows.items()]
    return "\n".join(lines) + "\n"


def _cells(tallies: Iterable[Tally]) -> Iterator[str]:
    for tally in tallies:
        yield _cell(tally.precision, tally.right, tally.right + tally.wrong)
        yield _cell(tally.recall, tally.right, tally.right + tally.missed)


def _cell(value: float | None, right: int, of: int) -> str:
    return "–" if value is None else f"{value:.2f} ({right}/{of})"


def _abstracts(home: str | None) -> Text:
    """Abstracts of the catalogue by arXiv id; papers without one are left out."""
    from survey.catalogue.papers import papers
    from survey.derive import reading
    from survey.sample.load import OURS

    with reading(find_home(home)) as connection:
        known = {p.arxiv: p.abstract for p in papers(connection) if p.arxiv and p.abstract}
    real = {arxiv: text for arxiv, text in known.items() if not text.startswith(OURS)}
    return lambda paper: real.get(paper.arxiv)


@click.command()
@click.argument("labelled", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--write", type=click.Path(exists=True, path_type=Path), help="Put it in this page.")
@click.option("--abstracts", is_flag=True, help="Read the catalogue's abstracts; all topics only.")
@home_option
def main(labelled: Path, write: Path | None, abstracts: bool, home: str | None) -> None:
    """Precision and recall of the rules on the papers of LABELLED."""
    known = rules()
    try:
        papers = read_labelled(labelled, known)
        if abstracts:
            _say_abstracts(known, papers, _abstracts(home))
        elif write:
            _write(write, report(known, papers))
        else:
            click.echo(report(known, papers), nl=False)
    except AtlasError as problem:
        fail(problem)
        sys.exit(problem.exit_code)


def _write(page: Path, made: str) -> None:
    text = page.read_text(encoding="utf-8")
    if not _MARKED.search(text):
        raise UsageProblem(
            f"{page} marks no place for the table", "<!-- measured --> … <!-- end -->"
        )
    write_text(page, _MARKED.sub(lambda _: made, text, count=1))
    say(f"wrote {page}")


def _say_abstracts(known: Rules, papers: Sequence[Labelled], text: Text) -> None:
    for split in SPLITS:
        some = [paper for paper in papers if paper.split == split and text(paper) is not None]
        precision, recall = _cells([together(measure(known, some, text))])
        click.echo(f"{split}: {len(some)} papers, precision {precision}, recall {recall}")


if __name__ == "__main__":
    main()
