"""Networks give what independent implementations give on the same seeded weights."""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from bench.features import cards, vit
from bench.features.extractor import ExtractorCard, Found, load
from bench.features.resize import in_float, in_uint8, like_tensorflow1
from data.errors import AtlasError

CPU = torch.device("cpu")
SMALL: dict[str, Any] = {
    "hidden_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "layer_norm_eps": 1e-6,
}


def _pictures(n: int, size: int = 24, seed: int = 1) -> torch.Tensor:
    made = torch.randint(0, 256, (n, 3, size, size), generator=torch.Generator().manual_seed(seed))
    return made.to(torch.uint8)


def _seeded(module: torch.nn.Module) -> torch.nn.Module:
    rng = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for value in module.parameters():
            value.copy_(torch.randn(value.shape, generator=rng) * 0.2)
    return module.eval()


def _loaded(card: ExtractorCard, path: Path) -> Any:
    return load(card, Found(path=path, sha256="", published=False), CPU)


def _published(state: dict[str, torch.Tensor], names: dict[str, str]) -> dict[str, torch.Tensor]:
    """Hugging Face's tensors under DINO's names, attention's three layers as one."""
    made: dict[str, torch.Tensor] = {}
    for key, value in state.items():
        if ".q_proj." in key:
            parts = [state[key.replace("q_proj", f"{part}_proj")] for part in "qkv"]
            key, value = key.replace("q_proj", "qkv"), torch.cat(parts)
        elif ".k_proj." in key or ".v_proj." in key:
            continue
        for theirs, ours in names.items():
            key = key.replace(theirs, ours)
        made[key] = value
    return made


DINO_NAMES = {
    "embeddings.patch_embeddings.projection": "patch_embed.proj",
    "embeddings.cls_token": "cls_token",
    "embeddings.position_embeddings": "pos_embed",
    "encoder.layer.": "blocks.",
    "layers.": "blocks.",
    "attention.o_proj": "attn.proj",
    "attention.qkv": "attn.qkv",
    "layernorm_before": "norm1",
    "layernorm_after": "norm2",
    "layernorm.": "norm.",
    "layer_scale1.lambda1": "ls1.gamma",
    "layer_scale2.lambda1": "ls2.gamma",
}


