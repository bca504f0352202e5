"""A fit that learns nothing says so; it and ``diagnose`` name the cause, and the remedy helps."""

import re
from functools import partial
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, RobustScaler, StandardScaler

from sknn_scratch import (
    Activation,
    DivergenceWarning,
    PiecewiseLinearEncoder,
    ShallowNNClassifier,
    ShallowNNEnsembleClassifier,
    ShallowNNRegressor,
    diagnose,
)
from sknn_scratch._core.optimizers import SOLVERS
from sknn_scratch._fitting.troubles import NOTHING_LEARNED, Trouble, troubles_of_ensemble
from tests.helpers import moons, scaled, slope_of_tanh, warnings_of

FAILED = "The training has failed: its loss is no lower than"
network = partial(
    ShallowNNClassifier, n_hidden=16, alpha=1.0, early_stopping=False, random_state=0, max_iter=1000
)


def messages_of(call, of_sizes=False):
    """List the messages of the warnings that a call gives: those of the sizes of features, or all others."""
    caught = [one for one in warnings_of(call) if ("far too large" in str(one.message)) == of_sizes]
    expected = {UserWarning} if of_sizes else {ConvergenceWarning, DivergenceWarning}
    assert {warning.category for warning in caught} <= expected
    return [str(warning.message) for warning in caught]


def cause_of_failure(estimator, X, y, says=FAILED, **fit_parameters):
    """Fit; name the cause and the remedy of the only warning."""
    (message,) = messages_of(lambda: estimator.fit(X, y, **fit_parameters))
    assert message.startswith(says)
    cause, remedy = message.split(" Likely cause: ")[1].split(". ", 1)
    return cause, remedy


def assert_repaired(repaired, broken, X, y, **fit_parameters):
    """Assert that a training gives no warning, and a much better network."""
    assert messages_of(lambda: repaired.fit(X, y, **fit_parameters)) == []
    repaired, broken = (log_loss(y, one.predict_proba(X)) for one in (repaired, broken))
    assert repaired < 0.75 * broken


SCALER = "Put a scaler first: make_pipeline(StandardScaler(), estimator)."
EXPLODED = "The loss became infinite"
CAUSES = {  # the cause, the data, what is wrong with the network, the remedy in words and done
    "far": ("unscaled features", (moons(scale=1e5)[0] + [0, 1e7], moons()[1]), {}, SCALER, {}),
    "tiny": ("tiny features", moons(scale=1e-5), {}, SCALER, {}),
    "initial weights": (
        "large initial weights",
        scaled(load_iris),
        {"init_scale": 30, "early_stopping": True},
        "Decrease init_scale=30, or use init_scale='auto'.",
        {"init_scale": "auto"},
    ),
    "penalty": ("strong penalty", moons(), {"alpha": 300}, "Decrease alpha=300, to 3 or less.", {"alpha": 3}),
    "large steps": (
        "exploding gradient",
        moons(),
        {"learning_rate": 100, "activation": "tanh"},
        "Decrease learning_rate=100 by a factor of ten, to 10.",
        {"learning_rate": 0.1},
    ),
    "small steps": (
        "small steps",
        moons(),
        {"learning_rate": 1e-6},
        "Increase learning_rate=1e-06, to 0.001 or more.",
        {"learning_rate": 0.005},
    ),
}


@pytest.mark.parametrize("case", CAUSES)
def test_a_fit_and_the_diagnosis_name_each_cause_and_the_remedy_which_helps(case):
    cause, data, params, remedy, changes = CAUSES[case]
    broken = network(**{"solver": "adam", "learning_rate": 0.02} | params)
    assert cause_of_failure(broken, *data) == (cause, remedy)
    first, *others = diagnose(broken, *data)
    assert (first.name, first.remedy) == (cause, remedy)
    assert [finding.name for finding in others if finding.cause != cause] == []
    repaired = clone(broken).set_params(**changes)
    if remedy == SCALER:
        repaired = make_pipeline(StandardScaler(), repaired)
    assert_repaired(repaired, broken, *data)
    after = diagnose(repaired, *data).fix_first
    assert after is None or after.name != cause


