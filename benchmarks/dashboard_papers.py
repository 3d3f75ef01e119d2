"""How long the papers' pages take at the server, over a large catalogue.

    python benchmarks/survey_fetch.py --papers 100000 --home /tmp/large
    python benchmarks/dashboard_papers.py --home /tmp/large [--rounds 5] [--wait 3]

A `dashboard` is started as a person starts it and asked over its websocket as a browser asks it:
from the question until all of the answer is here. Before it answers at all the server reads by
itself what pages need (dashboard/warming.py): so much later than its port it is there, which is
told too. The list comes first; `--wait` seconds later each view is opened for the first time, in a
tab of its own, and again. What somebody meets who does not wait at all is measured as well, some
views each in a server of its own, right after its first page. Besides the time there is the
processor time of the server, which other work on the machine changes little.

Searches are then timed in this process beside what `survey search` does for its first screen; the
page counts and orders all that is found, and reads what it shows. Times: `median (worst)`.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

SHOWN = 20  # papers of a page
TICKS = os.sysconf("SC_CLK_TCK")
WORDS = ("segmentation", "image", "image transl", '"semantic image synthesis"', "zanfinfodi")
VIEWS = {
    "papers: a search": "papers?q=segmentation",
    "papers: another word": "papers?q=unpaired",
    "papers: a filter": "papers?topic=unpaired&code=with%20code",
    "papers: page 400": "papers?page=400",
    "papers: by date": "papers?by=date",
    "papers: by rank": "papers?by=rank",
    "papers: momentum": "papers?view=Momentum",
    "papers: timeline": "papers?view=Timeline",
    "papers: map": "papers?view=Citation%20map&of=found",
    "papers: momentum of the search": "papers?view=Momentum&q=segmentation",
    "papers: map of the search": "papers?view=Citation%20map&of=found&q=segmentation",
    "shortlist": "shortlist",
    "triage": "triage",
    "triage of a topic": "triage?topic=unpaired",
}

AT_ONCE = ("papers: a search", "papers: momentum", "papers: map", "shortlist", "triage")


def main() -> None:
    """Time the pages of `--home`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--home", required=True, type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--wait", type=float, default=3.0, help="s after the first answer")
    given = parser.parse_args()
    os.environ["ATLAS_HOME"] = str(given.home)
    with _served() as server:
        _pages(server, given.wait, given.rounds)
    _at_once()
    _searches(given.rounds)


class Server:
    """A running dashboard: where it listens, and its process."""

    def __init__(self, port: int, process: int) -> None:
        self.port, self.process = port, process

    @contextmanager
    def tab(self) -> Iterator[ClientConnection]:
        """A connection as of a new tab of a browser."""
        address = f"ws://127.0.0.1:{self.port}/_stcore/stream"
        with connect(address, subprotocols=["streamlit"], max_size=None, compression=None) as tab:  # type: ignore[list-item]
            yield tab

    def cpu(self) -> float:
        """Processor time so far, in s."""
        words = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / TICKS

    def peak(self) -> float:
        """The most memory so far, in MB."""
        lines = Path(f"/proc/{self.process}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


@contextmanager
def _served() -> Iterator[Server]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("dashboard")), "--no-browser", "--port"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    running = subprocess.Popen([*command, str(port)], **quiet)  # type: ignore[call-overload]
    try:
        while running.poll() is None and not _listening(port):
            time.sleep(0.05)
        children = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
        yield Server(port, int(children[0]))
    finally:
        running.terminate()
        running.wait()


def _listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _pages(server: Server, wait: float, rounds: int) -> None:
    came = time.perf_counter()
    with server.tab() as tab:
        read = time.perf_counter() - came
        first, cpu, size = _asked(server, tab, "papers")
    print(f"read ahead, before the first answer: {read:.1f} s")
    print(f"first page, of a server that just started: {first:.0f} ms, processor {cpu:.0f} ms")
    began = server.cpu()
    time.sleep(wait)
    behind = server.cpu() - began
    print(f"waited {wait:g} s, in which the server read {behind:.1f} s for what comes")
    print(f"{'page':32} {'first':>9} {'processor':>12} {'sent':>8}   again: median (worst)")
    worst = 0.0
    for name, view in VIEWS.items():
        with server.tab() as tab:
            taken, cpu, size = _asked(server, tab, view)
            again = [_asked(server, tab, view)[0] for _ in range(rounds)]
        worst = max(worst, taken, *again)
        sent = f"{size / 1000:.0f} kB"
        print(f"{name:32} {taken:6.0f} ms {cpu:9.0f} ms {sent:>8}   {_told(again)}")
    print(f"the slowest {worst:.0f} ms; peak memory {server.peak():.0f} MB\n")


def _at_once() -> None:
    print(f"{'without a wait':32} {'first':>9} {'processor':>12}   the first page before")
    for name in AT_ONCE:
        with _served() as server:
            with server.tab() as tab:
                before, _, _ = _asked(server, tab, "papers")
            with server.tab() as tab:
                taken, cpu, _ = _asked(server, tab, VIEWS[name])
        print(f"{name:32} {taken:6.0f} ms {cpu:9.0f} ms   {before:.0f} ms")
    print()


def _asked(server: Server, tab: ClientConnection, view: str) -> tuple[float, float, int]:
    """How long the page takes and its processor time, in ms, and the bytes that came."""
    message = BackMsg()
    page, _, query = view.partition("?")
    message.rerun_script.page_name, message.rerun_script.query_string = page, query
    began, cpu, size = time.perf_counter(), server.cpu(), 0
    tab.send(message.SerializeToString())
    while True:
        content = tab.recv(timeout=600)
        assert isinstance(content, bytes)
        size += len(content)
        if len(content) < 100_000 and _last(content):
            return 1000 * (time.perf_counter() - began), 1000 * (server.cpu() - cpu), size


def _last(content: bytes) -> bool:
    answer = ForwardMsg.FromString(content)
    shown = answer.delta.new_element
    assert shown.WhichOneof("type") != "exception", shown.exception.message
    return answer.WhichOneof("type") == "script_finished"


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

    pages("warm")()
    print(f"{'search':32} {'page':>16} {'survey search':>18}   ratio")
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
