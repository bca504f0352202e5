"""ShallowNNRegressor: known answers, the scale of y, and equal results by different ways."""

import copy
import pickle
from functools import partial
from operator import methodcaller

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import GammaRegressor, PoissonRegressor, Ridge
from sklearn.metrics import d2_pinball_score, mean_gamma_deviance, mean_poisson_deviance, r2_score

from sknn_scratch import ShallowNNRegressor
from sknn_scratch._core.loss import NUMBERS
from sknn_scratch._core.losses import LOSSES
from sknn_scratch._targets.numbers import NUMBER_LOSSES
from tests.helpers import make_rows, refused, small_regressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

every_loss = pytest.mark.parametrize("loss", NUMBER_LOSSES)
# With a constant rate, the steps of a loss with a kink do not become small.
SLOWER_AND_SLOWER = {"max_iter": 100, "n_iter_no_change": 100, "learning_rate_schedule": "cosine"}
ROBUST = [loss for loss in NUMBER_LOSSES if LOSSES[loss].is_robust]
ANY_NUMBER = [loss for loss in NUMBER_LOSSES if LOSSES[loss].domain is NUMBERS]
WITH_KINKS = [loss for loss in NUMBER_LOSSES if not LOSSES[loss].is_smooth]

EXACT = {"activation": "identity", "solver": "lbfgs", "tol": 0, "max_iter": 5000}
linear_network = partial(small_regressor, **EXACT)


# --- The objective ---


def test_a_linear_network_is_ridge_with_the_same_objective():
    """Of W1 W2 = b, the least |W1|^2 + |W2|^2 is 2 |b|: its slope is that of Ridge with alpha / |b|."""
    X, y = make_rows(200)
    linear = linear_network(alpha=5.0).fit(X, y)
    b = (linear.coefs_[0] @ linear.coefs_[1])[:, 0]
    ridge = Ridge(alpha=5.0 / np.linalg.norm(b)).fit(X, (y - y.mean()) / y.std())
    assert_allclose(b, ridge.coef_, rtol=1e-4)
    assert_allclose(linear.predict(X), y.mean() + y.std() * ridge.predict(X), rtol=1e-4)


@pytest.mark.parametrize(
    ("loss", "Exact", "deviance_of"),
    [("poisson", PoissonRegressor, mean_poisson_deviance), ("gamma", GammaRegressor, mean_gamma_deviance)],
)
def test_a_linear_network_with_logarithms_is_scikit_learns_regression(loss, Exact, deviance_of):
    """Weights are exposures: the means of several rows, with their numbers, are as the rows themselves."""
    X, _ = make_rows(200)
    sizes = np.random.default_rng(1).gamma(3.0, np.exp(1 + 0.5 * X[:, 0]))
    numbers = np.random.default_rng(2).integers(4, size=200)
    reg = linear_network(loss=loss, alpha=0).fit(X, np.where(numbers > 0, sizes, 0), numbers)
    exact = Exact(alpha=0, tol=1e-10, max_iter=1000)
    exact.fit(X[numbers > 0], sizes[numbers > 0], numbers[numbers > 0])
    assert_allclose(reg.predict(X), exact.predict(X), rtol=1e-5)
    deviance = deviance_of(sizes, exact.predict(X), sample_weight=numbers)
    scale = reg.y_scale_ if loss == "poisson" else 1
    assert 2 * scale * reg.loss_curve_[-1] == pytest.approx(deviance, rel=1e-6)


@pytest.mark.parametrize(
    ("params", "constant"),
    [
        ({"loss": "gamma", "solver": "lbfgs"}, np.mean),
        ({"loss": "squared_error", "solver": "lbfgs"}, np.mean),
        ({"loss": "poisson", "solver": "lbfgs"}, np.mean),
        ({"loss": "absolute_error"}, np.median),
        ({"loss": "quantile", "quantile": 0.9}, lambda y: np.quantile(y, 0.9)),
        ({"loss": "quantile", "quantile": [0.9]}, lambda y: np.quantile(y, 0.9)),
        ({"loss": "quantile", "quantile": 0.2}, lambda y: np.quantile(y, 0.2)),
        ({"loss": "huber", "huber_delta": 1e-3}, np.median),
        ({"loss": "huber", "huber_delta": 1e3, "solver": "lbfgs"}, np.mean),
    ],
)
def test_under_a_heavy_penalty_the_prediction_is_what_the_loss_asks_for(params, constant):
    X, y = make_rows(1001)
    y = 100 * y
    settings = {"alpha": 1e7, "early_stopping": False} | SLOWER_AND_SLOWER
    if params.get("solver") == "lbfgs":
        settings["learning_rate_schedule"] = "constant"
    predicted = small_regressor(**settings | params).fit(X, y).predict(X)
    assert_allclose(predicted, constant(y), atol=0.1 * y.std())


