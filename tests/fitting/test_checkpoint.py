"""Checkpoint and resume: a resumed fit ends with the same model as a fit without a crash."""

import json
import math
import os
import pickle
import random
import shutil
import signal
import time
from contextlib import contextmanager
from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import make_scorer, recall_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import sknn_scratch._fitting.callbacks
from sknn_scratch import (
    Activation,
    Checkpoint,
    CheckpointError,
    ShallowNNClassifier,
    ShallowNNEnsembleClassifier,
    ShallowNNRegressor,
    VectorizedGridSearchCV,
)
from sknn_scratch._fitting.checkpoint import Contents, Fitted
from sknn_scratch._fitting.checkpoint_file import read_record, write_record
from sknn_scratch._fitting.fitted import DATA_ATTRIBUTES, attributes_of
from tests.fitting.test_checkpoint_file import npz
from tests.helpers import AtEpoch, SilentCallback, bits_of, make_data, press_control_c, small_network
from tests.versions import HAS_CALLBACKS, AutoPropagatedCallback, FitCallback, needs_callbacks

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

SMALL = {
    "solver": "adam",
    "alpha": 1.0,
    "n_hidden": 6,
    "learning_rate": 0.02,
    "max_iter": 8,
    "batch_size": 16,
    "random_state": 0,
}
X, Y = make_data("multiclass")
X_VAL, Y_VAL = make_data("multiclass", seed=1)
WEIGHTS = np.random.default_rng(0).integers(0, 4, size=len(Y)) / 3


@contextmanager
def copies_of_the_file():
    """Copy the file of a checkpoint after each write; yield the copies by their epoch."""
    copies = {}

    def write_and_copy(path, contents):
        write_record(path, contents)
        epoch = contents.state.epoch
        copies[epoch] = shutil.copy(path, path.with_name(f"{epoch}.npz"))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sknn_scratch._fitting.callbacks, "write_record", write_and_copy)
        yield copies


def fit_and_resume(estimator, path, *args, every=1, **kwargs):
    """Fit, and resume the fit from the file after each write: it is as if it had never been broken off."""
    estimator.set_callbacks(Checkpoint(path, every))
    with copies_of_the_file() as copies:
        estimator.fit(*args, **kwargs)
    for copy in copies.values():
        resumed = type(estimator).resume(copy, *args, **kwargs)
        assert_same_fit(resumed, estimator)
    return resumed


def assert_same_fit(classifier, other):
    """Check that two estimators are the same, bit for bit, but for the seconds that their fits took."""
    assert type(classifier) is type(other)
    assert classifier.get_params() == other.get_params()
    fitted, others = attributes_of(classifier), attributes_of(other)
    assert fitted.keys() == others.keys()
    for name, value in fitted.items():
        assert bits_of(value) == bits_of(others[name]), name