ENDS = {  # the cause, what is wrong, and what a failure says
    "initial weights": ("large initial weights", {"init_scale": 1e30, "solver": "lbfgs"}, "The line search"),
    "a penalty of lbfgs": ("strong penalty", {"alpha": 1e300, "solver": "lbfgs"}, "The line search"),
    "a penalty of sgd": ("strong penalty", {"alpha": 1e100, "solver": "sgd"}, EXPLODED),
    "steps": ("exploding gradient", {"learning_rate": 1e4, "activation": "identity"}, EXPLODED),
}


@pytest.mark.parametrize("case", ENDS)
def test_a_training_that_fails_early_names_the_cause_too(case):
    cause, params, says = ENDS[case]
    broken = network(**{"solver": "sgd"} | params)
    name, remedy = cause_of_failure(broken, *moons(), says=says)
    assert name == cause
    assert (name, remedy) in [(one.name, one.remedy) for one in diagnose(broken, *moons())]


def test_a_later_part_of_a_stream_that_explodes_names_the_cause():
    rows, y = np.random.default_rng(0).normal(size=(2, 50, 3))
    reg = ShallowNNRegressor(loss="huber", solver="adam").partial_fit(rows, y[:, 0])
    (message,) = messages_of(lambda: reg.partial_fit(rows, np.r_[y[1:, 0], 1e30]))
    assert message.startswith(EXPLODED)
    assert "Likely cause: exploding gradient." in message
    assert reg.n_iter_ == 2


def test_a_failure_without_a_known_cause_lists_what_may_help():
    activation = Activation(np.tanh, slope_of_tanh)
    object.__setattr__(activation, "derivative", lambda z: -slope_of_tanh(z))
    (message,) = messages_of(lambda: network(activation=activation, solver="lbfgs").fit(*moons()))
    assert message.endswith("found no better weights. Scale the features, or use solver='adam'.")


def test_a_penalty_is_compared_with_the_weighted_loss():
    X, y = moons()
    broken, weights = network(alpha=50, solver="lbfgs"), np.full(200, 1 / 200)
    cause, remedy = cause_of_failure(broken, X, y, sample_weight=weights)
    assert cause == "strong penalty"
    repaired = clone(broken).set_params(alpha=float(remedy.split(" to ")[1].split()[0]))
    assert_repaired(repaired, broken, X, y, sample_weight=weights)


def test_a_penalty_that_the_data_chose_is_no_mistake():
    rng = np.random.default_rng(2)
    X, y = rng.normal(size=(200, 5)), rng.integers(2, size=200)
    broken = network(alpha="auto", solver="lbfgs")
    cause, remedy = cause_of_failure(broken, X, y)
    assert (cause, remedy) == ("no signal", "Look for better features, or get more rows.")
    found, alpha = {one.name: one.remedy for one in diagnose(broken, X, y)}, f"alpha={broken.alpha_:g}"
    assert found["no signal"] == remedy
    of_penalty = "Look for better features, since held-out rows have chosen this alpha, or decrease {0}."
    assert found["strong penalty"] == of_penalty.format(alpha)
    broken.set_params(warm_start=True)
    assert cause_of_failure(broken, X, y) == (cause, remedy)


def test_a_penalty_is_compared_only_where_it_is_known():
    X, y = moons(60)

    def reason(clf, y=y):
        return diagnose(clf, X, y).not_checked["strong penalty"]

    clf = network(n_hidden=4, solver="adam", max_iter=5, warm_start=True)
    messages_of(lambda: clf.fit(X, y))
    assert reason(clf, None) == "it needs y"
    assert reason(clf, np.zeros(60, int)) == "all y are equal"
    messages_of(lambda: clf.set_params(solver="adamw").fit(X, y))
    assert reason(clf) == "the penalty of adamw is no part of the objective"


