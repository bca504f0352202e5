"""Each cause breaks a training and is named first, and its remedy helps; which findings explain others."""

import numpy as np
import pytest
import scipy.sparse
from numpy.testing import assert_allclose
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, RobustScaler, StandardScaler

from sknn_scratch import Diagnosis, Finding, ShallowNNClassifier, ShallowNNRegressor, diagnose
from sknn_scratch._diagnosis.checks import CHECKS
from sknn_scratch._diagnosis.diagnose import cause_of
from sknn_scratch._diagnosis.references import of_linear_model
from sknn_scratch._fitting.causes import Limits, Measured
from tests.helpers import moons, xor


def network(n_hidden=32, activation="relu", **parameters):
    settled = {"solver": "lbfgs", "alpha": 1.0, "init_scale": 0.05, "random_state": 0}
    return ShallowNNClassifier(n_hidden, activation, **settled | parameters)


def spirals():
    """Two arms with one and a half turns, 100 rows each."""
    rng = np.random.default_rng(0)
    angle = 3 * np.pi * np.sqrt(rng.uniform(0.05, 1, 100))
    arm = angle[:, np.newaxis] * np.column_stack([np.cos(angle), np.sin(angle)])
    X = np.vstack([arm, -arm]) + rng.normal(scale=0.3, size=(200, 2))
    return StandardScaler().fit_transform(X), np.repeat([0, 1], 100)


def scaled(load):
    X, y = load(return_X_y=True)
    return StandardScaler().fit_transform(X), y


def split(X, y):
    return train_test_split(X, y, stratify=y, random_state=0)


def assert_cause(name, remedy, broken, repaired, X, y, gain=0.05):
    """Check that a finding is the first and the cause of all others, and that its remedy helps."""
    diagnosis = diagnose(broken, X, y)
    assert diagnosis.fix_first.name == name
    assert {finding.cause for finding in diagnosis.findings[1:]} <= {name}
    assert remedy in diagnosis.fix_first.remedy
    after = diagnose(repaired, X, y)
    assert after.fix_first is None or after.fix_first.name != name
    assert repaired.score(X, y) > broken.score(X, y) + gain
    return diagnosis, after


# --- The penalty ---


def test_a_stream_has_the_penalty_of_its_last_call_and_no_end():
    X, y = scaled(load_iris)
    clf = ShallowNNClassifier(16, alpha=100, random_state=0)
    for start in range(30):
        clf.partial_fit(X[start::30], y[start::30], classes=np.arange(3))
    diagnosis = diagnose(clf, X, y)
    assert diagnosis.fix_first.name == "strong penalty"
    for name in ("exploding gradient", "stopped too early"):
        assert diagnosis.not_checked[name] == "the calls of partial_fit may differ in their rows"
    assert "partial_fit" in diagnosis.not_checked["not converged"]


def test_a_penalty_is_compared_only_where_it_is_known_and_part_of_the_loss():
    X, y = moons(60)

    def reason(clf, y=y):
        return diagnose(clf, X, y).not_checked["strong penalty"]

    clf = network(4, max_iter=5).fit(X, y)
    assert reason(clf, None) == "it needs y"
    assert reason(clf, np.zeros(60, int)) == "the features tell nothing about y"
    assert "adamw" in reason(network(4, solver="adamw", max_iter=2).fit(X, y))


# --- Too few units ---


