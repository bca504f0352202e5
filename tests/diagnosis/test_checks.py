"""Each finding on a network that has it and on one that does not; healthy networks have none."""

import math
import re
from functools import partial

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.datasets import load_breast_cancer, load_digits, load_iris
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_scratch import (
    Activation,
    Finding,
    ShallowNNClassifier,
    ShallowNNRegressor,
    diagnose,
    tabular_pipeline,
)
from sknn_scratch._diagnosis.checks import CHECKS
from sknn_scratch._diagnosis.diagnose import cause_of
from tests.diagnosis.conftest import fit
from tests.helpers import make_data


def check(name, *arguments):
    diagnosis = diagnose(*arguments)
    (finding,) = [one for one in diagnosis.checks if one.name == name]
    return finding


# There is nothing to look at: it needs another activation, numbers, new rows.
NOT_CHECKED = ("saturation", "outliers in y", "overfitting")
NOISE = np.random.default_rng(0).normal(size=(200, 20)), np.random.default_rng(1).integers(0, 2, 200)
IF_UNLEARNED = {name for name, check in CHECKS.items() if check.if_unlearned}


def test_a_healthy_network_has_no_finding(data, healthy):
    severities = {finding.name: finding.severity for finding in diagnose(healthy, *data).checks}
    assert severities == dict.fromkeys(CHECKS.keys() - set(NOT_CHECKED) - IF_UNLEARNED, "ok")


def test_identical_units(data):
    finding = check("identical units", fit(*data, activation="sigmoid", init_scale=0, max_iter=20), data[0])
    assert (finding.severity, finding.value) == ("problem", 15 / 16)
    assert "init_scale='auto'" in finding.remedy
    clf = fit(*data, max_iter=5)
    clf.coefs_[0][:, 3], clf.intercepts_[0][3] = clf.coefs_[0][:, 7], clf.intercepts_[0][7]
    pair = check("identical units", clf, data[0])
    assert (pair.severity, pair.value) == ("warning", 1 / 16)
    assert "init_scale" not in pair.remedy  # its weights did start at random
    assert check("identical units", fit(*data, n_hidden=1, max_iter=5), data[0]).value == 0


@pytest.mark.parametrize(("n_dead", "severity"), [(3, "ok"), (7, "warning"), (10, "problem")])
def test_dead_units(data, n_dead, severity):
    clf = fit(*data, max_iter=5)
    clf.intercepts_[0][:] = np.where(np.arange(16) < n_dead, -100, 0)
    finding = check("dead units", clf, data[0])
    assert (finding.severity, finding.value) == (severity, n_dead / 16)
    assert f"{n_dead} of 16" in finding.meaning


@pytest.mark.parametrize(
    ("init_scale", "scale", "value", "severity"),
    [
        (2, 1, 4, "warning"),
        (20, 1, 40, "problem"),
        (20, 0.01, 0.4, "ok"),
        (2, 1000, 4, "warning"),  # the features are another finding
    ],
)
def test_large_initial_weights_are_those_that_make_large_hidden_inputs(
    data, init_scale, scale, value, severity
):
    X = scale * StandardScaler().fit_transform(data[0])
    finding = check("large initial weights", fit(X, data[1], init_scale=init_scale, max_iter=2), X)
    assert finding.value == pytest.approx(value)
    assert finding.severity == severity
    named = diagnose(fit(X, data[1], init_scale="he", max_iter=2), X).not_checked
    assert named["large initial weights"] == "init_scale='he' depends on the number of features"


def test_saturation_and_slope_are_those_of_the_hidden_layer(data):
    X, y = make_data("binary", 3000)
    clf = fit(X, y, n_hidden=64, max_iter=2, activation="tanh", init_scale=1)
    slope = 1 - clf.transform(X) ** 2
    assert check("saturation", clf, X).value == pytest.approx((slope < 0.05).mean())
    assert check("vanishing gradient", clf, X).value == pytest.approx(1 - slope.mean())
    steep = fit(*data, activation=Activation(np.sinh, np.cosh), max_iter=2)
    assert check("vanishing gradient", steep, data[0]).value == 0  # a slope above one loses nothing