def test_dino_gives_the_class_token_and_keys_of_another_implementation() -> None:
    from transformers import ViTConfig, ViTModel

    config = ViTConfig(**SMALL, intermediate_size=256, image_size=32, patch_size=8)
    theirs = _seeded(ViTModel(config, add_pooling_layer=False))
    kept: list[torch.Tensor] = []
    last = theirs.get_submodule("layers.1.attention.k_proj")
    last.register_forward_hook(lambda _module, _given, found: kept.append(found))
    ours = vit.Vit(_published(dict(theirs.state_dict()), DINO_NAMES))
    given = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected = theirs(given).last_hidden_state[:, 0]
        found, keys = ours(given), ours.keys(given)
    torch.testing.assert_close(expected, found, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(kept[0], keys, rtol=1e-4, atol=1e-4)


def test_dinov2_gives_the_class_token_of_another_implementation() -> None:
    from transformers import Dinov2Config, Dinov2Model

    config = Dinov2Config(**SMALL, mlp_ratio=2, image_size=56, patch_size=14)
    theirs = _seeded(Dinov2Model(config))
    ours = vit.Vit(_published(dict(theirs.state_dict()), DINO_NAMES))
    given = torch.randn(2, 3, 56, 56, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected = theirs(given).last_hidden_state[:, 0]
        found = ours(given)
    torch.testing.assert_close(expected, found, rtol=1e-4, atol=1e-4)


def test_positions_are_resampled_as_dino_resamples_them() -> None:
    from transformers import ViTConfig, ViTModel

    config = ViTConfig(**SMALL, intermediate_size=256, image_size=32, patch_size=8)
    state = _published(
        dict(_seeded(ViTModel(config, add_pooling_layer=False)).state_dict()), DINO_NAMES
    )
    # Channel 0 is a ramp over columns and channel 1 is flat: a resampled ramp is known.
    grid = torch.zeros(1, 17, 128)
    grid[0, 1:, 0] = torch.arange(4.0).repeat(4)
    grid[0, 1:, 1] = 5.0
    ours = vit.Vit({**state, "pos_embed": grid})
    made = ours._positions((8, 8))[0, 1:].unflatten(0, (8, 8))
    assert tuple(made.shape) == (8, 8, 128)
    torch.testing.assert_close(torch.full((8, 8), 5.0), made[..., 1])
    # A step of 4 / (8 + 0.1) in place of 4 / 8, and cubic convolution with a = -3/4.
    expected = [_cubic([0, 1, 2, 3], (column + 0.5) * 4 / 8.1 - 0.5) for column in (3, 4)]
    np.testing.assert_allclose(expected, made[4, 3:5, 0].detach().numpy(), atol=1e-4)


def _cubic(samples: list[float], place: float) -> float:
    total = 0.0
    for i, sample in enumerate(samples):
        t = abs(place - i)
        near = 1.25 * t**3 - 2.25 * t**2 + 1
        far = -0.75 * t**3 + 3.75 * t**2 - 6 * t + 3
        total += sample * (near if t <= 1 else far if t < 2 else 0.0)
    return total


def test_clip_gives_the_embedding_of_another_implementation(tmp_path: Path) -> None:
    from safetensors.torch import save_file
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    options: dict[str, Any] = {**SMALL, "layer_norm_eps": 1e-5}
    config = CLIPVisionConfig(
        **options, intermediate_size=256, projection_dim=64, image_size=56, patch_size=14
    )
    theirs = _seeded(CLIPVisionModelWithProjection(config))
    save_file(dict(theirs.state_dict()), tmp_path / "model.safetensors")
    ours = _loaded(cards.CLIP, tmp_path / "model.safetensors")
    ours.size = 56
    pictures = _pictures(2, 40)
    scaled = in_float(pictures, 56) / 255
    mean = torch.tensor([0.48145466, 0.4578275, 0.40821073]).view(1, 3, 1, 1)
    deviation = torch.tensor([0.26862954, 0.26130258, 0.27577711]).view(1, 3, 1, 1)
    with torch.no_grad():
        expected = F.normalize(theirs((scaled - mean) / deviation).image_embeds, dim=-1)
    np.testing.assert_allclose(expected.numpy(), ours(pictures)["image"], atol=1e-5)


def _dino_file(path: Path) -> Path:
    from transformers import ViTConfig, ViTModel

    config = ViTConfig(**SMALL, intermediate_size=256, image_size=32, patch_size=8)
    theirs = _seeded(ViTModel(config, add_pooling_layer=False))
    torch.save(_published(dict(theirs.state_dict()), DINO_NAMES), path)
    return path


def test_dino_structure_is_the_mean_square_between_self_similarities(tmp_path: Path) -> None:
    ours = _loaded(cards.DINO, _dino_file(tmp_path / "dino.pth"))
    ours.size = 32
    a, b = _pictures(2, 32, seed=1), _pictures(2, 32, seed=2)
    mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
    deviation = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)

    def similarities(picture: torch.Tensor) -> np.ndarray:
        scaled = (picture[None].float() / 255 - mean) / deviation
        keys = ours.network.keys(scaled)[0].double().numpy()
        tokens = len(keys)
        made = np.empty((tokens, tokens))
        for i in range(tokens):
            for j in range(tokens):
                lengths = np.linalg.norm(keys[i]) * np.linalg.norm(keys[j])
                made[i, j] = keys[i] @ keys[j] / lengths
        return made

    expected = [
        np.mean((similarities(x) - similarities(y)) ** 2) for x, y in zip(a, b, strict=True)
    ]
    np.testing.assert_allclose(expected, ours(a, b), rtol=1e-3)
    np.testing.assert_allclose([0, 0], ours(a, a), atol=1e-10)


def test_dinov2_takes_pictures_of_any_size(tmp_path: Path) -> None:
    ours = _loaded(cards.DINOV2, _dino_file(tmp_path / "dinov2.pth"))
    found = ours(_pictures(2, 50))["cls"]
    assert found.shape == (2, 128)
    np.testing.assert_allclose(found[1:], ours(_pictures(2, 50)[1:])["cls"], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    "card",
    [cards.DINO, cards.DINOV2, cards.CLIP, cards.ART, cards.VGG, cards.DISTS, cards.LPIPS_VGG],
    ids=lambda card: card.name,
)
def test_another_network_is_refused(card: ExtractorCard, tmp_path: Path) -> None:
    torch.save({"layer.weight": torch.zeros(3)}, tmp_path / "other.pth")
    with pytest.raises(AtlasError, match=r"other\.pth does not hold"):
        _loaded(card, tmp_path / "other.pth")
    (tmp_path / "noise.pth").write_bytes(b"noise")
    with pytest.raises(AtlasError, match="damaged or no weights file"):
        _loaded(card, tmp_path / "noise.pth")


def test_float_resize_is_clean_fids() -> None:
    from cleanfid.resize import make_resizer

    theirs = make_resizer("PIL", False, "bicubic", (32, 32))
    pictures = _pictures(2, 50)
    expected = np.stack([theirs(p.permute(1, 2, 0).numpy()) for p in pictures])
    np.testing.assert_array_equal(expected.transpose(0, 3, 1, 2), in_float(pictures, 32).numpy())
    assert in_uint8(pictures, 32).max() <= 255


@pytest.mark.parametrize(("height", "width"), [(256, 200), (40, 299), (1, 2), (500, 300)])
def test_the_other_resize_is_torch_fidelitys(height: int, width: int) -> None:
    from torch_fidelity.interpolate_compat_tensorflow import (
        interpolate_bilinear_2d_like_tensorflow1x,
    )

    pictures = _pictures(2, 512)[..., :height, :width]
    expected = interpolate_bilinear_2d_like_tensorflow1x(
        pictures.float(), size=(299, 299), align_corners=False
    )
    # A float32 has 255 to 1.5e-5.
    torch.testing.assert_close(expected, like_tensorflow1(pictures, 299), rtol=0, atol=5e-5)


def test_clean_features_are_those_of_clean_fids_own_network(
    inception: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torchvision
    from cleanfid import inception_pytorch
    from cleanfid.resize import build_resizer

    state = torch.load(inception, weights_only=True)
    monkeypatch.setattr(inception_pytorch, "load_state_dict_from_url", lambda *_, **__: state)
    original = torchvision.models.inception_v3
    monkeypatch.setattr(
        torchvision.models,
        "inception_v3",
        lambda **_: original(weights=None, num_classes=1008, aux_logits=False, init_weights=False),
    )
    theirs = inception_pytorch.InceptionV3(output_blocks=[3], resize_input=False).eval()
    pictures, resize = _pictures(2, 64), build_resizer("clean")
    resized = np.stack([resize(p.permute(1, 2, 0).numpy()) for p in pictures])
    given = torch.from_numpy(resized.transpose(0, 3, 1, 2))
    with torch.no_grad():
        # Its two wrappers scale differently; this is what clean-fid's own mode does.
        expected = theirs(((given - 128) / 128 + 1) / 2)[0].flatten(1).numpy()
    found = _loaded(cards.INCEPTION_CLEAN, inception)(pictures)["2048"]
    scale = float(np.abs(expected).mean())
    np.testing.assert_allclose(expected / scale, found / scale, atol=1e-4)


def _vgg_state(hidden: int = 16) -> dict[str, torch.Tensor]:
    rng = torch.Generator().manual_seed(0)
    state, before, index = {}, 3, 0
    for channels in (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0):
        if channels == 0:
            index += 1
            continue
        scale = math.sqrt(2.0 / (9 * before))
        weight = torch.randn(channels, before, 3, 3, generator=rng) * scale
        state[f"features.{index}.weight"] = weight
        state[f"features.{index}.bias"] = torch.randn(channels, generator=rng) * 0.05
        before, index = channels, index + 2
    state["classifier.0.weight"] = torch.randn(hidden, 512 * 49, generator=rng) * 0.01
    state["classifier.0.bias"] = torch.zeros(hidden)
    state["classifier.3.weight"] = torch.randn(hidden, hidden, generator=rng) * 0.3
    state["classifier.3.bias"] = torch.zeros(hidden)
    return state


@pytest.fixture(scope="module")
def vgg16(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seeded weights under torchvision's names, with narrow hidden layers."""
    path = tmp_path_factory.mktemp("weights") / "vgg16.pth"
    torch.save(_vgg_state(), path)
    return path


def _theirs_vgg(path: Path) -> torch.nn.Module:
    import torchvision

    state = torch.load(path, weights_only=True)
    network = torchvision.models.vgg16(weights=None, init_weights=False)
    network.classifier[0] = torch.nn.Linear(512 * 49, 16)
    network.classifier[3] = torch.nn.Linear(16, 16)
    network.classifier[6] = torch.nn.Identity()
    network.load_state_dict(state)
    return network.eval()


def test_vgg_gives_torch_fidelitys_hidden_layer(
    vgg16: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torchvision
    from torch_fidelity.feature_extractor_vgg16 import FeatureExtractorVGG16

    ready = _theirs_vgg(vgg16)
    monkeypatch.setattr(torchvision.models, "vgg16", lambda *_, **__: ready)
    theirs = FeatureExtractorVGG16("vgg16", ["fc2_relu"], feature_extractor_weights_path=str(vgg16))
    with torch.no_grad():
        (expected,) = theirs(_pictures(2, 40))
    found = _loaded(cards.VGG, vgg16)(_pictures(2, 40))["fc2_relu"]
    np.testing.assert_allclose(expected.numpy(), found, rtol=1e-3, atol=1e-4)


def test_dists_equals_the_authors_package(vgg16: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import DISTS_pytorch
    import torchvision
    from DISTS_pytorch import DISTS

    ready = _theirs_vgg(vgg16)
    monkeypatch.setattr(torchvision.models, "vgg16", lambda **_: ready)
    theirs = DISTS(load_weights=False)
    weights = torch.load(Path(DISTS_pytorch.__file__).parent / "weights.pt", weights_only=True)
    theirs.alpha.data, theirs.beta.data = weights["alpha"], weights["beta"]
    a, b = _pictures(2, 48, seed=1), _pictures(2, 48, seed=2)
    with torch.no_grad():
        expected = theirs(a.float() / 255, b.float() / 255).numpy()
    ours = _loaded(cards.DISTS, vgg16)
    np.testing.assert_allclose(expected, ours(a, b), atol=1e-5)
    np.testing.assert_allclose([0, 0], ours(a, a), atol=1e-5)
    assert expected.min() > 0.05


@pytest.mark.parametrize("net", ["vgg", "squeeze"])
def test_lpips_equals_the_package_on_other_backbones(net: str, vgg16: Path, tmp_path: Path) -> None:
    import lpips
    import torchvision

    if net == "squeeze":
        torch.manual_seed(0)
        whole = torchvision.models.squeezenet1_1(weights=None).features
        path = tmp_path / "squeeze.pth"
        torch.save({f"features.{k}": v for k, v in whole.state_dict().items()}, path)
        card = cards.LPIPS_SQUEEZE
        cuts = [(0, 2), (2, 5), (5, 8), (8, 10), (10, 11), (11, 12), (12, 13)]
    else:
        whole, path, card = _theirs_vgg(vgg16).features, vgg16, cards.LPIPS_VGG
        cuts = [(0, 4), (4, 9), (9, 16), (16, 23), (23, 30)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = lpips.LPIPS(net=net, pnet_rand=True, verbose=False)
    for i, (start, end) in enumerate(cuts):
        setattr(theirs.net, f"slice{i + 1}", whole[start:end])
    a, b = _pictures(2, 32, seed=1), _pictures(2, 32, seed=2)
    with torch.no_grad():
        expected = theirs(a.float() / 127.5 - 1, b.float() / 127.5 - 1).flatten().numpy()
    np.testing.assert_allclose(expected, _loaded(card, path)(a, b), rtol=1e-4)


def test_art_inception_is_torchvisions_without_its_classifiers(tmp_path: Path) -> None:
    from torchvision.models.inception import Inception3

    torch.manual_seed(0)
    theirs = Inception3(aux_logits=False, init_weights=False).eval()
    rng = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for value in theirs.parameters():
            if value.ndim == 4:
                scale = (2.0 / value[0].numel()) ** 0.5
                value.copy_(torch.randn(value.shape, generator=rng) * scale)
    state = {
        **theirs.state_dict(),
        "fc1.weight": torch.zeros(3, 2048),
        "AuxLogits1.x": torch.ones(1),
    }
    torch.save(state, tmp_path / "art_inception.pth")
    theirs.fc = torch.nn.Identity()
    ours = _loaded(cards.ART, tmp_path / "art_inception.pth")
    with torch.no_grad():
        expected = theirs(_pictures(2, 80).float() / 255).numpy()
    np.testing.assert_allclose(expected, ours(_pictures(2, 80))["2048"], rtol=1e-3, atol=1e-4)
    with pytest.raises(AtlasError, match="75×75"):
        ours(_pictures(1, 32))
