"""What a textbook promises of a shallow network, on a handful of rows."""

import itertools

import numpy as np
import pytest

from sknn_scratch import ShallowNNClassifier, ShallowNNRegressor

ADAM = {"solver": "adam", "max_iter": 400}  # four rows make one update in each epoch
ADAMW = {"solver": "adamw", "max_iter": 300}  # it minimises the loss alone, which falls for longer
PARITIES = [(2, {}), (2, ADAM), (2, ADAMW), (3, {}), (3, ADAM), (4, ADAM)]


@pytest.mark.parametrize(("n_bits", "params"), PARITIES)
def test_parity_is_learned(n_bits, params):
    """Whether a row has an odd number of ones; with two bits, it is XOR."""
    X = np.array(list(itertools.product([0.0, 1.0], repeat=n_bits)))
    y = X.sum(axis=1) % 2
    fits = [ShallowNNClassifier(**params, random_state=seed).fit(X, y) for seed in range(5)]
    assert [fitted.score(X, y) for fitted in fits] == [1.0] * 5


@pytest.mark.parametrize("n_rows", [200, 1600])
def test_a_curve_that_bends_away_from_zero_is_learned_from_every_start(n_rows):
    """With biases of zero, relu units would have all their kinks at zero, and may stay on a plateau there."""
    x = np.random.default_rng(0).uniform(-2, 2, n_rows)
    fits = [ShallowNNRegressor(random_state=seed).fit(x[:, None], np.sin(4 * x)) for seed in range(5)]
    x_test = np.linspace(-2, 2, 400)
    assert min(fitted.score(x_test[:, None], np.sin(4 * x_test)) for fitted in fits) > 0.95
