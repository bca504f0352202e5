"""How calls that fit networks are found, and spread over workers."""

from functools import partial

import numpy as np
import pytest

from sknn_scratch._search.calls import spread
from tests.helpers import make_data, small_network

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = make_data("multiclass")

network = partial(small_network, n_hidden=4, max_iter=4, batch_size=10)


def calls_on(folds, networks):
    """Make calls as scikit-learn's search does: candidates outside, folds inside."""

    def fit_and_score(estimator, X, y, *, train, parameters):
        pass

    calls = [
        (fit_and_score, (one, X, Y), {"train": np.arange(fold), "parameters": {"alpha": i}})
        for i, one in enumerate(networks)
        for fold in folds
    ]
    return dict(enumerate(calls))


@pytest.mark.parametrize(
    ("folds", "networks", "n_workers", "expected"),
    [
        ([284, 285], [network()] * 2, 2, [2, 2]),  # 569 rows: those of one fold belong together
        ([50] * 5, [network()] * 2, 2, [5, 5]),
        ([50] * 4 + [51], [network()], 2, [2, 2, 1]),
        ([50] * 3, [network(n_hidden=n) for n in (3, 5)], 3, [2, 2, 1, 1]),
        ([50], [network()] * 2, 2, [1, 1]),  # else a worker would have nothing to do
    ],
)
def test_like_networks_stay_together_and_every_worker_gets_some(folds, networks, n_workers, expected):
    calls = calls_on(folds, networks)
    pieces = spread(calls, n_workers)
    assert sorted(number for piece in pieces for number in piece) == list(calls)
    assert [len(piece) for piece in pieces] == expected
    kinds = [{(len(calls[i][2]["train"]), calls[i][1][0].n_hidden) for i in piece} for piece in pieces]
    assert all(len(kind) == 1 for kind in kinds)