def test_a_divergence_is_an_exploding_gradient_and_neither_convergence_nor_overfitting(data):
    (X, X_new), (y, y_new) = ((one[:200], one[200:]) for one in data)
    clf = fit(X, y, solver="sgd", learning_rate=1e4, activation="identity")
    diagnosis = diagnose(clf, X_new, y_new)
    found = {finding.name: finding for finding in diagnosis}
    exploding, unfinished = found["exploding gradient"], found["not converged"]
    assert diagnosis.fix_first is exploding
    assert (exploding.severity, exploding.value) == ("problem", math.inf)
    assert "exploded" in exploding.meaning
    assert unfinished.severity == "problem"
    assert "decrease learning_rate" in unfinished.remedy
    assert "overfitting" in diagnosis.not_checked


@pytest.mark.parametrize("seen_by", ["y", "validation", "both"])
def test_overfitting(seen_by):
    X, y = NOISE
    validated = {"early_stopping": True, "n_iter_no_change": 1000, "scoring": lambda *_: 0.0}
    clf = fit(X[:100], y[:100], n_hidden=64, alpha=0, **(validated if seen_by != "y" else {}))
    clf.best_iter_ = clf.n_iter_
    finding = check("overfitting", clf, X[100:], *([] if seen_by == "validation" else [y[100:]]))
    assert finding.severity == "problem"
    assert "ncrease alpha" in finding.remedy
    assert ("in validation" in finding.meaning) == (seen_by != "y")
    assert ("on X, y" in finding.meaning) == (seen_by != "validation")


@pytest.mark.parametrize("params", [{"solver": "lbfgs"}, {}, {"dropout": 0.3}, {"solver": "sgd", "alpha": 3}])
def test_overfitting_cannot_be_seen_on_the_training_rows(data, params):
    clf = fit(*data, **params)
    assert "pass rows that the fit has not seen" in diagnose(clf, *data).not_checked["overfitting"]
    without_y = diagnose(clf, data[0]).not_checked
    assert "it needs y" in without_y["overfitting"]
    assert "it needs y" in without_y["underfitting"]


@pytest.mark.parametrize("solver", ["lbfgs", "adamw"])
def test_the_loss_in_training_has_no_penalty(solver):
    X, y = NOISE
    clf = fit(X[:100], y[:100], solver=solver, alpha=10, batch_size=None)
    meaning = check("overfitting", clf, X[100:], y[100:]).meaning
    in_training = float(re.search(r"([\d.]+) in training", meaning)[1])
    assert in_training == pytest.approx(log_loss(y[:100], clf.predict_proba(X[:100])), rel=0.02)


def test_stopped_too_early(data):
    X, y = data
    first, *others = diagnose(fit(X, y, max_iter=8), X, y)
    assert (first.name, first.severity) == ("stopped too early", "problem")
    assert "Increase max_iter=8" in first.remedy
    assert {finding.cause for finding in others} <= {"stopped too early"}
    loose = fit(X, y, learning_rate=0.002, init_scale=0.3, tol=0.02, n_iter_no_change=1)
    assert loose.stop_reason_ == "converged"
    assert check("stopped too early", loose, X).severity != "ok"


def test_validation_that_got_worse_is_not_stopped_too_early():
    X, y = NOISE
    clf = fit(X, y, n_hidden=64, alpha=0, early_stopping=True, n_iter_no_change=30)
    assert clf.loss_curve_[-1] < 0.9 * clf.loss_curve_[-10]
    assert check("stopped too early", clf, X).value == 0


def test_not_converged(data):
    clf = fit(*data, max_iter=20)
    for reason in ("max_iter", "interrupted", "callback", "line_search_failed"):
        clf.stop_reason_ = reason
        finding = check("not converged", clf, *data)
        assert (finding.severity, finding.value, finding.threshold) == ("warning", 20, None)
        assert reason in finding.meaning
    lines = str(diagnose(clf, *data)).splitlines()
    (line,) = [line for line in lines if line.startswith("warning      not converged")]
    assert " ".join(line.split()) == "warning not converged 20 of 20 epochs"
    chosen = fit(*data, max_iter="auto", alpha=1.0)
    assert check("not converged", chosen, *data).unit == "epochs"


