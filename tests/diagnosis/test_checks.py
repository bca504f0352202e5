"""Each finding on a network that has it and on one that does not; healthy networks have none."""

import math
import re

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.datasets import load_breast_cancer, load_digits, load_iris
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_scratch import Activation, ShallowNNClassifier, diagnose
from sknn_scratch._diagnosis.checks import CHECKS
from tests.diagnosis.conftest import fit
from tests.helpers import make_data


def check(name, *arguments):
    """Look at one finding."""
    diagnosis = diagnose(*arguments)
    (finding,) = [one for one in diagnosis.checks if one.name == name]
    return finding


# --- The findings ---

# There is nothing to look at: it needs another activation, a rare class, numbers.
NOT_CHECKED = ("saturation", "class imbalance ignored", "outliers in y")


def test_a_healthy_network_has_no_finding(data, healthy):
    severities = {finding.name: finding.severity for finding in diagnose(healthy, *data).checks}
    assert severities == dict.fromkeys(CHECKS.keys() - set(NOT_CHECKED), "ok")


@pytest.mark.parametrize("activation", ["sigmoid", "relu"])
def test_identical_units(data, activation):
    finding = check("identical units", fit(*data, activation=activation, init_scale=0, max_iter=20), data[0])
    assert finding.severity == "problem"
    assert finding.value == 15 / 16
    assert "init_scale='glorot'" in finding.remedy


def test_a_single_pair_of_identical_units_is_worth_a_warning(data):
    clf = fit(*data, max_iter=5)
    clf.coefs_[0][:, 3], clf.intercepts_[0][3] = clf.coefs_[0][:, 7], clf.intercepts_[0][7]
    finding = check("identical units", clf, data[0])
    assert (finding.severity, finding.value) == ("warning", 1 / 16)
    assert "init_scale" not in finding.remedy  # its weights did start at random
    assert check("identical units", fit(*data, n_hidden=1, max_iter=5), data[0]).value == 0


def test_dead_units(data):
    clf = fit(*data, max_iter=5)
    clf.intercepts_[0][:] = np.where(np.arange(16) < 7, -100, 0)
    finding = check("dead units", clf, data[0])
    assert (finding.severity, finding.value) == ("warning", 7 / 16)
    clf.intercepts_[0][:10] = -100
    finding = check("dead units", clf, data[0])
    assert (finding.severity, finding.value, finding.threshold) == ("problem", 10 / 16, 0.6)
    assert "10 of 16" in finding.meaning


@pytest.mark.parametrize("name", ["saturation", "vanishing gradient"])
def test_large_initial_weights_saturate_and_the_gradient_vanishes(data, name):
    X, y = data
    good = check(name, fit(X, y, activation="sigmoid"), X)
    bad = check(name, fit(X, y, activation="sigmoid", init_scale=30, max_iter=20), X)
    assert (good.severity, bad.severity) == ("ok", "problem")


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


def test_named_initial_scales_are_never_too_large(data):
    not_checked = diagnose(fit(*data, init_scale="he", max_iter=2), data[0]).not_checked
    assert not_checked["large initial weights"] == "init_scale='he' depends on the number of features"


@pytest.mark.parametrize(
    ("name", "activation", "remedy"),
    [
        ("dead units", "elu", "Decrease learning_rate=0.02, or increase alpha=1."),
        ("dead units", "tanh", "Use activation='elu', decrease learning_rate=0.02, or increase alpha=1."),
        ("vanishing gradient", "relu", "Use activation='elu'."),
    ],
)
def test_an_activation_is_not_advised_to_those_who_have_it(data, name, activation, remedy):
    X = StandardScaler().fit_transform(data[0])
    assert check(name, fit(X, data[1], activation=activation, max_iter=2), X).remedy == remedy


def test_saturation_and_slope_are_those_of_the_hidden_layer():
    X, y = make_data("binary", 3000)
    clf = fit(X, y, n_hidden=64, max_iter=2, activation="tanh", init_scale=1)
    slope = 1 - clf.transform(X) ** 2  # of 1.5 MB: it is measured in several blocks
    assert check("saturation", clf, X).value == pytest.approx((slope < 0.05).mean())
    assert check("vanishing gradient", clf, X).value == pytest.approx(1 - slope.mean())