@pytest.fixture
def path(tmp_path, monkeypatch):
    """A path on a disk that need not be waited for."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    return tmp_path / "run.npz"


@pytest.fixture
def broken_off(path):
    """The file of a fit that has died after its fourth epoch."""
    with copies_of_the_file() as copies:
        ShallowNNClassifier(**SMALL).set_callbacks(Checkpoint(path, 2)).fit(X, Y)
    return copies[4]


# --- Resuming is as if the fit had never been broken off ---

CONFIGS = {
    "adam": {"learning_rate_schedule": "cosine", "init_scale": "he"},
    "sgd": {"solver": "sgd", "learning_rate": 0.1, "class_weight": "balanced"},
    "dropout": {"dropout": 0.4, "batch_size": "auto"},
    "adaptive": {"learning_rate_schedule": "adaptive", "tol": 0.05, "n_iter_no_change": 1},
    "early stopping": {"early_stopping": True, "learning_rate": 0.3, "n_iter_no_change": 4},
    "scorer": {"early_stopping": True, "scoring": "accuracy", "n_iter_no_change": 2, "max_iter": 20},
    "float32": {"dtype": "float32", "dropout": 0.2, "early_stopping": True, "validation_fraction": 7},
    "class weights": {"class_weight": {0: 1, 1: 0.3, np.int64(2): 2.5}, "early_stopping": True},
    "numbers of NumPy": {
        "n_hidden": np.int64(5),
        "learning_rate": np.float32(0.02),
        "momentum": np.float64(0.8),
        "nesterov": np.True_,
        "solver": np.str_("adam"),
        "beta_1": np.float32(0.9),
    },
    "no seed": {"random_state": None, "dropout": 0.1, "early_stopping": True},
}


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_a_fit_can_be_resumed_after_any_epoch(path, config):
    fit_and_resume(ShallowNNClassifier(**SMALL | config), path, X, Y)


SPARSE = scipy.sparse.csr_array(np.where(abs(X) < 1, 0, X))
FRAME = pd.DataFrame(X, columns=list("abcd"))
NAMES = np.array(["ä", "b", "c"])[Y]
INPUTS = {
    "multilabel": (make_data("multilabel"), {}),
    "sparse": ((SPARSE, Y), {}),
    "sparse, by columns": ((SPARSE.tocsc(), Y, WEIGHTS), {}),
    "float32": ((X.astype(np.float32), Y), {}),
    "lists": ((X.tolist(), Y.tolist()), {}),
    "names of features": ((FRAME, pd.Series(NAMES)), {}),
    "strings": ((X, NAMES), {}),
    "booleans": ((X, Y > 0), {}),
    "weighted validation rows": (
        (X, Y, WEIGHTS),
        {"X_val": X_VAL, "y_val": Y_VAL, "sample_weight_val": WEIGHTS + 0.1},
    ),
    "sparse validation rows": ((SPARSE, Y), {"X_val": SPARSE[:20], "y_val": Y[:20]}),
}


@pytest.mark.parametrize(("args", "kwargs"), INPUTS.values(), ids=INPUTS)
def test_any_kind_of_data_can_be_resumed_with(path, args, kwargs):
    classifier = ShallowNNClassifier(**SMALL, early_stopping=True, scoring="accuracy")
    fit_and_resume(classifier, path, *args, every=4, **kwargs)


@pytest.mark.parametrize(
    ("config", "y"),
    [({}, X[:, :2] * 1e3), ({"loss": "poisson"}, np.exp(X[:, 0]))],
    ids=["two outputs", "poisson"],
)
def test_a_regressor_can_be_resumed_and_trained_further(path, y, config):
    regressor = ShallowNNRegressor(**(SMALL | config), warm_start=True, early_stopping=True)
    for _ in range(2):
        resumed = fit_and_resume(regressor, path, X, y, every=4)
    straight, resumed = (one.set_callbacks().fit(X, y) for one in (regressor, resumed))
    assert_same_fit(resumed, straight)


@pytest.mark.parametrize("solver", ["lbfgs", "auto"])
def test_a_checkpoint_of_lbfgs_is_an_error(path, solver):
    classifier = ShallowNNClassifier(**SMALL | {"solver": solver, "batch_size": "auto"})
    with pytest.raises(ValueError, match="not for the solver 'lbfgs'"):
        classifier.set_callbacks(Checkpoint(path)).fit(X, Y)
    assert not path.exists()
    assert not hasattr(classifier, "coefs_")


def test_a_wide_sparse_network_can_be_resumed(path):
    wide = scipy.sparse.random_array((40, 3000), density=0.01, format="csr", random_state=0)
    fit_and_resume(small_network(n_hidden=100, max_iter=3, batch_size=10), path, wide, Y[:40])


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({"solver": "sgd"}, {}),
        ({}, {"early_stopping": True, "dropout": 0.3}),
        ({"solver": "lbfgs"}, {"solver": "adam", "early_stopping": True}),  # begins without memory
    ],
)
def test_a_warm_started_fit_can_be_resumed_after_any_epoch(path, before, now):
    classifier = ShallowNNClassifier(**(SMALL | before), warm_start=True).fit(X.astype(np.float32), Y)
    classifier.set_params(max_iter=5, **now)
    resumed = fit_and_resume(classifier, path, X, Y * 1.0)  # goes on in float32 and with integer classes
    assert classifier.coefs_[0].dtype == np.float32
    assert classifier.n_iter_ > 8
    straight, resumed = (one.set_callbacks().fit(X, Y) for one in (classifier, resumed))
    assert_same_fit(resumed, straight)


@pytest.mark.filterwarnings("ignore::sknn_scratch.DivergenceWarning")
@pytest.mark.parametrize(
    ("learning_rate", "early_stopping"), [(0.15, True), (0.15, False), (0.3, True), (1.0, False)]
)
def test_a_divergence_is_the_same_after_resuming(path, early_stopping, learning_rate):
    classifier = ShallowNNClassifier(8, "identity", 1.0, learning_rate, solver="sgd", batch_size=16)
    classifier.set_params(early_stopping=early_stopping, n_iter_no_change=100, max_iter=100, random_state=0)
    fit_and_resume(classifier, path, X * 5, Y)
    assert classifier.stop_reason_ == "diverged"


@needs_callbacks
def test_an_interrupted_fit_goes_on(path):
    classifier = ShallowNNClassifier(**SMALL, early_stopping=True)
    with pytest.warns(UserWarning, match="interrupted"):
        classifier.set_callbacks(Checkpoint(path), AtEpoch(5, press_control_c)).fit(X, Y)
    assert classifier.stop_reason_ == "interrupted"
    resumed = ShallowNNClassifier.resume(path, X, Y)
    assert_same_fit(resumed, ShallowNNClassifier(**SMALL, early_stopping=True).fit(X, Y))


# --- A fit that had come to its end ---


@pytest.mark.parametrize("config", [{"early_stopping": True}, {"tol": 1.0, "n_iter_no_change": 2}])
def test_of_a_finished_fit_the_model_is_returned_without_training(path, config):
    classifier = ShallowNNClassifier(**(SMALL | config)).set_callbacks(Checkpoint(path, 100)).fit(X, Y)
    contents, modified = path.read_bytes(), path.stat().st_mtime_ns
    resumed = ShallowNNClassifier.resume(path, X, Y)
    assert_same_fit(resumed, classifier)
    assert resumed.history_["seconds"].tolist() == classifier.history_["seconds"].tolist()
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (contents, modified)


@needs_callbacks
@pytest.mark.parametrize("every", [1, 3])
def test_a_fit_that_a_callback_ended_is_finished(path, every):
    classifier = ShallowNNClassifier(**SMALL, early_stopping=True)
    classifier.set_callbacks(Checkpoint(path, every), AtEpoch(4, lambda: True)).fit(X, Y)
    assert (classifier.stop_reason_, classifier.n_iter_) == ("callback", 4)
    assert_same_fit(ShallowNNClassifier.resume(path, X, Y), classifier)


@needs_callbacks
@pytest.mark.filterwarnings("ignore::sknn_scratch.DivergenceWarning")
def test_a_fit_that_a_callback_ended_when_it_had_just_exploded(path):
    classifier = ShallowNNClassifier(5, "relu", 1.0, 1e10, solver="sgd", batch_size=None, random_state=0)
    classifier.set_callbacks(Checkpoint(path), AtEpoch(1, lambda: True)).fit(X, Y)
    assert classifier.stop_reason_ == "diverged"
    assert_same_fit(ShallowNNClassifier.resume(path, X, Y), classifier)


def test_resuming_warns_as_the_fit_would_have(broken_off):
    with pytest.warns(ConvergenceWarning, match="max_iter=8"):
        ShallowNNClassifier.resume(broken_off, X, Y)


# --- When it writes ---


@pytest.mark.parametrize(
    ("every", "expected"),
    [(1, range(9)), (3, [0, 3, 6, 8]), (np.int64(4), [0, 4, 8]), (100, [0, 8])],
)
def test_it_writes_before_the_first_epoch_after_every_n_and_after_the_last(path, every, expected):
    with copies_of_the_file() as copies:
        ShallowNNClassifier(**SMALL).set_callbacks(Checkpoint(path, every)).fit(X, Y)
    assert list(copies) == list(expected)


def test_it_counts_the_epochs_of_the_present_fit(path):
    classifier = ShallowNNClassifier(**SMALL, warm_start=True).fit(X, Y)
    with copies_of_the_file() as copies:
        classifier.set_callbacks(Checkpoint(path, 3)).fit(X, Y)
    assert list(copies) == [8, 11, 14, 16]


def test_resuming_goes_on_with_writing(broken_off):
    with copies_of_the_file() as copies:
        resumed = ShallowNNClassifier.resume(broken_off, X, Y)
    assert resumed._skl_callbacks == [Checkpoint(broken_off, 2)]
    assert list(copies) == [6, 8]


def test_several_checkpoints_may_be_set(path):
    other = path.with_name("other.npz")
    classifier = ShallowNNClassifier(**SMALL).set_callbacks(Checkpoint(path, 2), Checkpoint(other, 4))
    classifier.fit(X, Y)
    for one in (path, other):
        assert_same_fit(ShallowNNClassifier.resume(one, X, Y), classifier)


# --- Where it may be set ---


@needs_callbacks
def test_it_is_a_callback_of_scikit_learn():
    assert isinstance(Checkpoint("path"), FitCallback)
    assert not isinstance(Checkpoint("path"), AutoPropagatedCallback)


CLONED = "Checkpoint cannot be set on a ShallowNNClassifier that is cloned"
OF_A_SEARCH = "Checkpoint cannot be set on the ShallowNNClassifier of a search" if HAS_CALLBACKS else CLONED


def in_pipeline(clf):
    return make_pipeline(StandardScaler(), clf)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning")
@pytest.mark.parametrize("wrap", [lambda clf: clf, in_pipeline])
@pytest.mark.parametrize(
    ("fit", "message"),
    [
        (lambda one: pickle.loads(pickle.dumps(clone(one))).fit(X, Y), CLONED),  # as in another process
        (lambda one: cross_val_score(one, X, Y, cv=2), CLONED),
        (lambda one: GridSearchCV(one, {}, cv=2).fit(X, Y), OF_A_SEARCH),
        (lambda one: VectorizedGridSearchCV(one, {}, cv=2).fit(X, Y), OF_A_SEARCH),
    ],
)
def test_clones_refuse_it(path, wrap, fit, message):
    estimator = wrap(ShallowNNClassifier(**SMALL).set_callbacks(Checkpoint(path)))
    with pytest.raises(ValueError, match=message):
        fit(estimator)
    assert not path.exists()


@needs_callbacks
def test_a_clone_that_is_handed_down_other_callbacks_refuses_it(path):
    pipeline = in_pipeline(ShallowNNClassifier(**SMALL).set_callbacks(Checkpoint(path)))
    handed_down = SilentCallback()
    handed_down.max_propagation_depth = None
    pipeline.set_callbacks(handed_down).fit(X, Y)
    assert path.exists()
    with pytest.raises(ValueError, match=CLONED):
        cross_val_score(pipeline, X, Y, cv=2)
    with pytest.raises(ValueError, match=CLONED):  # also the second time
        clone(pipeline).fit(X, Y)


def test_the_last_step_of_a_pipeline_with_a_memory_is_no_clone(path, tmp_path):
    pipeline = in_pipeline(ShallowNNClassifier(**SMALL).set_callbacks(Checkpoint(path)))
    pipeline.set_params(memory=str(tmp_path / "cache")).fit(X, Y)
    assert_same_fit(ShallowNNClassifier.resume(path, pipeline[:-1].transform(X), Y), pipeline[-1])


def test_it_can_be_set_on_copies_and_on_clones(path):
    classifier = ShallowNNClassifier(**SMALL).set_callbacks(Checkpoint(path))
    copy = pickle.loads(pickle.dumps(classifier))
    for one in (classifier, copy, clone(classifier).set_callbacks(Checkpoint(path))):
        one.fit(X, Y)
        assert_same_fit(ShallowNNClassifier.resume(path, X, Y), one)
        path.unlink()


@pytest.mark.parametrize(
    "estimator",
    [
        pytest.param(make_pipeline(ShallowNNClassifier()), marks=needs_callbacks),
        ShallowNNEnsembleClassifier(),
    ],
)
def test_other_estimators_refuse_it(path, estimator):
    estimator = clone(estimator).set_callbacks(Checkpoint(path))
    with pytest.raises(ValueError, match=f"cannot be set on {type(estimator).__name__}; set it on"):
        estimator.fit(X, Y)


def test_partial_fit_refuses_it(path):
    classifier = ShallowNNClassifier(solver="adam").set_callbacks(Checkpoint(path))
    with pytest.raises(ValueError, match=r"not for partial_fit.*save the estimator itself"):
        classifier.partial_fit(X, Y, classes=[0, 1, 2])


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("run.npz/run.npz", FileNotFoundError, "there is no directory .*; make it first"),
        (".", OSError, "is no regular file, but .* a directory .*pass the path of a file"),
        ("link.npz", FileNotFoundError, "there is no directory .*gone; make it first"),
    ],
)
def test_a_bad_path_is_noticed_before_the_training(tmp_path, name, error, message):
    (tmp_path / "link.npz").symlink_to("gone/run.npz")
    classifier = ShallowNNClassifier(**SMALL).set_callbacks(Checkpoint(tmp_path / name))
    with pytest.raises(error, match=message):
        classifier.fit(X, Y)
    assert not hasattr(classifier, "coefs_")


def test_a_path_may_be_a_name_in_the_current_directory(path, monkeypatch):
    monkeypatch.chdir(path.parent)
    classifier = ShallowNNClassifier(**SMALL).set_callbacks(Checkpoint(path.name)).fit(X, Y)
    assert_same_fit(ShallowNNClassifier.resume(path, X, Y), classifier)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((3,), TypeError, "path must be"),
        (("run", 1.0), TypeError, "every must be an int"),
        (("run", True), TypeError, "every must be an int"),
        (("run", 0), ValueError, "every must be at least 1"),
    ],
)
def test_bad_arguments_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        Checkpoint(*arguments)


# --- Other data, other parameters, other files ---

OTHER_DATA = {
    "X": (X + 1e-15, Y),
    "fewer rows": (X[1:], Y[1:]),
    "float32": (X.astype(np.float32), Y),
    "sparse": (scipy.sparse.csr_array(X), Y),
    "y": (X, np.roll(Y, 1)),
    "weights": (X, Y, WEIGHTS),
}


@pytest.mark.parametrize("args", OTHER_DATA.values(), ids=OTHER_DATA)
def test_other_data_are_refused_and_the_file_stays(broken_off, args):
    contents = broken_off.read_bytes()
    not_the_same = r"(X|y|sample_weight) is not the same as in .*4\.npz.* same values"
    with pytest.raises(CheckpointError, match=not_the_same):
        ShallowNNClassifier.resume(broken_off, *args)
    assert broken_off.read_bytes() == contents


@pytest.mark.parametrize("part", ["sample_weight", "sample_weight_val", "X_val", "y_val", "none"])
def test_other_weights_and_validation_rows_are_refused(path, part):
    given = {"sample_weight": WEIGHTS, "sample_weight_val": WEIGHTS, "X_val": X_VAL, "y_val": Y_VAL}
    classifier = ShallowNNClassifier(**SMALL).set_callbacks(Checkpoint(path)).fit(X, Y, **given)
    assert_same_fit(ShallowNNClassifier.resume(path, X, Y, **given), classifier)
    other = {} if part == "none" else given | {part: np.roll(given[part], 1, axis=0)}
    with pytest.raises(CheckpointError, match=r"(sample_weight|to validate with) is not the same"):
        ShallowNNClassifier.resume(path, X, Y, **other)


NOT_FOR_JSON = {
    "activation": Activation(np.square, lambda z: 2 * z),
    "scoring": make_scorer(recall_score, average="macro"),
    "random_state": np.random.RandomState(3),
}


@pytest.mark.parametrize("name", NOT_FOR_JSON)
def test_what_json_cannot_hold_must_be_given_again(path, name):
    given = {name: NOT_FOR_JSON[name]}
    classifier = ShallowNNClassifier(**(SMALL | {"early_stopping": True} | given))
    with copies_of_the_file() as copies:
        classifier.set_callbacks(Checkpoint(path, 4)).fit(X, Y)
    with pytest.raises(ValueError, match=rf"does not contain the value of {name}.*params=\{{'{name}'"):
        ShallowNNClassifier.resume(path, X, Y)
    for copy in copies.values():
        assert_same_fit(ShallowNNClassifier.resume(copy, X, Y, params=given), classifier)


def test_what_the_file_holds_cannot_be_given(broken_off):
    with pytest.raises(ValueError, match=r"params=\['alpha'\] cannot be changed"):
        ShallowNNClassifier.resume(broken_off, X, Y, params={"alpha": 2.0})


def test_a_derived_class_can_be_resumed(path):
    class Derived(ShallowNNClassifier):
        pass

    classifier = Derived(**SMALL).set_callbacks(Checkpoint(path)).fit(X, Y)
    assert_same_fit(Derived.resume(path, X, Y), classifier)


# --- Files that were made to harm ---


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A fit of a classifier, and one of a regressor, in the form of their files."""
    directory = tmp_path_factory.mktemp("finished")
    for name, (estimator, X, y) in FITS.items():
        clone(estimator).set_callbacks(Checkpoint(directory / name)).fit(X, y)
    return directory


