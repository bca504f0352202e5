"""Each cause breaks a training and is named first, and its remedy helps; which findings explain others."""

import types

import numpy as np
import pytest
import scipy.sparse
from numpy.testing import assert_allclose
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, RobustScaler, StandardScaler

from sknn_scratch import Diagnosis, Finding, ShallowNNClassifier, ShallowNNRegressor, diagnose
from sknn_scratch._diagnosis.checks import CHECKS
from sknn_scratch._diagnosis.checks_of_units import underfitting
from sknn_scratch._diagnosis.diagnose import cause_of
from sknn_scratch._diagnosis.evidence import Errors
from sknn_scratch._fitting import causes
from sknn_scratch._fitting.features import measure_features
from sknn_scratch._fitting.measured import Limits, Measured
from tests.helpers import moons, xor

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::sknn_scratch.SymmetryWarning"),
]


def network(n_hidden=32, activation="relu", **parameters):
    settled = {"solver": "lbfgs", "alpha": 1.0, "init_scale": 0.05, "early_stopping": False}
    settled |= {"random_state": 0}
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


def first(estimator, X, y):
    """Name the finding to begin with."""
    finding = diagnose(estimator, X, y).fix_first
    return finding and finding.name


def remedy(estimator, X, y):
    return diagnose(estimator, X, y).fix_first.remedy


# --- The penalty ---


@pytest.mark.parametrize(
    ("data", "alpha", "weights", "solver"),
    [
        (xor(), 30, None, "adam"),
        (scaled(load_iris), 100, None, "lbfgs"),
        (moons(), 50, np.full(200, 1 / 200), "adam"),
        (moons(), 100, None, "lbfgs"),
    ],
    ids=["xor", "iris", "tiny weights", "moons"],
)
def test_a_penalty_that_outweighs_the_loss(data, alpha, weights, solver):
    X, y = data
    broken = network(alpha=alpha, solver=solver, learning_rate=0.02, max_iter=500).fit(X, y, weights)
    diagnosis = diagnose(broken, X, y)
    assert diagnosis.fix_first.name == "strong penalty"
    assert diagnosis.fix_first.severity == "problem"
    assert all(finding.cause == "strong penalty" for finding in diagnosis.findings[1:])
    assert f"Decrease alpha={alpha}, to " in diagnosis.fix_first.remedy
    weaker = float(diagnosis.fix_first.remedy.split(" to ")[1].split()[0])
    repaired = network(alpha=weaker, solver=solver, learning_rate=0.02, max_iter=500).fit(X, y, weights)
    assert first(repaired, X, y) != "strong penalty"
    assert repaired.score(X, y) > broken.score(X, y) + 0.15


def test_the_penalty_of_a_stream_is_that_of_its_last_call():
    X, y = scaled(load_iris)
    clf = ShallowNNClassifier(16, alpha=100, random_state=0)
    for start in range(30):
        clf.partial_fit(X[start::30], y[start::30], classes=np.arange(3))
    assert first(clf, X, y) == "strong penalty"
    names = ("exploding gradient", "stopped too early")
    assert [diagnose(clf, X, y).not_checked[name] for name in names] == (
        2 * ["the calls of partial_fit may differ in their rows"]
    )


def test_a_penalty_is_compared_only_where_it_is_known_and_part_of_the_loss():
    X, y = moons(60)

    def reason(clf, y=y):
        return diagnose(clf, X, y).not_checked["strong penalty"]

    clf = network(4, max_iter=5).fit(X, y)
    assert reason(clf, None) == "it needs y"
    assert reason(clf, np.zeros(60, int)) == "the features say nothing about y"
    assert "adamw" in reason(network(4, solver="adamw", max_iter=2).fit(X, y))
    assert "unknown" in reason(ShallowNNClassifier.from_mlp_classifier(clf.to_mlp_classifier()))