@pytest.mark.parametrize("kind", ["numbers", "classes"])
def test_a_weak_signal_that_is_learnt_is_no_finding(kind):
    """A network that explains a twentieth of the variance may be as good as possible."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1000, 3))
    y = X[:, 0] + 4 * rng.normal(size=1000)
    model = (ShallowNNClassifier if kind == "classes" else ShallowNNRegressor)(32, random_state=0)
    y = (y > 0).astype(int) if kind == "classes" else y
    assert diagnose(model.fit(X, y), X, y).ok


def test_too_few_units():
    X, y = spirals()
    broken = network(3, max_iter=500).fit(X, y)
    repaired = network(100, alpha=0.3, max_iter=500).fit(X, y)
    assert_cause("underfitting", "Increase n_hidden=3", broken, repaired, X, y, gain=0.15)


def test_the_linear_model_predicts_each_row_from_the_others():
    rng = np.random.default_rng(0)
    X, targets = rng.normal(size=(12, 3)), 5 + rng.normal(size=(12, 2))
    scaled = np.column_stack([X / np.sqrt(3 * np.mean(X**2)), np.ones(12)])  # rows of length one, and a bias
    for i, predicted in enumerate(of_linear_model(X, targets)):
        others = np.arange(12) != i
        ridge = Ridge(fit_intercept=False).fit(scaled[others], targets[others])
        assert_allclose(predicted, ridge.predict(scaled[[i]])[0], rtol=1e-9)


@pytest.mark.parametrize(("n_samples", "are_enough"), [(59, False), (60, True)])
def test_simple_models_need_three_rows_for_each_feature(n_samples, are_enough):
    X, y = np.random.default_rng(0).normal(size=(n_samples, 20)), np.arange(n_samples) % 2
    diagnosis = diagnose(network(3, max_iter=3).fit(X, y), X, y)
    assert ("underfitting" not in diagnosis.not_checked) == are_enough


def test_few_rows_say_nothing_of_underfitting():
    X, y = xor()
    assert diagnose(network(3).fit(X, y), X, y).not_checked["underfitting"] == "it needs more rows"
    assert diagnose(network(3).fit(X, y), X).not_checked["underfitting"] == "it needs y"


# --- Overfitting ---


def test_overfitting_is_lowered_by_its_remedy():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 10))
    y = (X[:, :2].sum(axis=1) > 0).astype(int)
    broken, repaired = (network(100, alpha=alpha, max_iter=300).fit(X[:60], y[:60]) for alpha in (1e-4, 3))
    new = (X[60:], y[60:])  # more alpha lowers their loss, and changes their score by chance
    _, after = assert_cause("overfitting", "Increase alpha", broken, repaired, *new, gain=-0.04)
    assert after.ok


# --- The features ---


def test_a_single_tiny_feature_is_worth_a_warning():
    X, y = moons()
    X[:, 1] *= 1e-5
    X = np.hstack([X, np.random.default_rng(0).normal(size=(200, 8))])
    finding = diagnose(network().fit(X, y), X, y).findings[0]
    assert (finding.name, finding.severity, finding.value) == ("tiny features", "warning", 0.1)
    assert "x1 varies by" in finding.meaning


def test_constant_features_are_not_tiny():
    X, y = moons(60)
    clf = network(4, max_iter=5).fit(X, y)
    assert diagnose(clf, np.ones_like(X), y).not_checked["tiny features"] == "all features are constant"
    wide = np.hstack([X, np.full((60, 3), 7.0)])
    assert "tiny features" not in {f.name for f in diagnose(network(4, max_iter=5).fit(wide, y), wide, y)}


def test_outliers():
    X, y = moons(200)
    X[:4] = 1e4 * np.random.default_rng(0).normal(size=(4, 2))

    def fit(*scalers):
        return make_pipeline(*scalers, network(alpha=0.1, max_iter=500)).fit(X, y)

    squeezed, robust = fit(StandardScaler()), fit(RobustScaler())
    clipped = fit(RobustScaler(), FunctionTransformer(lambda x: x / np.sqrt(1 + (x / 3) ** 2)))
    _, after = assert_cause("outliers", "RobustScaler()", squeezed, clipped, X, y, gain=0.2)
    assert after.ok
    assert robust.score(X, y) > squeezed.score(X, y) + 0.2
    assert "StandardScaler" not in str(diagnose(robust, X, y))


def test_raw_features_with_outliers_need_the_other_scaler():
    X, y = moons(60, scale=1000)
    X[:2] *= 1e4
    clf = network(4, max_iter=5).fit(X, y)
    found = {finding.name: finding for finding in diagnose(clf, X, y)}
    assert "RobustScaler()" in found["unscaled features"].remedy
    assert found["unscaled features"].remedy == found["outliers"].remedy
    assert found["unscaled features"].value == pytest.approx(1000, rel=0.5)  # as without outliers


def test_sparse_features_are_compared_with_simple_models_and_the_penalty_too():
    X, y = spirals()
    dense, sparse = (
        diagnose(network(3, max_iter=100).fit(rows, y), rows, y) for rows in (X, scipy.sparse.csc_matrix(X))
    )
    for name in ("strong penalty", "underfitting", "tiny features"):
        expected, value = ({f.name: f.value for f in one.checks}[name] for one in (dense, sparse))
        assert value == pytest.approx(expected, abs=0.02)


# --- The start and the steps ---


def test_large_initial_weights():
    X, X_new, y, y_new = split(*scaled(load_breast_cancer))
    broken, repaired = (
        network(init_scale=scale, activation="tanh", solver="adam", max_iter=100).fit(X, y)
        for scale in (10, "glorot")
    )
    name, remedy = "large initial weights", "Decrease init_scale=10"
    diagnosis, after = assert_cause(name, remedy, broken, repaired, X_new, y_new)
    assert "saturation" in {finding.name for finding in diagnosis}
    assert diagnosis.not_checked["overfitting"] == "the hidden units are saturated"
    assert after.ok


def test_a_divergence_is_not_called_overfitting():
    X, X_new, y, y_new = split(*scaled(load_breast_cancer))
    sgd = {"activation": "identity", "solver": "sgd"}
    diagnosis = diagnose(network(learning_rate=1e3, **sgd).fit(X, y), X_new, y_new)
    assert diagnosis.fix_first.name == "exploding gradient"
    assert diagnosis.not_checked["overfitting"] == "the training diverged"
    assert diagnose(network(learning_rate=1e-2, **sgd).fit(X, y), X_new, y_new).ok


def test_a_network_that_does_not_fit_its_training_rows_does_not_overfit():
    X, y = moons()
    broken = network(learning_rate=10, solver="adam", max_iter=5).fit(X[:100], y[:100])
    reason = diagnose(broken, X[100:], y[100:]).not_checked["overfitting"]
    assert reason == "the loss is no lower than that of a constant prediction"


@pytest.mark.parametrize(
    ("parameters", "cause", "remedy"),
    [
        ({"max_iter": 3, "learning_rate": 0.02}, "stopped too early", "Increase max_iter=3"),
        ({"learning_rate": 1e-5}, "nothing learnt", "Increase learning_rate=1e-05"),
    ],
    ids=["few epochs", "small steps"],
)
def test_a_training_that_ends_too_soon(parameters, cause, remedy):
    X, y = moons()
    broken = network(solver="adam", **parameters).fit(X, y)
    repaired = network(solver="adam", max_iter=400, learning_rate=0.02).fit(X, y)
    assert_cause(cause, remedy, broken, repaired, X, y)


# --- What explains what ---


def test_a_cause_stands_above_all_that_it_explains():
    names = list(CHECKS)
    for name, check in CHECKS.items():
        assert set(check.explains) <= set(names[names.index(name) + 1 :])


def measured(value):
    return Measured(value, Limits(1, 2), "Such a number.", "Do this.")


def test_the_cause_is_the_first_finding_in_the_chain_that_is_as_severe():
    chain = {"unscaled features": 3, "saturation": 3, "overfitting": 3, "dead units": 0}
    found = {name: measured(value) for name, value in chain.items()}
    assert cause_of("overfitting", found) == "unscaled features"
    assert cause_of("unscaled features", found) is None
    found["unscaled features"] = measured(1.5)  # a warning does not explain a problem
    assert cause_of("overfitting", found) == "saturation"
    assert cause_of("saturation", found) is None
    found["saturation"] = measured(0)
    assert cause_of("overfitting", found) is None


def test_effects_stand_below_their_cause_and_send_to_it():
    def finding(name, severity, cause=None):
        return Finding(name, severity, 1.0, None, "So it is.", f"Mend {name}.", cause=cause)

    checks = (
        finding("a", "warning"),
        finding("b", "warning", "a"),
        finding("c", "problem"),
        finding("d", "warning", "c"),
        finding("e", "problem", "c"),
        finding("f", "ok"),
    )
    diagnosis = Diagnosis("a network", checks, {})
    assert [one.name for one in diagnosis] == ["c", "e", "d", "a", "b"]
    assert diagnosis.fix_first.name == "c"
    assert str(diagnosis).splitlines()[1] == "Fix first: c"
    assert "-> Probably an effect of: c. Fix that first." in str(diagnosis)
    assert "Mend e" not in str(diagnosis)
    assert "Mend a" in diagnosis._repr_html_()
    assert "Mend b" not in diagnosis._repr_html_()
    assert Diagnosis("a network", checks[-1:], {}).fix_first is None
