"""How long the pages about scores take at the server, and how much memory, with many records.

    python benchmarks/dashboard_scores.py --records 10000 --images 200 [--datasets 20] [--home DIR]
                                          [--unindexed] [--beside]

Every page runs as for a visitor (Streamlit's AppTest, without the network and the browser) in one
process that starts cold; with `--beside`, also reading every record whole, which the pages do not.
The store is as `bench run` leaves it, with an index for each data set, or as a copy of the
records alone (`--unindexed`). After the first answer the server warms up in the background
(dashboard/warming.py); this script waits for that and says how long it took. `--home` keeps the
made store for the next time. Wall time, and the processor's, the fairer one on a machine that does
other work.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.store.index import INDEX, keep

KID = {"metric": "kid-texture", "n": 200, "n_reference": 200, "spread": "jackknife, 95 %"}
PLAIN = {"unit": "", "version": 1, "extractor": None, "extractor_sha256": None}
PLAIN |= {"comparable": True, "resize": "none", "extra": {}, "warnings": []}


def make(home: Path, records: int, images: int, datasets: int) -> None:
    """Write records as `bench run` does, without measuring anything."""
    chance = random.Random(2020)
    for k in range(records):
        dataset, model = f"set-{k % datasets:03}", f"model-{k // datasets:04}.w"
        path = home / "results" / dataset / model / f"{k:016x}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(record(f"{k:016x}", dataset, model, images, chance), indent=1))
    pixel = bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415478"
        "9c63686868000003040181489f5ad20000000049454e44ae426082"
    )
    for n in range(images):
        for name in (f"{n:04}", f"{n:04}-true"):
            path = home / "runs" / "pictures" / f"{name}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(pixel)


def record(name: str, dataset: str, model: str, images: int, chance: random.Random) -> Any:
    """One record with a score of the set and two by picture."""
    kid, half = chance.uniform(0.001, 0.1), 0.001
    spec = dict.fromkeys(("size", "limit", "protocol", "protocol_sha256"))
    spec |= {"model": model, "dataset": dataset, "split": "test", "direction": "AtoB"}
    spec |= {"weights_sha256": name * 4, "precision": "auto", "seed": 2020, "metrics": []}
    spec |= {f"{part}_digest": "d" * 64 for part in ("dataset", "reference", "pairs")}
    pictures = [
        {
            "id": f"{n:04}",
            "source": f"runs/pictures/{n:04}.png",
            "output": f"runs/pictures/{n:04}-true.png",  # one file for all models
            "target": f"runs/pictures/{n:04}-true.png",
            "scores": {m: chance.random() for m in ("lpips", "psnr", "ssim")},
        }
        for n in range(images)
    ]
    scores = [KID | PLAIN | {"value": kid, "low": kid - half, "high": kid + half}]
    scores[0]["direction"] = "lower"
    for metric, direction in (("lpips", "lower"), ("ssim", "higher"), ("psnr", "higher")):
        mean = sum(p["scores"][metric] for p in pictures) / max(1, images)
        own = {"metric": metric, "direction": direction, "value": mean}
        scores.append(KID | PLAIN | own | {"low": mean - 0.02, "high": mean + 0.02})
    return {
        "id": name,
        "status": "done",
        "spec": spec,
        "card": {"title": model, "paper": "1703.10593", "task": "unpaired", "licence": "MIT"},
        "scores": scores,
        "warnings": [],
        "cost": {"images_per_second": chance.uniform(1, 99), "parameters": 10**6, "macs": 10**9},
        "environment": {"commit": "0" * 12, "packages": {f"package-{n}": "1.0" for n in range(9)}},
        "pictures": pictures,
        "started": "2026-11-23T10:00:00",
        "finished": "2026-11-23T10:01:00",
        "error": None,
        "schema": 1,
    }


FIRST, LATER, MEMORY = 2000, 300, 1024  # ms, ms and MB that must not be passed


@dataclass
class Clock:
    """Times what is done, and keeps the longest of what a visitor waits for after the first."""

    later: list[tuple[float, str]] = field(default_factory=list)

    def __call__(self, name: str, act: Callable[[], Any], later: bool = True) -> Any:
        """Do something, and print how long it took and the most memory so far."""
        wall, processor = time.perf_counter(), time.process_time()
        result = act()
        took = 1000 * (time.perf_counter() - wall)
        own = 1000 * (time.process_time() - processor)
        print(f"{name:44} {took:8.0f} ms  {own:8.0f} ms processor  {memory():6.0f} MB")
        if later:
            self.later.append((own, name.strip()))
        return result


def memory() -> float:
    """The most memory that this process had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def once() -> None:
    """A server looks once, when it starts, for components in what is installed; AppTest does so
    for every visitor, which takes longer than any page here. What it found is given to all."""
    from streamlit.components.v2 import manifest_scanner

    found = manifest_scanner.scan_component_manifests()
    manifest_scanner.scan_component_manifests = lambda *_, **__: found