QUANTILES = (0.9, 0.05, 0.5)


def quantiles_of(*quantiles, **params):
    return small_regressor(loss="quantile", quantile=list(quantiles or QUANTILES), **params)


def test_several_quantiles_of_one_fit():
    X, y = make_rows(300)
    reg = quantiles_of(n_hidden=20).fit(X[:200], y[:200])
    predicted = reg.predict(X[200:])
    assert predicted.shape == (100, 3)
    assert (np.diff(predicted[:, [1, 2, 0]], axis=1) >= 0).all()
    d2 = [d2_pinball_score(y[200:], predicted[:, i], alpha=q) for i, q in enumerate(QUANTILES)]
    assert reg.score(X[200:], y[200:]) == pytest.approx(np.mean(d2))
    assert_array_equal(pickle.loads(pickle.dumps(reg)).predict(X[200:]), predicted)
    column, alone = (small_regressor(loss="quantile", quantile=q).fit(X, y) for q in ([0.8], 0.8))
    assert_array_equal(column.predict(X), alone.predict(X)[:, np.newaxis])


@pytest.mark.parametrize("seed", [0, 1])
def test_bounds_of_a_heavy_tail_contain_their_share_of_the_rows(seed):
    """The few largest y must not decide the loss: the errors of all others would exceed their gaps."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(1500, 2))
    y = np.exp(3 * (np.sin(2 * X[:, 0]) + X[:, 1] / 2) + rng.normal(size=1500))
    bounds = ShallowNNRegressor(30, loss="quantile", quantile=[0.1, 0.9], alpha=1.0, random_state=0)
    low, high = bounds.fit(X, y).predict(X).T
    assert np.mean((low <= y) & (y <= high)) == pytest.approx(0.8, abs=0.05)


@pytest.mark.parametrize("loss", WITH_KINKS)
def test_lbfgs_refuses_losses_with_kinks(loss):
    with pytest.raises(ValueError, match=f"loss='{loss}' has kinks.*adam.*huber"):
        small_regressor(loss=loss, solver="lbfgs").fit(*make_rows())


# --- The scale of y ---


@every_loss
@pytest.mark.parametrize("power", [996, -498])
def test_the_unit_of_y_changes_nothing(loss, power):
    """From about 1e-150 to 1e300, and powers of two, so that nothing is rounded."""
    X, y = make_rows()
    one, scaled = (small_regressor(loss=loss).fit(X, unit * y) for unit in (1.0, 2.0**power))
    assert_array_equal(scaled.predict(X), 2.0**power * one.predict(X))
    assert_array_equal(scaled.loss_curve_, one.loss_curve_)


@pytest.mark.parametrize("loss", ANY_NUMBER)
def test_the_origin_of_y_changes_nothing(loss):
    X, y = make_rows()
    y = np.round(y * 2**20) / 2**20  # so that the sums are exact
    one, moved = (small_regressor(loss=loss).fit(X, origin + y) for origin in (0, 2.0**20))
    assert_allclose(moved.predict(X) - 2.0**20, one.predict(X), atol=1e-7)


@pytest.mark.parametrize("n_rows", [60, 1])
@pytest.mark.parametrize(
    ("loss", "value"), [*((loss, 0.1) for loss in NUMBER_LOSSES), ("squared_error", 1e12)]
)
def test_a_constant_is_learned_at_once(loss, value, n_rows):
    X, _ = make_rows(n_rows)
    y = np.full(n_rows, value)
    reg = small_regressor(loss=loss, max_iter=100, alpha=100).fit(X, y)
    assert reg.y_scale_ == (pytest.approx(value) if loss not in ANY_NUMBER else 1)
    assert_allclose(reg.predict(X), value, atol=0.1 * reg.y_scale_)


@pytest.mark.parametrize("loss", ROBUST)
def test_outliers_in_y_hardly_move_a_robust_loss(loss):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 3))
    clean = np.sin(2 * X[:, 0]) + X[:, 1]
    y = clean + 0.1 * rng.normal(size=600)
    y[:24] += 1e4
    y[24:48] -= 2e4
    reg = ShallowNNRegressor(50, loss=loss, early_stopping=False, random_state=0).fit(X, y)
    assert r2_score(clean, reg.predict(X)) > 0.95


@pytest.mark.parametrize("loss", ROBUST)
def test_the_scale_of_a_robust_loss_is_that_of_the_values_that_differ(loss):
    X, _ = make_rows(60)
    y = np.where(np.arange(60) < 40, 0.3, 0.3 + np.arange(60))
    y[:10] = 0.1 + 0.2  # a rounding error away from 0.3
    reg = small_regressor(loss=loss).fit(X, y)
    assert reg.y_offset_ == pytest.approx(0.3)
    assert reg.y_scale_ == pytest.approx(1.4826 * 49)
    assert type(reg.y_offset_) is type(reg.y_scale_) is float


def test_several_targets_have_a_scale_each():
    X, y = make_rows(n_targets=2)
    y = y * [1e-6, 1e6]
    reg = small_regressor(max_iter=100, alpha=0.1).fit(X, y)
    assert_allclose(reg.y_offset_, y.mean(axis=0))
    assert_allclose(reg.y_scale_, y.std(axis=0))
    assert reg.predict(X).shape == (60, 2)
    assert (r2_score(y, reg.predict(X), multioutput="raw_values") > 0.1).all()
    assert reg.score(X, y) == r2_score(y, reg.predict(X))


# --- What y may be ---


AS_TYPE = [methodcaller("astype", dtype) for dtype in (object, np.uint8, np.float32)]


@pytest.mark.parametrize("convert", [list, pd.Series, *AS_TYPE, lambda y: y > 5])
def test_y_may_be_any_numbers(convert):
    X, y = make_rows()
    y = np.round(4 * y)
    predicted = small_regressor().fit(X, convert(y)).predict(X)
    assert predicted.dtype == np.float64
    if np.array_equal(np.asarray(convert(y), float), y):
        assert_array_equal(predicted, small_regressor().fit(X, y).predict(X))


def test_a_column_stays_a_column():
    X, y = make_rows()
    column, vector = small_regressor().fit(X, y[:, np.newaxis]), small_regressor().fit(X, y)
    assert column.predict(X).shape == (60, 1)
    assert_array_equal(column.predict(X)[:, 0], vector.predict(X))
    assert column.y_scale_.shape == (1,)
    sparse = small_regressor().fit(X, scipy.sparse.csr_array(y[:, np.newaxis]))
    assert_array_equal(sparse.predict(X), column.predict(X))


X, Y = make_rows(40)
BAD_Y = {
    "infinity": (np.where(np.arange(40) == 3, np.inf, Y), {}, "infinity"),
    "strings": (np.array(["a"] * 40), {}, "is of dtype <U1. Convert it.*ShallowNNClassifier"),
    "objects": (pd.Series(["a"] * 40, dtype=object), {}, "real numbers, but has the value 'a'.*Classifier"),
    "dates": (np.array(["2020-01-01"] * 40, dtype="M8[D]"), {}, "real numbers"),
    "huge": ([10**400] * 40, {}, "too large for a float"),
    "complex": (Y + 1j, {}, "[Cc]omplex"),
    "negative": (
        np.where(np.arange(40) < 3, -2.0, Y),
        {"loss": "poisson"},
        r"loss='poisson' needs a y of numbers that are not negative, but 3 of 40 rows have others \(row 0 is "
        r"the first, with y = -2.0\).*leave them out, or use .*: 'squared_error', .*'huber'.*'quantile'\.",
    ),
    "not positive": (
        np.where(np.arange(40) == 7, 0.0, Y),
        {"loss": "gamma"},
        "loss='gamma' needs a y of positive numbers, but 1 of 40 rows .*row 7 is .*'poisson'",
    ),
    "zeros": (np.zeros(40), {"loss": "poisson"}, "positive mean, but it is always zero"),
    "a column of zeros": (
        np.column_stack([Y**2, 0 * Y]),
        {"loss": "poisson"},
        "needs a y with a positive mean, but column 1 is always zero",
    ),
    "a mean that underflows": (np.eye(40)[0] * 5e-324, {"loss": "poisson"}, "positive mean"),
    "loss": (Y, {"loss": "mse"}, "'loss' parameter of ShallowNNRegressor must be a str among"),
    "quantile": (Y, {"loss": "quantile", "quantile": 1.0}, "'quantile' parameter"),
    "quantiles": (Y, {"loss": "quantile", "quantile": [0.5, 1.0]}, "a list, tuple or array of a float in"),
    "no quantile": (Y, {"loss": "quantile", "quantile": []}, "'quantile' parameter"),
    "two targets": (
        np.column_stack([Y, Y]),
        {"loss": "quantile", "quantile": [0.1, 0.9]},
        r"quantile=\[0.1, 0.9\], predictions have a column for each .* y has 2 columns",
    ),
    "huber_delta": (Y, {"huber_delta": 0.0}, "'huber_delta' parameter"),
    "quantiles of another loss": (
        Y,
        {"quantile": [0.1, 0.9]},
        r"quantile=\[0.1, 0.9\] is only for loss='quantile', but loss='squared_error'\. Use loss=",
    ),
    "the usual quantile of another loss": (Y, {"quantile": 0.5}, "only for loss='quantile'"),
    "huber_delta of another loss": (Y, {"loss": "poisson", "huber_delta": 1}, "only for loss='huber'"),
}


@pytest.mark.parametrize("name", BAD_Y)
def test_bad_y_and_parameters(name):
    y, params, message = BAD_Y[name]
    reg = small_regressor().fit(X, Y).set_params(**params)
    with refused(reg, message):
        reg.fit(X, y)


def test_bad_validation_rows_are_named():
    with pytest.raises(ValueError, match="In X_val, y_val or sample_weight_val: y has the shape"):
        small_regressor().fit(X, Y, X_val=X, y_val=np.column_stack([Y, Y]))
    frame = pd.DataFrame(X).add_prefix("x")
    with pytest.raises(ValueError, match=r"order as they were in fit\. A Pipeline"):
        small_regressor().fit(frame, Y, X_val=frame.iloc[:, ::-1], y_val=Y)
    with pytest.raises(ValueError, match=r"In X_val.*negative"):
        small_regressor(loss="poisson").fit(X, Y, X_val=X, y_val=-Y)
    with pytest.raises(ValueError, match=r"In X_val.*2 columns"):
        quantiles_of().fit(X, Y, X_val=X, y_val=np.column_stack([Y, Y]))
    with pytest.raises(ValueError, match=r"overflow float32.*y_scale_"):
        small_regressor(dtype="float32").fit(X, 1e-30 * Y, X_val=X, y_val=1e30 * Y)


def test_predictions_that_overflow_are_an_error():
    reg = small_regressor(loss="poisson", activation="identity", max_iter=100).fit(X, Y)
    with pytest.raises(ValueError, match="overflow"):
        reg.predict(1e6 * np.vstack([X, -X]))


@pytest.mark.parametrize("loss", ["huber", "quantile"])  # scikit-learn's checks try the others
def test_a_weight_of_two_is_a_row_that_is_there_twice(loss):
    X, y = make_rows()
    weights = np.random.default_rng(0).integers(0, 3, size=60)
    reg = small_regressor(loss=loss, batch_size=None)
    predicted = reg.fit(X, y, weights).predict(X)
    repeated = reg.fit(np.repeat(X, weights, axis=0), np.repeat(y, weights)).predict(X)
    assert_allclose(predicted, repeated, rtol=1e-9)


# --- Going on, stopping ---


def test_a_first_part_without_a_scale_is_warned_of():
    for y in (Y[:1], np.column_stack([Y, np.ones(40)])):
        with pytest.warns(UserWarning, match="In the first call of partial_fit.*y_scale_=1"):
            reg = small_regressor().partial_fit(X[: len(y)], y)
        reg.partial_fit(X[: len(y)], y)
    small_regressor(loss="poisson").partial_fit(X[:1], Y[:1])
    weights = np.eye(40)[0]
    with pytest.warns(UserWarning, match="only one value"):
        small_regressor().partial_fit(X, Y, sample_weight=weights)


def test_a_fit_goes_on_with_its_loss_and_as_many_targets():
    both, reg = np.column_stack([Y, Y]), small_regressor(loss="huber", warm_start=True).fit(X, Y)
    before = reg.predict(X)
    for params, y, message in (
        ({"loss": "poisson"}, Y, r"loss='poisson', but .* are for loss='huber', huber_delta=0.5 and"),
        ({"huber_delta": 1}, Y, r"loss='huber', huber_delta=1.0, but .* huber_delta=0.5 and .*set it back"),
        ({}, both, r"shape \(40, 2\), but .* a y of one dimension"),
    ):
        for go_on in ("fit", "partial_fit"):
            with pytest.raises(ValueError, match=message):
                getattr(copy.deepcopy(reg).set_params(**params), go_on)(X, y)
    assert reg.set_params(alpha=1.0, learning_rate=0.1).fit(X, Y).n_iter_ == 30
    assert (reg.predict(X) != before).any()
    with pytest.raises(ValueError, match=r"shape \(40,\), but .* 2 columns"):
        small_regressor().partial_fit(X, both).partial_fit(X, Y)
    several = quantiles_of(warm_start=True).fit(X, Y)
    with pytest.raises(ValueError, match=r"quantile=\[0.1, 0.5, 0.9\], but .*quantile=\[0.9, 0.05, 0.5\]"):
        several.set_params(quantile=[0.1, 0.5, 0.9]).fit(X, Y)
    with pytest.raises(ValueError, match="with another loss"):
        several.set_params(quantile=0.5).fit(X, Y)


def test_a_scorer_sees_predictions_in_the_units_of_y():
    X, y = make_rows(200)
    reg = small_regressor(early_stopping=True, scoring="r2")
    reg.fit(X[50:], y[50:], X_val=X[:50], y_val=y[:50])
    assert reg.score(X[:50], y[:50]) == pytest.approx(reg.history_["val_score"].max(), rel=1e-12)
