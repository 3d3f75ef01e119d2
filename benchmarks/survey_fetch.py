"""What `survey fetch` costs beside the services' pace: processor time a paper, and memory.

    python benchmarks/survey_fetch.py [--papers 100000] [--home DIR]

The services run in another process and answer at once, so everything that is counted is fetch's
own: reading answers, storing them, the catalogue, merging, topics and the full text, with the
processes that it starts. Memory is the most that all of them had at one time (what they share
counts once: the kernel's proportional set size), and the most of fetch itself. Then the same
command again, when nothing is new.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

TOOL = [str(Path(sys.executable).parent / "survey")]
SEEDS = ["--cites", "1703.10593", "--cites", "1611.07004"]


@dataclass
class Cost:
    """Of one command with all its processes."""

    wall: float  # seconds
    cpu: float
    own: int  # bytes: the most of the largest process
    together: int  # bytes: the most of all processes at one time
    told: str


def measured(command: list[str], environment: dict[str, str]) -> Cost:
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(
            command, env=environment, stdout=out, stderr=subprocess.DEVNULL, text=True
        )
        watch = Watch(process.pid)
        watch.start()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        watch.over.set()
        watch.join()
        out.seek(0)
        told = out.read()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    cpu = used.ru_utime + used.ru_stime
    return Cost(time.monotonic() - began, cpu, used.ru_maxrss * 1024, watch.most, told)


class Watch(threading.Thread):
    """Adds up the memory of a process and its children, ten times a second."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.most, self.over = pid, 0, threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.1):
            self.most = max(self.most, sum(map(_proportional, [self.pid, *_children(self.pid)])))


def _children(pid: int) -> list[int]:
    try:
        tasks = Path(f"/proc/{pid}/task").iterdir()
        return [int(p) for task in tasks for p in (task / "children").read_text().split()]
    except OSError:
        return []


def _proportional(pid: int) -> int:
    try:
        told = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return sum(1024 * int(line.split()[1]) for line in told.splitlines() if line.startswith("Pss:"))


def serve(papers: int) -> tuple[subprocess.Popen[str], dict[str, str]]:
    """The services of a field of so many papers, and the environment that names them."""
    script = str(Path(__file__).with_name("survey_world.py"))
    server = subprocess.Popen(
        [sys.executable, script, "--papers", str(papers)], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    address = server.stdout.readline().strip()
    urls = {f"ATLAS_{name}_URL": address for name in ("S2", "OPENALEX", "ARXIV")}
    return server, {**os.environ, **urls, "OPENALEX_API_KEY": "open-sesame"}


def _tell(name: str, cost: Cost, papers: int) -> None:
    print(
        f"{name}: {cost.cpu:.1f} s of processor, {cost.wall:.1f} s in all; "
        f"{1000 * cost.cpu / papers:.2f} ms a paper; "
        f"memory {cost.own / 2**20:.0f} MB, with its processes {cost.together / 2**20:.0f} MB",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=int, default=100_000)
    parser.add_argument("--home", type=Path, help="Where the catalogue is made; kept afterwards.")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        home = asked.home or Path(temporary)
        server, environment = serve(asked.papers)
        try:
            command = [*TOOL, "fetch", *SEEDS, "--json", "--home", str(home)]
            first = measured(command, environment)
            found = json.loads(first.told)
            _tell("first", first, found["papers"])
            pairs = measured([*TOOL, "stats", "--json", "--home", str(home)], environment).told
            numbers = json.loads(pairs)
            print(
                f"{numbers['papers']:,} papers of {sum(numbers['by_source'].values()):,} records, "
                f"{numbers['citations']:,} pairs of a paper and a seed; failed pages "
                f"{found['failed_pages']}"
            )
            _tell("again", measured(command, environment), found["papers"])
        finally:
            server.kill()
            server.wait()
        files = sum(f.stat().st_size for f in home.rglob("*.db*"))
        print(f"catalogue {files / 2**20:.0f} MB")


if __name__ == "__main__":
    main()
