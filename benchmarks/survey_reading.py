"""How long reading a large catalogue takes: search, filters, listings, triage.

    python benchmarks/survey_fetch.py --papers 100000 --home /tmp/large
    python benchmarks/survey_reading.py --home /tmp/large [--rounds 9]

Search and filters are timed in one process with a connection that is open, as the dashboard has
it, beside a plain scan with LIKE; commands from their start to their first line. Wall time, and
the processor's, the fairer one on a machine that does other work: `median (worst)`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection, func, or_, select

from data.paths import Home
from survey.catalogue import tables as t
from survey.catalogue.events import add
from survey.catalogue.papers import ORDERS, Filter, papers
from survey.derive import ready
from survey.numbers import count
from survey.profiles import profile
from survey.search import advise, search
from survey.triage.session import Session, open_session

TOOL = str(Path(sys.executable).parent / "survey")
SHOWN = 21  # rows that `survey search` asks for
SEARCHES = {
    "a rare word": ("zanfinfodi", Filter()),
    "a name": ("berwimu", Filter()),
    "a word of one in three": ("segmentation", Filter()),
    "a word of nearly all": ("image", Filter()),
    "two of them": ("image translation", Filter()),
    "four of them": ("image translation network training", Filter()),
    "a phrase": ('"semantic image synthesis"', Filter()),
    "a phrase of common words": ('"image translation"', Filter()),
    "a prefix": ("trans*", Filter()),
    "either of two": ("image OR network", Filter()),
    "a common one, not another": ("image -video", Filter()),
    "a word that none has": ("quetzalcoatl", Filter()),
    "an exclusion alone": ("-image", Filter()),
    "in Chinese": ("图像翻译", Filter()),
    "a name with symbols": ("C++", Filter()),
    "common, and that name": ("image C++", Filter()),
    "common, without it": ("image -C++", Filter()),
    "common, one year": ("image", Filter(years=(2020, 2020))),
    "common, topic and code": ("image", Filter(topics=("inpainting",), code=True)),
    "common, only kept ones": ("image", Filter(status=("kept",))),
}
FILTERS = {
    "all": Filter(),
    "a year": Filter(years=(2019, 2019)),
    "a topic": Filter(topics=("inpainting",)),
    "with code": Filter(code=True),
    "without code": Filter(code=False),
    "a venue": Filter(venue="kinds"),
    "a venue that none has": Filter(venue="nowhere"),
    "much cited": Filter(citations=500),
    "kept": Filter(status=("kept",)),
    "new": Filter(status=("new",)),
    "a source": Filter(sources=("openalex",)),
    "a seed": Filter(seeds=("arxiv:1611.07004",)),
    "covered": Filter(covered=True),
    "year, topic, code, cited": Filter(
        years=(2020, None), topics=("inpainting",), code=True, citations=10
    ),
}


def timed(name: str, run: Callable[[], object], rounds: int) -> float:
    """Prints and returns the median in milliseconds."""
    walls, cpus = [], []
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        run()
        cpus.append(1000 * (time.process_time() - cpu))
        walls.append(1000 * (time.perf_counter() - wall))
    told = (f"{statistics.median(some):8.1f} ({max(some):.1f})" for some in (walls, cpus))
    print(f"  {name:28}{'  processor '.join(told)} ms", flush=True)
    return statistics.median(walls)


def by_scan(connection: Connection, words: list[str]) -> list[object]:
    """What a catalogue without an index has to do."""
    places = (t.paper.c.title, t.paper.c.abstract)
    each = (or_(*(func.lower(p).contains(word) for p in places)) for word in words)
    query = select(t.paper.c.id).where(*each).order_by(*ORDERS["citations"])
    return list(connection.execute(query))


def first_line(name: str, words: list[str], home: Path, rounds: int) -> None:
    """From the start of a command to its first line."""
    walls = []
    for _ in range(rounds):
        began = time.perf_counter()
        process = subprocess.Popen(
            [TOOL, *words, "--home", str(home)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert process.stdout is not None
        process.stdout.readline()
        walls.append(time.perf_counter() - began)
        process.stdout.close()
        process.kill()
        process.wait()
    print(f"  {name:28}{statistics.median(walls):8.2f} ({max(walls):.2f}) s", flush=True)


def triage(home: Home, rounds: int) -> None:
    catalogue = ready(home)
    sessions: list[Session] = []

    def begin() -> None:
        sessions.append(open_session(catalogue, profile("side-project", home)))
        sessions[-1].start()

    timed("start, first paper shown", begin, 1)
    timed("start once more", begin, 1)
    session = sessions[-1]
    actions = iter(["keep", "drop"] * rounds * 10)
    timed("a key: saved and re-ranked", lambda: session.decide(next(actions)), rounds * 3)
    catalogue.close()


def decide(home: Home) -> None:
    """A few hundred decisions, so that there is something to learn from and to filter by."""
    catalogue = ready(home)
    with catalogue.write() as connection:
        if not connection.execute(select(func.count()).select_from(t.event)).scalar_one():
            for n, paper in enumerate(islice(papers(connection), 0, 3000, 10)):
                add(connection, paper.id, ("keep", "drop", "drop", "later")[n % 4])
    catalogue.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--part", default="search filter ls triage", help="Some of these words.")
    asked = parser.parse_args()
    home, rounds = Home(asked.home), asked.rounds
    os.environ.pop("ATLAS_HOME", None)
    decide(home)
    catalogue = ready(home)
    with catalogue.read() as connection:
        print(f"{count(connection).papers:,} papers")
        if "search" in asked.part:
            print(f"search, {SHOWN} best")
            for name, (text, wanted) in SEARCHES.items():
                timed(name, lambda t=text, w=wanted: list(search(connection, t, w, SHOWN)), rounds)
            wrong = "cartun stilization"
            timed("advice where none was found", lambda: advise(connection, wrong), 3)
            print("beside it, a scan with LIKE")
            for words in (["zanfinfodi"], ["inpainting", "makeup"]):
                timed(" ".join(words), lambda w=words: by_scan(connection, w), 3)
        if "filter" in asked.part:
            print("filter, the first 50")
            for name, wanted in FILTERS.items():
                timed(name, lambda w=wanted: list(papers(connection, w, limit=50)), rounds)
            for order in ORDERS:
                timed(
                    f"all, by {order}",
                    lambda o=order: list(papers(connection, None, o, 50)),
                    rounds,
                )
            timed("stats", lambda: count(connection), 3)
    catalogue.close()
    if "ls" in asked.part:
        print("commands, to their first line")
        for words in (
            "ls --json",
            "ls -q",
            "ls",
            "ls --order date",
            "ls --year 2021 --code",
            "search image translation",
            "search zanfinfodi --json",
            "stats --json",
            "show 1703.10593",
        ):
            first_line(words, words.split(), home.root, rounds)
    if "triage" in asked.part:
        print("triage")
        triage(home, rounds)


if __name__ == "__main__":
    main()
