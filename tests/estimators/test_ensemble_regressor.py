"""ShallowNNEnsembleRegressor: its networks, their mean, and how far they are apart."""

from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn_scratch import ShallowNNEnsembleRegressor, ShallowNNRegressor
from sknn_scratch._targets.numbers import NUMBER_LOSSES
from tests.helpers import make_rows

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = make_rows(40)
TWO = np.column_stack([Y, 100 * Y**2])

FEW = {"n_hidden": 6, "max_iter": 15, "learning_rate": 0.02, "n_networks": 3}
ensemble = partial(ShallowNNEnsembleRegressor, alpha=3.0, random_state=0, **FEW)


@pytest.mark.parametrize("loss", NUMBER_LOSSES)
def test_a_network_of_an_ensemble_is_the_same_alone(loss):
    quantile = 0.8 if loss == "quantile" else None
    fitted = ensemble(loss=loss, quantile=quantile, batch_size=7).fit(X, Y)
    for one in fitted.estimators_:
        alone = ShallowNNRegressor(**one.get_params()).fit(X, Y)
        assert_array_equal(one.predict(X), alone.predict(X))
        assert one.quantile == quantile


@pytest.mark.parametrize(
    ("loss", "y", "shape"),
    [
        ("squared_error", TWO, (40, 2)),
        ("poisson", Y, (40,)),
        ("gamma", TWO, (40, 2)),
        ("quantile", Y, (40, 3)),
    ],
)
def test_an_ensemble_predicts_the_mean_and_says_how_far_its_networks_are_apart(loss, y, shape):
    quantile = [0.5, 0.9, 0.1] if loss == "quantile" else None
    fitted = ensemble(loss=loss, quantile=quantile).fit(X, y)
    predictions = [one.predict(X) for one in fitted.estimators_]
    mean, std = fitted.predict(X, return_std=True)
    assert mean.shape == std.shape == shape
    assert_allclose(mean, np.mean(predictions, axis=0))
    assert_allclose(std, np.std(predictions, axis=0), atol=1e-12 * y.max())
    assert_allclose(fitted.predict(X), mean)
    assert (std > 0).all()


def test_an_ensemble_goes_on():
    fitted = ensemble(warm_start=True).fit(X, Y).fit(X, Y)
    assert (fitted.n_iter_ > 15).all()
    parts = ensemble().partial_fit(X, Y)
    scale = parts.y_scale_
    assert parts.partial_fit(X, 2 * Y).y_scale_ == scale
    assert fitted.score(X, Y) > 0
