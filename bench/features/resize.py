"""Pictures to the size that a network wants, with an antialiasing filter, as it was trained."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

__all__ = [
    "IMAGENET_DEVIATION",
    "IMAGENET_MEAN",
    "in_float",
    "in_uint8",
    "like_tensorflow1",
    "normalised",
]

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION = (0.229, 0.224, 0.225)


def in_float(pictures: Tensor, size: int) -> Tensor:
    """uint8 RGB [N,3,H,W] to float32 [N,3,size,size] in 0..255, by Pillow's bicubic filter.

    Each channel as a float picture, cut to the range and never rounded (2104.11222, §3).
    """
    channels = pictures.cpu().numpy().reshape(-1, *pictures.shape[-2:])
    made = [_resized(channel.astype(np.float32), size) for channel in channels]
    whole = np.stack(made).clip(0, 255).reshape(len(pictures), 3, size, size)
    return torch.from_numpy(whole)


def _resized(channel: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    image = Image.fromarray(channel).resize((size, size), Image.Resampling.BICUBIC)
    return np.asarray(image, dtype=np.float32)


def in_uint8(pictures: Tensor, size: int) -> Tensor:
    """uint8 RGB [N,3,H,W] to float32 [N,3,size,size] in 0..255, by Pillow's bilinear filter."""
    rows = pictures.cpu().permute(0, 2, 3, 1).numpy()
    images = [Image.fromarray(row).resize((size, size), Image.Resampling.BILINEAR) for row in rows]
    return torch.from_numpy(np.stack([np.array(i) for i in images])).permute(0, 3, 1, 2).float()


def like_tensorflow1(pictures: Tensor, size: int) -> Tensor:
    """uint8 RGB [N,3,H,W] to float32 [N,3,size,size] in 0..255, bilinear without antialiasing.

    As TensorFlow 1 did it: pixel i of the result lies at i·H/size of the picture. Two products
    of matrices, each row of which has at most two weights.
    """
    height, width = pictures.shape[-2:]
    rows, columns = (_weights(n, size).to(pictures.device) for n in (height, width))
    return rows @ (pictures.float() @ columns.T)


@lru_cache(maxsize=64)
def _weights(before: int, after: int) -> Tensor:
    places = torch.arange(after, dtype=torch.float32) * (before / after)
    low = places.floor().long().clamp(max=before - 1)
    share = places - low
    made, row = torch.zeros(after, before), torch.arange(after)
    made[row, low] += 1 - share
    made[row, (low + 1).clamp(max=before - 1)] += share
    return made


def normalised(pictures: Tensor, mean: tuple[float, ...], deviation: tuple[float, ...]) -> Tensor:
    """0..255 to (x/255 - mean)/deviation by channel."""
    shape = (1, 3, 1, 1)
    means = torch.tensor(mean, device=pictures.device).view(shape)
    deviations = torch.tensor(deviation, device=pictures.device).view(shape)
    return (pictures / 255.0 - means) / deviations