def test_outliers_in_X():
    X, y = moons(200)
    X[:4] = 1e4 * np.random.default_rng(0).normal(size=(4, 2))

    def fit(*scalers):
        return make_pipeline(*scalers, network(n_hidden=32, solver="lbfgs", alpha=0.1)).fit(X, y)

    squeezed, robust = fit(StandardScaler()), fit(RobustScaler())
    clipped = fit(RobustScaler(), FunctionTransformer(lambda x: x / np.sqrt(1 + (x / 3) ** 2)))
    first = diagnose(squeezed, X, y).fix_first
    assert first.name == "outliers"
    assert "RobustScaler()" in first.remedy
    assert diagnose(clipped, X, y).ok
    assert min(clipped.score(X, y), robust.score(X, y)) > squeezed.score(X, y) + 0.2
    assert "StandardScaler" not in str(diagnose(robust, X, y))


@pytest.mark.parametrize("far", [1e5, 1e20])  # beside 1e20, a double cannot tell the other values apart
def test_outliers_in_y(far):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 2))
    y = np.sin(2 * X[:, 0])
    y[::30] += far
    broken = ShallowNNRegressor(alpha=100.0, random_state=0)
    cause, remedy = cause_of_failure(broken, X, y)
    assert cause == "outliers in y"
    assert remedy == "Use loss='huber', or correct the outliers of y."
    assert diagnose(broken, X, y).fix_first.remedy == remedy
    assert "outliers in y" in diagnose(broken, X).not_checked
    repaired = clone(broken).set_params(loss="huber", alpha="auto")
    assert messages_of(lambda: repaired.fit(X, y)) == []
    assert "outliers in y" in diagnose(repaired, X, y).not_checked


def test_a_training_without_an_end_that_has_learned_nothing():
    X, y = moons()
    regressor = ShallowNNRegressor(solver="adam", alpha=3.0, random_state=0, max_iter=60, n_iter_no_change=50)
    assert cause_of_failure(regressor, 1e4 * X, y)[0] == "unscaled features"
    assert regressor.stop_reason_ == "max_iter"
    (message,) = messages_of(lambda: regressor.set_params(max_iter=50).fit(1e4 * X, y))
    assert message.endswith("Increase max_iter=50.")


def test_the_plateau_of_the_start():
    X, y = moons()
    start = {"activation": "sigmoid", "init_scale": 0.01, "learning_rate": 0.002}
    plateau = {**start, "solver": "adam", "batch_size": None, "n_iter_no_change": 5}
    broken = network(**plateau)
    cause, advice = cause_of_failure(broken, X, y)
    assert cause == "a plateau at the start, unless the features tell nothing about y"
    (found,) = [finding for finding in diagnose(broken, X, y) if finding.name == "nothing learned"]
    assert (found.severity, found.remedy) == ("problem", advice)
    remedies = {"init_scale": "auto", "learning_rate": 0.05, "n_iter_no_change": 50, "tol": 1e-5}
    for name, value in remedies.items():
        assert name in advice
        assert_repaired(network(**plateau | {name: value}), broken, X, y)


def test_gradients_that_are_clipped_to_nothing_and_a_linear_network_on_a_problem_that_is_not():
    rows = np.random.default_rng(0).normal(size=(300, 2))
    products = rows, (rows[:, 0] * rows[:, 1] > 0).astype(int)
    linear = "Use activation='relu': with 'identity', the network is a linear model."
    clipped, unclipped = network(solver="adam", max_grad_norm=1e-7), {"max_grad_norm": None}
    for data, broken, remedy, repair in (
        (moons(), clipped, "Use max_grad_norm=None, ", unclipped),
        (products, network(activation="identity", alpha=0), linear, {"activation": "relu"}),
    ):
        assert cause_of_failure(broken, *data)[1].startswith(remedy)
        assert_repaired(clone(broken).set_params(**repair), broken, *data)