def test_a_converted_network_that_has_learnt_nothing_has_no_learning_rates_to_blame():
    mlp = MLPClassifier((4,), alpha=1e3, learning_rate_init=0.01, max_iter=500, random_state=0)
    converted = ShallowNNClassifier.from_mlp_classifier(mlp.fit(*moons(60)))
    assert converted.stop_reason_ == "converged"
    diagnosis = diagnose(converted, *moons(60))
    (finding,) = [one for one in diagnosis.findings if one.name == "not converged"]
    assert finding.severity == "problem"
    assert "decrease tol or alpha" in finding.remedy


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
    assert first(broken, X, y) == "underfitting"
    assert "Increase n_hidden=3" in remedy(broken, X, y)
    repaired = network(100, alpha=0.3, max_iter=500).fit(X, y)
    assert repaired.score(X, y) > broken.score(X, y) + 0.15
    assert first(repaired, X, y) != "underfitting"


def test_the_number_of_underfitting():
    """The difference of the errors, 0.3 - 0.1, minus twice its standard error, sqrt((0.3 + 0.1) / 400)."""
    errors = Errors(network=0.3, simple_model=0.1, guess=0.5, n_rows=400)
    clf = types.SimpleNamespace(coefs_=[np.zeros((2, 3))], alpha_=1.0)
    evidence = types.SimpleNamespace(
        y=[], estimates_centre=True, has_enough_rows=True, errors=errors, fitted=clf
    )
    assert_allclose(underfitting(evidence).value, 0.2 - 2 * 0.001**0.5)
    assert underfitting(evidence).value > 0.13
    better = types.SimpleNamespace(**vars(evidence) | {"errors": errors._replace(network=0.12)})
    assert underfitting(better).value == 0


def test_few_rows_say_nothing_of_underfitting():
    X, y = xor()
    assert diagnose(network(3).fit(X, y), X, y).not_checked["underfitting"] == "it needs more rows"
    assert diagnose(network(3).fit(X, y), X).not_checked["underfitting"] == "it needs y"


# --- The labels ---


def noisy_moons():
    """Two moons and features of noise, half of the labels drawn at random, and the true labels."""
    X, y = moons(400)
    rng = np.random.default_rng(0)
    noisy = np.where(rng.random(400) < 0.5, rng.integers(0, 2, 400), y)
    return np.hstack([X, rng.normal(size=(400, 3))]), noisy, y


def test_noisy_labels_are_the_cause_of_overfitting():
    X, noisy, true = noisy_moons()
    broken = network(64, alpha=0.01, max_iter=300).fit(X[:200], noisy[:200])
    diagnosis = diagnose(broken, X[200:], noisy[200:])
    assert diagnosis.fix_first.name == "noisy labels"
    (overfitting,) = [finding for finding in diagnosis if finding.name == "overfitting"]
    assert overfitting.cause == "noisy labels"
    assert "a larger alpha" in diagnosis.fix_first.remedy
    repaired = network(64, alpha=3, max_iter=300).fit(X[:200], noisy[:200])
    assert repaired.score(X[200:], true[200:]) > broken.score(X[200:], true[200:]) + 0.05
    assert first(repaired, X[200:], noisy[200:]) != "noisy labels"


def test_few_rows_say_nothing_of_noise():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 20)), np.repeat([0, 1], 15)
    diagnosis = diagnose(network(alpha=0).fit(X[::2], y[::2]), X[1::2], y[1::2])
    assert diagnosis.fix_first.name == "overfitting"
    assert diagnosis.not_checked["noisy labels"] == "it needs more rows"


def test_overfitting_of_labels_that_can_be_learned_is_its_own_cause():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 10))
    y = (X[:, :2].sum(axis=1) > 0).astype(int)
    broken = network(100, alpha=1e-4, max_iter=300).fit(X[:60], y[:60])
    assert first(broken, X[60:], y[60:]) == "overfitting"
    assert "Increase alpha" in remedy(broken, X[60:], y[60:])
    assert "noisy labels" not in [finding.name for finding in diagnose(broken, X[60:], y[60:])]
    repaired = network(100, alpha=3, max_iter=300).fit(X[:60], y[:60])
    assert diagnose(repaired, X[60:], y[60:]).ok


# --- The features ---


