"""The linear model of triage has the least loss there is, as scikit-learn finds it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix, random_array
from sklearn.linear_model import LogisticRegression

from survey.triage.logistic import fit


@pytest.mark.parametrize(("papers", "kept"), [(2, 1), (40, 3), (300, 200)])
@pytest.mark.parametrize("strength", [0.1, 10.0])
def test_weights_are_those_of_scikit_learn(papers: int, kept: int, strength: float) -> None:
    chance = np.random.default_rng(papers)
    rows = csr_matrix(random_array((papers, 60), density=0.2, rng=chance, dtype=np.float64))
    wanted = np.arange(papers) < kept
    other = LogisticRegression(C=strength, class_weight="balanced", tol=1e-12, max_iter=10_000)
    other.fit(rows, wanted)
    weights, base = fit(rows, wanted, strength)
    assert other.coef_[0] == pytest.approx(weights, abs=2e-5)
    assert other.intercept_[0] == pytest.approx(base, abs=2e-5)


def test_rows_without_words_teach_nothing() -> None:
    weights, base = fit(csr_matrix((3, 4)), np.array([True, False, False]), 10.0)
    assert weights.tolist() == [0.0] * 4
    assert base == pytest.approx(0.0, abs=1e-9)  # both kinds have the same share
