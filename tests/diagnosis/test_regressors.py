import numpy as np
import pytest

from sknn_scratch import diagnose
from tests.helpers import make_rows, small_regressor

X, Y = make_rows(40)

OF_MEANS = [(loss, None) for loss in ("squared_error", "poisson", "gamma")]
OF_QUANTILES = [("quantile", 0.99), ("quantile", [0.1, 0.5, 0.9])]


@pytest.mark.parametrize(("loss", "quantile"), OF_MEANS + OF_QUANTILES)
def test_a_healthy_regressor_and_one_under_a_heavy_penalty(loss, quantile):
    rows, y = make_rows(300)
    params = {"n_hidden": 20, "loss": loss, "quantile": quantile, "max_iter": 200}
    healthy = small_regressor(**params, tol=1e-4).fit(rows, y)
    diagnosis = diagnose(healthy, rows, y)
    assert diagnosis.ok, diagnosis
    assert ("means" in diagnosis.not_checked.get("underfitting", "")) == (loss == "quantile")
    crushed = small_regressor(**params, alpha=1e4).fit(rows, y)
    diagnosis = diagnose(crushed, rows, list(y))
    assert diagnosis.fix_first.name == "strong penalty"


@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
def test_a_regressor_that_is_too_small_is_found(loss):
    rng = np.random.default_rng(0)
    rows = rng.uniform(-2, 2, size=(300, 1))
    y = 1.1 + np.column_stack([np.sin(4 * rows[:, 0]), np.cos(4 * rows[:, 0])])
    small = small_regressor(n_hidden=1, loss=loss, max_iter=100).fit(rows, y)
    assert ("underfitting", "problem") in [(one.name, one.severity) for one in diagnose(small, rows, y)]


def test_rare_counts_are_mostly_noise_which_is_no_finding():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(400, 3))
    y = rng.poisson(0.3 * np.exp(0.8 * rows[:, 0]))
    reg = small_regressor(loss="poisson", max_iter=200, early_stopping=True).fit(rows, y)
    diagnosis = diagnose(reg, rows, y)
    assert diagnosis.ok, diagnosis
    without_y = diagnose(reg, rows)
    assert without_y.ok, without_y
    assert without_y.not_checked.keys() >= {"underfitting", "strong penalty"}
    assert without_y.not_checked.keys().isdisjoint({"overfitting", "exploding gradient", "stopped too early"})


def test_outputs_that_overflow_can_be_diagnosed():
    rows, y = make_rows(60)
    reg = small_regressor(loss="poisson", init_scale=900.0).fit(rows, y)
    diagnosis = diagnose(reg, rows, y)
    assert diagnosis.fix_first.name == "large initial weights"
    assert "overflow" in diagnosis.not_checked["underfitting"]
    assert diagnose(reg, rows).not_checked["nothing learned"] == "no finite loss is known; pass y"


def test_a_constant_y_can_be_diagnosed():
    y = np.full(40, 3.0)
    reasons = diagnose(small_regressor().fit(X, y), X, y).not_checked
    for name in ("exploding gradient", "overfitting", "stopped too early"):
        assert reasons[name] == "all y were equal"


@pytest.mark.parametrize("first", ["fit", "partial_fit"])
def test_after_partial_fit_the_given_y_say_what_the_baseline_is(first):
    y = X[:, 0]
    reg = getattr(small_regressor(random_state=1), first)(X, y).partial_fit(X[:2], y[:2])
    assert "overfitting" not in diagnose(reg, X, y).not_checked
    assert diagnose(reg, X).not_checked["overfitting"] == "it needs y"