@pytest.mark.parametrize(
    ("scale", "severity", "container"),
    [
        (1, "ok", np.array),
        (20, "warning", scipy.sparse.csr_array),
        (1000, "problem", scipy.sparse.csc_matrix),
    ],
)
def test_unscaled_features(data, scale, severity, container):
    X = data[0].copy()
    X[:, 2] *= scale / np.sqrt(np.mean(X[:, 2] ** 2))
    finding = check("unscaled features", fit(container(X), data[1], max_iter=2), container(X))
    assert finding.severity == severity
    assert finding.value == pytest.approx(max(scale, np.sqrt(np.mean(X[:, :2] ** 2, axis=0)).max()))
    assert "StandardScaler" in finding.remedy


def customers(has_left, column, rng):
    """Make a table of two columns that tell nothing, and one of dates or text."""
    n_rows = len(has_left)
    days = np.datetime64("2024-01-01") + rng.integers(0, 300, n_rows).astype("m8[D]")
    third = {
        "cancel_date": np.where(has_left, days, np.datetime64("NaT")),
        "cancel_reason": np.where(has_left, rng.choice(["price", "moved", "other"], n_rows), None),
        "start_date": days,
    }
    ages, plans = rng.normal(size=n_rows), rng.choice(["a", "b"], n_rows)
    return pd.DataFrame({"age": ages, "plan": plans, column: third[column]})


@pytest.mark.parametrize("column", ["cancel_date", "cancel_reason"])
def test_a_column_that_is_filled_in_only_later_gives_y_away(column):
    rng = np.random.default_rng(0)
    has_left = rng.random(1200) < 0.3
    X, name = customers(has_left, column, rng), "one column gives y away"
    params = {"n_networks": 1, "alpha": 1.0, "random_state": 0}
    model = tabular_pipeline("classifier", **params).fit(X[:600], has_left[:600])
    for rows in (slice(600), slice(600, 1200)):  # those of the fit, and new ones
        finding = check(name, model, X[rows], has_left[rows])
        assert finding.severity == "problem"
        assert f"The column {column!r} alone" in finding.meaning
        assert "whether its value is missing" in finding.meaning
    kinds = {column: "nothing"}
    assert f"kinds={kinds}" in finding.remedy
    repaired = tabular_pipeline("classifier", kinds=kinds, **params).fit(X, has_left)
    assert check(name, repaired, X, has_left).severity == "ok"


def test_a_date_that_every_row_has_gives_nothing_away():
    rng = np.random.default_rng(0)
    has_left = rng.random(600) < 0.3
    X = customers(has_left, "start_date", rng)
    model = tabular_pipeline("classifier", n_networks=1, alpha=1.0, random_state=0).fit(X, has_left)
    finding = check("one column gives y away", model, X, has_left)
    assert (finding.severity, finding.value) == ("ok", 0)


def test_numbers_can_be_given_away_too_also_in_rows_sorted_by_y():
    rng = np.random.default_rng(0)
    y = np.sort(rng.normal(size=300))
    X = np.column_stack([rng.normal(size=300), np.repeat([0, 1], 150), np.exp(y)])
    name, model = "one column gives y away", ShallowNNRegressor(4, alpha=0.1, random_state=0)
    finding = check(name, model.fit(X, y), X, y)
    assert "'x2' alone" in finding.meaning
    assert "also" not in finding.meaning
    assert "also: 'x1'" in check(name, model.fit(X[:, [2, 2]], y), X[:, [2, 2]], y).meaning
    assert check(name, model.fit(X[:, :2], y), X[:, :2], y).severity == "ok"
    few = diagnose(model, X[:10, :2], y[:10]).not_checked
    assert few[name] == "it needs more rows, with different y"
    sparse = diagnose(model, scipy.sparse.csr_array(X[:, :2]), y).not_checked
    assert sparse[name] == "it needs the columns of a table, or two dense features"


