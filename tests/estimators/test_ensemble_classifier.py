"""ShallowNNEnsembleClassifier: its networks, the average of their probabilities, and its methods."""

from functools import partial

import joblib
import numpy as np
import pytest
from joblib import parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from sknn_scratch import DivergenceWarning, ShallowNNClassifier, ShallowNNEnsembleClassifier, SymmetryWarning
from sknn_scratch._fitting import passes
from sknn_scratch._targets.labels import Binary, Multiclass
from tests.helpers import (
    KINDS,
    AtEpoch,
    InterruptedActivation,
    Recorder,
    assert_same_model,
    make_data,
    press_control_c,
)
from tests.versions import ScoringMonitor, needs_callbacks

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = make_data("binary")
X3, Y3 = make_data("multiclass")

FEW = {"n_hidden": 4, "max_iter": 5, "batch_size": 10, "n_networks": 3}
ensemble = partial(ShallowNNEnsembleClassifier, solver="adam", alpha=1.0, random_state=0, **FEW)


def assert_same_networks(actual, expected):
    for one, other in zip(actual, expected, strict=True):
        assert one.n_iter_ == other.n_iter_
        assert_same_model(one, other, rtol=0)


@pytest.mark.parametrize(
    ("kind", "params", "validation"),
    [
        ("multilabel", {"warm_start": True}, {}),
        ("multiclass", {"early_stopping": True}, {}),
        ("binary", {"dropout": 0.5}, {"X_val": X[:20], "y_val": Y[:20], "sample_weight_val": np.arange(20)}),
        ("binary", {"solver": "lbfgs"}, {}),
    ],
)
def test_networks_are_those_that_are_fitted_alone(kind, params, validation):
    X, y = make_data(kind)
    clf = ensemble(**params).fit(X, y, **validation)
    names = ShallowNNClassifier().get_params().keys() - {"random_state"}
    solo = ShallowNNClassifier(**{name: value for name, value in clf.get_params().items() if name in names})
    seeds = [one.random_state for one in clf.estimators_]
    solos = [clone(solo).set_params(random_state=seed).fit(X, y, **validation) for seed in seeds]
    assert_same_networks(clf.estimators_, solos)
    assert len({*seeds}) == 3
    if clf.warm_start:
        assert_same_networks(clf.fit(X, y).estimators_, [one.fit(X, y) for one in solos])


def test_networks_are_trained_in_one_pass(monkeypatch):
    sizes, train_in_one_pass = [], passes.train_in_one_pass
    monkeypatch.setattr(
        passes, "train_in_one_pass", lambda group: (sizes.append(len(group)), train_in_one_pass(group))
    )
    ensemble(n_networks=7, early_stopping=True).fit(X, Y)
    assert sizes == [7]


@pytest.mark.parametrize(
    ("kind", "dtype", "rtol", "log_rtol"),
    [*((kind, np.float64, 1e-12, 1e-9) for kind in KINDS), ("binary", np.float32, 1e-5, 1e-4)],
)
def test_probabilities_are_averages(kind, dtype, rtol, log_rtol):
    X, y = make_data(kind)
    clf = ensemble().fit(X.astype(dtype), y)
    average = np.mean([one.predict_proba(X) for one in clf.estimators_], axis=0)
    assert clf.predict_proba(X).dtype == dtype
    assert_allclose(clf.predict_proba(X), average, rtol=rtol)
    assert_allclose(clf.predict_log_proba(X), np.log(average), rtol=log_rtol, atol=1e-6)
    if kind == "multiclass":
        assert_array_equal(clf.predict(X), average.argmax(axis=1))
        assert_allclose(clf.decision_function(X), np.log(average), rtol=1e-4, atol=1e-6)
    else:
        positive = average if kind == "multilabel" else average[:, 1]
        assert_array_equal(clf.predict(X), positive > 0.5)
        assert_allclose(clf.decision_function(X), np.log(positive / (1 - positive)), rtol=1e-4, atol=1e-5)


def test_average_of_extreme_logits_is_exact():
    logits = [np.array([[800.0], [-800.0], [800.0]]), np.array([[800.0], [-900.0], [-800.0]])]
    assert_allclose(Binary([0, 1]).average(logits)[:, 0], [800, -800 - np.log(2), 0], atol=1e-9)
    logits = [np.array([[0.0, 1000.0, -1000.0]]), np.array([[0.0, -1000.0, 1000.0]])]
    expected = [[-1000, -np.log(2), -np.log(2)]]
    assert_allclose(Multiclass([0, 1, 2]).average(logits), expected)


