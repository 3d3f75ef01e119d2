"""How long the commands take that a person types most: `python benchmarks/startup.py`."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

COMMANDS = ["survey --help", "zoo ls", "bench ls", "bench --help", "dashboard --help"]


def main() -> None:
    tools = Path(sys.executable).parent
    for words in COMMANDS:
        tool, *rest = words.split()
        taken = []
        for _ in range(7):
            start = time.perf_counter()
            subprocess.run([str(tools / tool), *rest], check=True, capture_output=True)
            taken.append(time.perf_counter() - start)
        print(f"{words:18} {statistics.median(taken):.3f} s (fastest {min(taken):.3f})")


if __name__ == "__main__":
    main()
