"""What a person keeps, learnt from words: TF-IDF and a linear model.

As arxiv-sanity and ASReview do: few decisions are enough, and a new one costs milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.errors import AtlasError
from survey.paper import Paper
from survey.triage.logistic import fit

__all__ = ["Learner", "Weighed", "missing", "text_of", "weigh"]

Numbers = NDArray[np.float64]
# A longer abstract says no more: the three-thousand-word one of some records is a whole paper.
LONGEST = 6_000
STRENGTH = 10.0  # of what decisions say, against small weights


def text_of(paper: Paper) -> str:
    """The words that the model reads: title, abstract, topics."""
    topics = " ".join(name.replace("-", "") for name in paper.topics)
    return f"{paper.title}\n{paper.abstract[:LONGEST]}\n{topics}"


@dataclass(frozen=True, slots=True)
class Weighed:
    """TF-IDF of N texts: a sparse float32 matrix [N, words], None where no text has a word.

    `rows` has the row of each paper where they are in another order.
    """

    matrix: Any
    words: Sequence[str]
    rows: NDArray[np.intp] | None = None


def weigh(texts: Sequence[str]) -> Weighed:
    """Weigh the words of texts; AtlasError without scikit-learn."""
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
    except ImportError as problem:
        raise missing() from problem
    weigher = TfidfVectorizer(
        stop_words="english",
        sublinear_tf=True,
        # A word of one paper alone teaches nothing about others.
        min_df=2 if len(texts) > 50 else 1,
        dtype=np.float32,
    )
    try:
        return Weighed(weigher.fit_transform(texts), weigher.get_feature_names_out())
    except ValueError:  # no text has a word in it
        return Weighed(None, ())


def missing() -> AtlasError:
    """What to say where scikit-learn is not installed."""
    return AtlasError(
        "learning from decisions needs scikit-learn", hint="pip install 'i2i-atlas[survey]'"
    )


class Learner:
    """Learns from weighed words.

    `fit` takes rows of papers that are kept and dropped, both at least one.
    """

    def __init__(self, weighed: Weighed) -> None:
        self.matrix, self.words, self.rows = weighed.matrix, weighed.words, weighed.rows
        self.coefficients: NDArray[np.float32] | None = None

    @property
    def able(self) -> bool:
        """Whether there are words to learn from."""
        return self.matrix is not None

    def fit(self, kept: Sequence[int], dropped: Sequence[int]) -> Numbers:
        """Train anew; for every paper the log odds of being kept, at equal numbers of both."""
        wanted = np.repeat([True, False], [len(kept), len(dropped)])
        seen = self.matrix[self._places([*kept, *dropped])]
        # A word of no decided paper gets no weight anyway.
        columns, seen.indices = np.unique(seen.indices, return_inverse=True)
        seen.resize(len(wanted), len(columns))
        weights, base = fit(seen, wanted, STRENGTH)
        self.coefficients = np.zeros(self.matrix.shape[1], dtype=np.float32)
        self.coefficients[columns] = weights
        odds = np.asarray(self.matrix @ self.coefficients + base, dtype=np.float64)
        return odds if self.rows is None else odds[self.rows]

    def because(self, row: int, most: int = 4) -> tuple[str, ...]:
        """The words of a paper that speak most for it, by the last `fit`."""
        if self.coefficients is None:
            return ()
        own = self.matrix[self._places(row)]
        shares = own.data * self.coefficients[own.indices]
        best = np.argsort(-shares, kind="stable")[:most]
        return tuple(str(self.words[own.indices[i]]) for i in best if shares[i] > 0)

    def _places(self, rows: Any) -> Any:
        return rows if self.rows is None else self.rows[rows]
