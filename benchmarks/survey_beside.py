"""Reading a catalogue while a crawl writes to it, as the dashboard does: never an error or a wait.

    python benchmarks/survey_beside.py [--papers 20000]

A home with half of the papers is read, by search, listing and numbers in turn through a
connection that may only read, while `survey fetch` fetches the whole and makes papers of it.
Prints how many readings there were, how many failed, and how long they took: `median (worst)`,
beside the same readings before, when nothing else was done.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import count as numbers
from pathlib import Path

from sqlalchemy import Connection
from survey_fetch import SEEDS, TOOL, serve

from data.errors import AtlasError
from data.paths import Home
from survey.catalogue.papers import papers
from survey.derive import ready
from survey.numbers import count
from survey.search import search

READINGS: dict[str, Callable[[Connection], object]] = {
    "search": lambda c: list(search(c, "image translation", limit=21)),
    "listing": lambda c: list(papers(c, limit=50)),
    "numbers": count,
}


def reading(home: Path, going_on: Callable[[int], bool]) -> None:
    """Read in turn as long as `going_on` says of the number of readings so far."""
    taken: dict[str, list[float]] = {name: [] for name in READINGS}
    seen: set[int] = set()
    failed: list[str] = []
    for done, name in _turns():
        if not going_on(done):
            break
        began = time.perf_counter()
        try:
            catalogue = ready(Home(home), read_only=True)
            with catalogue.read() as connection:
                found = READINGS[name](connection)
            catalogue.close()
        except AtlasError as problem:
            failed.append(problem.message)
            continue
        taken[name].append(1000 * (time.perf_counter() - began))
        if name == "numbers":
            seen.add(getattr(found, "papers", 0))
    for name, times in taken.items():
        if times:
            told = f"{statistics.median(times):.0f} ({max(times):.0f}) ms"
            print(f"  {name}: {len(times)} readings, {told}")
    print(f"  failed: {len(failed)}{' '.join(sorted(set(failed)))}; papers seen: {sorted(seen)}")


def _turns() -> Iterator[tuple[int, str]]:
    names = list(READINGS)
    return ((done, names[done % len(names)]) for done in numbers())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=int, default=20_000)
    asked = parser.parse_args()
    server, environment = serve(asked.papers)
    with tempfile.TemporaryDirectory() as home:
        command = [*TOOL, "fetch", *SEEDS, "--home", home]
        quiet = {"env": environment, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        try:
            first = [*command, "--limit", str(asked.papers // 2)]
            subprocess.run(first, check=True, **quiet)  # type: ignore[call-overload]
            os.environ.pop("ATLAS_CATALOGUE", None)
            print("nothing else is done")
            reading(Path(home), lambda done: done < 60)
            crawl = subprocess.Popen(command, **quiet)  # type: ignore[call-overload]
            print("a crawl writes")
            reading(Path(home), lambda _: crawl.poll() is None)
            print(f"  the crawl ended with {crawl.returncode}")
            print("afterwards")
            reading(Path(home), lambda done: done < 60)
        finally:
            server.kill()
            server.wait()


if __name__ == "__main__":
    main()