def test_y_that_rises_and_falls_often_along_a_feature_is_no_lack_of_signal():
    X = np.random.default_rng(0).uniform(-1, 1, size=(3000, 2))
    y = np.sin(20 * np.pi * X[:, 0]) > 0
    broken = network(alpha=30.0, solver="adam", max_iter=10)
    cause, remedy = cause_of_failure(broken, X, y)
    assert cause == "frequent bends"
    assert (
        remedy == "Let the network bend often: make_pipeline(PiecewiseLinearEncoder(n_bins=64), estimator)."
    )
    first, *others = diagnose(broken, X, y)
    assert "Rows with similar values of x0 have similar y" in first.meaning
    assert (first.name, first.remedy) == (cause, remedy)
    assert "no signal" in {finding.name for finding in others if finding.cause == cause}
    repaired = make_pipeline(PiecewiseLinearEncoder(n_bins=64), network(random_state=0))
    assert_repaired(repaired, broken, X, y)


def test_bends_are_looked_for_in_dense_features_of_many_rows():
    rng = np.random.default_rng(0)
    for X in (rng.normal(size=(60, 2)), scipy.sparse.csr_array(rng.normal(size=(200, 2)))):
        broken = network(alpha=1000.0)
        y = rng.integers(2, size=X.shape[0])
        cause_of_failure(broken, X, y)
        assert "100 rows or more" in diagnose(broken, X, y).not_checked["frequent bends"]


@pytest.mark.parametrize("dtype", ["float32", "float64"])  # in one of which 0.7 is rounded
def test_features_that_say_nothing_are_no_matter_of_the_penalty(dtype):
    X, y = np.full((150, 3), 0.7), load_iris().target
    broken = network(dtype=dtype)
    assert cause_of_failure(broken, X, y)[0] == "no signal"
    reasons = diagnose(broken, X, y).not_checked
    assert "the features tell nothing" in reasons["strong penalty"]
    assert reasons["tiny features"] == "all features are constant"
    rng = np.random.default_rng(0)
    with_outliers = rng.standard_cauchy(size=(600, 1)), rng.normal(size=600)
    assert cause_of_failure(ShallowNNRegressor(random_state=0), *with_outliers)[0] == "no signal"


def test_weights_say_what_a_constant_can_reach():
    """Half of the weight is on two rows; the entropy is that of one half, not that of two rows in 200."""
    X, _ = moons()
    y = (np.arange(200) < 2).astype(int)
    weights = np.where(y == 1, 99.0, 1.0)
    clf = network(solver="adam", learning_rate=1e-6, init_scale=0.01)
    assert cause_of_failure(clf, X, y, sample_weight=weights)
    assert min(clf.loss_curve_) == pytest.approx(np.log(2), rel=1e-3)


TAKEN = {"activation": "relu", "init_scale": "auto", "alpha": 0.0, "tol": 0.0}
TAKEN |= {"early_stopping": True, "warm_start": True, "max_iter": 3}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    ("solver", "n_hidden", "activation"), [*((name, 1, "relu") for name in SOLVERS), ("adam", 4, "elu")]
)
def test_no_remedy_is_taken_already_or_of_another_solver(solver, n_hidden, activation):
    X, y = moons(20)
    taken = TAKEN | {"solver": solver, "n_hidden": n_hidden, "activation": activation, "random_state": 0}
    classifier = ShallowNNClassifier(class_weight="balanced", **taken).fit(X, y)
    regressor = ShallowNNRegressor(loss="huber", **taken).fit(X, y)
    for fitted, reason in (
        *((classifier, reason) for reason in ("max_iter", "converged", "diverged")),
        *((regressor, reason) for reason in ("line_search_failed", "interrupted", "callback")),
    ):
        fitted.stop_reason_ = reason
        for remedy in [finding.remedy for finding in diagnose(fitted, X, y).checks]:
            assert not re.search(r"ecrease (alpha|tol|dropout)=0\b(?!\.)|ecrease n_hidden=1\b", remedy)
            for name, value in re.findall(r"se (\w+)=('\w+'|True)", remedy):
                assert repr({"dtype": "float64"}.get(name, getattr(fitted, name))) != value
            assert solver != "lbfgs" or not re.search("learning_rate|dropout", remedy)


