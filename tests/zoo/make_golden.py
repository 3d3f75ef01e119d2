"""Writes golden.json anew: `python tests/zoo/make_golden.py`.

Only to be run when the networks are known to equal the reference implementations: the file then
holds what they gave for seeded weights.
"""

from __future__ import annotations

import json
from pathlib import Path

from conftest import NETWORKS, answer, sample, seeded

if __name__ == "__main__":
    golden = {}
    for name, (make, shape, _) in NETWORKS.items():
        module = seeded(make())
        output = answer(module, shape)
        golden[name] = {
            "keys": {key: list(value.shape) for key, value in module.state_dict().items()},
            "shape": list(output.shape),
            "values": [round(value, 7) for value in sample(output)],
        }
    target = Path(__file__).parent / "golden.json"
    target.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
