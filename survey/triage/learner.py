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

__all__ = ["Learner", "Weighed", "text_of", "weigh"]

Numbers = NDArray[np.float64]
# A longer abstract says no more: the three-thousand-word one of some records is a whole paper.
LONGEST = 6_000


def text_of(paper: Paper) -> str:
    """The words that the model reads: title, abstract, topics."""
    topics = " ".join(name.replace("-", "") for name in paper.topics)
    return f"{paper.title}\n{paper.abstract[:LONGEST]}\n{topics}"


@dataclass(frozen=True, slots=True)
class Weighed:
    """TF-IDF of N texts: a sparse float32 matrix [N, words], None where no text has a word."""

    matrix: Any
    words: Any


def weigh(texts: Sequence[str]) -> Weighed:
    """Weigh the words of texts; AtlasError without scikit-learn."""
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
    except ImportError as problem:
        raise _missing() from problem
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


def _missing() -> AtlasError:
    return AtlasError(
        "learning from decisions needs scikit-learn", hint="pip install 'i2i-atlas[survey]'"
    )


class Learner:
    """Learns from weighed words; AtlasError without scikit-learn.

    `fit` takes rows of papers that are kept and dropped, both at least one.
    """

    def __init__(self, weighed: Weighed) -> None:
        try:
            from sklearn.linear_model import LogisticRegression
            from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]
        except ImportError as problem:
            raise _missing() from problem
        self.matrix, self.words = weighed.matrix, weighed.words
        self._model = LogisticRegression(C=10.0, class_weight="balanced", max_iter=300)
        # Far too little work for several threads: they would wait for each other.
        self._threads = ThreadpoolController()
        self.coefficients: NDArray[np.float32] | None = None

    @property
    def able(self) -> bool:
        """Whether there are words to learn from."""
        return self.matrix is not None

    def fit(self, kept: Sequence[int], dropped: Sequence[int]) -> Numbers:
        """Train anew; for every paper the log odds of being kept, at equal numbers of both."""
        rows = [*kept, *dropped]
        wanted = np.repeat([1, 0], [len(kept), len(dropped)])
        seen = self.matrix[rows]
        # A word of no decided paper gets no weight anyway.
        columns = np.unique(seen.indices)
        self.coefficients = np.zeros(self.matrix.shape[1], dtype=np.float32)
        if not len(columns):  # the decided papers have no words
            return np.zeros(self.matrix.shape[0])
        with self._threads.limit(limits=1):
            self._model.fit(seen[:, columns], wanted)
        self.coefficients[columns] = self._model.coef_[0]
        odds = self.matrix @ self.coefficients + float(self._model.intercept_[0])
        return np.asarray(odds, dtype=np.float64)

    def because(self, row: int, most: int = 4) -> tuple[str, ...]:
        """The words of a paper that speak most for it, by the last `fit`."""
        if self.coefficients is None:
            return ()
        own = self.matrix[row]
        shares = own.data * self.coefficients[own.indices]
        best = np.argsort(-shares, kind="stable")[:most]
        return tuple(str(self.words[own.indices[i]]) for i in best if shares[i] > 0)
