"""`bench verify`, `merge` and `prune`."""

from __future__ import annotations

from pathlib import Path

import click

from bench.cli.shown import folders_of, json_option, kept_of
from data.console import emit_json, hint, home_option, say, table
from data.errors import UsageProblem
from data.paths import Home, find_home

__all__ = ["merge", "prune", "verify"]


@click.command()
@click.argument("ids", nargs=-1, metavar="[ID …]")
@click.option("--published", is_flag=True, help="Only the results that come with the project.")
@json_option
@home_option
def verify(ids: tuple[str, ...], published: bool, as_json: bool, home: str | None) -> int:
    """Check records against weights, data, pictures and features; all of them without an ID.

    A record that was edited by hand is found: by its id, its seal, and scores made again from the
    kept features. Exit code 1 where something is broken.

    \b
    bench verify
    """
    from bench.store.verify import verify as look

    where = find_home(home)
    paths = _paths(folders_of(where, published), ids)
    with kept_of(where, published) as kept:
        found = [finding for path in paths for finding in look(path, kept)]
    broken = [finding for finding in found if finding.state == "broken"]
    if as_json:
        emit_json(finding.to_json() for finding in found)
    else:
        shown = found if ids else broken
        table(["record", "what", "state", "detail"], [list(f.to_json().values()) for f in shown])
    count = {s: sum(f.state == s for f in found) for s in ("holds", "broken", "absent")}
    say(
        f"{len(paths)} records: {count['holds']} checks hold, {count['broken']} broken, "
        f"{count['absent']} not possible here"
    )
    if broken:
        hint(f"bench verify {broken[0].record}")
    return 1 if broken else 0


def _paths(folders: list[Path], ids: tuple[str, ...]) -> list[Path]:
    paths = [path for folder in folders for path in sorted(folder.glob("*/*/*.json"))]
    chosen = [path for path in paths if not ids or any(path.stem.startswith(i) for i in ids)]
    if not chosen:
        raise UsageProblem("no record has such an id" if ids else "no records", hint="bench ls")
    return chosen


@click.command()
@click.argument("others", nargs=-1, required=True, metavar="OTHER_HOME …")
@home_option
def merge(others: tuple[str, ...], home: str | None) -> int:
    """Take the results of other homes: of shards, or of a colleague.

    Pictures and features come along. Where both have an answer to one question and they differ,
    both are shown and ours stays (exit code 3).

    \b
    bench merge ../shard-1 ../shard-2
    """
    from bench.store.merge import Merged
    from bench.store.merge import merge as take

    where, total = find_home(home).ready(), Merged()
    for other in others:
        root = Path(other).expanduser().absolute()
        if not (root / "results").is_dir():
            raise UsageProblem(f"{other} has no results in it", hint="name a home: bench path")
        found = take(Home(root), where)
        for name in ("taken", "same", "conflicts", "refused"):
            getattr(total, name).extend(getattr(found, name))
    if total.conflicts:
        rows = [
            [c.record, c.model, c.metric, _number(c.ours), _number(c.theirs)]
            for c in total.conflicts
        ]
        table(["record", "model", "metric", "ours", "theirs"], rows, title="conflicts: ours stay")
    for path, reason in total.refused:
        say(f"  refused {path}: {reason}")
    say(
        f"{len(total.taken)} taken, {len(total.same)} here already, "
        f"{len({c.record for c in total.conflicts})} in conflict, {len(total.refused)} refused"
    )
    return 3 if total.conflicts or total.refused else 0


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


@click.command()
@click.option("--failed", is_flag=True, help="Also records of failures.")
@click.option("--outputs", is_flag=True, help="Also pictures; scores and features stay.")
@click.option("--yes", is_flag=True, help="Remove it; without, it is only listed.")
@home_option
def prune(failed: bool, outputs: bool, yes: bool, home: str | None) -> None:
    """List, or remove with --yes, what no record needs.

    \b
    bench prune
    """
    from bench.store.prune import find_waste, remove

    found = find_waste(find_home(home), failed=failed, outputs=outputs)
    if yes:
        gone = remove(found)
        say(f"{len(gone)} removed, {sum(w.size for w in gone) / 1e6:.1f} MB")
        return
    table(["size", "what", "why"], [[f"{w.size / 1e6:.1f} MB", str(w.path), w.why] for w in found])
    say(f"{len(found)} could go, {sum(w.size for w in found) / 1e6:.1f} MB")
    if found:
        hint("bench prune --yes")
