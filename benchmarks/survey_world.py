"""A made-up field of any size, on loopback: titles and abstracts as long and as repetitive as real.

    python benchmarks/survey_world.py --papers 100000

Each word is drawn with a chance that falls with its rank, as in any language (Zipf); every paper
has one to three phrases of the field, four authors, and every fifth a repository. Half of the
papers cite both seeds, so 100,000 papers are 150,000 pairs of a paper and a seed that it cites.
The services are those of the tests, with all their limits.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import accumulate
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tests.survey.server import Services
from tests.survey.world import CYCLEGAN, PIX2PIX, Paper, World

# From the most frequent on; what follows them is made of syllables.
_COMMON = (
    "the of and a to in image for we is with that translation on images this network method "
    "are by as from learning our model adversarial which using be domain results data deep an "
    "generative networks can proposed it training based approach style propose between paper "
    "loss different performance target novel source methods models state art real generator "
    "trained unpaired synthetic framework domains content task show quality segmentation have "
    "features existing transfer information high has detection visual pairs experiments medical "
    "dataset supervised however generation feature semantic problem diverse recognition work "
    "datasets resolution unsupervised consistency video not such representation conditional "
    "cycle shape texture mapping structure attention while both these learn than also "
    "image-to-image discriminator latent space human face more used input diffusion without "
    "single object"
)
COMMON = _COMMON.split()
PHRASES = (
    "unpaired image-to-image translation",
    "paired image-to-image translation",
    "semi-supervised learning",
    "few-shot image translation",
    "multi-domain image translation",
    "style transfer",
    "image colorization",
    "semantic image synthesis",
    "super-resolution",
    "image inpainting",
    "low-light enhancement",
    "image dehazing",
    "pose transfer",
    "virtual try-on",
    "domain adaptation",
    "face attribute editing",
    "makeup transfer",
    "cartoon stylization",
    "sketch to photo",
    "computed tomography",
    "magnetic resonance imaging",
    "synthetic aperture radar",
    "remote sensing images",
    "data augmentation",
    "deepfake detection",
    "video synthesis",
    "voice conversion",
    "text-guided image editing",
    "denoising diffusion models",
    "a survey of image translation",
)
_SYLLABLES = "ba ce di fo gu ha je ki lo mu na pe qui ro su ta ve wi xo yu zan ber cor del fin"
SYLLABLES = _SYLLABLES.split()
TAIL = 60_000  # words beside the common ones
FAMILIES, GIVEN = 20_000, 400


def _word(n: int) -> str:
    parts = []
    while n or len(parts) < 2:
        n, at = divmod(n, len(SYLLABLES))
        parts.append(SYLLABLES[at])
    return "".join(parts)


@dataclass
class Field(World):
    """`size` papers with texts; the same for the same size."""

    chance: random.Random = field(default_factory=lambda: random.Random(0))

    @cached_property
    def words(self) -> list[str]:
        """From the most frequent to the rarest."""
        return [*COMMON, *(_word(n) for n in range(1, TAIL + 1))]

    @cached_property
    def weights(self) -> list[float]:
        """Cumulative, of `words`."""
        return list(accumulate(1 / (rank + 2.7) for rank in range(len(self.words))))

    def _paper(self, n: int) -> Paper:
        plain, chance = super()._paper(n), self.chance
        phrases = chance.sample(PHRASES, chance.randint(1, 3))
        title = " ".join([*self._drawn(chance.randint(3, 8)), phrases[0]]).capitalize()
        return replace(
            plain,
            title=f"{title} {_word(n + 1)}",
            seeds=(CYCLEGAN, PIX2PIX) if n % 2 == 0 else (CYCLEGAN,),
            total=int(10 ** chance.uniform(0, 3.5)) - 1,
            summary=self._abstract(n, phrases),
            people=tuple(self._name() for _ in range(chance.randint(1, 7))),
        )

    def _abstract(self, n: int, phrases: list[str]) -> str:
        left = max(40, int(math.exp(self.chance.gauss(math.log(150), 0.3))))
        sentences = []
        while left > 0:
            length = self.chance.randint(12, 28)
            words = self._drawn(length)
            if len(sentences) < len(phrases):
                words.insert(length // 2, phrases[len(sentences)])
            sentences.append(" ".join(words).capitalize() + ".")
            left -= length
        if n % 5 == 0:
            sentences.append(f"Code: https://github.com/someone/kind-{n}.")
        if n % 200 == 1:  # what no index has as words
            sentences.append(
                "基于生成对抗网络的图像翻译方法" if n % 400 == 1 else "Written in C++."
            )
        return " ".join(sentences)

    def _drawn(self, count: int) -> list[str]:
        return self.chance.choices(self.words, cum_weights=self.weights, k=count)

    def _name(self) -> str:
        given, family = self.chance.randrange(GIVEN), self.chance.randrange(FAMILIES)
        return f"{_word(given + 50).title()} {_word(family + 500).title()}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=int, default=100_000)
    asked = parser.parse_args()
    services = Services(Field(asked.papers))
    print(services.address, flush=True)
    services.http.serve_forever()


if __name__ == "__main__":
    main()