def test_partial_fit_trains_every_network_for_an_epoch():
    clf = ensemble().partial_fit(X3[:20], Y3[:20], classes=[0, 1, 2])
    solos = [clone(one).partial_fit(X3[:20], Y3[:20], classes=[0, 1, 2]) for one in clf.estimators_]
    for rows in (slice(20, 40), slice(40, 60)):
        for one in (clf, *solos):
            one.partial_fit(X3[rows], Y3[rows])
    assert clf.n_iter_.tolist() == [3, 3, 3]
    assert_same_networks(clf.estimators_, solos)


def test_warm_start_goes_on_with_new_parameters_and_old_seeds():
    clf = ensemble(warm_start=True).fit(X, Y)
    first = clf.estimators_
    weights = [one.coefs_[0].copy() for one in first]
    clf.set_params(max_iter=2, learning_rate=0.1).fit(X, Y)
    assert clf.n_iter_.tolist() == [7, 7, 7]
    assert [one.learning_rate for one in clf.estimators_] == [0.1] * 3
    assert [one.random_state for one in clf.estimators_] == [one.random_state for one in first]
    for one, before in zip(first, weights, strict=True):
        assert_array_equal(one.coefs_[0], before)


def test_a_warm_start_keeps_the_number_of_networks():
    clf = ensemble(warm_start=True).fit(X, Y)
    with pytest.raises(ValueError, match="n_networks=5, but there are 3 fitted networks"):
        clf.set_params(n_networks=5).fit(X, Y)
    clf.set_params(warm_start=False).fit(X, Y)
    assert len(clf.estimators_) == 5
    clf = ensemble(n_networks="auto", warm_start=True).fit(X, Y)
    clf.fit(np.repeat(X, 40, axis=0), np.repeat(Y, 40)).partial_fit(X, Y)
    assert len(clf.estimators_) == 4


@pytest.mark.starts_processes
def test_networks_do_not_depend_on_n_jobs():
    alone = ensemble(early_stopping=True).fit(X3, Y3)
    spread = ensemble(early_stopping=True, n_jobs=2).fit(X3, Y3)  # in other processes
    assert_same_networks(spread.estimators_, alone.estimators_)
    assert [one.random_state for one in spread.estimators_] == [one.random_state for one in alone.estimators_]


@needs_callbacks
def test_callbacks_hear_of_every_network_and_epoch():
    depths = ({}, {"max_propagation_depth": None}, {"max_propagation_depth": 0})
    plain, handed_down, alone = recorders = [Recorder(**depth) for depth in depths]
    clf = ensemble(max_iter=2, n_networks=2).set_callbacks(*recorders).fit(X, Y)
    NETWORK, WHOLE = "ShallowNNClassifier", "ShallowNNEnsembleClassifier"
    fits = ["fit 0/fit 0", "fit 0/fit 1"]
    of_networks = [(path, NETWORK) for fit in fits for path in (fit, f"{fit}/epoch 0", f"{fit}/epoch 1")]
    # A callback that scikit-learn hands down hears only of the networks' own tasks.
    of_ensemble = [(f"fit 0/fit-network {i}", WHOLE) for i in (0, 1)]
    whole = ("fit 0", WHOLE)
    assert sorted(handed_down.heard["end"]) == sorted([*of_networks, whole])
    assert sorted(plain.heard["end"]) == sorted([*of_networks, *of_ensemble, whole])
    assert sorted(alone.heard["end"]) == sorted([*of_ensemble, whole])
    for recorder in recorders:
        assert recorder.heard["end"][-1] == whole
        names = [[name for _, name in recorder.heard[hook]] for hook in ("setup", "teardown")]
        assert names[0] == sorted(names[1], reverse=True) == [WHOLE] + [NETWORK] * 2 * (recorder is plain)
    assert not any(hasattr(one, "_skl_callbacks") for one in clf.estimators_)
    assert_same_networks(clf.estimators_, ensemble(max_iter=2, n_networks=2).fit(X, Y).estimators_)
    assert clf._skl_callbacks == recorders


@needs_callbacks
@pytest.mark.starts_processes
@pytest.mark.parametrize(("n_jobs", "backend"), [(1, "loky"), (2, "threading"), (2, "loky")])
def test_scoring_monitor_logs_every_network_and_epoch(n_jobs, backend):
    monitor, weight = ScoringMonitor(scoring="accuracy"), np.where(Y == 0, 5.0, 1.0)
    with parallel_config(backend=backend):
        clf = ensemble(max_iter=2, n_jobs=n_jobs).set_callbacks(monitor).fit(X, Y, weight)
    rows = {row["task_id_path"]: row["accuracy"] for row in monitor.get_logs().data}
    epochs = {(0, i, epoch) for i in range(3) for epoch in range(2)}
    assert rows.keys() == {(0,), *((0, i) for i in range(3)), *epochs}
    assert rows[0,] == clf.score(X, Y, weight)
    for i, one in enumerate(clf.estimators_):
        assert rows[0, i] == rows[0, i, 1] == one.score(X, Y, weight)