@pytest.mark.parametrize(("solver", "alpha"), [("adam", 0), ("lbfgs", 1)])
def test_tiny_features(solver, alpha):
    X, y = moons(scale=1e-5)
    broken = network(alpha=alpha, solver=solver).fit(X, y)
    diagnosis = diagnose(broken, X, y)
    assert diagnosis.fix_first.name == "tiny features"
    assert all(finding.cause == "tiny features" for finding in diagnosis.findings[1:])
    assert "StandardScaler()" in diagnosis.fix_first.remedy
    repaired = make_pipeline(StandardScaler(), network(solver=solver, learning_rate=0.02)).fit(X, y)
    assert repaired.score(X, y) > broken.score(X, y) + 0.1
    assert first(repaired, X, y) != "tiny features"


def test_a_single_tiny_feature_is_worth_a_warning():
    X, y = moons()
    X[:, 1] *= 1e-5
    X = np.hstack([X, np.random.default_rng(0).normal(size=(200, 8))])
    finding = diagnose(network().fit(X, y), X, y).findings[0]
    assert (finding.name, finding.severity, finding.value) == ("tiny features", "warning", 0.1)
    assert "x1 varies by" in finding.meaning


def test_a_feature_at_the_limit_is_not_tiny():
    at_the_limit = np.array([0.0, 0.0, causes.TINY])
    X = np.column_stack([at_the_limit, np.nextafter(at_the_limit, 0)])
    measured = causes.tiny_features(measure_features(X), ["x0", "x1"])
    assert measured.value == 0.5
    assert "x1 varies by" in measured.meaning


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
        parameters = {"alpha": 0.1, "max_iter": 500}
        return make_pipeline(*scalers, network(**parameters)).fit(X, y)

    squeezed = fit(StandardScaler())
    diagnosis = diagnose(squeezed, X, y)
    assert diagnosis.fix_first.name == "outliers"
    assert all(finding.cause == "outliers" for finding in diagnosis.findings[1:])
    assert "RobustScaler()" in diagnosis.fix_first.remedy
    robust = fit(RobustScaler())
    assert robust.score(X, y) > squeezed.score(X, y) + 0.2
    assert "StandardScaler" not in str(diagnose(robust, X, y))
    clipped = fit(RobustScaler(), FunctionTransformer(lambda x: x / np.sqrt(1 + (x / 3) ** 2)))
    assert clipped.score(X, y) > squeezed.score(X, y) + 0.2
    assert diagnose(clipped, X, y).ok


def test_raw_features_with_outliers_need_the_other_scaler():
    X, y = moons(60, scale=1000)
    X[:2] *= 1e4
    clf = network(4, max_iter=5).fit(X, y)
    found = {finding.name: finding for finding in diagnose(clf, X, y)}
    assert "RobustScaler()" in found["unscaled features"].remedy
    assert found["unscaled features"].remedy == found["outliers"].remedy
    assert found["unscaled features"].value == pytest.approx(1000, rel=0.5)  # as without outliers


def test_unscaled_features():
    X, y = load_breast_cancer(return_X_y=True)
    broken = network(activation="tanh", solver="adam").fit(X, y)
    diagnosis = diagnose(broken, X, y)
    assert diagnosis.fix_first.name == "unscaled features"
    assert all(finding.cause == "unscaled features" for finding in diagnosis.findings[1:])
    repaired = make_pipeline(StandardScaler(), network(activation="tanh", solver="adam")).fit(X, y)
    assert diagnose(repaired, X, y).ok
    assert repaired.score(X, y) > broken.score(X, y) + 0.03


def test_sparse_features_are_compared_with_simple_models_and_the_penalty_too():
    X, y = spirals()
    dense, sparse = (
        diagnose(network(3, max_iter=100).fit(rows, y), rows, y) for rows in (X, scipy.sparse.csc_matrix(X))
    )
    for name in ("strong penalty", "underfitting", "tiny features"):
        expected, value = ({f.name: f.value for f in one.checks}[name] for one in (dense, sparse))
        assert value == pytest.approx(expected, abs=0.02)


# --- The validation ---


