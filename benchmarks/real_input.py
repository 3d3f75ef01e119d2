"""Every metric that can run without the published Inception, on real pictures, beside other tools.

    python benchmarks/real_input.py FOLDER --direction BtoA --alexnet FILE --squeezenet FILE

Sources stand for outputs (the model `identity`), so all scores are those of untranslated
pictures. Inception has seeded weights, given to all tools alike: its values mean nothing but
must be equal. Prints a Markdown table: ours with its interval, the other tool's, the difference.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import warnings
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bench.records import Record, read_all
from data.datasets import load_dataset
from data.images import encode
from data.paths import Home

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "bench"))

FREE = "fid-texture,kid-texture,copies-texture,colour-source,edge-source"
PAIRED = "psnr,ssim,ms-ssim,lpips,lpips-squeeze"
INCEPTION = "fid,kid,isc,prc-inception,fid-inf,fid-clean,kid-clean"


def measured(asked: argparse.Namespace, home: Path, paired: bool) -> Record:
    """The record of one `bench run`."""
    from click.testing import CliRunner

    from bench.cli import main

    metrics = ",".join([INCEPTION, FREE, "lpips-source", *([PAIRED] if paired else [])])
    words = ["run", "--models", "identity", "--dataset", str(asked.folder), "--metrics", metrics]
    words += ["--direction", asked.direction, "--home", str(home), "--device", "cpu"]
    done = CliRunner().invoke(main, words)
    if done.exit_code:
        raise SystemExit(done.stderr)
    (record,) = read_all([home / "results"])
    return record


def write_folders(asked: argparse.Namespace, root: Path) -> dict[str, Path]:
    """Outputs and references as PNG, for tools that read folders."""
    data = load_dataset(str(asked.folder), Home(root))
    refs = {
        "outputs": data.sources("test", asked.direction),
        "references": data.references("test", asked.direction),
    }
    for role, chosen in refs.items():
        for ref in chosen:
            encode(root / role / f"{ref.id}.png", ref.read())
    return {role: root / role for role in refs}


def torch_fidelity(folders: dict[str, Path], inception: Path) -> dict[str, float]:
    from torch_fidelity import calculate_metrics

    count = min(len(list(folder.iterdir())) for folder in folders.values())
    found = calculate_metrics(
        input1=str(folders["outputs"]),
        input2=str(folders["references"]),
        fid=True,
        kid=True,
        isc=True,
        prc=True,
        kid_subsets=1,
        kid_subset_size=count,
        feature_extractor="inception-v3-compat",
        feature_extractor_weights_path=str(inception),
        cuda=False,
        cache=False,
        verbose=False,
        save_cpu_ram=True,
    )
    return {
        "fid": found["frechet_inception_distance"],
        "kid": found["kernel_inception_distance_mean"],
        "isc": found["inception_score_mean"],
        "prc-inception": found["f_score"],
    }


def clean_fid(folders: dict[str, Path], inception: Path) -> dict[str, float]:
    """clean-fid's own resize, network, statistics and distances, on the seeded weights."""
    import torchvision
    from cleanfid import fid, inception_pytorch

    state = torch.load(inception, weights_only=True)
    inception_pytorch.load_state_dict_from_url = lambda *_, **__: state
    original = torchvision.models.inception_v3
    torchvision.models.inception_v3 = lambda **_: original(
        weights=None, num_classes=1008, aux_logits=False, init_weights=False
    )
    network = inception_pytorch.InceptionV3(output_blocks=[3], resize_input=False).eval()
    torchvision.models.inception_v3 = original

    def extract(batch: torch.Tensor) -> torch.Tensor:
        return network(((batch - 128) / 128 + 1) / 2)[0].flatten(1)

    how: dict[str, Any] = {"num_workers": 0, "batch_size": 16, "device": torch.device("cpu")}
    features = [
        fid.get_folder_features(str(f), extract, mode="clean", verbose=False, **how)
        for f in folders.values()
    ]
    count = min(map(len, features))
    found = {"kid-clean": fid.kernel_distance(*features, 1, count)}
    try:
        found["fid-clean"] = float(fid.fid_from_feats(*features))
    except ValueError as problem:  # its matrix root turns complex for few pictures
        print(f"clean-fid's fid: {problem}", file=sys.stderr)
    return found


def lpips_package(record: Record, asked: argparse.Namespace, net: str, file: Path) -> float:
    """The largest difference of a picture's distance to the package's own, net by net."""
    import lpips
    import torchvision

    builders = {"alex": torchvision.models.alexnet, "squeeze": torchvision.models.squeezenet1_1}
    trunk = builders[net](weights=None).features
    state = torch.load(file, weights_only=True)
    trunk.load_state_dict({k.removeprefix("features."): v for k, v in state.items()})
    ends = {"alex": (0, 2, 5, 8, 10, 12), "squeeze": (0, 2, 5, 8, 10, 11, 12, 13)}[net]
    theirs = lpips.LPIPS(net=net, pnet_rand=True, verbose=False).eval()
    for i, (start, end) in enumerate(pairwise(ends)):
        setattr(theirs.net, f"slice{i + 1}", trunk[start:end])
    data = load_dataset(str(asked.folder), Home(Path("none")))
    pairs = {a.id: (a, b) for a, b in data.pairs("test", asked.direction)}
    name = {"alex": "lpips", "squeeze": "lpips-squeeze"}[net]
    apart = []
    for row in record.pictures:
        source, truth = (
            torch.from_numpy(ref.read()).permute(2, 0, 1)[None].float() / 127.5 - 1
            for ref in pairs[row["id"]]
        )
        with torch.no_grad():
            apart.append(abs(float(theirs(source, truth)) - row["scores"][name]))
    return float(np.max(apart))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--direction", default="AtoB")
    parser.add_argument("--alexnet", type=Path, required=True)
    parser.add_argument("--squeezenet", type=Path, required=True)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    from conftest import _inception_state

    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        torch.save(_inception_state(), root / "inception.pth")
        os.environ["ATLAS_INCEPTION"] = str(root / "inception.pth")
        os.environ["ATLAS_LPIPS_ALEX"] = str(asked.alexnet)
        os.environ["ATLAS_LPIPS_SQUEEZE"] = str(asked.squeezenet)
        paired = load_dataset(str(asked.folder), Home(root)).paired
        record = measured(asked, root / "home", paired)
        folders = write_folders(asked, root)
        theirs = torch_fidelity(folders, root / "inception.pth")
        theirs |= clean_fid(folders, root / "inception.pth")
        print(f"{asked.folder.name} {asked.direction}, identity\n")
        print("| metric | ours | 95 % | n | other tool | difference |\n|---|---|---|---|---|---|")
        for score in record.scores:
            name = score["metric"]
            # In the order of file names, which decides how torch-fidelity splits.
            value = score["extra"].get("by_name_mean", score["value"])
            other = theirs.get(name)
            shown = "" if other is None else f"{other:.6g} | {abs(other - value):.1e}"
            span = f"{score['low']:.4g} to {score['high']:.4g}"
            print(f"| {name} | {value:.6g} | {span} | {score['n']} | {shown or ' | '} |")
        for warning in record.warnings:
            print(f"- {warning}")
        if paired:
            for net, file in (("alex", asked.alexnet), ("squeeze", asked.squeezenet)):
                apart = lpips_package(record, asked, net, file)
                print(f"lpips ({net}): at most {apart:.1e} from the lpips package a picture")


if __name__ == "__main__":
    main()