ROWS = np.random.default_rng(0).normal(size=(200, 3))
TWO_FEATURES = np.random.default_rng(0).normal(size=(2000, 2))
WEAK = TWO_FEATURES[:, 0] + 5 * np.random.default_rng(1).normal(size=2000)  # 4 % of the variance
lbfgs, adam = (partial(network, solver=solver, learning_rate=0.02) for solver in ("lbfgs", "adam"))
constant = partial(ShallowNNRegressor, 4, alpha=3.0, max_iter=1000, random_state=0)
QUIET = {
    "few are of class 1": (lbfgs(early_stopping=True), ROWS, (ROWS[:, 0] > 1.8).astype(int)),
    "three classes": (lbfgs(), ROWS, ROWS.argmax(axis=1)),
    "several labels": (adam(), ROWS, (ROWS > 0).astype(int)),
    "a weak signal": (ShallowNNRegressor(16, random_state=0), TWO_FEATURES, WEAK),
    "nothing to learn": (constant(tol=1e-3), ROWS, np.full(200, 7.0)),
    "nothing to learn, and no tol": (constant(tol=0), ROWS, np.full(200, 7.0)),
    "a tol that nothing can reach": (adam(tol=1e9), *moons()),
    "a penalty that is no part of the loss": (adam(solver="adamw", alpha=300), *moons()),
}


@pytest.mark.parametrize("case", QUIET)
def test_what_learns_or_cannot_does_not_warn(case):
    estimator, X, y = QUIET[case]
    assert messages_of(lambda: estimator.fit(X, y)) == []


def test_an_ensemble_does_not_say_that_few_networks_have_learned_nothing_by_the_alphas_of_the_data():
    X = np.random.default_rng(0).normal(size=(300, 3))
    networks = [SimpleNamespace(alpha_=alpha) for alpha in (3, 10, 10, 30)]
    failure = [Trouble(NOTHING_LEARNED, ConvergenceWarning)]
    assert troubles_of_ensemble(networks, [[], [], [], failure]) == []
    for failures in ([[], [], failure, failure], [failure, [], [], []], [[], failure, [], []]):
        assert len(troubles_of_ensemble(networks, failures)) == 1
    params = {"learning_rate": 0.3, "alpha": 0.1, "early_stopping": False, "random_state": 2}
    stuck = ShallowNNEnsembleClassifier(1, n_networks=4, solver="adam", **params)
    (message,) = messages_of(lambda: stuck.fit(X, (X[:, 0] + X[:, 1] > 0).astype(int)))
    assert message.startswith(f"1 of 4 networks: {FAILED}")


def test_what_was_learned_before_counts_and_partial_fit_never_warns():
    clf = network(solver="adam", learning_rate=0.02, warm_start=True).fit(*moons())
    assert messages_of(lambda: clf.set_params(learning_rate=1e-9).fit(*moons())) == []
    fresh = network(learning_rate=1e-9, n_iter_no_change=1)
    for _ in range(3):
        assert messages_of(lambda: fresh.partial_fit(*moons(), classes=[0, 1])) == []


@pytest.mark.parametrize("warm_start", [False, True])
def test_a_stream_has_the_penalty_of_its_last_call_and_no_end(warm_start):
    X, y = scaled(load_iris)
    clf = ShallowNNClassifier(16, alpha=100, warm_start=warm_start, random_state=0)
    for start in range(30):
        clf.partial_fit(X[start::30], y[start::30], classes=np.arange(3))
    diagnosis = diagnose(clf, X, y)
    assert diagnosis.fix_first.name == "strong penalty"
    for name in ("exploding gradient", "stopped too early"):
        assert diagnosis.not_checked[name] == "the calls of partial_fit may differ in their rows"
    assert "partial_fit" in diagnosis.not_checked["not converged"]