@pytest.mark.parametrize(
    ("load", "parameters"),
    [
        (load_digits, {"activation": "sigmoid", "dropout": 0.3}),
        (load_digits, {"solver": "lbfgs"}),
        (load_breast_cancer, {"activation": "tanh", "early_stopping": True}),
        (load_iris, {"activation": "elu"}),
        (load_iris, {"alpha": 0.01}),
    ],
)
def test_no_false_alarm(load, parameters):
    X, y = load(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
    clf = ShallowNNClassifier(32, **{"alpha": 1.0, "max_iter": 200, "random_state": 0} | parameters)
    pipe = make_pipeline(StandardScaler(), clf).fit(X_train, y_train)
    diagnosis = diagnose(pipe, X_test, y_test)
    assert diagnosis.ok, diagnosis


@pytest.mark.parametrize("kind", ["binary", "multilabel"])
def test_every_kind_of_output(kind):
    X, y = make_data(kind, 200)
    diagnosis = diagnose(fit(X, y, early_stopping=True, max_iter=100), X, y)
    assert diagnosis.ok
    names = {finding.name for finding in diagnosis.checks} | diagnosis.not_checked.keys()
    assert names == CHECKS.keys() - IF_UNLEARNED


def test_a_pipeline_is_diagnosed_as_its_classifier_sees_the_rows(data):
    X, y = data
    frame = pd.DataFrame(1e4 * X, columns=["a", "b", "c", "d"])
    pipe = make_pipeline(StandardScaler(), ShallowNNClassifier(8, max_iter=5, random_state=0)).fit(frame, y)
    finding = check("unscaled features", pipe, frame)
    assert finding.value == pytest.approx(1)
    assert re.search("mean square of [abcd] is 1", finding.meaning)
    nameless = make_pipeline("passthrough", fit(X, y, max_iter=5))
    assert "mean square of x" in check("unscaled features", nameless, X).meaning


def test_bad_input(data, healthy):
    X, y = data
    with pytest.raises(ValueError, match="X has 300 rows, but y has 299"):
        diagnose(healthy, X, y[1:])
    with pytest.raises(ValueError, match="unknown"):
        diagnose(healthy, X, y + 1)
    with pytest.raises(ValueError, match="3 features"):
        diagnose(healthy, X[:, 1:])


def spirals():
    rng = np.random.default_rng(0)
    angle = 3 * np.pi * np.sqrt(rng.uniform(0.05, 1, 100))
    arm = angle[:, np.newaxis] * np.column_stack([np.cos(angle), np.sin(angle)])
    X = np.vstack([arm, -arm]) + rng.normal(scale=0.3, size=(200, 2))
    return StandardScaler().fit_transform(X), np.repeat([0, 1], 100)


by_lbfgs = partial(fit, solver="lbfgs", init_scale=0.05)


def test_simple_models_need_three_rows_for_each_feature():
    for n_samples, reason in ((59, "it needs more rows"), (60, None)):
        X, y = np.random.default_rng(0).normal(size=(n_samples, 20)), np.arange(n_samples) % 2
        assert diagnose(by_lbfgs(X, y, max_iter=3), X, y).not_checked.get("underfitting") == reason


def test_small_initial_weights_of_smooth_units():
    x = np.random.default_rng(0).uniform(-1.7, 1.7, (600, 1))
    wave, params = np.sin(7 * x[:, 0]), {"activation": "tanh", "tol": 1e-3, "random_state": 0}
    glorot, he = (ShallowNNRegressor(init_scale=one, **params).fit(x, wave) for one in ("glorot", "he"))
    assert "use init_scale='he'" in diagnose(glorot, x, wave).fix_first.remedy
    assert diagnose(he, x, wave).ok
    assert he.score(x, wave) > glorot.score(x, wave) + 0.3


def test_too_few_units():
    X, y = spirals()
    broken, repaired = by_lbfgs(X, y, n_hidden=3), by_lbfgs(X, y, n_hidden=100, alpha=0.3)
    first, *others = diagnose(broken, X, y)
    assert first.name == "underfitting"
    assert "Increase n_hidden=3" in first.remedy
    assert {finding.cause for finding in others} <= {"underfitting"}
    assert diagnose(repaired, X, y).ok
    assert repaired.score(X, y) > broken.score(X, y) + 0.15


@pytest.mark.parametrize("noise", [0.0, 0.05], ids=["copies", "measurements"])
def test_repeated_rows_do_not_look_like_underfitting(noise):
    rng = np.random.default_rng(0)
    X, rows = rng.normal(size=(200, 6)), np.repeat(np.arange(200), 5)
    y = X[:, 0] + 2 * rng.normal(size=200)
    y = y[rows] + noise * rng.normal(size=1000)
    model = ShallowNNRegressor(random_state=0).fit(X[rows], y)
    assert "underfitting" not in {one.name for one in diagnose(model, X[rows], y)}


@pytest.mark.parametrize("Model", [ShallowNNClassifier, ShallowNNRegressor])
def test_a_weak_signal_that_is_learned_is_no_finding(Model):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1000, 3))
    y = X[:, 0] + 4 * rng.normal(size=1000)
    y = (y > 0).astype(int) if Model is ShallowNNClassifier else y
    assert diagnose(Model(32, random_state=0).fit(X, y), X, y).ok


