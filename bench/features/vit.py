"""Vision transformers (2010.11929) with the state-dict keys of DINO and DINOv2.

CLIP's vision tower (2103.00020) is one with a norm before its blocks and another activation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["Vit", "from_clip"]

HEAD = 64  # width of an attention head in every published size
OFFSET = 0.1  # that DINO and DINOv2 add to the size of a resampled grid of positions


class Vit(nn.Module):
    """A transformer whose width, depth, patch and grid are those of a state dict.

    `quick` takes x·σ(1.702x) in place of GELU; `eps` is that of every norm.
    """

    def __init__(self, state: Mapping[str, Tensor], *, eps: float = 1e-6, quick: bool = False):
        super().__init__()
        kernel = state["patch_embed.proj.weight"]
        width, patch = kernel.shape[0], kernel.shape[-1]
        depth = 1 + max(int(k.split(".")[1]) for k in state if k.startswith("blocks."))
        self.cls_token = nn.Parameter(torch.empty_like(state["cls_token"]))
        self.pos_embed = nn.Parameter(torch.empty_like(state["pos_embed"]))
        self.patch_embed = _Patches(width, patch, bias="patch_embed.proj.bias" in state)
        self.norm_pre = nn.LayerNorm(width, eps) if "norm_pre.weight" in state else nn.Identity()
        scaled = "blocks.0.ls1.gamma" in state
        hidden = state["blocks.0.mlp.fc1.weight"].shape[0]
        self.blocks = nn.ModuleList(
            [_Block(width, hidden, eps, quick=quick, scaled=scaled) for _ in range(depth)]
        )
        self.norm = nn.LayerNorm(width, eps)
        self.load_state_dict({key: state[key] for key in self.state_dict()})
        self.eval().requires_grad_(False)

    def forward(self, pictures: Tensor) -> Tensor:
        """float [N,3,H,W], normalised, to the class token after the last norm [N,width]."""
        tokens = self._tokens(pictures)
        for block in self.blocks:
            tokens = block(tokens)
        found: Tensor = self.norm(tokens)[:, 0]
        return found

    def keys(self, pictures: Tensor) -> Tensor:
        """Keys of the last block's attention for all tokens, heads side by side: [N,T,width]."""
        tokens = self._tokens(pictures)
        *blocks, last = self.blocks
        for block in blocks:
            tokens = block(tokens)
        assert isinstance(last, _Block)
        found: Tensor = last.attn.qkv(last.norm1(tokens)).chunk(3, dim=-1)[1]
        return found

    def _tokens(self, pictures: Tensor) -> Tensor:
        patches: Tensor = self.patch_embed.proj(pictures)
        grid = (patches.shape[-2], patches.shape[-1])
        tokens = patches.flatten(2).transpose(1, 2)
        first = self.cls_token.expand(len(tokens), -1, -1)
        found: Tensor = self.norm_pre(torch.cat([first, tokens], 1) + self._positions(grid))
        return found

    def _positions(self, grid: tuple[int, int]) -> Tensor:
        """The learned positions, resampled by bicubic interpolation for another grid."""
        known = self.pos_embed[:, 1:]
        side = round(known.shape[1] ** 0.5)
        if grid == (side, side):
            return self.pos_embed
        square = known.unflatten(1, (side, side)).permute(0, 3, 1, 2)
        scale = tuple((length + OFFSET) / side for length in grid)
        made = F.interpolate(square, scale_factor=scale, mode="bicubic")
        return torch.cat([self.pos_embed[:, :1], made.flatten(2).transpose(1, 2)], 1)


class _Patches(nn.Module):
    def __init__(self, width: int, patch: int, *, bias: bool) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, width, patch, patch, bias=bias)


class _Mlp(nn.Module):
    def __init__(self, width: int, hidden: int, *, quick: bool) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.quick = quick

    def forward(self, tokens: Tensor) -> Tensor:
        inside: Tensor = self.fc1(tokens)
        inside = inside * torch.sigmoid(1.702 * inside) if self.quick else F.gelu(inside)
        found: Tensor = self.fc2(inside)
        return found


class _Block(nn.Module):
    def __init__(self, width: int, hidden: int, eps: float, *, quick: bool, scaled: bool) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width, eps), nn.LayerNorm(width, eps)
        self.attn = _Attention(width)
        self.mlp = _Mlp(width, hidden, quick=quick)
        self.ls1 = _Scale(width) if scaled else nn.Identity()
        self.ls2 = _Scale(width) if scaled else nn.Identity()

    def forward(self, tokens: Tensor) -> Tensor:
        tokens = tokens + self.ls1(self.attn(self.norm1(tokens)))
        found: Tensor = tokens + self.ls2(self.mlp(self.norm2(tokens)))
        return found


class _Attention(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        parts = self.qkv(tokens).unflatten(-1, (3, -1, HEAD)).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(parts[0], parts[1], parts[2])
        found: Tensor = self.proj(mixed.transpose(1, 2).flatten(2))
        return found


class _Scale(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(width))

    def forward(self, tokens: Tensor) -> Tensor:
        return tokens * self.gamma


# Hugging Face's names of CLIP's vision tower and ours; attention's three layers become one.
CLIP_NAMES = (
    (r"^vision_model\.", ""),
    (r"^embeddings\.patch_embedding\.", "patch_embed.proj."),
    (r"^pre_layrnorm\.", "norm_pre."),
    (r"^post_layernorm\.", "norm."),
    (r"^encoder\.layers\.", "blocks."),
    (r"\.layer_norm([12])\.", r".norm\1."),
    (r"\.self_attn\.out_proj\.", ".attn.proj."),
)


def from_clip(state: Mapping[str, Tensor]) -> tuple[Vit, Tensor]:
    """The tower and its projection [out,width] from a state dict of Hugging Face's CLIPModel.

    KeyError where it is another network.
    """
    named = {_renamed(key): value for key, value in state.items() if "vision_model." in key}
    made = {key: value for key, value in named.items() if ".self_attn." not in key}
    for key in [k for k in named if ".self_attn.q_proj." in k]:
        parts = [named[key.replace("q_proj", f"{part}_proj")] for part in "qkv"]
        made[key.replace("self_attn.q_proj", "attn.qkv")] = torch.cat(parts)
    made["cls_token"] = named["embeddings.class_embedding"].view(1, 1, -1)
    made["pos_embed"] = named["embeddings.position_embedding.weight"][None]
    return Vit(made, eps=1e-5, quick=True), state["visual_projection.weight"]


def _renamed(key: str) -> str:
    for pattern, name in CLIP_NAMES:
        key = re.sub(pattern, name, key)
    return key
