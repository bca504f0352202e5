"""Ensembles, conversions, displays and diagnoses of regressors."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_scratch import (
    ActivationDisplay,
    HiddenUnitsDisplay,
    NetworkDisplay,
    ShallowNNEnsembleRegressor,
    ShallowNNRegressor,
    TrainingCurveDisplay,
    diagnose,
)
from sknn_scratch._fitting.reals import REAL_LOSSES
from tests.test_regressor import X, Y, make_rows, regressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

TWO = np.column_stack([Y, 100 * Y**2])


def ensemble(**params):
    settings = {"n_hidden": 6, "max_iter": 15, "learning_rate": 0.02, "random_state": 0, "n_networks": 3}
    return ShallowNNEnsembleRegressor(**settings | params)


# --- Ensembles ---


@pytest.mark.parametrize("loss", REAL_LOSSES)
def test_a_network_of_an_ensemble_is_the_same_alone(loss):
    fitted = ensemble(loss=loss, quantile=0.8, batch_size=7).fit(X, Y)
    for one in fitted.estimators_:
        alone = ShallowNNRegressor(**one.get_params()).fit(X, Y)
        assert_array_equal(one.predict(X), alone.predict(X))
        assert one.quantile == 0.8


@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
@pytest.mark.parametrize("y", [Y, TWO])
def test_an_ensemble_predicts_the_mean_and_says_how_far_its_networks_are_apart(loss, y):
    fitted = ensemble(loss=loss).fit(X, y)
    predictions = [one.predict(X) for one in fitted.estimators_]
    mean, std = fitted.predict(X, return_std=True)
    assert mean.shape == std.shape == y.shape
    assert_allclose(mean, np.mean(predictions, axis=0))
    assert_allclose(std, np.std(predictions, axis=0), atol=1e-12 * y.max())
    assert_allclose(fitted.predict(X), mean)
    assert (std > 0).all()


@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
@pytest.mark.parametrize("scale", [1e-200, 1e300])
def test_the_spread_has_the_scale_of_y(loss, scale):
    _, spread = ensemble(loss=loss).fit(X, Y).predict(X, return_std=True)
    _, scaled = ensemble(loss=loss).fit(X, scale * Y).predict(X, return_std=True)
    assert_allclose(scaled, scale * spread, rtol=1e-9)


def test_the_spread_grows_where_there_was_no_data():
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, size=(100, 1))
    fitted = ensemble(n_networks=5, max_iter=60, alpha=0.1).fit(x, np.sin(3 * x[:, 0]))
    _, inside = fitted.predict(np.linspace(-1, 1, 21)[:, np.newaxis], return_std=True)
    _, outside = fitted.predict(np.array([[-5.0], [5.0]]), return_std=True)
    assert outside.min() > 3 * inside.mean()


def test_the_error_of_the_mean_is_not_above_the_mean_of_the_errors():
    rows, y = make_rows(200, seed=1)
    fitted = ensemble().fit(X, Y)
    errors = [np.mean((one.predict(rows) - y) ** 2) for one in fitted.estimators_]
    assert np.mean((fitted.predict(rows) - y) ** 2) <= np.mean(errors)


def test_one_network_has_no_spread():
    fitted = ensemble(n_networks=1).fit(X, Y)
    mean, std = fitted.predict(X, return_std=True)
    assert_array_equal(mean, fitted.estimators_[0].predict(X))
    assert not std.any()


def test_an_ensemble_goes_on():
    fitted = ensemble(warm_start=True).fit(X, Y).fit(X, Y)
    assert (fitted.n_iter_ > 15).all()
    parts = ensemble().partial_fit(X, Y)
    scale = parts.y_scale_
    assert parts.partial_fit(X, 2 * Y).y_scale_ == scale
    assert fitted.score(X, Y) > 0


# --- MLPRegressor ---


def fitted_mlp(y=Y, **params):
    settings = {"hidden_layer_sizes": (5,), "max_iter": 15, "random_state": 0, "learning_rate_init": 0.02}
    return MLPRegressor(**settings | params).fit(X, y)


@pytest.mark.parametrize("loss", REAL_LOSSES)
@pytest.mark.parametrize("y", [Y, TWO])
@pytest.mark.parametrize("activation", ["identity", "sigmoid", "tanh", "relu"])
def test_to_mlp_predicts_the_same(loss, y, activation):
    reg = regressor(loss=loss, activation=activation).fit(X, y)
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
    reg = regressor(loss=loss, solver="lbfgs", alpha=0).fit(X, Y)
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
    reg = regressor(loss=loss).fit(X, Y)
    predictions = reg.predict(X)
    reg.set_params(loss=other)
    assert_array_equal(reg.predict(X), predictions)
    assert_allclose(reg.to_mlp_regressor().predict(X), predictions)
    with pytest.raises(ValueError, match=f"loss='{other}', but the outputs of the fitted network are for"):
        diagnose(reg, X, Y)


def test_what_cannot_be_converted_is_an_error():
    with pytest.raises(ValueError, match="MLPRegressor does not have activation='silu'"):
        regressor(activation="silu").fit(X, Y).to_mlp_regressor()
    with pytest.raises(TypeError, match="must be a fitted MLPRegressor, got MLPClassifier"):
        ShallowNNRegressor.from_mlp_regressor(MLPClassifier())
    with pytest.raises(ValueError, match="MLPRegressor has 2 hidden layers; ShallowNNRegressor has one"):
        ShallowNNRegressor.from_mlp_regressor(fitted_mlp(hidden_layer_sizes=(3, 3)))


# --- Displays and diagnoses ---


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def test_the_surface_of_a_regressor():
    pipeline = make_pipeline(StandardScaler(), regressor()).fit(X, Y)
    display = HiddenUnitsDisplay.from_estimator(pipeline, X, Y, n_units=3, resolution=5)
    assert display.outputs.shape == (5, 5, 1)
    assert_array_equal(display.points[1], Y)
    assert display.ax_.get_title() == "Surface"
    assert {axes.get_title().split(" → ")[1] for axes in display.axes_} <= {"higher", "lower"}
    assert "predicted y" in [axes.get_ylabel() for axes in display.figure_.axes]


def test_the_surface_of_one_of_several_targets():
    plane, targets = X[:, :2], np.column_stack([Y, 10 - 3 * X[:, 0]])
    fitted = regressor().fit(plane, targets)
    names = set()
    for k in (0, 1):
        display = HiddenUnitsDisplay.from_estimator(fitted, plane, targets, target=k, n_units=2, resolution=5)
        grid = np.column_stack([values.ravel() for values in np.meshgrid(display.x, display.y)])
        assert_allclose(display.outputs.ravel(), fitted.predict(grid)[:, k])
        assert_array_equal(display.points[1], targets[:, k])
        influence = fitted.transform(plane).std(axis=0) * np.abs(fitted.coefs_[1][:, k])
        assert_array_equal(display.units, np.argsort(-influence)[:2])
        names |= set(display.class_names)
    assert len(names) == 2


@pytest.mark.parametrize("target", [-1, 1, "y"])
def test_a_target_that_is_not_there(target):
    with pytest.raises(ValueError, match="target must be an integer from 0 to 0, got"):
        HiddenUnitsDisplay.from_estimator(regressor().fit(X, Y), X, target=target)


def test_the_surface_of_a_constant_has_no_lines():
    flat = regressor(max_iter=1).fit(X, np.full(40, 3.0))
    flat.coefs_[1][...] = 0
    display = HiddenUnitsDisplay.from_estimator(flat, X, n_units=1, resolution=3)
    assert np.ptp(display.outputs) == 0
    assert display.ax_.get_title() == "Surface"


def test_other_displays_of_a_regressor():
    reg = regressor().fit(X, TWO)
    network = NetworkDisplay.from_estimator(reg)
    texts = [text.get_text() for text in network.ax_.texts]
    assert {"y0", "y1"} <= set(texts)
    assert "y" in [text.get_text() for text in NetworkDisplay.from_estimator(regressor().fit(X, Y)).ax_.texts]
    assert len(TrainingCurveDisplay.from_estimator(reg).history["loss"]) == 15
    assert ActivationDisplay.from_estimator(reg, X).activation == "relu"


@pytest.mark.parametrize("loss", REAL_LOSSES)
def test_a_healthy_regressor_and_one_under_a_heavy_penalty(loss):
    rows, y = make_rows(300)
    healthy = regressor(n_hidden=20, loss=loss, max_iter=200, tol=1e-4).fit(rows, y)
    assert diagnose(healthy, rows, y).ok, str(diagnose(healthy, rows, y))
    crushed = regressor(n_hidden=20, loss=loss, max_iter=200, alpha=1e4).fit(rows, y)
    diagnosis = diagnose(crushed, rows, list(y))
    assert diagnosis.fix_first.name == "strong penalty"
    assert diagnosis.not_checked["class imbalance ignored"] == "it is for classes"


def findings(*arguments):
    """Look at all findings, by name."""
    return {one.name: one for one in diagnose(*arguments).checks}


@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
def test_a_regressor_that_is_too_small_is_found(loss):
    rng = np.random.default_rng(0)
    rows = rng.uniform(-2, 2, size=(300, 1))
    y = 1.1 + np.column_stack([np.sin(4 * rows[:, 0]), np.cos(4 * rows[:, 0])])
    small = regressor(n_hidden=1, loss=loss, max_iter=100).fit(rows, y)
    assert findings(small, rows, y)["underfitting"].severity == "problem"


def test_rare_counts_are_mostly_noise_which_is_no_finding():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(400, 3))
    y = rng.poisson(0.3 * np.exp(0.8 * rows[:, 0]))
    reg = regressor(loss="poisson", max_iter=200, early_stopping=True).fit(rows, y)
    assert diagnose(reg, rows, y).ok, str(diagnose(reg, rows, y))
    needs_y = {"foreign validation rows", "exploding gradient", "overfitting", "stopped too early"}
    assert needs_y <= diagnose(reg, rows).not_checked.keys()


@pytest.mark.parametrize("quantile", [0.05, 0.99])
def test_a_quantile_is_not_compared_with_means(quantile):
    rows, y = make_rows(300)
    healthy = regressor(loss="quantile", quantile=quantile, max_iter=200).fit(rows, y)
    assert diagnose(healthy, rows, y).ok, str(diagnose(healthy, rows, y))
    assert "means" in diagnose(healthy, rows, y).not_checked["underfitting"]
    crushed = regressor(loss="quantile", quantile=quantile, max_iter=200, alpha=1e6).fit(rows, y)
    assert findings(crushed, rows, y)["not converged"].severity == "problem"


@pytest.mark.parametrize("scale", [1e-3, 1e3])
def test_the_scale_of_y_is_no_finding_of_a_converted_network(scale):
    converted = ShallowNNRegressor.from_mlp_regressor(fitted_mlp(scale * Y, solver="lbfgs", max_iter=500))
    assert findings(converted, X, scale * Y)["not converged"].severity == "ok"
    assert findings(converted, X)["not converged"].severity == "ok"


def test_a_converted_network_that_has_learnt_nothing():
    converted = ShallowNNRegressor.from_mlp_regressor(fitted_mlp(solver="lbfgs", alpha=1e6))
    finding = findings(converted, X, Y)["not converged"]
    assert finding.severity == "problem"
    assert "inf" not in finding.remedy


def test_a_constant_y_can_be_diagnosed():
    flat = regressor().fit(X, np.full(40, 3.0))
    assert "exploding gradient" in diagnose(flat, X, np.full(40, 3.0)).not_checked
