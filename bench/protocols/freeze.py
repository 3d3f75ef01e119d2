"""`python -m bench.protocols.freeze`: note the digests of new protocols; old ones stay."""

from __future__ import annotations

import json
import tomllib

from bench.protocols.protocol import FOLDER, FROZEN, protocol_digest, protocol_names
from data.files import write_text

__all__ = ["freeze"]


def freeze() -> list[str]:
    """Add the protocols that have no digest yet to the list; returns their names."""
    known = json.loads(FROZEN.read_text(encoding="utf-8")) if FROZEN.is_file() else {}
    fresh = [name for name in protocol_names() if name not in known]
    for name in fresh:
        content = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
        known[name] = protocol_digest(content)
    write_text(FROZEN, json.dumps(dict(sorted(known.items())), indent=1) + "\n")
    return fresh


if __name__ == "__main__":
    freeze()
