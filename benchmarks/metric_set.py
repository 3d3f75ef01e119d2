"""The whole set of Inception's metrics over two folders, beside torch-fidelity, in one process.

    python benchmarks/metric_set.py [--pictures 1000] [--size 256] [--batch 16] [--device cuda]

Half of the pictures are outputs and half are references. Ours decodes each file once, runs
Inception once, and gives fid, kid, isc, prc-inception and fid-inf, all with their intervals.
Beside it: the bare forward of the same network on resized tensors that are ready, and
torch-fidelity with fid, kid, isc and prc on Inception, which gives no intervals. Weights are
seeded. Prints device and versions, seconds, pictures a second and ratios.

Ours is float32 on every device. On a GPU torch-fidelity's convolutions take TF32 where the GPU has
it, as torch's do unless told otherwise: the line `moves` says by how much our scores differ from
those on the CPU, of which at most 0.1 % is allowed.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from bench.features.cards import INCEPTION
from bench.features.extractor import Found
from bench.features.inception import Inception, load
from bench.features.store import FeatureStore
from bench.metrics.registry import metric_card
from bench.translate import extract
from data.images import decode, digest
from zoo.batches import batches

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "bench"))

METRICS = ("fid", "kid", "isc", "prc-inception", "fid-inf")


def write_pictures(root: Path, count: int, size: int) -> list[Path]:
    rng = np.random.default_rng(0)
    folders = [root / "outputs", root / "references"]
    for folder in folders:
        folder.mkdir(parents=True)
        for i in range(count):
            coarse = Image.fromarray(rng.integers(0, 256, (16, 16, 3), dtype=np.uint8))
            fine = np.array(coarse.resize((size, size), Image.Resampling.BICUBIC), np.int16)
            noise = rng.integers(-12, 13, fine.shape)
            noisy = np.clip(fine + noise, 0, 255).astype(np.uint8)
            Image.fromarray(noisy).save(folder / f"{i:05d}.png")
    return folders


def features(
    folder: Path, network: Inception, store: FeatureStore, batch: int
) -> dict[str, object]:
    """Layers of every picture of a folder, through the store as `bench run` does it."""
    rows = []
    for _, pictures in batches(sorted(folder.iterdir()), decode, batch, _refuse):
        contents = [digest(picture) for picture in pictures]
        found = extract(pictures, contents, {"inception": network}, {"inception": "seeded"}, store)
        rows += found["inception"]
    return {layer: np.stack([row[layer] for row in rows]) for layer in rows[0]}


def _refuse(path: Path, problem: Exception) -> None:
    raise SystemExit(f"{path}: {problem}")


def ours(
    folders: list[Path], network: Inception, root: Path, batch: int
) -> tuple[float, float, dict[str, float]]:
    """Seconds for everything, and for the metrics alone; the scores."""
    start = time.perf_counter()
    store = FeatureStore(root)
    values = {}
    sets = [features(folder, network, store, batch) for folder in folders]
    between = time.perf_counter()
    for name in METRICS:
        card = metric_card(name)
        vectors = [np.asarray(one[card.layer], dtype=np.float64) for one in sets]
        score = card.compute(*vectors, 2020)
        print(f"  {name}: {score.value:.6g} [{score.low:.6g}, {score.high:.6g}]")
        values[name] = score.value
    end = time.perf_counter()
    return end - start, end - between, values


def bare(network: Inception, pictures: int, batch: int) -> float:
    """Seconds of the forward alone, on tensors in the layout that it likes."""
    given = torch.randn(batch, 3, 299, 299).contiguous(memory_format=torch.channels_last)
    given = given.to(network.device)
    with torch.inference_mode():
        network.trunk(given)
        _wait(network.device)
        start = time.perf_counter()
        for _ in range(-(-pictures // batch)):
            network.trunk(given).flatten(1) @ network.classifier.T
        _wait(network.device)
        seconds = time.perf_counter() - start
    return seconds * pictures / (batch * -(-pictures // batch))


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def torch_fidelity(folders: list[Path], weights: Path, batch: int, device: torch.device) -> float:
    from torch_fidelity import calculate_metrics

    start = time.perf_counter()
    calculate_metrics(
        input1=str(folders[0]),
        input2=str(folders[1]),
        fid=True,
        kid=True,
        isc=True,
        prc=True,
        kid_subset_size=min(1000, len(list(folders[0].iterdir()))),
        batch_size=batch,
        feature_extractor="inception-v3-compat",
        feature_extractor_weights_path=str(weights),
        cuda=device.type == "cuda",
        cache=False,
        verbose=False,
        save_cpu_ram=False,
    )
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    asked = parser.parse_args()
    device = torch.device(asked.device)
    _tell_machine(device)
    from conftest import _inception_state

    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        folders = write_pictures(root, asked.pictures // 2, asked.size)
        torch.save(_inception_state(), root / "inception.pth")
        found = Found(path=root / "inception.pth", sha256="", published=False)
        network = load(INCEPTION, found, device)
        forward = bare(network, asked.pictures, asked.batch)
        own, of_metrics, values = ours(folders, network, root / "features", asked.batch)
        theirs = torch_fidelity(folders, root / "inception.pth", asked.batch, device)
        if device.type != "cpu":
            reference = load(INCEPTION, found, torch.device("cpu"))
            _tell_moves(values, ours(folders, reference, root / "cpu", asked.batch)[2])
    count = asked.pictures
    print(f"{count} pictures of {asked.size}×{asked.size}, batch {asked.batch}")
    print(f"bare forward {forward:.1f} s ({count / forward:.1f} img/s)")
    print(f"ours {own:.1f} s ({count / own:.1f} img/s), of which metrics {of_metrics:.1f} s")
    print(f"torch-fidelity {theirs:.1f} s ({count / theirs:.1f} img/s)")
    print(f"ours over the bare forward: {own / forward:.3f}")
    print(f"torch-fidelity over ours: {theirs / own:.2f}")


def _tell_machine(device: torch.device) -> None:
    """Device, threads and versions, without which the numbers say nothing."""
    name = platform.processor() or platform.machine()
    if device.type == "cuda":
        name = f"{torch.cuda.get_device_name(device)}, CUDA {torch.version.cuda}"
    versions = [f"{one} {version(one)}" for one in ("torch", "torchvision", "torch-fidelity")]
    print(f"device {device}: {name}, {torch.get_num_threads()} threads; {', '.join(versions)}")


def _tell_moves(found: dict[str, float], expected: dict[str, float]) -> None:
    for name, value in expected.items():
        print(f"  {name} moves by {abs(found[name] - value) / max(abs(value), 1e-12):.2e}")


if __name__ == "__main__":
    main()
