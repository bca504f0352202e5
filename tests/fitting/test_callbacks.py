"""scikit-learn's callbacks on a classifier and on estimators that contain it."""

import copy
import functools
import re
from functools import partial

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_scratch import ShallowNNEnsembleClassifier
from tests.helpers import AtEpoch, SilentCallback, assert_same_model, make_data, small_network
from tests.versions import ProgressBar, needs_callbacks

pytestmark = [needs_callbacks, pytest.mark.filterwarnings("ignore:The maximum number of epochs")]

X, Y = make_data("multiclass")

make_classifier = partial(small_network, n_hidden=5, learning_rate=0.02, max_iter=4, early_stopping=False)


class Recorder:
    """Writes down what it is told, in order."""

    max_propagation_depth = None

    def __init__(self):
        self.calls = []
        self.contexts = []
        self.told = []

    def setup(self, estimator, context):
        self.calls.append("setup")

    def teardown(self, estimator, context):
        self.calls.append("teardown")

    def on_fit_task_begin(self, estimator, context, *, X, y, metadata):
        self.calls.append(f"begin {context.task_name}")

    def on_fit_task_end(self, estimator, context, *, X, y, metadata, fitted_estimator):
        self.calls.append(f"end {context.task_name}")
        self.contexts.append(context)
        self.told.append({"X": X, "y": y, "metadata": metadata, "fitted_estimator": fitted_estimator})

    @property
    def models(self):
        """The snapshots of the epochs."""
        pairs = zip(self.contexts, self.told, strict=True)
        return [told["fitted_estimator"] for context, told in pairs if context.task_name == "epoch"]


EPOCH = ["begin epoch", "end epoch"]


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_hooks_are_called_in_order_with_the_data_as_they_were_given(solver):
    recorder, frame, weight = Recorder(), pd.DataFrame(X, columns=list("abcd")), np.arange(60.0)
    make_classifier(solver=solver).set_callbacks(recorder).fit(frame, Y, weight)
    assert recorder.calls == ["setup", "begin fit", *(4 * EPOCH), "end fit", "teardown"]
    assert [context.task_id for context in recorder.contexts] == [0, 1, 2, 3, 0]
    assert {context.estimator_name for context in recorder.contexts} == {"ShallowNNClassifier"}
    assert recorder.contexts[-1].max_subtasks == 4
    for told in recorder.told:
        assert told["X"] is frame
        assert told["y"] is Y
        assert told["metadata"]["sample_weight"] is weight
    recorder.calls.clear()
    make_classifier().set_callbacks(recorder).partial_fit(X, Y, classes=[0, 1, 2])
    assert recorder.calls == ["setup", "begin fit", *EPOCH, "end fit", "teardown"]


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
    assert_same_model(recorder.told[-1]["fitted_estimator"], classifier, rtol=0)


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
    assert recorder.calls == ["setup", "begin fit", *(2 * EPOCH), "end fit", "teardown"]
    assert_same_model(classifier, make_classifier(solver=solver, max_iter=2).fit(X, Y), rtol=0)


def test_teardown_comes_after_an_error_too():
    class Failing(Recorder):
        def on_fit_task_end(self, estimator, context):
            raise RuntimeError("an accident")

    recorder = Failing()
    with pytest.raises(RuntimeError, match="an accident"):
        make_classifier().set_callbacks(recorder).fit(X, Y)
    assert recorder.calls == ["setup", "begin fit", "begin epoch", "teardown"]
    with pytest.raises(ValueError, match="alpha"):
        make_classifier(alpha=-1).set_callbacks(recorder).fit(X, Y)


# --- scikit-learn's own ---


def test_progress_bar_of_a_pipeline_whose_fit_ends_early(capsys):
    classifier = make_classifier(max_iter=1000, tol=1e9, n_iter_no_change=2)
    pipeline = make_pipeline(StandardScaler(), classifier).set_callbacks(ProgressBar()).fit(X, Y)
    output = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", capsys.readouterr().out)
    assert all(part in output for part in ("Pipeline - fit", "ShallowNNClassifier - fit", "100%"))
    assert pipeline[-1].n_iter_ == 3
    assert not hasattr(pipeline[-1], "_skl_callbacks")


# --- On the network, or on what is around it ---


class StopBelow(SilentCallback):
    """Stop when the training loss is below 1."""

    def on_fit_task_end(self, estimator, context, *, fitted_estimator):
        return context.task_name == "epoch" and fitted_estimator.loss_curve_[-1] < 1.0


class StopAllBelow(StopBelow):
    max_propagation_depth = None


def scaled(estimator):
    return make_pipeline(StandardScaler(), estimator)


def in_ensemble(network):
    return ShallowNNEnsembleClassifier(**network.get_params(), n_networks=2)


def networks_of(estimator):
    """Find the fitted networks of an estimator."""
    if isinstance(estimator, BaseSearchCV):
        return networks_of(estimator.best_estimator_)
    if isinstance(estimator, Pipeline):
        return networks_of(estimator[-1])
    return getattr(estimator, "estimators_", [estimator])


SEARCH = {"param_grid": {}, "cv": KFold(2)}
WRAPS = {
    "alone": [],
    "ensemble in a pipeline": [in_ensemble, scaled],
    "search over a pipeline": [scaled, partial(GridSearchCV, **SEARCH)],
    "search over an ensemble": [in_ensemble, partial(GridSearchCV, **SEARCH)],
}


def wrapped(wraps, estimator):
    return functools.reduce(lambda inner, wrap: wrap(inner), wraps, estimator)


@pytest.mark.parametrize("outermost", [False, True])
@pytest.mark.parametrize("name", WRAPS)
def test_a_callback_on_the_network_or_the_ensemble_or_on_the_outermost_estimator(name, outermost):
    wraps, network = WRAPS[name], make_classifier(max_iter=50)
    if outermost:
        estimator = wrapped(wraps, network).set_callbacks(StopAllBelow())
    else:
        n_inside = wraps.count(in_ensemble)
        innermost = wrapped(wraps[:n_inside], network).set_callbacks(StopBelow())
        estimator = wrapped(wraps[n_inside:], innermost)
    for network in networks_of(estimator.fit(X, Y)):
        assert network.stop_reason_ == "callback"
        assert network.loss_curve_[-1] < 1.0
        assert (network.loss_curve_[:-1] >= 1.0).all()
