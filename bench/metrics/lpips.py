"""Learned perceptual distance (1801.03924), version 0.1, by the lpips package."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from bench.metrics.per_picture import mean_score
from bench.metrics.registry import MetricCard

__all__ = ["CARD", "DIVERSITY", "DIVERSITY_10", "SOURCE", "SQUEEZE", "VGG"]

CARD = MetricCard(
    name="lpips",
    title="Learned perceptual distance to the true answer",
    direction="lower",
    unit="",
    version=1,
    needs="pairs",
    compute=partial(mean_score, "lpips", "", "lower"),
    reference="1801.03924",
    extractor="lpips-alex",
)

# Where a data set has no pairs: how far the output went from its source. Neither end is better,
# but of two models that reach the target domain equally well the nearer one keeps more content.
SOURCE = MetricCard(
    name="lpips-source",
    title="Learned perceptual distance to the source",
    direction="lower",
    unit="",
    version=1,
    needs="pairs",
    compute=partial(mean_score, "lpips-source", "", "lower"),
    reference="1801.03924",
    extractor="lpips-alex",
    against="source",
)

VGG = MetricCard(
    name="lpips-vgg",
    title="Learned perceptual distance to the true answer, VGG-16",
    direction="lower",
    unit="",
    version=1,
    needs="pairs",
    compute=partial(mean_score, "lpips-vgg", "", "lower"),
    reference="1801.03924",
    extractor="lpips-vgg",
)

SQUEEZE = MetricCard(
    name="lpips-squeeze",
    title="Learned perceptual distance to the true answer, SqueezeNet",
    direction="lower",
    unit="",
    version=1,
    needs="pairs",
    compute=partial(mean_score, "lpips-squeeze", "", "lower"),
    reference="1801.03924",
    extractor="lpips-squeeze",
)

# Of a model that answers one source in several ways: how far its answers are from each other.
DIVERSITY = MetricCard(
    name="lpips-diversity",
    title="Mean learned perceptual distance between outputs of one source",
    direction="higher",
    unit="",
    version=2,  # 1 gave 0 to models of one answer
    needs="draws",
    compute=partial(mean_score, "lpips-diversity", "", "higher"),
    reference="1711.11586, §4",
    extractor="lpips-alex",
    against="source",
)

DIVERSITY_10 = replace(
    DIVERSITY,
    name="lpips-diversity-10",
    title="Mean learned perceptual distance over all 45 pairs of 10 outputs of one source",
    version=1,
    compute=partial(mean_score, "lpips-diversity-10", "", "higher"),
    reference="1912.01865, §4",
    draws=10,
)
