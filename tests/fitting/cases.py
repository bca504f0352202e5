"""Few and many rows, the observations among rows, and the alphas that a fit to them tries."""

from functools import partial

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from sknn_scratch import ShallowNNClassifier
from sknn_scratch._fitting.decide import MANY_ROWS, longest_cycle
from sknn_scratch._fitting.inputs import FitInput, encode_data
from sknn_scratch._fitting.many_rows import cycles
from sknn_scratch._fitting.observations import observations_of

RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 4))
Y = (X[:, 0] + RNG.normal(size=90) > 0).astype(int)
MANY_X = RNG.normal(size=(MANY_ROWS + 500, 3))
MANY_Y = (MANY_X[:, 0] + RNG.normal(size=len(MANY_X)) > 0).astype(int)
few_or_many_rows = pytest.mark.parametrize(("x", "y"), [(X, Y), (MANY_X, MANY_Y)], ids=["few", "many"])

network = partial(ShallowNNClassifier, n_hidden=8, max_iter=3, random_state=0)


def numbers_of_threads():
    """Of each BLAS of this machine. There are some whose threads threadpoolctl cannot count."""
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


def observe(x, y, weights=None, groups=None, estimator=ShallowNNClassifier):
    encoded = encode_data(estimator(), FitInput(x, y, weights, groups=groups))
    return observations_of(encoded.data, encoded)


def parts_of_rows(x, y, groups=None, n_parts=3):
    """Deal the observations of different rows to parts: number each row."""
    seen, parts = observe(x, y, groups=groups), np.empty(len(y), int)
    parts[seen.data.rows] = seen.dealt(n_parts)
    return parts


def cycles_of(n_rows, n_features):
    return cycles(longest_cycle(n_rows), n_rows, n_features)


def path_of(x, y, weights=None, **params):
    """Fit; list the alphas tried and their losses."""
    path = network(**params).fit(x, y, weights).alpha_path_
    return path["alpha"].tolist(), path["loss"].tolist()
