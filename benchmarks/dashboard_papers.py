"""How long the papers' pages take at the server, over a large catalogue.

    python benchmarks/survey_fetch.py --papers 100000 --home /tmp/large
    python benchmarks/dashboard_papers.py --home /tmp/large [--rounds 5]

Pages are run as Streamlit runs them, without a browser: the first look at each, then interactions.
Searches are timed in the same process beside what `survey search` does for its first screen; the
page counts and orders all that is found, and reads what it shows. Wall time: `median (worst)`.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import time
from collections.abc import Callable

from streamlit.testing.v1 import AppTest

SHOWN = 20  # papers of a page
WORDS = ("segmentation", "image", "image transl", '"semantic image synthesis"', "zanfinfodi")
VIEWS = {
    "papers: the list": ("papers", {}),
    "papers: a search": ("papers", {"q": "segmentation"}),
    "papers: another word": ("papers", {"q": "unpaired"}),
    "papers: a filter": ("papers", {"topic": "unpaired", "code": "with code"}),
    "papers: page 400": ("papers", {"page": "400"}),
    "papers: momentum": ("papers", {"view": "Momentum"}),
    "papers: map": ("papers", {"view": "Citation map", "of": "found"}),
    "shortlist": ("shortlist", {}),
    "triage": ("triage", {}),
}


def main() -> None:
    """Time the pages of `--home`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--home", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    os.environ["ATLAS_HOME"] = given.home
    _pages(given.rounds)
    _searches(given.rounds)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def _pages(rounds: int) -> None:
    print(f"{'page':32} {'first':>9}   again: median (worst)")
    for name, (module, query) in VIEWS.items():
        app = AppTest.from_string(
            f"from dashboard.views import {module}\n{module}.show()", default_timeout=600
        )
        for key, value in query.items():
            app.query_params[key] = value
        first = _timed(app.run)
        assert not app.exception, app.exception
        print(f"{name:32} {first:7.0f} ms   {_told([_timed(app.run) for _ in range(rounds)])}")


def _searches(rounds: int) -> None:
    from dashboard.load.catalogue import reading
    from dashboard.load.papers import Asked, _ranked, find, page
    from survey.search import search

    def pages(text: str) -> Callable[[], object]:
        def asked() -> object:
            _ranked.clear()
            return page(find(Asked(text=text)).ids[:SHOWN])

        return asked

    def survey(text: str) -> Callable[[], object]:
        def asked() -> object:
            with reading() as (connection, _):
                return list(search(connection, text, limit=SHOWN))

        return asked

    print(f"\n{'search':32} {'page':>16} {'survey search':>18}   ratio")
    for text in WORDS:
        one = [_timed(pages(text)) for _ in range(rounds)]
        other = [_timed(survey(text)) for _ in range(min(rounds, 3))]
        ratio = statistics.median(other) / statistics.median(one)
        print(f"{text:32} {_told(one):>16} {_told(other):>18}   {ratio:.1f}")


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)


def _told(times: list[float]) -> str:
    return f"{statistics.median(times):.0f} ({max(times):.0f}) ms"


if __name__ == "__main__":
    main()
