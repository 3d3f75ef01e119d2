"""Two processes take the gradients that one would take on the joined batch."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from lightning.fabric import Fabric

from zoo.recipe import Recipe
from zoo.train.loop import Pace, train
from zoo.train.pictures import Pictures

RESNET = {"blocks": 1, "width": 4}
RECIPES = {
    "cyclegan": {
        "method": "unpaired",
        "generator": "resnet",
        "generator_options": RESNET,
        "discriminator_options": {"width": 4, "layers": 1},
    },
    "pix2pix": {
        "method": "paired",
        "generator": "unet",
        # Without dropout, whose noise differs by process as it does by picture.
        "generator_options": {"depth": 3, "width": 4, "dropout": False},
        "discriminator_options": {"width": 4, "layers": 1, "norm": "batch"},
        "gan": "vanilla",
        "pool": 0,
    },
    "cut": {
        "method": "contrastive",
        "generator": "resnet",
        "generator_options": {**RESNET, "antialias": True},
        "discriminator_options": {"width": 4, "layers": 1, "antialias": True},
        "init": "xavier",
        "pool": 0,
        "options": {"layers": (0, 4, 8, 12), "patches": 20},
    },
}

SCRIPT = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from test_train_processes import RECIPES, gradients
for name in RECIPES:
    gradients(name, 2, Path({out!r}))
"""


def gradients(name: str, world: int, out: Path) -> dict[str, torch.Tensor]:
    """Those of the first step of two pictures in all; the first process writes them to `out`."""
    recipe = Recipe(
        **RECIPES[name], batch=2 // world, epochs=1, decay_epochs=0, load=24, crop=16, seed=1
    )
    rng = torch.Generator().manual_seed(0)
    a, b = (torch.randint(0, 256, (2, 3, 24, 24), generator=rng).to(torch.uint8) for _ in "ab")
    pictures = Pictures(a, b, recipe.method == "paired")
    strategy = "ddp" if world > 1 else "auto"
    fabric = Fabric(accelerator="cpu", devices=world, strategy=strategy)
    fabric.launch()
    folder = out / f"{name}-{world}"
    folder.mkdir(exist_ok=True)
    run = train(recipe, pictures, folder, fabric, {}, lambda *_: None, Pace())
    found = {
        f"{net}.{key}": parameter.grad
        for net, module in run.method.nets.items()
        for key, parameter in module.named_parameters()
        if parameter.grad is not None
    }
    found |= {
        f"{net}.{key}": value
        for net, module in run.method.nets.items()
        for key, value in module.named_buffers()
        if key.endswith(("running_mean", "running_var"))
    }
    if fabric.is_global_zero:
        torch.save(found, out / f"{name}-{world}.pt")
    return found


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the gradients of two processes, started as a person starts them."""
    out = tmp_path_factory.mktemp("processes")
    script = out / "script.py"
    script.write_text(SCRIPT.format(tests=str(Path(__file__).parent), out=str(out)))
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    command += ["--standalone", str(script)]
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd()), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr[-2000:]
    return out


@pytest.mark.parametrize("name", list(RECIPES))
def test_gradients_of_two_processes_are_those_of_the_joined_batch(
    name: str, joined: Path, tmp_path: Path
) -> None:
    found = torch.load(joined / f"{name}-2.pt", weights_only=True)
    expected = gradients(name, 1, tmp_path)
    assert expected.keys() == found.keys()
    assert len(expected) > 10
    for key, value in expected.items():
        # The gradient of a bias before a norm is zero: what there is, is rounding of the layer's.
        layer = float(expected[key.rpartition(".")[0] + ".weight"].abs().max())
        allowed = 1e-4 * float(value.abs().max()) + 2e-6 * layer + 1e-7
        torch.testing.assert_close(value, found[key], atol=allowed, rtol=0, msg=key)