def test_a_slope_above_one_loses_nothing(data):
    activation = Activation(np.sinh, np.cosh)
    assert check("vanishing gradient", fit(*data, activation=activation, max_iter=2), data[0]).value == 0


def test_divergence_is_an_exploding_gradient_and_no_convergence(data):
    with pytest.warns(match="exploded"):
        clf = fit(*data, solver="sgd", learning_rate=1e4, activation="identity")
    diagnosis = diagnose(clf, *data)
    found = {finding.name: finding for finding in diagnosis}
    exploding, unfinished = found["exploding gradient"], found["not converged"]
    assert (exploding.severity, exploding.value) == ("problem", math.inf)
    assert "exploded" in exploding.meaning
    assert unfinished.severity == "problem"
    assert "decrease learning_rate" in unfinished.remedy
    assert "inf" in str(diagnosis)
    assert "inf" in diagnosis._repr_html_()


def noise(n_samples):
    rng = np.random.default_rng(0)
    return rng.normal(size=(n_samples, 20)), rng.integers(0, 2, n_samples)


@pytest.mark.parametrize("seen_by", ["y", "validation", "both"])
def test_overfitting(seen_by):
    X, y = noise(200)
    validated = {"early_stopping": True, "n_iter_no_change": 1000, "scoring": lambda *_: 0.0}
    clf = fit(X[:100], y[:100], n_hidden=64, alpha=0, **(validated if seen_by != "y" else {}))
    clf.best_iter_ = clf.n_iter_
    finding = check("overfitting", clf, X[100:], *([] if seen_by == "validation" else [y[100:]]))
    assert finding.severity == "problem"
    assert ("in validation" in finding.meaning) == (seen_by != "y")
    assert ("on X, y" in finding.meaning) == (seen_by != "validation")


def test_overfitting_cannot_be_seen_on_the_training_rows():
    X, y = noise(100)
    clf = fit(X, y, n_hidden=64, alpha=0)
    assert check("overfitting", clf, X, y).severity == "ok"
    assert "it needs y" in diagnose(clf, X).not_checked["overfitting"]


def test_the_penalty_is_no_overfitting():
    X, y = make_data("binary", 200)
    clf = fit(X, y, alpha=10_000, max_iter=3, init_scale=0.1, learning_rate=1e-4)
    assert clf.loss_curve_[-1] > 10
    assert check("overfitting", clf, X, y).value == 0


def test_stopped_too_early(data):
    X, y = data
    steep = check("stopped too early", fit(X, y, max_iter=8), X)
    assert steep.severity == "problem"
    loose = fit(X, y, learning_rate=0.002, init_scale=0.3, tol=0.02, n_iter_no_change=1)
    assert loose.stop_reason_ == "converged"
    assert check("stopped too early", loose, X).severity != "ok"


def test_validation_that_got_worse_is_not_stopped_too_early():
    X, y = noise(200)
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
    assert line.split() == ["warning", "not", "converged", "20"]


def test_a_rule_that_was_met_on_the_plateau_of_the_start_is_a_problem_too(data):
    clf = fit(*data, solver="sgd", momentum=0, batch_size=None, learning_rate=1e-3)
    assert clf.stop_reason_ == "converged"
    finding = check("nothing learnt", clf, *data)
    assert finding.severity == "problem"
    assert finding.value == pytest.approx(1, abs=0.01)
    assert "decrease tol" in finding.remedy
    assert check("not converged", clf, *data).severity == "ok"


def imbalanced(n_samples=400):
    """One row in twenty is of class 1, which overlaps with class 0."""
    rng = np.random.default_rng(0)
    y = (np.arange(n_samples) % 20 == 0).astype(int)
    return rng.normal(size=(n_samples, 2)) + 1.2 * y[:, np.newaxis], y


