"""How long the pages about scores take at the server, and how much memory, with many records.

    python benchmarks/dashboard_scores.py --records 10000 --images 200 [--datasets 20] [--home DIR]

Every page runs as for a visitor (Streamlit's AppTest, without the network and the browser) in one
process that starts cold; beside it, reading every record of every data set whole, which the pages
do not. `--home` keeps the made store for the next time. Wall time, and the processor's, the fairer
one on a machine that does other work.
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
from pathlib import Path
from typing import Any

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


def timed(name: str, act: Callable[[], Any]) -> Any:
    """Do something, and print how long it took and the most memory so far."""
    wall, processor = time.perf_counter(), time.process_time()
    result = act()
    took, own = time.perf_counter() - wall, time.process_time() - processor
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{name:44} {1000 * took:8.0f} ms  {1000 * own:8.0f} ms processor  {most:6.0f} MB")
    return result


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


def walk(first: str, second: str) -> None:
    """The pages in the order in which somebody may look at them."""
    board = timed("leaderboard, first page, cold", lambda: page("leaderboard", dataset=first))
    timed("  sort", lambda: board.selectbox(key="sort").select("img/s").run())
    timed("  filter", lambda: board.toggle(key="weights").set_value(True).run())
    timed("  the same address again", lambda: page("leaderboard", dataset=first))
    timed("  another data set, cold", lambda: page("leaderboard", dataset=second))
    seen = timed("compare, cold", lambda: page("compare", dataset=first))
    timed("  order", lambda: seen.selectbox(key="order").select("models disagree most").run())
    timed("  another picture", lambda: seen.selectbox(key="picture").select_index(7).run())
    cost = timed("quality and cost, cold", lambda: page("cost", dataset=first))
    timed("  another metric", lambda: cost.selectbox(key="metric").select("ssim").run())
    vote = timed("blind vote, cold", lambda: page("vote", dataset=first))
    if vote.button:
        timed("  a vote", lambda: vote.button(key="vote-tie").click().run())


def main() -> None:
    """Make a store or take one that is there, and look at it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--images", type=int, default=200)
    parser.add_argument("--datasets", type=int, default=20)
    parser.add_argument("--home", type=Path)
    asked = parser.parse_args()
    home = asked.home or Path(tempfile.mkdtemp())
    if not (home / "results").is_dir():
        make(home, asked.records, asked.images, asked.datasets)
    os.environ["ATLAS_HOME"] = str(home)
    sets = sorted(path.name for path in (home / "results").iterdir())
    print(f"{asked.records} records of {asked.images} pictures in {len(sets)} data sets")
    timed("import of Streamlit and the pages", lambda: page("vote", dataset="none"))
    walk(sets[0], sets[-1])
    from bench.records import read_all

    timed("beside: every record read whole", lambda: len(read_all([home / "results"])))


if __name__ == "__main__":
    main()
