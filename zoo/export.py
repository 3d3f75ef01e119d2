"""Networks for other runtimes: ONNX and TorchScript, of any size, checked against the module."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from data.errors import AtlasError, UsageProblem
from data.files import replacing
from data.paths import Home
from zoo.architectures import Architecture, least_size, stride_of
from zoo.checkpoints import load_module
from zoo.nets.convolutions import plain
from zoo.registry import resolve
from zoo.weights import locate

__all__ = ["export_model"]

TOLERANCE = 1e-3  # of a range of 2: an eighth of a grey level
Run = Callable[[Tensor], Tensor]


def export_model(name: str, target: Path, kind: str, home: Home) -> str:
    """Write the network of `name` to `target`, and say how near it is and what it takes.

    Takes and gives float32 [N,3,H,W] in the network's own range, any N, H and W (multiples of
    the stride). Raises UsageProblem for a model that is no single network, AtlasError when the
    file that was written does not give what the module gives.
    """
    choice = resolve(name)
    if choice.card.weightless or choice.card.loader:
        raise UsageProblem(
            f"'{name}' is no single network that could be written to a file",
            hint="networks: zoo ls --json",
        )
    module, architecture, _ = load_module(locate(choice, home)[0])
    write, read = KINDS[kind]
    # Runtimes know how to make torch's own layers fast; ours are written for torch.
    with replacing(target) as temporary, torch.inference_mode():
        write(plain(copy.deepcopy(module)), _example(architecture, 0), temporary)
        worst = _difference(module, read(temporary), architecture)
        if worst > TOLERANCE:
            raise AtlasError(
                f"{kind} gives another picture than {name}: values differ by up to {worst:.2g}",
                hint="this is a defect: please report it with the versions of torch and onnx",
            )
    return (
        f"{kind}, float32 [N,3,H,W] with H and W multiples of {stride_of(architecture)}; "
        f"within {worst:.1g} of the module at two sizes"
    )


def _example(architecture: Architecture, more: int) -> Tensor:
    stride = stride_of(architecture)
    side = max(least_size(architecture), -(-64 // stride) * stride)
    noise = torch.Generator().manual_seed(more)
    shape = (1 + more, 3, side + more * stride, side + 2 * more * stride)
    return torch.rand(shape, generator=noise) * 2 - 1


def _difference(module: nn.Module, other: Run, architecture: Architecture) -> float:
    """The largest at the size that was exported and at another, with two pictures."""
    examples = (_example(architecture, 0), _example(architecture, 1))
    return max(float((module(x) - other(x)).abs().max()) for x in examples)


def _write_onnx(module: nn.Module, example: Tensor, path: Path) -> None:
    _need("onnx", "onnxruntime", "onnxscript")
    axes = {0: "pictures", 2: "height", 3: "width"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter about itself
        torch.onnx.export(
            module,
            (example,),
            str(path),
            input_names=["picture"],
            output_names=["translation"],
            dynamic_axes={"picture": axes, "translation": axes},
            opset_version=18,
            dynamo=False,
        )


def _read_onnx(path: Path) -> Run:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])

    def run(x: Tensor) -> Tensor:
        (made,) = session.run(None, {"picture": np.ascontiguousarray(x.numpy())})
        return torch.from_numpy(made)

    return run


def _need(*packages: str) -> None:
    from importlib.util import find_spec

    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        raise AtlasError(
            f"{', '.join(missing)} not installed", hint="pip install 'i2i-atlas[export]'"
        )


def _write_script(module: nn.Module, example: Tensor, path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.trace(module, example, check_trace=False).save(str(path))


def _read_script(path: Path) -> Run:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loaded: Run = torch.jit.load(str(path))
    return loaded


KINDS: dict[str, tuple[Callable[[nn.Module, Tensor, Path], None], Callable[[Path], Run]]] = {
    "onnx": (_write_onnx, _read_onnx),
    "torchscript": (_write_script, _read_script),
}
