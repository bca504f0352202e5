"""How calls that fit networks are found, and spread over workers."""

import numpy as np
import pytest
from sklearn.pipeline import Pipeline

from sknn_scratch._search.calls import spread
from tests.helpers import make_data, small_network

X, Y = make_data("multiclass")

PIPELINE = Pipeline([("net", small_network())])


def calls_on(folds, widths):
    """Make calls as scikit-learn's search does: candidates outside, folds inside."""

    def fit_and_score(estimator, X, y, *, train, parameters):
        pass

    calls = [
        (fit_and_score, (PIPELINE, X, Y), {"train": np.arange(fold), "parameters": {"net__n_hidden": width}})
        for width in widths
        for fold in folds
    ]
    return dict(enumerate(calls))


@pytest.mark.parametrize(
    ("folds", "widths", "n_workers", "expected"),
    [
        ([284, 285], [4, 4], 2, [2, 2]),  # 569 rows: those of one fold belong together
        ([50] * 5, [4, 4], 2, [5, 5]),
        ([50] * 4 + [51], [4], 2, [2, 2, 1]),
        ([50] * 3, [3, 5], 3, [2, 2, 1, 1]),
        ([50], [4, 4], 2, [1, 1]),  # else a worker would have nothing to do
    ],
)
def test_like_networks_stay_together_and_every_worker_gets_some(folds, widths, n_workers, expected):
    calls = calls_on(folds, widths)
    pieces = spread(calls, n_workers)
    assert sorted(number for piece in pieces for number in piece) == list(calls)
    assert [len(piece) for piece in pieces] == expected
    kinds = [
        {(len(of["train"]), *of["parameters"].values()) for of in (calls[i][2] for i in piece)}
        for piece in pieces
    ]
    assert all(len(kind) == 1 for kind in kinds)
