"""`bench protocols` and `bench reproduce`."""

from __future__ import annotations

from collections.abc import Sequence

import click

from bench.cli.shown import folders_of, json_option, name_of
from bench.protocols.reported import Reproduction, reported, reproductions
from data.console import echo, emit_json, home_option, say, table
from data.errors import UsageProblem
from data.paths import find_home

__all__ = ["protocols", "reproduce"]


@click.command()
@click.argument("name", required=False)
@json_option
def protocols(name: str | None, as_json: bool) -> None:
    """List the protocols, or show what one decides and where that was read.

    \b
    bench protocols strict-1
    """
    from bench.protocols.protocol import Protocol, load_protocol, protocol_names

    found = [load_protocol(n) for n in ([name] if name else protocol_names())]

    def runs(protocol: Protocol) -> str:
        if protocol.recipe is None:
            return "no: " + "; ".join(protocol.missing)
        return "yes" if not protocol.provide else "with " + "; ".join(protocol.provide)

    if as_json:
        emit_json(
            {"name": p.name, "title": p.title, "paper": p.paper, "sha256": p.sha256,
             "facts": dict(p.facts), "sources": dict(p.sources), "runs_here": p.recipe is not None,
             "missing": p.missing, "provide": p.provide}
            for p in found
        )  # fmt: skip
    elif name:
        (protocol,) = found
        echo(f"{protocol.name}: {protocol.title}")
        echo(f"{'sha256':<12}{protocol.sha256}")
        for field, fact in protocol.facts.items():
            source = protocol.sources.get(field)
            echo(f"{field:<12}{fact}" + (f"  [{source}]" if source else ""))
        echo(f"{'runs here':<12}{runs(protocol)}")
        for what in protocol.recipe.deviates if protocol.recipe else ():
            echo(f"{'deviates':<12}{what}")
    else:
        rows = [[p.name, p.title, p.sha256[:12], runs(p)] for p in found]
        table(["protocol", "title", "sha256", "runs here"], rows)
        say("a protocol of your own is a TOML file: bench run --protocol FILE.toml")


@click.command()
@click.argument("names", nargs=-1, metavar="[MODEL …]")
@click.option("--dataset", help="Only this data set's.")
@json_option
@home_option
def reproduce(names: tuple[str, ...], dataset: str | None, as_json: bool, home: str | None) -> None:
    """Set what was measured beside what was reported, and say whether the interval covers it.

    Reported numbers are never ranked, and never stand in a leaderboard.

    \b
    bench reproduce cyclegan --dataset horse2zebra
    """
    from bench.store.index import headers

    records = [
        r
        for r in headers(folders_of(find_home(home)), dataset and name_of(dataset))
        if r.status == "done" and (not names or any(r.model.startswith(n) for n in names))
    ]
    found = reproductions(records)
    if not found:
        known = sorted({e.dataset for e in reported()})
        raise UsageProblem(
            "nothing that was measured here has been reported by others",
            hint="reported are fid or kid on " + ", ".join(known),
        )
    if as_json:
        emit_json(entry.to_json() for entry in found)
        return
    _show_beside(found)


def _show_beside(found: Sequence[Reproduction]) -> None:
    rows = [
        [
            e.model,
            f"{e.dataset} {e.direction}",
            e.metric + ("" if e.comparable else "*"),
            f"{e.n}",
            f"{e.measured:.5g} [{e.low:.5g}, {e.high:.5g}]",
            f"{e.reported.value:.5g}" + (f", {e.reported.weights}" if e.reported.weights else ""),
            f"{e.difference:+.4g}",
            "covered" if e.covered else "not covered",
            "same"
            if e.same_protocol
            else f"{e.reported.protocol or 'unknown'}, here {e.protocol or 'none'}",
        ]
        for e in found
    ]
    titles = ["model", "data", "metric", "n", "measured", "reported", "difference", "interval"]
    table([*titles, "protocol"], rows)
    if not all(e.comparable for e in found):
        say("  * the extractor's weights are not the published ones: the difference says nothing")
    for note in dict.fromkeys(
        f"{e.reported.source}{': ' if e.reported.note else ''}{e.reported.note}" for e in found
    ):
        say(f"  reported: {note}")
