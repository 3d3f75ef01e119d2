"""Puts a trained generator among the bundled weights: `python -m zoo.make_bundle MODEL FILE`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from data.console import say
from data.datasets import list_datasets
from data.files import sha256_file, write_text
from zoo.models.bundled import FOLDER

__all__ = ["bundle"]

MANIFEST = FOLDER / "manifest.json"


def bundle(model: str, trained: Path) -> Path:
    """Copy `trained` (made by `zoo train`) as 16-bit floats and describe it in the manifest."""
    import torch
    from safetensors.torch import save

    from data.files import write_bytes
    from zoo.states import read_state

    state, header = read_state(trained)
    facts = json.loads(header["facts"])
    target = FOLDER / f"{model}-{facts['dataset']}.safetensors"
    half = {k: v.half() if v.is_floating_point() else v for k, v in state.items()}
    write_bytes(target, save({k: v.contiguous() for k, v in half.items()}, metadata=header))
    domains = list_datasets()[facts["dataset"]].domains
    source, aim = domains if facts["direction"] == "AtoB" else domains[::-1]
    entry = {
        "name": facts["dataset"],
        "file": target.name,
        "sha256": sha256_file(target),
        "size": target.stat().st_size,
        "licence": "MIT",
        "source": source,
        "target": aim,
        "architecture": json.loads(header["architecture"]),
        "recipe": facts["command"],
        "note": f"trained at commit {header['commit']} with torch {torch.__version__}",
    }
    manifest = json.loads(MANIFEST.read_text(encoding="utf-8")) if MANIFEST.is_file() else {}
    kept = [other for other in manifest.get(model, []) if other["name"] != entry["name"]]
    manifest[model] = [*kept, entry]
    write_text(MANIFEST, json.dumps(manifest, indent=1, sort_keys=True) + "\n")
    return target


if __name__ == "__main__":
    say(f"bundled {bundle(sys.argv[1], Path(sys.argv[2]))}")