def test_verbose_says_which_network(capsys):
    ensemble(verbose=1, max_iter=2).fit(X, Y)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3 * 3
    assert sum(line.startswith("[network 2] end after epoch 2: ") for line in lines) == 1
    assert sum(line.startswith("[network 2] epoch 2: loss = ") for line in lines) == 1


NAN = np.where(X3[0, 0] == X3, np.nan, X3)
WRONG_DATA = {
    "no y": lambda: ensemble().fit(X3, None),
    "nan": lambda: ensemble().fit(NAN, Y3),
    "nan to validate": lambda: ensemble().fit(X3, Y3, X_val=NAN, y_val=Y3),
    "another width in partial_fit": lambda: ensemble().fit(X, Y).partial_fit(X[:, :2], Y),
    "another width with warm_start": lambda: ensemble(warm_start=True).fit(X, Y).fit(X[:, :2], Y),
}


@pytest.mark.parametrize("name", WRONG_DATA)
def test_errors_about_data_name_the_ensemble(name):
    with pytest.raises(ValueError, match="ShallowNNEnsembleClassifier") as caught:
        WRONG_DATA[name]()
    assert "ShallowNNClassifier" not in str(caught.value)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_trouble_is_told_once_with_the_number_of_networks(n_jobs):
    stopping = {"early_stopping": True, "max_iter": 30, "n_iter_no_change": 9}
    clf = ensemble(**stopping, n_jobs=n_jobs, random_state=2)
    with parallel_config(backend="threading"), pytest.warns(ConvergenceWarning) as caught:
        clf.fit(X, Y)
    n_unfinished = sum(network.stop_reason_ == "max_iter" for network in clf.estimators_)
    assert 0 < n_unfinished < 3
    (warning,) = caught
    assert str(warning.message).startswith(f"{n_unfinished} of 3 networks: The maximum number of epochs")


def test_different_troubles_are_told_apart():
    with pytest.warns() as caught:
        ensemble(n_networks=2, init_scale=0.0, learning_rate=1e300, max_iter=3).fit(X, Y)
    assert [warning.category for warning in caught] == [SymmetryWarning, DivergenceWarning]
    assert all("2 of 2 networks: " in str(warning.message) for warning in caught)


def test_control_c_ends_all_networks_with_a_usable_ensemble():
    with pytest.warns(UserWarning, match="interrupted"):
        clf = ensemble(activation=InterruptedActivation(30), max_iter=10**6, tol=0).fit(X3, Y3)
    assert [one.stop_reason_ for one in clf.estimators_] == ["interrupted"] * 3
    assert (clf.n_iter_ > 0).all()
    assert np.isfinite(clf.predict_proba(X3)).all()


@pytest.mark.filterwarnings("ignore:The training was interrupted")
@pytest.mark.parametrize("n_calls", [3, 60])  # in the first network, or in a later one
def test_control_c_before_all_networks_are_trained_leaves_the_earlier_ensemble(n_calls, monkeypatch):
    monkeypatch.setattr(passes, "PASS_BYTES", 1)  # one after the other
    clf = ensemble(solver="lbfgs", max_iter=30, tol=0).fit(X3, Y3)
    before = clf.predict_proba(X3)
    clf.set_params(activation=InterruptedActivation(n_calls))
    with pytest.raises(KeyboardInterrupt):
        clf.fit(X3, Y3)
    assert_array_equal(clf.predict_proba(X3), before)


# The steps of all networks before it; None is after the epoch.
@pytest.mark.parametrize("n_calls", [20, pytest.param(None, marks=needs_callbacks)])
def test_control_c_ends_a_loop_of_partial_fit_and_leaves_the_networks_as_they_were(n_calls):
    activation = InterruptedActivation(10**9)
    clf = ensemble(activation=activation, dropout=0.2).partial_fit(X3, Y3, classes=[0, 1, 2])
    activation.calls_left[0] = 0
    before = joblib.hash(vars(clf))
    if n_calls is None:
        clf.set_callbacks(AtEpoch(1, press_control_c))
    activation.calls_left[0] = n_calls or 10**9
    with pytest.raises(KeyboardInterrupt):
        clf.set_params(batch_size=1).partial_fit(X3, Y3)
    clf.set_callbacks().set_params(batch_size=10)
    activation.calls_left[0] = 0
    assert joblib.hash(vars(clf)) == before


def test_fitted_attributes_change_in_one_step():
    """Whoever predicts in another thread meanwhile has the old ensemble or the new one, never a part."""
    clf = ensemble().fit(X, Y)
    attributes = vars(clf)
    fitted = {name: value for name, value in attributes.items() if name.endswith("_")}
    clf.fit(X[:30], Y[:30])
    for name, value in fitted.items():  # another dict has taken its place
        assert attributes[name] is value
