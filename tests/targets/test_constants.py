"""The loss of the best constant, which a network that has learned something is below."""

import numpy as np
import pytest

from sknn_scratch import ShallowNNRegressor
from sknn_scratch._core.loss import Targets
from sknn_scratch._core.losses import LOSSES
from sknn_scratch._targets.labels import KINDS as LABELS
from sknn_scratch._targets.numbers import KINDS as NUMBERS
from sknn_scratch._targets.numbers import NUMBER_LOSSES
from sknn_scratch._targets.scaled import parameters_of_loss


@pytest.mark.parametrize("loss", NUMBER_LOSSES)
def test_the_loss_of_the_best_constant(loss):
    rng = np.random.default_rng(0)
    link = LOSSES[loss].link
    targets = rng.exponential(size=(50, 2)) - (0 if link == "log" else 1)
    shares = rng.dirichlet(np.ones(50))
    parameters = parameters_of_loss(
        ShallowNNRegressor(loss=loss, quantile=0.9 if loss == "quantile" else None)
    )
    reals = NUMBERS[link](np.zeros(2), np.ones(2), parameters)
    constants = np.linspace(-4, 4, 2001)
    least = 0.0
    for column in targets.T:
        arranged = Targets.of(column[:, np.newaxis], shares)
        outputs = np.repeat(constants, 50).reshape(-1, 1, 50)  # each constant is a network
        least += reals.loss.total(outputs, arranged).min()
    assert reals.loss_of_a_constant(targets, shares) == pytest.approx(least, rel=1e-3)


def test_the_loss_of_the_best_constant_for_labels():
    shares = np.array([0.5, 0.25, 0.125, 0.125])
    two_labels = np.array([[1, -1], [-1, -1], [-1, -1], [-1, -1]])
    binary, several = LABELS["binary"](np.arange(2)), LABELS["multilabel"](np.arange(2))
    assert binary.loss_of_a_constant(two_labels[:, :1], shares) == pytest.approx(np.log(2))
    assert several.loss_of_a_constant(two_labels, shares) == pytest.approx(np.log(2))
    classes = LABELS["multiclass"](np.arange(4))
    assert classes.loss_of_a_constant(np.eye(4), shares) == pytest.approx(1.75 * np.log(2))


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber", "quantile"])
def test_the_loss_of_the_best_constant_of_targets_with_an_outlier(loss):
    """It may be so far away that a search between the extremes would take hundreds of steps, or overflow."""
    targets, shares = np.r_[np.linspace(-1, 1, 99), 1e30][:, np.newaxis], np.full(100, 0.01)
    reals = NUMBERS["identity"](0.0, 1.0, parameters_of_loss(ShallowNNRegressor(loss=loss)))
    best, column = reals.loss_of_a_constant(targets, shares), Targets.of(targets, shares)
    tried = [
        float(reals.loss.total(np.full_like(column.values, constant), column))
        for constant in (*np.linspace(-1, 1, 201), 1e28)
    ]
    assert best <= 1.001 * min(tried)