def test_class_imbalance_ignored():
    X, y = imbalanced()
    finding = check("class imbalance ignored", fit(X, y, max_iter=50), X, y)
    assert finding.severity == "problem"
    assert "class 1 is in 5.0% of the rows" in finding.meaning
    assert "class_weight" in finding.remedy
    balanced = fit(X, y, max_iter=50, class_weight="balanced")
    assert check("class imbalance ignored", balanced, X, y).severity == "ok"


def test_imbalance_of_labels_and_of_several_classes():
    X, y = imbalanced()
    labels = np.column_stack([X[:, 0] > 0, y]).astype(int)
    finding = check("class imbalance ignored", fit(X, labels, max_iter=50, alpha=5), X, labels)
    assert finding.severity == "problem"
    assert "label 1 is in" in finding.meaning
    names = np.array(["left", "rare", "right"])[np.where(y, 1, np.where(X[:, 0] > 0, 2, 0))]
    assert "rare is in" in check("class imbalance ignored", fit(X, names, max_iter=20), X, names).meaning


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


def test_features_too_large_to_be_squared_are_unscaled():
    X, y = make_data("binary")
    clf = fit(X.astype(np.float32), y, max_iter=2)
    assert check("unscaled features", clf, (1e30 * X).astype(np.float32)).severity == "problem"


# --- Healthy networks ---


@pytest.mark.parametrize(
    ("load", "parameters"),
    [
        (load_digits, {"activation": "sigmoid"}),
        (load_digits, {"solver": "lbfgs"}),
        (load_digits, {"dropout": 0.3}),
        (load_breast_cancer, {"activation": "tanh"}),
        (load_breast_cancer, {"early_stopping": True}),
        (load_iris, {"activation": "elu"}),
        (load_iris, {"alpha": 0.01}),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_no_false_alarm(load, parameters):
    X, y = load(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
    clf = ShallowNNClassifier(32, **{"alpha": 1.0, "max_iter": 200, "random_state": 0} | parameters)
    pipe = make_pipeline(StandardScaler(), clf).fit(X_train, y_train)
    diagnosis = diagnose(pipe, X_test, y_test)
    assert diagnosis.ok, diagnosis


# --- What can be diagnosed ---


@pytest.mark.parametrize(
    ("kind", "early_stopping"), [("binary", True), ("multiclass", False), ("multilabel", True)]
)
def test_every_kind_of_output(kind, early_stopping):
    X, y = make_data(kind, 200)
    clf = fit(X, y, early_stopping=early_stopping, max_iter=100)
    diagnosis = diagnose(clf, X, y)
    assert diagnosis.ok
    assert {finding.name for finding in diagnosis.checks} | diagnosis.not_checked.keys() == CHECKS.keys()


def test_a_pipeline_is_diagnosed_as_its_classifier_sees_the_rows(data):
    X, y = data
    frame = pd.DataFrame(1e4 * X, columns=["a", "b", "c", "d"])
    pipe = make_pipeline(StandardScaler(), ShallowNNClassifier(8, max_iter=5, random_state=0)).fit(frame, y)
    finding = check("unscaled features", pipe, frame)
    assert finding.value == pytest.approx(1)
    assert re.search("mean square of [abcd] is 1", finding.meaning)


def test_bad_input(data, healthy):
    X, y = data
    with pytest.raises(TypeError, match="got LogisticRegression"):
        diagnose(LogisticRegression().fit(X, y), X)
    with pytest.raises(NotFittedError):
        diagnose(ShallowNNClassifier(), X)
    with pytest.raises(ValueError, match="X has 300 rows, but y has 299"):
        diagnose(healthy, X, y[1:])
    with pytest.raises(ValueError, match="unknown"):
        diagnose(healthy, X, y + 1)
    with pytest.raises(ValueError, match="3 features"):
        diagnose(healthy, X[:, 1:])


def test_steps_that_pass_everything_through_name_no_features(data):
    pipe = make_pipeline("passthrough", fit(*data, max_iter=5))
    assert "mean square of x" in check("unscaled features", pipe, data[0]).meaning