def shown(module: str) -> None:
    """A page, in the script that AppTest runs."""
    import importlib

    importlib.import_module(f"dashboard.views.{module}").show()


def page(module: str, **query: str) -> Any:
    """A page as it is for somebody who opens this address."""
    from streamlit.testing.v1 import AppTest

    opened = AppTest.from_function(shown, args=(module,), default_timeout=600)
    for key, value in query.items():
        opened.query_params[key] = value
    opened.run()
    assert not opened.exception, opened.exception
    return opened


def walk(clock: Clock, first: str, second: str) -> None:
    """The pages in the order in which somebody may look at them, after the first."""
    board = clock("the same address again", lambda: page("leaderboard", dataset=first))
    clock("  sort", lambda: board.selectbox(key="sort").select("img/s").run())
    clock("  filter", lambda: board.toggle(key="weights").set_value(True).run())
    clock("another data set, for the first time", lambda: page("leaderboard", dataset=second))
    seen = clock("compare, for the first time", lambda: page("compare", dataset=first))
    clock("  order", lambda: seen.selectbox(key="order").select("models disagree most").run())
    clock("  another picture", lambda: seen.selectbox(key="picture").select_index(7).run())
    cost = clock("quality and cost, for the first time", lambda: page("cost", dataset=first))
    clock("  another metric", lambda: cost.selectbox(key="metric").select("ssim").run())
    vote = clock("blind vote, for the first time", lambda: page("vote", dataset=first))
    if vote.button:
        clock("  a vote", lambda: vote.button(key="vote-tie").click().run())
    choose = clock("choose, for the first time", lambda: page("choose"))
    clock("  another answer", lambda: choose.toggle(key="gpu").set_value(True).run())
    clock("models and data, for the first time", lambda: page("models"))
    clock("runs, for the first time", lambda: page("runs"))


def told(clock: Clock, first: float) -> None:
    """The longest waits beside what they may be."""
    longest, name = max(clock.later)
    print(f"first page {first:.0f} ms processor (at most {FIRST} wall)")
    print(f"longest later wait {longest:.0f} ms processor (at most {LATER} wall): {name}")
    print(f"memory {memory():.0f} MB (at most {MEMORY})")


def main() -> None:
    """Make a store or take one that is there, and look at it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--images", type=int, default=200)
    parser.add_argument("--datasets", type=int, default=20)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--beside", action="store_true", help="read every record whole as well")
    parser.add_argument("--unindexed", action="store_true", help="without the indexes of bench")
    asked = parser.parse_args()
    home = asked.home or Path(tempfile.mkdtemp())
    if not (home / "results").is_dir():
        make(home, asked.records, asked.images, asked.datasets)
    os.environ["ATLAS_HOME"] = str(home)
    sets = sorted(path.name for path in (home / "results").iterdir())
    if asked.unindexed:
        for dataset in sets:
            (home / "results" / dataset / INDEX).unlink(missing_ok=True)
    elif not all((home / "results" / dataset / INDEX).is_file() for dataset in sets):
        keep(home / "results", sets)
    print(f"{len(sets)} data sets, {'without' if asked.unindexed else 'with'} their indexes")
    walked(sets)
    if asked.beside:
        from bench.records import read_all

        Clock()("beside: every record read whole", lambda: len(read_all([home / "results"])))


def walked(sets: list[str]) -> None:
    """A server's life: the first answer, the warm-up behind it, and what follows."""
    clock = Clock()
    clock("import of Streamlit, at the start", once, later=False)
    before = time.process_time()
    first = lambda: page("leaderboard", dataset=sets[0])  # noqa: E731
    clock("leaderboard, first page, cold", first, later=False)
    took = 1000 * (time.process_time() - before)
    from dashboard.warming import warm

    clock("(warming up, in the background)", warm, later=False)
    walk(clock, sets[0], sets[-1])
    told(clock, took)


if __name__ == "__main__":
    main()
