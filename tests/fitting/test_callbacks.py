"""scikit-learn's callbacks on a classifier and on estimators that contain it."""

import copy
import re
from functools import partial

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_scratch import ShallowNNEnsembleClassifier
from tests.helpers import AtEpoch, Recorder, assert_same_model, make_data, small_network
from tests.versions import ProgressBar, needs_callbacks

pytestmark = [needs_callbacks, pytest.mark.filterwarnings("ignore:The maximum number of epochs")]

X, Y = make_data("multiclass")

make_classifier = partial(small_network, n_hidden=5, learning_rate=0.02, max_iter=4, early_stopping=False)


def calls_of(n_epochs):
    return ["setup fit", "begin fit", *(n_epochs * ["begin epoch", "end epoch"]), "end fit", "teardown fit"]


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_hooks_are_called_in_order_with_the_data_as_they_were_given(solver):
    recorder, frame, weight = Recorder(), pd.DataFrame(X, columns=list("abcd")), np.arange(60.0)
    make_classifier(solver=solver).set_callbacks(recorder).fit(frame, Y, weight)
    assert recorder.calls == calls_of(4)
    ends = [context for context, told in recorder.told if "fitted_estimator" in told]
    assert [context.task_id for context in ends] == [0, 1, 2, 3, 0]
    assert {context.estimator_name for context, _ in recorder.told} == {"ShallowNNClassifier"}
    assert ends[-1].max_subtasks == 4
    for _, told in recorder.told:
        assert told["X"] is frame
        assert told["y"] is Y
        assert told["metadata"]["sample_weight"] is weight
    recorder.calls.clear()
    make_classifier().set_callbacks(recorder).partial_fit(X, Y, classes=[0, 1, 2])
    assert recorder.calls == calls_of(1)


def test_snapshots_are_the_models_of_their_epochs():
    recorder = Recorder()
    classifier = make_classifier(batch_size=16).set_callbacks(recorder).fit(X, Y)
    for n, model in enumerate(recorder.models, start=1):
        reference = make_classifier(batch_size=16, max_iter=n).fit(X, Y)
        assert_same_model(model, reference, rtol=0)
        assert model.n_iter_ == model.best_iter_ == len(model.loss_curve_) == n
        assert_array_equal(model.predict_proba(X), reference.predict_proba(X))
        assert model.transform(X).shape == (60, 5)
    assert [model.stop_reason_ for model in recorder.models] == [*(3 * ["callback"]), "max_iter"]
    assert_same_model(recorder.told[-1][1]["fitted_estimator"], classifier, rtol=0)


def test_snapshots_of_wide_rows_have_all_features():
    wide, recorder = np.random.default_rng(0).normal(size=(60, 200)), Recorder()
    classifier = make_classifier(solver="lbfgs").set_callbacks(recorder).fit(wide, Y)
    assert [model.coefs_[0].shape for model in recorder.models] == 4 * [(200, 5)]
    assert_same_model(recorder.models[-1], classifier, rtol=1e-12)
    assert_same_model(make_classifier(solver="lbfgs").fit(wide, Y), classifier, rtol=0)


def test_snapshots_remember_nothing_of_an_earlier_fit_and_can_be_trained_further():
    recorder, labels = Recorder(), np.array(["x", "y", "z"])
    classifier = make_classifier().fit(pd.DataFrame(X[:, :3], columns=list("abc")), labels[Y])
    classifier.set_callbacks(recorder).fit(X, Y)
    for n, model in enumerate(recorder.models, start=1):
        assert set(model.predict(X)) <= {0, 1, 2}  # and without a warning of missing feature names
        assert model.n_features_in_ == 4
        before = copy.deepcopy(classifier)
        assert model.set_callbacks().partial_fit(X, Y).n_iter_ == n + 1
        assert_same_model(classifier, before, rtol=0)


def test_callbacks_see_the_present_weights_where_the_best_are_given_back():
    recorder = Recorder()
    params = {"early_stopping": True, "learning_rate": 0.2, "init_scale": 0.5, "n_hidden": 20, "alpha": 0.0}
    classifier = make_classifier(max_iter=60, n_iter_no_change=60, **params)
    classifier.set_callbacks(recorder).fit(X[:40], Y[:40], X_val=X[40:], y_val=Y[40:])
    assert classifier.best_iter_ < classifier.n_iter_ == len(recorder.models)
    assert_same_model(recorder.models[classifier.best_iter_ - 1], classifier, rtol=0)
    classifier.set_callbacks().fit(X[:40], Y[:40], X_val=X[40:], y_val=Y[40:])  # who watches changes nothing
    assert_same_model(recorder.models[classifier.best_iter_ - 1], classifier, rtol=0)
    losses = [-model.predict_log_proba(X[40:])[np.arange(20), Y[40:]].mean() for model in recorder.models]
    assert_allclose(losses, classifier.history_["val_loss"])


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_callback_stops_the_fit(solver):
    recorder = Recorder()
    classifier = make_classifier(solver=solver).set_callbacks(AtEpoch(2, lambda: True), recorder).fit(X, Y)
    assert classifier.n_iter_ == 2
    assert classifier.stop_reason_ == "callback"
    assert recorder.calls == calls_of(2)
    assert_same_model(classifier, make_classifier(solver=solver, max_iter=2).fit(X, Y), rtol=0)


def test_progress_bar_of_a_pipeline_whose_fit_ends_early(capsys):
    classifier = make_classifier(max_iter=1000, tol=1e9, n_iter_no_change=2)
    pipeline = make_pipeline(StandardScaler(), classifier).set_callbacks(ProgressBar()).fit(X, Y)
    output = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", capsys.readouterr().out)
    assert all(part in output for part in ("Pipeline - fit", "ShallowNNClassifier - fit", "100%"))
    assert pipeline[-1].n_iter_ == 3
    assert not hasattr(pipeline[-1], "_skl_callbacks")


@pytest.mark.parametrize("outermost", [False, True])
@pytest.mark.parametrize("n_networks", [None, 2])
def test_a_callback_on_the_estimator_or_on_a_search_over_its_pipeline_stops_networks(n_networks, outermost):
    estimator, stop = make_classifier(), AtEpoch(2, lambda: True)
    if n_networks:
        estimator = ShallowNNEnsembleClassifier(**estimator.get_params(), n_networks=n_networks)
    if not outermost:
        estimator.set_callbacks(stop)
    search = GridSearchCV(make_pipeline(StandardScaler(), estimator), {}, cv=KFold(2))
    if outermost:
        stop.max_propagation_depth = None  # it is handed down
        search.set_callbacks(stop)
    fitted = search.fit(X, Y).best_estimator_[-1]
    for network in getattr(fitted, "estimators_", [fitted]):
        assert (network.stop_reason_, network.n_iter_) == ("callback", 2)