FITS = {
    "classifier.npz": (ShallowNNClassifier(**SMALL, early_stopping=True), FRAME, NAMES),
    "regressor.npz": (ShallowNNRegressor(**SMALL), X, X[:, :2]),
}


def resumed_with(path, changes):
    """Resume a finished fit whose file has other leaves."""
    other = path.with_name("other.npz")
    with np.load(path) as members:
        other.write_bytes(changed(members, changes))
    estimator, X, y = FITS[path.name]
    return type(estimator).resume(other, X, y)


def changed(members, changes):
    """Make the bytes of a file with other leaves and the right checksums; REMOVED removes one."""
    members, header = dict(members), json.loads(members["header"].tobytes())
    for name, leaf in changes.items():
        values = header["values"]
        if name.startswith("params."):
            values, name = values["params"], name.removeprefix("params.")
        members.pop(name, None)
        values.pop(name, None)
        if isinstance(leaf, np.ndarray):
            members[name] = leaf
        elif leaf is not REMOVED:
            values[name] = leaf
    return npz(members | {"header": np.frombuffer(json.dumps(header).encode(), np.uint8)})


REMOVED = object()
NAN, ONE, SHORT = np.full(51, np.nan), np.ones(51), np.ones(50)
RNG = np.random.default_rng(0).bit_generator.state
NO_GENERATORS = [
    RNG | {"bit_generator": "MT19937"},
    RNG | {"state": {"state": 1}},
    RNG | {"state": {"state": 2**128, "inc": 1}},
    RNG | {"has_uint32": 2, "more": 1},
]
NO_NUMBERS = [REMOVED, None, True, "1", [], {}, np.zeros(1)]
NO_VECTORS = [np.ones((3, 1)), np.array(1.0), np.array([1, 2, np.nan]), [1], ["a", 1], "a"]
NO_DICTS = [[1.0], *({"items": value} for value in (3, ["abc"], [[[], 1]])), {"numpy": "int8"}]
WRONG_LEAVES = {
    "classifier.npz": {
        "state.params": [REMOVED, None, 1, {}, NAN, SHORT, ONE.astype(np.float16), np.ones((51, 1)), ["a"]],
        "float32": [("state.params", ONE.astype(np.float32))],
        "state.best_params": [NAN, SHORT, ONE.astype(np.float32)],
        "state.fallback_params": [NAN, SHORT, ONE.astype(np.float32)],
        "state.shuffle_rng": [*NO_NUMBERS, *NO_GENERATORS],
        "state.memory": [("state.memory.first_moment", SHORT), ("state.memory.velocity", ONE)],
        "state.memory.first_moment": [None, 1, "a", []],
        "state.history": [
            *(("state.history.loss", leaf) for leaf in (REMOVED, [1.0], np.ones((8, 0)), np.ones(8, int))),
            ("state.history.learning_rate", np.ones(3)),
        ],
        "state.stop_reason": [REMOVED, 1, "TIRED", "name", [], {}],
        "state.n_updates": [*NO_NUMBERS, -1, 2**64, 1.0],
        "state.n_reductions": [9],
        "state.loss_limit": [*NO_NUMBERS, math.nan, 1],
        "state.more": [None, 1, np.zeros(1)],
        "fitted.n_features_in_": [-1, 2.0],
        "n_features=0": [("fitted.n_features_in_", 0)],
        "fitted.feature_names_in_": [[1, 2], np.ones(4)],
        "fitted.classes_": [REMOVED, 1, {}, *NO_VECTORS, None],
        "fitted._target_kind_": [REMOVED, None, 1, [], np.array("a"), "real", ""],
        "fitted.history_": [("fitted.history_.loss", leaf) for leaf in (np.ones((2, 2)), np.array(1.0))],
        "fitted._seed_": [-1, None],
        "fitted._seen_weight_": [math.nan, None],
        "fitted.y_offset_": [("fitted.y_scale_", 1.5)],
        "fingerprints.X": [1, REMOVED],
        "every": [0, 2.0, True],
        "params": [REMOVED, None, [], "{}"],
        "alpha": [("params.alpha", -1)],
        "solver": [("params.solver", "newton"), ("params.solver", 10**400)],
        "class_weight": [("params.class_weight", value) for value in NO_DICTS],
        "n_hiden|other parameters": [("params.n_hiden", 3)],
    },
    "regressor.npz": {
        "fitted.y_offset_": [*NO_NUMBERS[:-1], math.nan, 3, *NO_VECTORS, np.arange(2), ["a"]],
        "fitted.y_scale_": [None, 0.0, np.array([1.0, 0.0]), np.ones(3)],
        "fitted._target_kind_": ["binary"],
    },
}
CASES = [(file, field) for file, fields in WRONG_LEAVES.items() for field in fields]


