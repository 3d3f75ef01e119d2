"""What `zoo ls` and `zoo show` tell of a model, its weights or a checkpoint file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from data.paths import Home
from zoo.card import ByHand, Card, Weights
from zoo.places import here, place
from zoo.registry import Choice, cards
from zoo.strides import STRIDES

__all__ = ["as_json", "facts", "file_facts", "row"]

Facts = list[tuple[str, str]]


def row(name: str, home: Home) -> dict[str, Any]:
    """One line of `zoo ls`; `here` where nothing has to be downloaded."""
    model, _, wanted = name.partition(".")
    entry = cards()[model]
    weights = next((w for w in entry.weights if w.name == wanted), None)
    return {
        "name": name,
        "title": entry.title,
        "task": entry.task,
        "paper": entry.paper,
        "source": weights.source if weights else "",
        "target": weights.target if weights else "",
        "licence": weights.licence if weights else entry.licence,
        "size": weights.size if weights else 0,
        "bundled": bool(weights and weights.bundled),
        "here": _here(entry, weights, home),
    }


def _here(entry: Card, weights: Weights | None, home: Home) -> bool:
    if weights is None:
        return entry.weightless and not entry.loader
    return all(here(entry.name, one, home) for one in (weights, *weights.parts))


def facts(entry: Card, home: Home, chosen: Weights | None = None) -> Facts:
    """A card line by line, with all its weights or the chosen ones."""
    found = [
        ("name", f"{entry.name}.{chosen.name}" if chosen else entry.name),
        ("title", entry.title),
        ("paper", f"arXiv {entry.paper}" if entry.paper else entry.venue or "–"),
        ("task", entry.task),
        ("licence", entry.licence),
        ("code", entry.code or "–"),
        ("stride", f"{_stride(entry, chosen or entry.default)} px"),
        ("summary", entry.summary),
        *[("--set", setting) for setting in entry.settings],
    ]
    for weights in (chosen,) if chosen else entry.weights:
        found += _weights(entry, weights, home)
    if chosen is None:
        found += [line for place in entry.by_hand for line in _by_hand(entry, place)]
    if not entry.weights and not entry.weightless:
        found.append(("weights", f"none yet: {entry.name}@FILE, or zoo train {entry.name}"))
    return found


def _weights(entry: Card, w: Weights, home: Home) -> Facts:
    options = ", ".join(f"{k}={v}" for k, v in w.architecture["options"].items())
    kind = w.architecture["kind"]
    return [
        ("weights", f"{entry.name}.{w.name}: {w.source} to {w.target}, {_size(w)}"),
        ("", f"{kind}({options}), stride {_stride(entry, w)} px, licence {w.licence}"),
        ("", f"takes and gives {w.preprocessing}"),
        ("", _hash(w)),
        *[("", f"from {address}") for address in w.addresses],
        *[("", f"of which {w.keep.rstrip('.')} is kept")] * bool(w.keep),
        *[("", f"and {part.file}, {_size(part)}") for part in w.parts],
        *[("", _kept(entry.name, one, home)) for one in (w, *w.parts)],
        *[("", "for non-commercial use only: asked about before the download")] * w.noncommercial,
        ("", f"made by: {w.recipe}" if w.recipe else w.note),
    ]


def _kept(model: str, w: Weights, home: Home) -> str:
    """Where a file is and in which format, or will be."""
    path, found = place(model, w, home), here(model, w, home)
    if w.bundled:
        return f"comes with the package, as safetensors: {path}"
    if found is None:
        return f"not here: will be kept as safetensors at {path}"
    if found != path:
        return f"here as published: {found}; kept as safetensors from its next use"
    return f"kept as safetensors: {path}"


def _by_hand(entry: Card, place: ByHand) -> Facts:
    then = f"then zoo convert FILE, or --model {entry.name}@FILE"
    return [
        ("by hand", f"{place.note}, licence {place.licence}"),
        ("", f"from {place.address}"),
        ("", then if place.readable else "another layout: they do not load here"),
    ]


def _size(w: Weights) -> str:
    return f"{w.size / 1e6:.1f} MB" if w.size else "size not known"


def _hash(w: Weights) -> str:
    if w.sha256:
        return f"sha256 {w.sha256}"
    known = f"sha256 begins with {w.sha256_prefix}" if w.sha256_prefix else "sha256 not yet checked"
    return f"{known}: that of the first download is kept"


def _stride(entry: Card, weights: Weights | None) -> int:
    """Of the network that the weights are for: a smaller U-Net has a smaller one than the card."""
    if weights is None or weights.architecture["kind"] not in STRIDES:
        return entry.stride
    return STRIDES[weights.architecture["kind"]](weights.architecture["options"])


def as_json(entry: Card, home: Home, chosen: Weights | None = None) -> dict[str, Any]:
    """The whole card, with all its weights or the chosen ones, and where each file is here."""
    stride = _stride(entry, chosen or entry.default)
    weights = (chosen,) if chosen else entry.weights
    told = asdict(replace(entry, stride=stride, weights=weights))
    for known, w in zip(told["weights"], weights, strict=True):
        known["path"] = str(here(entry.name, w, home) or "")
    return told


def file_facts(choice: Choice) -> dict[str, Any]:
    """What a checkpoint file holds; AtlasError for one that cannot be loaded."""
    from data.files import sha256_file
    from zoo.architectures import ARCHITECTURES, stride_of
    from zoo.checkpoints import load_module
    from zoo.translator import warn_of_another

    assert choice.file is not None
    if choice.card.default and choice.card.default.architecture["kind"] not in ARCHITECTURES:
        sha256 = sha256_file(choice.file)  # of a network that only looks at pictures
        return {"name": choice.name, "file": str(choice.file), "sha256": sha256}
    module, architecture, header = load_module(choice.file)
    warn_of_another(choice, architecture)
    return {
        "name": choice.name,
        "file": str(choice.file),
        "architecture": str(architecture),
        "stride": stride_of(architecture),
        "parameters": sum(p.numel() for p in module.parameters()),
        "sha256": sha256_file(choice.file),
        "recipe": _command(header),
        "trained": _trained(header),
    }


def _trained(header: Mapping[str, str]) -> str:
    """Which of a training's generators it is: the last or the best one, of how many steps."""
    try:
        told = json.loads(header["facts"])
        best = [
            f"best {way}: {found['measure']} {found['value']:.4g} at step {found['step']}"
            for way, found in told["best"].items()
        ]
        return "; ".join([f"the {told['which']} one, after {told['step']} steps", *best])
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
        return ""


def _command(header: Mapping[str, str]) -> str:
    """The command that made a file of ours, from its header."""
    try:
        return str(json.loads(header["facts"])["command"])
    except (KeyError, RecursionError, TypeError, ValueError):
        return ""
