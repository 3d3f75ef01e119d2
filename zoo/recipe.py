"""How a model is trained: everything that decides the result, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

__all__ = ["Recipe"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Training settings; the defaults are those of the CycleGAN paper (1703.10593, §4 and §7)."""

    method: str  # of zoo.train.loop.METHODS: unpaired, paired, contrastive, unit, munit
    generator: str  # architecture kind of zoo.architectures
    generator_options: Mapping[str, Any] = field(default_factory=dict)
    discriminator_options: Mapping[str, Any] = field(default_factory=dict)
    gan: Literal["lsgan", "vanilla"] = "lsgan"
    epochs: int = 100  # at the full learning rate
    decay_epochs: int = 100  # then linearly towards zero
    batch: int = 1
    load: int = 286  # pixels: pictures are resized to this square
    crop: int = 256  # pixels: then cropped at random to this one
    flip: bool = True
    learning_rate: float = 2e-4
    beta1: float = 0.5  # Adam; beta2 is 0.999
    pool: int = 50  # past fakes shown to the discriminator; 0 for none
    cycle: float = 10.0  # weight of the cycle loss, both directions
    identity: float = 0.5  # weight of the identity loss, as a share of `cycle`
    l1: float = 100.0  # weight of the L1 loss of pix2pix (1611.07004, §3.3)
    options: Mapping[str, Any] = field(default_factory=dict)  # what only this method has
    init: Literal["normal", "xavier", "kaiming"] = "normal"  # of the weights, 0.02 where it applies
    beta2: float = 0.999  # Adam
    weight_decay: float = 0.0
    halve_every: int = 0  # steps after which the learning rate is halved, again and again; 0: never
    resize: Literal["square", "short", "none"] = "square"  # short: `load` is the shorter side
    zoom: float = 1.0  # a picture is first shrunk by up to this, each side by its own
    length: int = 0  # pictures an epoch; 0: those that there are
    whole_in_decay: bool = False  # in the epochs of decay, whole pictures resized to the crop
    ema: float = 0.0  # decay a step of the averaged generators that are exported; 0: none
    seed: int = 0
    precision: Literal["32-true", "bf16-mixed"] = "32-true"
    compile: bool = False  # networks by torch.compile: the same arithmetic, rounded in other places

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, for headers, checkpoints and records."""
        return asdict(self)