@pytest.mark.parametrize(("file", "field"), CASES, ids=map(" ".join, CASES))
def test_a_wrong_field_is_named(finished, file, field):
    for leaf in WRONG_LEAVES[file][field]:
        changes = dict([leaf]) if isinstance(leaf, tuple) else {field: leaf}
        with pytest.raises(CheckpointError, match=rf"other\.npz is damaged .*({field})"):
            resumed_with(finished / file, changes)


def test_what_could_be_true_is_believed(finished):
    resumed = resumed_with(finished / "classifier.npz", {"state.epochs_before": 10**18})
    assert (resumed.n_iter_, len(resumed.loss_curve_)) == (10**18 + 8, 8)


def test_the_fitted_attributes_of_a_checkpoint_are_those_before_training():
    before = {field.name for field in fields(Fitted)}
    assert {*DATA_ATTRIBUTES, "history_", "alpha_", "alpha_path_", "_seed_", "_seen_weight_"} == before


# --- The proof ---


class TellsOfEpochs(SilentCallback):
    """A callback that writes a byte into a pipe after every epoch."""

    def __init__(self, pipe):
        self.pipe = pipe

    def on_fit_task_end(self, estimator, context):
        if context.task_name == "epoch":
            os.write(self.pipe, b".")


def train_in_a_child(path, tell):
    """Fork a process that fits, or resumes if there is a file, and tells of each epoch; return its id."""
    child = os.fork()
    if child:
        return child
    exit_code = 1
    try:
        if path.exists():
            ShallowNNClassifier.resume(path, X, Y, callbacks=[tell])
        else:
            ShallowNNClassifier(**LONG).set_callbacks(Checkpoint(path), tell).fit(X, Y)
        exit_code = 0
    finally:
        os._exit(exit_code)