@pytest.mark.parametrize("Model", [ShallowNNClassifier, ShallowNNRegressor])
def test_rows_with_the_same_y_do_not_tell_of_the_penalty(Model):
    X = np.random.default_rng(0).normal(size=(150, 4))
    y = (X[:, 0] > 0.3).astype(int) + (X[:, 0] > 1)
    model = Model(16, random_state=0).fit(X, y)
    assert diagnose(model, X[y == 1], y[y == 1]).not_checked["strong penalty"] == "all y are equal"


def test_sparse_features_are_compared_with_simple_models_and_the_penalty_too():
    (X, y), names = spirals(), ("strong penalty", "underfitting", "tiny features")
    values = []
    for rows in (X, scipy.sparse.csc_matrix(X)):
        found = diagnose(by_lbfgs(rows, y, n_hidden=3, max_iter=100), rows, y).checks
        values.append([one.value for one in found if one.name in names])
    assert len(values[0]) == len(names)
    assert values[1] == pytest.approx(values[0], abs=0.02)


def test_a_cause_stands_above_all_that_it_explains_and_has_its_name_in_the_docstring():
    names, text = list(CHECKS), " ".join(diagnose.__doc__.split())
    for name, check in CHECKS.items():
        assert set(check.explains) <= set(names[names.index(name) + 1 :])
        assert name in text


@pytest.mark.parametrize(
    ("severities", "causes"),
    [
        (("problem", "problem", "ok"), (None, "tiny features", None)),
        (("problem", "problem", "problem"), (None, "tiny features", "tiny features")),
        (("warning", "problem", "problem"), (None, None, "saturation")),  # no warning explains a problem
        (("warning", "ok", "problem"), (None, None, None)),
    ],
)
def test_the_cause_is_the_first_finding_in_the_chain_that_is_as_severe(severities, causes):
    names = "tiny features", "saturation", "overfitting"  # each explains only the next one
    found = {name: Finding(name, one, 1.0, None, "", "") for name, one in zip(names, severities, strict=True)}
    assert tuple(cause_of(name, found) for name in names) == causes


def test_large_initial_weights_explain_saturation(data):
    X, y = StandardScaler().fit_transform(data[0]), data[1]
    broken = fit(X[:200], y[:200], activation="sigmoid", init_scale=30, max_iter=20)
    diagnosis = diagnose(broken, X[200:], y[200:])
    causes = {finding.name: finding.cause for finding in diagnosis}
    assert causes["large initial weights"] is None
    assert causes["saturation"] == causes["vanishing gradient"] == "large initial weights"
    assert diagnosis.not_checked["overfitting"] == "the loss is no lower than that of a constant prediction"
    healthy = diagnose(fit(X, y, activation="sigmoid"), X)
    assert not {"saturation", "vanishing gradient"} & {finding.name for finding in healthy}
