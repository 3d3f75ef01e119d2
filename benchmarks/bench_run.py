"""`bench run` for two models beside the same work by hand, in one process after the other.

    python benchmarks/bench_run.py [--pictures 200] [--size 256]

By hand means the reference's way: batch 1 with stock InstanceNorm and PNG files, torch-fidelity's
command for each model, lpips picture by picture. Weights are seeded (the published ones are not
needed to measure time). Prints seconds and ratios, the first time and when nothing changed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from zoo.architectures import Architecture, build

MODELS = {"cyclegan": Architecture("resnet", {"blocks": 9}), "ganilla": Architecture("ganilla")}

BY_HAND = """
import sys, numpy as np, torch, lpips, warnings
from pathlib import Path
from PIL import Image
from benchmarks.translate import stock
from zoo.checkpoints import load_module
warnings.simplefilter("ignore")
root, checkpoint, out, alexnet = map(Path, sys.argv[1:])
out.mkdir()
module = stock(load_module(checkpoint)[0])
def tensor(path):
    pixels = np.array(Image.open(path).convert("RGB"))
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 127.5 - 1
with torch.no_grad():
    for path in sorted((root / "A").iterdir()):
        y = ((module(tensor(path))[0] + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()
        Image.fromarray(y).save(out / path.name)
    distance = lpips.LPIPS(net="alex", pnet_rand=True, verbose=False).eval()
    for path in sorted(out.iterdir()):
        distance(tensor(path), tensor(root / "B" / path.name))
"""


def write_pictures(root: Path, count: int, size: int) -> None:
    rng = np.random.default_rng(0)
    for folder in "AB":
        (root / folder).mkdir(parents=True)
        for i in range(count):
            coarse = Image.fromarray(rng.integers(0, 256, (16, 16, 3), dtype=np.uint8))
            coarse.resize((size, size), Image.Resampling.BICUBIC).save(
                root / folder / f"{i:04d}.png"
            )


def write_weights(folder: Path) -> dict[str, str]:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "bench"))
    import torchvision
    from conftest import _inception_state

    torch.manual_seed(0)
    torch.save(_inception_state(), folder / "inception.pth")
    features = torchvision.models.alexnet(weights=None).features.state_dict()
    torch.save({f"features.{k}": v for k, v in features.items()}, folder / "alexnet.pth")
    for name, architecture in MODELS.items():
        torch.save(build(architecture).state_dict(), folder / f"{name}.pth")
    return {
        "ATLAS_INCEPTION": str(folder / "inception.pth"),
        "ATLAS_LPIPS_ALEX": str(folder / "alexnet.pth"),
    }


def timed(*commands: list[str], environment: dict[str, str]) -> float:
    start = time.perf_counter()
    for command in commands:
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument("--size", type=int, default=256)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        write_pictures(root / "set", asked.pictures, asked.size)
        repository = str(Path(__file__).resolve().parent.parent)
        environment = {**os.environ, **write_weights(root), "PYTHONPATH": repository}
        environment["ATLAS_HOME"] = str(root / "home")
        tool = Path(sys.executable).parent
        names = ",".join(f"{name}@{root / name}.pth" for name in MODELS)
        ours = [str(tool / "bench"), "run", "--models", names, "--dataset", str(root / "set")]
        ours += ["--metrics", "fid,kid,lpips"]
        first = timed(ours, environment=environment)
        again = timed(ours, environment=environment)
        by_hand = 0.0
        for name in MODELS:
            arguments = [str(root / "set"), str(root / f"{name}.pth"), str(root / f"out-{name}")]
            translate = [sys.executable, "-c", BY_HAND, *arguments, str(root / "alexnet.pth")]
            fidelity = [str(tool / "fidelity"), "--input1", str(root / f"out-{name}")]
            fidelity += ["--input2", str(root / "set" / "B"), "--fid", "--kid", "--cpu"]
            fidelity += ["--kid-subset-size", str(asked.pictures), "--silent", "--no-cache"]
            fidelity += ["--feature-extractor-weights-path", str(root / "inception.pth")]
            by_hand += timed(translate, fidelity, environment=environment)
    print(f"{asked.pictures} pictures of {asked.size}×{asked.size}, two models, fid+kid+lpips")
    print(f"by hand {by_hand:.1f} s, bench run {first:.1f} s: ratio {by_hand / first:.2f}")
    print(f"again, nothing changed: {again:.2f} s: ratio {by_hand / again:.1f}")


if __name__ == "__main__":
    main()
