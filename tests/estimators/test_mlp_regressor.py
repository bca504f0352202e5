"""Conversion to MLPRegressor and back."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.neural_network import MLPClassifier, MLPRegressor

from sknn_scratch import ShallowNNRegressor, diagnose
from sknn_scratch._fitting.reals import REAL_LOSSES
from tests.helpers import make_rows, small_regressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = make_rows(40)
TWO = np.column_stack([Y, 100 * Y**2])


def fitted_mlp(y=Y, **params):
    settings = {"hidden_layer_sizes": (5,), "max_iter": 15, "random_state": 0, "learning_rate_init": 0.02}
    return MLPRegressor(**settings | params).fit(X, y)


@pytest.mark.parametrize(
    ("loss", "y", "activation"),
    [
        *((loss, TWO, "relu") for loss in REAL_LOSSES),
        ("squared_error", Y, "tanh"),
        ("poisson", Y, "sigmoid"),
        ("huber", Y, "identity"),
    ],
)
def test_to_mlp_predicts_the_same(loss, y, activation):
    reg = small_regressor(loss=loss, activation=activation).fit(X, y)
    mlp = reg.to_mlp_regressor()
    assert_allclose(mlp.predict(X), reg.predict(X), rtol=1e-10)
    assert mlp.loss == (loss if loss == "poisson" else "squared_error")
    assert not np.shares_memory(mlp.coefs_[1], reg.coefs_[1])
    assert {name for name in vars(fitted_mlp(y)) if not name.startswith("_")} - vars(mlp).keys() == set()
    mlp.partial_fit(X, y)


@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
@pytest.mark.parametrize("y", [Y, TWO / 1000])
def test_from_mlp_predicts_the_same(loss, y):
    mlp = fitted_mlp(y, loss=loss)
    reg = ShallowNNRegressor.from_mlp_regressor(mlp)
    assert_allclose(reg.predict(X), mlp.predict(X), rtol=1e-12)
    assert reg.loss == loss
    assert reg.loss_curve_.tolist() == mlp.loss_curve_
    before = reg.predict(X)
    assert np.abs(reg.partial_fit(X, y).predict(X) - before).max() > 0
    again = ShallowNNRegressor.from_mlp_regressor(mlp).to_mlp_regressor()
    assert_allclose(again.predict(X), mlp.predict(X), rtol=1e-12)


@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
def test_the_losses_are_those_of_an_mlp(loss):
    reg = small_regressor(loss=loss, solver="lbfgs", alpha=0).fit(X, Y)
    mlp = reg.to_mlp_regressor()
    of_mlp = MLPRegressor(**mlp.get_params() | {"max_iter": 1, "alpha": 0, "warm_start": True})
    vars(of_mlp).update({name: value for name, value in vars(mlp).items() if name.endswith("_")})
    activations = [X, None, None]
    of_mlp._forward_pass(activations)
    predicted = activations[-1][:, 0]
    deviances = np.square(predicted - Y) / 2
    if loss == "poisson":
        deviances = Y * np.log(Y / predicted) - Y + predicted
    assert mlp.loss_curve_[-1] == pytest.approx(deviances.mean(), rel=1e-9)


def test_early_stopping_of_an_mlp_is_by_r2():
    mlp = fitted_mlp(early_stopping=True)
    reg = ShallowNNRegressor.from_mlp_regressor(mlp)
    assert (reg.scoring, reg.early_stopping) == ("r2", True)
    assert reg.history_["val_score"].tolist() == mlp.validation_scores_
    assert reg.to_mlp_regressor().validation_scores_ == mlp.validation_scores_


@pytest.mark.parametrize(("loss", "other"), [("squared_error", "poisson"), ("poisson", "huber")])
def test_a_loss_that_is_set_after_the_fit_changes_no_network(loss, other):
    reg = small_regressor(loss=loss).fit(X, Y)
    predictions = reg.predict(X)
    reg.set_params(loss=other)
    assert_array_equal(reg.predict(X), predictions)
    assert_allclose(reg.to_mlp_regressor().predict(X), predictions)
    with pytest.raises(ValueError, match=f"loss='{other}', but the outputs of the fitted network are for"):
        diagnose(reg, X, Y)


def test_what_cannot_be_converted_is_an_error():
    with pytest.raises(ValueError, match="MLPRegressor does not have activation='silu'"):
        small_regressor(activation="silu").fit(X, Y).to_mlp_regressor()
    with pytest.raises(TypeError, match="must be a fitted MLPRegressor, got MLPClassifier"):
        ShallowNNRegressor.from_mlp_regressor(MLPClassifier())
    with pytest.raises(ValueError, match="MLPRegressor has 2 hidden layers; ShallowNNRegressor has one"):
        ShallowNNRegressor.from_mlp_regressor(fitted_mlp(hidden_layer_sizes=(3, 3)))
