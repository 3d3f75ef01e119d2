"""`bench leaderboard` over thousands of records, beside reading every file anew.

    python benchmarks/leaderboard.py [--records 10000] [--datasets 1]

Records are copies of a published one with other models, weights and scores. Prints seconds of the
whole command, the first time and when nothing or one record changed, and the ratio to a listing
without the index.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from bench.records import Record, identity, read_all, write
from bench.store.index import INDEX
from data.paths import PUBLISHED


def write_records(results: Path, count: int, datasets: int) -> None:
    (model, *_) = (r for r in read_all([PUBLISHED], "photo2toon") if r.model == "identity")
    content, rng = model.to_json(), np.random.default_rng(0)
    for i in range(count):
        spec = {
            **content["spec"],
            "model": f"cyclegan@net-{i}.pth",
            "dataset": f"set{i % datasets}",
        }
        spec["weights_sha256"] = f"{i:064x}"
        scores = [
            {
                **s,
                **dict(zip(("low", "value", "high"), np.sort(rng.random(3)).tolist(), strict=True)),
            }
            for s in content["scores"]
        ]
        fields = {"spec": spec, "id": identity(spec), "scores": tuple(scores), "schema": 2}
        write(results, Record(**{**content, **fields}))


def seconds(home: Path, *more: str) -> float:
    command = [sys.executable, "-c", "from bench.cli import main; main()", "leaderboard"]
    start = time.perf_counter()
    subprocess.run(
        [*command, "--dataset", "set0", "--home", str(home), *more],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--datasets", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        write_records(home / "results", asked.records, asked.datasets)
        whole = seconds(home)
        again = min(seconds(home) for _ in range(3))
        lines = min(seconds(home, "--json") for _ in range(3))
        path = next((home / "results" / "set0").glob("*/*.json"))
        path.write_text(json.dumps(json.loads(path.read_text()), indent=2))
        changed = seconds(home)
        for index in home.rglob(INDEX):
            index.unlink()
        start = time.perf_counter()
        read_all([home / "results"], "set0")
        reading = time.perf_counter() - start
    print(f"{asked.records} records in {asked.datasets} data sets")
    print(f"first time     {whole:6.2f} s")
    print(f"again          {again:6.2f} s   with --json {lines:.2f} s")
    print(f"one changed    {changed:6.2f} s")
    print(f"reading all    {reading:6.2f} s, {reading / again:.1f} times the whole command")


if __name__ == "__main__":
    main()
