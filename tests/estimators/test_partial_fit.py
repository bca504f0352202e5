"""Rows that come in parts: the penalty of ``partial_fit`` counts all rows so far."""

import copy

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sknn_scratch import ShallowNNClassifier, ShallowNNRegressor
from tests.helpers import assert_same_model, make_data

pytestmark = pytest.mark.filterwarnings("ignore:The maximum number of epochs")

X, Y = make_data("multiclass")  # 60 rows
WEIGHTS = np.full(60, 3.0)


def make_classifier(**params):
    params = {"n_hidden": 4, "alpha": 1.0, "early_stopping": False, "max_iter": 2, "random_state": 0} | params
    return ShallowNNClassifier(solver="sgd", momentum=0.0, batch_size=None, init_scale=0.5, **params)


def first_part(**params):
    return make_classifier(**params).partial_fit(X, Y, classes=[0, 1, 2], sample_weight=WEIGHTS)


@pytest.mark.parametrize("network", [ShallowNNClassifier(), ShallowNNRegressor()])
def test_weights_by_position_are_no_classes(network):
    with pytest.raises(TypeError, match="takes 3 positional arguments but 4 were given"):
        network.partial_fit(X, Y, np.ones(60))


def penalty_divisor(classifier):
    """What ``partial_fit`` measures the penalty against in its next step, on 60 further rows."""
    by_alpha = [copy.deepcopy(classifier).set_params(alpha=alpha).partial_fit(X, Y) for alpha in (0.0, 1.0)]
    shrunk = by_alpha[0].coefs_[0] - by_alpha[1].coefs_[0]  # learning_rate * alpha / weight * coefs_
    weights = classifier.learning_rate_ * classifier.coefs_[0] / shrunk
    assert_allclose(weights, weights[0, 0], rtol=1e-8)
    return weights[0, 0]


WAYS = {
    "nothing but one part": (first_part, 180 + 60),
    "few rows": (lambda: make_classifier().partial_fit(X[:30], Y[:30], classes=[0, 1, 2]), 100),
    "a second part": (lambda: first_part().partial_fit(X[:20], Y[:20]), 180 + 20 + 60),
    "a fit": (lambda: make_classifier().fit(X, Y), 60 + 60),
    "a second fit": (lambda: first_part().fit(X, Y), 60 + 60),
    "a warm start": (lambda: first_part(warm_start=True).fit(X, Y), 180 + 60 + 60),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_penalty_of_partial_fit_is_measured_against_the_rows_of_all_calls(way):
    train, expected = WAYS[way]
    assert penalty_divisor(train()) == pytest.approx(expected, rel=1e-9)


def test_epochs_by_hand_keep_the_penalty_of_fit_if_alpha_grows_with_them():
    by_hand = ShallowNNClassifier(4, alpha=1.0, solver="adam", early_stopping=False, random_state=0)
    whole = copy.copy(by_hand).set_params(max_iter=3, tol=0.0).fit(X, Y, WEIGHTS)
    for epoch in (1, 2, 3):
        by_hand.set_params(alpha=epoch).partial_fit(X, Y, classes=[0, 1, 2], sample_weight=WEIGHTS)
    assert_same_model(by_hand, whole, rtol=1e-12)
