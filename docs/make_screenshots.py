"""Makes the pictures of dashboard.md: pages on the bundled data set, in a real browser.

    bench run --home DIR --models identity,cyclegan,ganilla,pix2pix --dataset photo2toon \
      --metrics fid-texture,kid-texture,psnr,ssim
    python -m docs.make_screenshots DIR
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from PIL import Image

from tests.dashboard.browser import browser, served

HERE = Path(__file__).parent
PAGES = {
    "leaderboard": ("", 1280, 1000, False),
    "compare": ("compare", 1400, 820, True),
    "cost": ("cost", 1280, 920, False),
}
PICTURES = ("compare",)

if __name__ == "__main__":
    with (
        tempfile.TemporaryDirectory() as profile,
        served(Path(sys.argv[1])) as address,
        browser(Path(profile), address) as seen,
    ):
        for name, (path, width, height, dark) in PAGES.items():
            seen.look(width=width, height=height, dark=dark)
            seen.open(path)
            seen.rest()
            file = HERE / f"dashboard-{name}.png"
            seen.driver.save_screenshot(str(file))
            if name not in PICTURES:  # 256 colours are enough, and make a third of the file
                Image.open(file).convert("RGB").quantize(256).save(file, optimize=True)