def test_validation_rows_on_another_scale():
    X, X_val, y, y_val = split(*load_iris(return_X_y=True))
    scaler = StandardScaler().fit(X)
    X = scaler.transform(X)
    patient = {"solver": "adam", "early_stopping": True, "learning_rate": 0.02}
    broken = network(**patient).fit(X, y, X_val=X_val, y_val=y_val)
    diagnosis = diagnose(broken, X, y)
    assert diagnosis.fix_first.name == "foreign validation rows"
    assert all(finding.cause == "foreign validation rows" for finding in diagnosis.findings[1:])
    assert "scaler.transform(X_val)" in diagnosis.fix_first.remedy
    repaired = network(**patient).fit(X, y, X_val=scaler.transform(X_val), y_val=y_val)
    assert diagnose(repaired, X, y).ok
    assert repaired.score(X, y) > broken.score(X, y) + 0.02


def test_a_wild_first_step_is_not_blamed_on_the_validation_rows():
    X, X_val, y, y_val = split(*scaled(load_iris))
    clf = network(64, solver="adam", early_stopping=True, learning_rate=0.5).fit(
        X, y, X_val=X_val, y_val=y_val
    )
    assert clf.history_["val_loss"][0] > clf.history_["loss"][0] + 1
    assert "foreign validation rows" not in {finding.name for finding in diagnose(clf, X, y)}


def test_the_validation_is_judged_from_the_first_epoch_on():
    X, y = moons(60)
    clf = network(4, solver="adam", max_iter=2, warm_start=True).fit(X, y)
    clf.set_params(early_stopping=True).fit(X, y)
    assert "from the first epoch on" in diagnose(clf, X, y).not_checked["foreign validation rows"]


# --- The start and the steps ---


def test_large_initial_weights():
    X, X_new, y, y_new = split(*scaled(load_breast_cancer))
    tanh = {"activation": "tanh", "solver": "adam", "max_iter": 100}
    broken = network(init_scale=10, **tanh).fit(X, y)
    diagnosis = diagnose(broken, X_new, y_new)
    assert diagnosis.fix_first.name == "large initial weights"
    assert {finding.cause for finding in diagnosis.findings[1:]} == {"large initial weights"}
    assert "saturation" in {finding.name for finding in diagnosis}
    assert diagnosis.not_checked["overfitting"] == "the hidden units are saturated"
    assert "a smaller init_scale" in diagnosis.fix_first.remedy
    repaired = network(init_scale="glorot", **tanh).fit(X, y)
    assert diagnose(repaired, X_new, y_new).ok
    assert repaired.score(X_new, y_new) > broken.score(X_new, y_new) + 0.05


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_a_large_learning_rate(activation):
    X, y = scaled(load_iris)
    adam = {"solver": "adam", "max_iter": 30}
    broken = network(activation=activation, learning_rate=10, **adam).fit(X, y)
    diagnosis = diagnose(broken, X, y)
    assert diagnosis.fix_first.name == "exploding gradient"
    assert {finding.cause for finding in diagnosis.findings[1:]} == {"exploding gradient"}
    assert "Decrease learning_rate=10 by a factor of ten, to 1." in diagnosis.fix_first.remedy
    repaired = network(activation=activation, learning_rate=0.1, **adam).fit(X, y)
    assert repaired.score(X, y) > broken.score(X, y) + 0.05
    assert first(repaired, X, y) != "exploding gradient"


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
    assert reason == "the network does not fit its training rows"


@pytest.mark.parametrize(
    ("broken", "cause"),
    [
        ({"max_iter": 3, "learning_rate": 0.02}, "stopped too early"),
        ({"learning_rate": 1e-5}, "not converged"),
    ],
    ids=["few epochs", "small steps"],
)
def test_a_training_that_ends_too_soon(broken, cause):
    X, y = moons()
    clf = network(**{"solver": "adam"} | broken).fit(X, y)
    assert first(clf, X, y) == cause
    repaired = network(solver="adam", max_iter=400, learning_rate=0.02).fit(X, y)
    assert repaired.score(X, y) > clf.score(X, y) + 0.05
    assert first(repaired, X, y) != cause


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
