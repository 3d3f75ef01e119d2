"""The head of a model card of the Hugging Face Hub, with measured results as `model-index`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from bench.compare.pair import means
from bench.records import Record
from data.errors import UsageProblem

__all__ = ["model_card"]


def model_card(model: str, records: Iterable[Record]) -> str:
    """YAML between `---` lines: licence, task, and every score of the model that is recorded.

    UsageProblem where nothing is, or a short name means several models. Values are raw; interval,
    n and protocol stand beside each.
    """
    found = [r for r in records if r.status == "done" and means(model, r.model)]
    named = sorted({r.model for r in found})
    if not found:
        raise UsageProblem(f"nothing is recorded of '{model}'", hint="bench ls")
    if len(named) > 1:
        raise UsageProblem(
            f"'{model}' means {len(named)} models: {', '.join(named)}",
            hint=f"bench card {named[0]}",
        )
    model = named[0]
    licence = str(found[-1].card.get("licence", "")).lower()
    lines = ["---", *([f"license: {_text(licence)}"] if licence else [])]
    lines += ["pipeline_tag: image-to-image", "library_name: i2i-atlas", "model-index:"]
    lines += [f"- name: {_text(model)}", "  results:"]
    for record in found:
        lines += _result(record)
    return "\n".join([*lines, "---", ""])


def _result(record: Record) -> Sequence[str]:
    spec = record.spec
    lines = [
        "  - task:",
        "      type: image-to-image",
        "    dataset:",
        f"      name: {_text(spec['dataset'])}",
        f"      type: {_text(spec['dataset'])}",
        f"      split: {_text(spec['split'])}",
        f"      config: {_text(spec['direction'])}",
        "    metrics:",
    ]
    for score in record.scores:
        lines += [
            f"    - type: {_text(score['metric'])}",
            f"      name: {_text(_name(record, score))}",
            f"      value: {json.dumps(score['value'])}",
        ]
    return lines


def _name(record: Record, score: Any) -> str:
    n = score["n"] if score.get("n_reference") is None else f"{score['n']}/{score['n_reference']}"
    protocol = record.spec.get("protocol")
    return (
        f"{score['metric']} ({score['direction']} is better; 95 % {score['low']:.4g} to "
        f"{score['high']:.4g}; n = {n}" + (f"; protocol {protocol})" if protocol else ")")
    )


def _text(value: Any) -> str:
    """A YAML scalar: JSON's quoting is YAML's double-quoted style."""
    return json.dumps(str(value), ensure_ascii=True)