LONG = SMALL | {"max_iter": 12, "dropout": 0.2, "early_stopping": True, "n_iter_no_change": 20}


@needs_callbacks
@pytest.mark.needs_fork
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")  # the child only computes
def test_killed_processes_lose_nothing(tmp_path, monkeypatch):
    """Fits and resumed fits are killed; what is on the disk then ends as the unbroken fit."""
    path, start = tmp_path / "run.npz", time.perf_counter()
    straight = ShallowNNClassifier(**LONG).set_callbacks(Checkpoint(path)).fit(X, Y)
    seconds = time.perf_counter() - start
    path.unlink()
    rng, n_killed, n_killed_while_writing = random.Random(0), 0, 0
    while n_killed < (8 if n_killed_while_writing else 30):
        epochs_before = read_record(path, Contents).state.epoch if path.exists() else 0
        read_end, write_end = os.pipe()
        child = train_in_a_child(path, TellsOfEpochs(write_end))
        os.close(write_end)
        time.sleep(rng.uniform(0, seconds))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        n_epochs_told = len(os.read(read_end, 1000))
        os.close(read_end)
        assert os.waitstatus_to_exitcode(status) in (0, -signal.SIGKILL)
        n_killed += os.WIFSIGNALED(status)
        n_killed_while_writing += len(list(path.parent.iterdir())) > path.exists()
        if not path.exists():
            assert n_epochs_told == 0
            continue
        state = read_record(path, Contents).state
        # An epoch is told of before its checkpoint is written, so all but the last one are on the disk.
        assert state.epoch >= epochs_before + n_epochs_told - 1
        copy = path.with_name("copy.npz")
        shutil.copy(path, copy)
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", lambda _: None)
            assert_same_fit(ShallowNNClassifier.resume(copy, X, Y), straight)
        copy.unlink()
        if state.stop_reason is not None or rng.random() < 0.3:
            path.unlink()
    assert n_killed_while_writing > 0
