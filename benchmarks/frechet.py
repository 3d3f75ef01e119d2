"""Fréchet and kernel distances from features, beside torch-fidelity's own, in one process.

    python benchmarks/frechet.py [--rows 100,500,1000,10000] [--dimensions 2048] [--repeats 3]

Both get the same float32 features of random low-rank mixtures, and the time counts everything
from there to the number: for the Fréchet distance means and covariances too. Prints the least of
`repeats` seconds, ratios, the values, and what the distance of a set to itself is.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
from torch_fidelity.metric_kid import kid_features_to_metric

from bench.metrics.frechet import frechet_distance
from bench.metrics.kid import kernel_distance

Features = NDArray[np.float32]

SUBSETS = 100


def features(rows: int, dimensions: int, seed: int) -> Features:
    """Non-negative and correlated, as after Inception's last pooling."""
    rng = np.random.default_rng(seed)
    mixing = np.random.default_rng(0).standard_normal((256, dimensions)).astype(np.float32)
    made = rng.standard_normal((rows, 256), dtype=np.float32) @ mixing / 16
    made += rng.standard_normal((rows, dimensions), dtype=np.float32) * 0.3 + 0.1 * seed
    return np.maximum(made, 0.0)


def their_frechet(x: Features, y: Features) -> float:
    statistics = [fid_features_to_statistics(torch.from_numpy(part)) for part in (x, y)]
    return float(fid_statistics_to_metric(*statistics, False)["frechet_inception_distance"])


def their_kernel(x: Features, y: Features) -> float:
    found = kid_features_to_metric(
        torch.from_numpy(x),
        torch.from_numpy(y),
        kid_subsets=SUBSETS,
        kid_subset_size=len(x),
        verbose=False,
    )
    return float(found["kernel_inception_distance_mean"])


def timed(
    run: Callable[[Features, Features], float], x: Features, y: Features, repeats: int
) -> tuple[float, float]:
    """Seconds and value."""
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        value = run(x, y)
        seconds.append(time.perf_counter() - start)
    return min(seconds), value


def compare(
    name: str,
    ours: Callable[[Features, Features], float],
    theirs: Callable[[Features, Features], float],
    x: Features,
    y: Features,
    repeats: int,
) -> None:
    own, own_value = timed(ours, x, y, repeats)
    other, other_value = timed(theirs, x, y, repeats)
    print(
        f"{name:28} ours {own:9.4f} s ({own_value:.6f})   "
        f"torch-fidelity {other:9.4f} s ({other_value:.6f})   ratio {other / own:8.1f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", default="100,500,1000,10000")
    parser.add_argument("--dimensions", type=int, default=2048)
    parser.add_argument("--kernel-rows", type=int, default=300)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    print(f"d = {asked.dimensions}, {torch.get_num_threads()} threads")
    timed(frechet_distance, *(features(64, 64, s) for s in (1, 2)), 3)  # libraries wake up
    timed(their_frechet, *(features(64, 64, s) for s in (1, 2)), 1)
    for rows in map(int, asked.rows.split(",")):
        x, y = features(rows, asked.dimensions, 1), features(rows, asked.dimensions, 2)
        name = f"Fréchet distance, n = {rows}"
        compare(name, frechet_distance, their_frechet, x, y, asked.repeats)
        itself = frechet_distance(x, x), their_frechet(x, x)
        print(f"{'':28} of a set to itself: ours {itself[0]:.1e}, torch-fidelity {itself[1]:.1e}")
    rows = asked.kernel_rows
    x, y = features(rows, asked.dimensions, 1), features(rows, asked.dimensions, 2)
    name = f"kernel distance ± SE, n = {rows}"
    compare(name, lambda a, b: kernel_distance(a, b)[0], their_kernel, x, y, asked.repeats)


if __name__ == "__main__":
    main()
