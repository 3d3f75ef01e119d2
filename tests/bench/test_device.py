"""Extractors compute in float32 on every device: no score moves by more than 0.1 %."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bench.features import cards
from bench.features.extractor import ExtractorCard, Found, load
from bench.features.halved import halved
from bench.metrics.registry import metric_card

CPU = torch.device("cpu")
ALLOWED = 1e-3  # of a score, between devices and number formats
GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA GPU on this machine")


def _pictures(seed: int) -> torch.Tensor:
    rng = torch.Generator().manual_seed(seed)
    coarse = torch.randint(0, 256, (24, 3, 9, 9), generator=rng).float()
    smooth = torch.nn.functional.interpolate(coarse, (96, 96), mode="bicubic")
    return smooth.clamp(0, 255).to(torch.uint8)


def _scores(network: Any, card: ExtractorCard, metrics: tuple[str, ...]) -> dict[str, float]:
    found = {}
    sets = [halved(card.name, network, _pictures(seed)) for seed in (1, 2)]
    for name in metrics:
        metric = metric_card(name)
        found[name] = metric.compute(*(one[metric.layer].astype(np.float64) for one in sets), 0)
    return {name: score.value for name, score in found.items()}


def _moves(found: dict[str, float], expected: dict[str, float]) -> dict[str, float]:
    return {name: abs(found[name] - value) / abs(value) for name, value in expected.items()}


@GPU
@pytest.mark.parametrize(
    ("card", "metrics"),
    [(cards.INCEPTION, ("fid", "kid", "isc")), (cards.TEXTURE, ("fid-texture", "kid-texture"))],
    ids=lambda value: value.name if isinstance(value, ExtractorCard) else "",
)
def test_on_a_gpu_no_score_moves_by_more_than_a_thousandth(
    card: ExtractorCard, metrics: tuple[str, ...], inception: Path
) -> None:
    found = Found(path=inception, sha256="", published=False)
    expected = _scores(load(card, found, CPU), card, metrics)
    on_gpu = _scores(load(card, found, torch.device("cuda")), card, metrics)
    moves = _moves(on_gpu, expected)
    assert max(moves.values()) < ALLOWED, moves


def test_bfloat16_would_move_scores_by_more_and_is_never_taken() -> None:
    bank: Any = load(cards.TEXTURE, Found(path=None, sha256="", published=True), CPU)
    metrics = ("fid-texture", "kid-texture")
    expected = _scores(bank, cards.TEXTURE, metrics)

    def reduced(pictures: torch.Tensor) -> Any:
        with torch.autocast("cpu", torch.bfloat16):
            return bank(pictures)

    moves = _moves(_scores(reduced, cards.TEXTURE, metrics), expected)
    assert max(moves.values()) > ALLOWED, moves
    with torch.autocast("cpu", torch.bfloat16):  # asked for around it, nothing changes
        again = _scores(bank, cards.TEXTURE, metrics)
    assert again == expected


def test_tf32_is_off_while_features_are_taken_whatever_was_set_before() -> None:
    before = torch.get_float32_matmul_precision()
    seen = []

    def run(pictures: torch.Tensor) -> Any:
        cudnn = torch.backends.cudnn
        seen.append((torch.get_float32_matmul_precision(), cudnn.allow_tf32, cudnn.benchmark))
        return np.zeros(len(pictures))

    torch.set_float32_matmul_precision("high")
    try:
        halved("x", run, _pictures(0))
        assert seen == [("highest", False, False)]
        assert torch.get_float32_matmul_precision() == "high"
        assert torch.backends.cudnn.allow_tf32
    finally:
        torch.set_float32_matmul_precision(before)


def test_features_of_another_number_format_would_have_another_key() -> None:
    found = Found(path=None, sha256="0" * 64, published=True)
    assert "/float32/" in found.key(cards.INCEPTION)
