"""Arbitrary style transfer by adaptive instance normalisation (1703.06868): published layout.

Two networks in two files: VGG-19 up to relu4_1, its weights scaled so that activations have
mean 1 and a 1×1 convolution of colours before it, and a decoder that mirrors it.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from zoo.nets.convolutions import NarrowConv, UpsampledConv
from zoo.nets.winograd import WinogradConv

__all__ = [
    "ENCODER_LAYERS",
    "AdainDecoder",
    "AdainEncoder",
    "AdainNet",
    "AdaptiveNorm",
    "adain",
    "statistics",
]

ENCODER_LAYERS = {"relu1_1": 3, "relu2_1": 10, "relu3_1": 17, "relu4_1": 30}
EPS = 1e-5


def statistics(features: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation [N,C,1,1] over the pixels of [N,C,H,W]; eps 1e-5 is inside."""
    exact = features.float() if features.dtype == torch.bfloat16 else features
    variance, mean = torch.var_mean(exact, dim=(2, 3), keepdim=True)  # unbiased, as published
    return mean, torch.sqrt(variance + EPS)


def adain(content: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """Content features [N,C,H,W] with the mean and deviation of a style (eq. 8)."""
    own_mean, own_std = statistics(content)
    return (content - own_mean) / own_std * std + mean


class AdaptiveNorm(nn.Module):
    """`adain` as a layer, which tiles of a picture can be led through together."""

    def forward(self, content: Tensor, mean: Tensor, std: Tensor) -> Tensor:
        """See `adain`."""
        return adain(content, mean, std)


def _conv(inside: int, outside: int) -> list[nn.Module]:
    # The published files count a layer for the border, which the convolution has itself here.
    conv = WinogradConv(inside, outside, 3, padding=1, padding_mode="reflect")
    return [nn.Identity(), conv, nn.ReLU()]


def _upsampled(inside: int, outside: int) -> list[nn.Module]:
    """As `_conv` after nearest upsampling, which is a layer of its own in the published files."""
    return [nn.Identity(), nn.Identity(), UpsampledConv(inside, outside, 3), nn.ReLU()]


class AdainEncoder(nn.Sequential):
    """RGB in 0..1 to relu4_1: [N,8×width,H/8,W/8]. Pooling rounds up."""

    def __init__(self, width: int = 64) -> None:
        def pool() -> nn.Module:
            return nn.MaxPool2d(2, ceil_mode=True)

        w2, w4, w8 = 2 * width, 4 * width, 8 * width
        super().__init__(
            nn.Conv2d(3, 3, 1),
            *_conv(3, width),
            *_conv(width, width),
            pool(),
            *_conv(width, w2),
            *_conv(w2, w2),
            pool(),
            *_conv(w2, w4),
            *(layer for _ in range(3) for layer in _conv(w4, w4)),
            pool(),
            *_conv(w4, w8),
        )

    def at(self, x: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        """The outputs of the named layers, by name."""
        wanted = {ENCODER_LAYERS[layer]: layer for layer in layers}
        found = {}
        for index, module in enumerate(self):
            x = module(x)
            if index in wanted:
                found[wanted[index]] = x
        return found


class AdainDecoder(nn.Sequential):
    """Features [N,8×width,h,w] to RGB of about 0..1 [N,3,8h,8w]."""

    def __init__(self, width: int = 64) -> None:
        w2, w4, w8 = 2 * width, 4 * width, 8 * width
        super().__init__(
            *_conv(w8, w4),
            nn.Upsample(scale_factor=2, mode="nearest"),
            *(layer for _ in range(3) for layer in _conv(w4, w4)),
            *_conv(w4, w2),
            *_upsampled(w2, w2),
            *_conv(w2, width),
            *_upsampled(width, width),
            nn.ReflectionPad2d(1),
            NarrowConv(width, 3, 3),
        )


class AdainNet(nn.Module):
    """Encoder and decoder with a style between them; without one the content is decoded as it is.

    `style` is mean and deviation [1,8×width,1,1]; `strength` goes from 0, no style, to 1
    (eq. 14). Stride 8.
    """

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.encoder = AdainEncoder(width).requires_grad_(False)
        self.decoder = AdainDecoder(width)
        self.match = AdaptiveNorm()
        self.style: tuple[Tensor, Tensor] | None = None
        self.strength = 1.0

    def forward(self, x: Tensor) -> Tensor:
        """RGB [N,3,H,W] in 0..1 to about that; H and W multiples of 8, at least 16."""
        features: Tensor = self.encoder(x)
        if self.style is not None:
            features = torch.lerp(features, self.match(features, *self.style), self.strength)
        picture: Tensor = self.decoder(features)
        return picture
