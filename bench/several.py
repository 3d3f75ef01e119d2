"""Several outputs of one source, for metrics that look at more than one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.metrics.registry import MetricCard
from bench.pictures import Array
from bench.translate import draws
from data.errors import AtlasError
from zoo.translate import apply
from zoo.translator import Translator

__all__ = ["Several", "answering"]


def answering(translator: Translator, metrics: Sequence[MetricCard]) -> list[Translator]:
    """The translators whose outputs differ for one source; none when no metric asks for them."""
    count = max((metric.draws for metric in metrics if metric.several), default=0)
    return draws(translator, count) if count else []


@dataclass(slots=True)
class Several:
    """Outputs of some sources by several seeds, made when they are first asked for."""

    translators: Sequence[Translator]
    sources: Sequence[Array]
    made: list[list[Array]] = field(default_factory=list)

    def first(self, count: int) -> list[list[Array]]:
        """By seed and source; AtlasError where nothing in the model is random."""
        if len(self.translators) < count:
            raise AtlasError(
                "it does not apply: nothing in the model is random, one answer a source"
            )
        for one in self.translators[len(self.made) : count]:
            self.made.append(list(apply(one, self.sources)))
        return self.made[:count]