def test_a_stream_of_weighted_classes_is_compared_with_a_weighted_constant():
    X = np.random.default_rng(0).normal(size=(400, 3))
    y = (X[:, 0] + X[:, 1] > 2.3).astype(int)
    clf = ShallowNNClassifier(8, class_weight={0: 1, 1: 19}, random_state=0)
    for _ in range(8):
        clf.partial_fit(X, y, classes=[0, 1])
    assert diagnose(clf, X, y).fix_first is None


CANCER = load_breast_cancer(return_X_y=True)
few_epochs = partial(ShallowNNClassifier, 5, solver="sgd", alpha=1.0, max_iter=2, random_state=0)


def test_each_fit_warns_of_raw_features():
    X, y = CANCER
    grid = {"learning_rate": [0.01, 0.02]}
    for call, n_expected in (
        (lambda: few_epochs().fit(pd.DataFrame(X).add_prefix("x"), y), 1),
        (lambda: few_epochs().partial_fit(X, y, classes=[0, 1]).partial_fit(X, y), 1),
        (lambda: ShallowNNEnsembleClassifier(5, n_networks=2, max_iter=2).fit(X, y), 1),
        (lambda: GridSearchCV(few_epochs(), grid, cv=2).fit(X, y), 5),
    ):
        messages = messages_of(call, of_sizes=True)
        assert len(messages) == n_expected
        for message in messages:
            assert "Features such as x23 are far too large for a network. Put a scaler first" in message


@pytest.mark.parametrize("names", [False, True])
def test_the_feature_that_is_too_large_is_named_among_all(names):
    """The network has only those of many features that occur."""
    X = np.zeros((60, 2000))
    X[:, 1500] = np.linspace(-1e5, 1e5, 60)
    rows = pd.DataFrame(X).add_prefix("column") if names else X
    (message,) = messages_of(lambda: few_epochs().fit(rows, X[:, 1500] > 0), of_sizes=True)
    assert f"such as {'column' if names else 'x'}1500 are" in message


def test_features_of_usual_sizes_are_not_warned_of():
    X, y = CANCER
    digits, labels = load_digits(return_X_y=True)
    for rows, of_rows in (
        (StandardScaler().fit_transform(X), y),
        (PiecewiseLinearEncoder().fit_transform(X), y),
        (scipy.sparse.csr_array(X), y),
        (digits, labels),
        (OneHotEncoder(sparse_output=False).fit_transform(digits[:, :9]), labels),
    ):
        assert messages_of(partial(few_epochs().fit, rows, of_rows), of_sizes=True) == []


def diagnosed(X, y):
    """Look at the features of a network after some iterations."""
    clf = network(n_hidden=4, solver="lbfgs", max_iter=5)
    messages_of(lambda: clf.fit(X, y))
    return diagnose(clf, X, y)


def test_a_single_tiny_feature_is_worth_a_warning():
    X, y = moons()
    X[:, 1] *= 1e-5
    X = np.hstack([X, np.random.default_rng(0).normal(size=(200, 8))])
    (finding,) = [one for one in diagnosed(X, y) if one.name == "tiny features"]
    assert (finding.severity, finding.value) == ("warning", 0.1)
    assert "x1 varies by" in finding.meaning
    with_constants = np.hstack([moons(60)[0], np.full((60, 3), 7.0)])
    assert "tiny features" not in {one.name for one in diagnosed(with_constants, moons(60)[1])}


def test_a_feature_that_is_mostly_constant_has_no_outliers():
    X, y = moons(200)
    X[:, 0] = np.clip(np.linspace(0, 8, 200) - 5.96, 0, 1)  # a ramp that begins near the upper quartile
    assert "outliers" not in {finding.name for finding in diagnosed(X, y)}


def test_raw_features_with_outliers_need_the_other_scaler():
    X, y = moons(60, scale=1000)
    X[:2] *= 1e4
    found = {finding.name: finding for finding in diagnosed(X, y)}
    assert "RobustScaler()" in found["unscaled features"].remedy
    assert found["unscaled features"].remedy == found["outliers"].remedy
    assert found["unscaled features"].value == pytest.approx(1000, rel=0.5)  # as without outliers
