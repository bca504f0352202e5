"""Fits of several networks at once: what trains in which pass, and the memory a pass takes."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sknn_scratch import ShallowNNClassifier
from sknn_scratch._core.batches import GATHERED_BYTES
from sknn_scratch._core.parameters import NetworkShape, view_parameters
from sknn_scratch._fitting import passes
from sknn_scratch._fitting.callbacks import Training
from sknn_scratch._fitting.inputs import FitInput, encode_data
from sknn_scratch._fitting.passes import kept_bytes, step_bytes
from sknn_scratch._fitting.plan import plan_fit
from tests.helpers import make_data, peak_memory

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

FIXED_BYTES = 2**20 + GATHERED_BYTES  # what a pass takes whatever its networks are: Python objects, rows


def make_inputs(n_samples=40, n_features=4, n_classes=2):
    X = np.random.default_rng(0).normal(size=(n_samples, n_features))
    return encoded(X, np.arange(n_samples) % n_classes)


def encoded(X, y):
    inputs = FitInput(X, y)
    return inputs, encode_data(ShallowNNClassifier(), inputs)


def make_trainings(n, inputs, **params):
    params = {"solver": "adam", "alpha": 1.0, "n_hidden": 4, "max_iter": 4, "batch_size": 10} | params
    return [Training(plan_fit(ShallowNNClassifier(**params, random_state=i), *inputs)) for i in range(n)]


def planned_bytes(trainings):
    """Bytes of the buffers of a pass."""
    return sum(step_bytes(one.run) + kept_bytes(one.run) for one in trainings)


@pytest.mark.parametrize(
    ("shape", "params"),
    [
        ((1000, 50), {"n_hidden": 32, "batch_size": None, "dropout": 0.5}),
        ((1000, 300), {"n_hidden": 10, "early_stopping": True, "batch_size": 100}),
        ((300, 100), {"early_stopping": True, "validation_fraction": 0.5, "batch_size": 1, "max_iter": 2}),
        ((1000, 4, 20), {"batch_size": None}),  # twenty classes
    ],
)
def test_buffers_of_a_pass_stay_within_what_was_planned(shape, params):
    inputs = make_inputs(*shape)
    trainings = []

    def plan_and_train():
        trainings.extend(make_trainings(9, inputs, tol=0.01, n_iter_no_change=2, **params))
        passes.train_in_one_pass(trainings)

    assert peak_memory(plan_and_train) < planned_bytes(trainings) + FIXED_BYTES


def test_a_large_x_is_not_copied():
    inputs = make_inputs(n_samples=3000, n_features=200)
    trainings = make_trainings(1, inputs, batch_size=100, max_iter=1)
    assert peak_memory(lambda: passes.train_in_one_pass(trainings)) < 0.8 * inputs[0].X.nbytes


def test_networks_that_have_stopped_let_go_of_the_pass():
    """Were the arrays of every stack on the way kept, memory would grow with the square of their number."""
    inputs, trainings = make_inputs(n_features=500), []
    for max_iter in (4, *range(1, 20)):
        trainings += make_trainings(1, inputs, n_hidden=20, max_iter=max_iter)
    assert peak_memory(lambda: passes.train_in_one_pass(trainings)) < planned_bytes(trainings)
    assert len({training.run.state.epoch for training in trainings}) == 19


@pytest.mark.parametrize(("limit", "cut"), [("STEP_BYTES", 3), ("PASS_BYTES", 3), ("STEP_BYTES", 10)])
def test_networks_do_not_depend_on_how_they_are_cut(limit, cut, monkeypatch):
    X, y = make_data("multiclass")
    shared = encoded(X, y)
    narrow, wide = (make_trainings(10, shared, n_hidden=n, early_stopping=True) for n in (4, 8))
    one = step_bytes(narrow[0].run) + (kept_bytes(narrow[0].run) if limit == "PASS_BYTES" else 0)
    monkeypatch.setattr(passes, limit, cut * one)
    mixed = [one for pair in zip(narrow, wide, strict=True) for one in pair]
    assert max(map(len, passes.cut_into_passes(mixed))) == cut
    passes.train_fits(mixed)
    params = {"solver": "adam", "alpha": 1.0, "max_iter": 4, "batch_size": 10, "early_stopping": True}
    for seed, result in enumerate(one.run for one in narrow):
        solo = ShallowNNClassifier(4, **params, random_state=seed).fit(X, y)
        assert result.state.epoch == solo.n_iter_
        w_hidden = view_parameters(result.state.params, NetworkShape(4, 4, 3)).w_hidden
        assert_array_equal(w_hidden, solo.coefs_[0])
