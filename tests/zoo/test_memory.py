"""A process that translates keeps the memory of one tensor for the next."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

# Layers of 16 MiB: how many pages five runs take after two that warm up.
FAULTS = """
import resource, sys
import torch
from zoo.memory import hold

def taken():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

if sys.argv[1] == "held":
    hold()
net = torch.nn.Sequential(*(torch.nn.Conv2d(16, 16, 3, padding=1) for _ in range(4)))
x = torch.rand(1, 16, 512, 512)
with torch.inference_mode():
    net(x), net(x)
    before = taken()
    for _ in range(5):
        net(x)
print(taken() - before)
"""


def _faults(how: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", FAULTS, how], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_pages_are_not_taken_again_and_again() -> None:
    assert _faults("held") < _faults("given back") / 3
