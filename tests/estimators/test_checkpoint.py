"""Checkpoint and resume: a killed fit that is resumed ends with the same bits as a fit that was not.

The file is written as a whole or not at all, and a damaged one is an error, never a wrong model.
"""

import errno
import os
import pickle
import shutil
from contextlib import contextmanager, suppress

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import make_scorer, recall_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_scratch import (
    Activation,
    Checkpoint,
    CheckpointError,
    ShallowNNClassifier,
    ShallowNNEnsembleClassifier,
    ShallowNNRegressor,
)
from sknn_scratch._estimators import checkpoint
from sknn_scratch._fitting.fitted import attributes_of
from tests.helpers import AtEpoch, bits_of, make_data, press_control_c
from tests.versions import needs_callbacks

pytestmark = [needs_callbacks, pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")]

SMALL = {"solver": "adam", "alpha": 1.0, "n_hidden": 6, "learning_rate": 0.02, "max_iter": 8}
SMALL |= {"batch_size": 16, "random_state": 0}
EARLY = {"early_stopping": True, "scoring": "accuracy"}
X, Y = make_data("multiclass")
X_VAL, Y_VAL = make_data("multiclass", seed=1)
WEIGHTS = np.random.default_rng(0).integers(0, 4, size=len(Y)) / 3
SPARSE = scipy.sparse.csr_array(np.where(abs(X) < 1, 0, X))
WIDE = scipy.sparse.random_array((60, 3000), density=0.03, format="csr", random_state=0)
HASHED = scipy.sparse.random_array((60, 3000), density=0.001, format="csr", random_state=0)
FRAME = pd.DataFrame(X, columns=["a", "bä\0", "\U0001f600", "-"])
NAMES = np.array(["ä", "b", "c"])[Y]


def network(**params):
    return ShallowNNClassifier(**(SMALL | params))


@contextmanager
def copies_of_the_file():
    """Yield copies of the file of a checkpoint after each write, by their epoch."""
    copies = {}

    def write_and_copy(path, contents, write=checkpoint.write_contents):
        write(path, contents)
        epoch = contents.state.epoch
        copies[epoch] = shutil.copy(path, path.with_name(f"{path.name}.{epoch}"))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoint, "write_contents", write_and_copy)
        yield copies


def fit_and_resume(estimator, path, every=1, **data):
    """Fit, and resume the fit from the file after each write: it is as if it had never been broken off."""
    data = {"X": X, "y": Y} | data
    estimator.set_callbacks(Checkpoint(path, every))
    with copies_of_the_file() as copies:
        estimator.fit(**data)
    for copy in copies.values():
        resumed = type(estimator).resume(copy, **data)
        assert_same_fit(resumed, estimator)
    return resumed


def assert_same_fit(estimator, other):
    """Check that two estimators are the same, bit for bit, but for their seconds."""
    assert type(estimator) is type(other)
    assert estimator.get_params() == other.get_params()
    fitted, others = attributes_of(estimator), attributes_of(other)
    assert fitted.keys() == others.keys()
    for name, value in fitted.items():
        assert bits_of(value) == bits_of(others[name]), name


@pytest.fixture
def path(tmp_path, monkeypatch):
    """A path on a disk that need not be waited for."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    return tmp_path / "run"


# --- Resuming is as if the fit had never been broken off ---

PARAMS = {
    "adam": {"learning_rate_schedule": "cosine", "init_scale": "he"},
    "adamw": {"solver": "adamw", "alpha": "auto", "learning_rate_schedule": "one_cycle"},
    "sgd": {"solver": "sgd", "learning_rate": 0.1, "class_weight": "balanced"},
    "dropout": {"dropout": 0.4, "batch_size": "auto"},
    "adaptive": {"learning_rate_schedule": "adaptive", "tol": 0.05, "n_iter_no_change": 1},
    "plateau": {"tol": 1.0, "n_iter_no_change": 4},
    "early stopping": {"early_stopping": True, "learning_rate": 0.3, "n_iter_no_change": 4},
    "scorer": EARLY | {"n_iter_no_change": 2, "max_iter": 12},
    "float32": {"dtype": "float32", "dropout": 0.2, "early_stopping": True, "validation_fraction": 7},
    "class weights": {"class_weight": {0: 1, 1: 0.3, np.int64(2): 2.5}, "early_stopping": True},
    "numbers of NumPy": {"n_hidden": np.int64(5), "learning_rate": np.float32(0.02), "nesterov": np.True_},
    "no seed": {"random_state": None, "dropout": 0.1, "early_stopping": True},
}
INPUTS = {
    "multilabel": {"y": make_data("multilabel")[1]},
    "sparse": {"X": SPARSE, "X_val": SPARSE[:20], "y_val": Y[:20]},
    "sparse, by columns": {"X": SPARSE.tocsc(), "sample_weight": WEIGHTS},
    "lazy updates": {"X": WIDE},
    "few of many features": {"X": HASHED, "X_val": WIDE[:20], "y_val": Y[:20]},
    "lists": {"X": X.tolist(), "y": Y.tolist()},
    "a data frame": {"X": FRAME, "y": pd.Series(NAMES)},
    "dates": {"y": np.array(["2026-11-25", "2026-11-26", "2026-11-27"], "M8[D]")[Y]},
    "weights": {"sample_weight": WEIGHTS, "X_val": X_VAL, "y_val": Y_VAL, "sample_weight_val": WEIGHTS + 0.1},
}


@pytest.mark.parametrize("name", [*PARAMS, *INPUTS])
def test_a_fit_can_be_resumed_after_any_epoch(path, name):
    if name in PARAMS:
        fit_and_resume(network(**{"max_iter": 6} | PARAMS[name]), path)
    else:
        fit_and_resume(network(**EARLY, max_iter=4), path, every=3, **INPUTS[name])


@pytest.mark.parametrize(
    ("loss", "y"), [("squared_error", X[:, :2] * 1e3), ("poisson", np.exp(X[:, 0])), ("huber", X[:, 0])]
)
def test_a_regressor_can_be_resumed_and_trained_further(path, loss, y):
    regressor = ShallowNNRegressor(**SMALL, loss=loss, warm_start=True, early_stopping=True)
    for _ in range(2):
        resumed = fit_and_resume(regressor, path, every=3, y=y)
    with pytest.raises(CheckpointError, match="differ in y"):
        ShallowNNRegressor.resume(path, X, 2 * y)
    with pytest.raises(CheckpointError, match=r"call ShallowNNRegressor\.resume, not ShallowNNClassifier"):
        ShallowNNClassifier.resume(path, X, y)
    straight, resumed = (one.set_callbacks().fit(X, y) for one in (regressor, resumed))
    assert_same_fit(resumed, straight)


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({"solver": "sgd"}, {}),
        ({}, {"early_stopping": True, "dropout": 0.3}),
        ({"solver": "lbfgs"}, {"solver": "adam", "early_stopping": True}),  # begins without memory
    ],
)
def test_a_warm_started_fit_can_be_resumed_after_any_epoch(path, before, now):
    classifier = network(**before, warm_start=True).fit(FRAME.astype(np.float32), Y)
    classifier.set_params(max_iter=5, **now)
    fit_and_resume(classifier, path, X=FRAME, y=Y * 1.0)  # goes on in float32 and with integer classes
    assert classifier.coefs_[0].dtype == np.float32
    assert classifier.n_iter_ > 8


@pytest.mark.filterwarnings("ignore::sknn_scratch.DivergenceWarning")
@pytest.mark.parametrize(
    ("learning_rate", "early_stopping"), [(0.15, True), (0.15, False), (0.3, True), (1.0, False)]
)
def test_a_divergence_is_the_same_after_resuming(path, early_stopping, learning_rate):
    classifier = network(activation="identity", solver="sgd", learning_rate=learning_rate, n_hidden=8)
    classifier.set_params(early_stopping=early_stopping, n_iter_no_change=100, max_iter=100)
    fit_and_resume(classifier, path, every=2, X=X * 5)
    assert classifier.stop_reason_ == "diverged"


def double(z):
    return 2 * z


OBJECTS = {
    "activation": Activation(np.square, double),
    "scoring": make_scorer(recall_score, average="macro"),
    "random_state": np.random.RandomState(3),
}


@pytest.mark.parametrize("name", OBJECTS)
def test_the_file_has_functions_and_random_states_too(path, name):
    classifier = network(early_stopping=True, **{name: OBJECTS[name]}).set_callbacks(
        Checkpoint(path, every=4)
    )
    with copies_of_the_file() as copies:
        classifier.fit(X, Y)
    for copy in copies.values():
        resumed = ShallowNNClassifier.resume(copy, X, Y)
        assert bits_of(resumed.coefs_) == bits_of(classifier.coefs_)


def test_a_function_that_is_gone_is_named(path, monkeypatch):
    network(activation=Activation(np.square, double)).set_callbacks(Checkpoint(path)).fit(X, Y)
    monkeypatch.delattr(f"{__name__}.double")
    with pytest.raises(CheckpointError, match=r"needs a function or class of yours: .*'double'.* Import"):
        ShallowNNClassifier.resume(path, X, Y)


def test_a_function_that_no_file_can_have_is_refused_before_the_training(path):
    classifier = network(activation=Activation(np.square, lambda z: 2 * z))
    classifier.set_callbacks(Checkpoint(path), AtEpoch(1, pytest.fail))
    with pytest.raises(
        ValueError, match=r"cannot save the estimator: .*lambda.* Write your functions with def"
    ):
        classifier.fit(X, Y)
    assert not path.exists()
    assert not hasattr(classifier, "coefs_")


def test_an_interrupted_fit_goes_on(path):
    classifier = network(early_stopping=True)
    with pytest.warns(UserWarning, match="interrupted"):
        classifier.set_callbacks(Checkpoint(path), AtEpoch(5, press_control_c)).fit(X, Y)
    assert classifier.stop_reason_ == "interrupted"
    resumed = ShallowNNClassifier.resume(path, X, Y)
    assert_same_fit(resumed, network(early_stopping=True).fit(X, Y))


@pytest.mark.parametrize("every", [1, 3])
def test_a_fit_that_a_callback_ended_is_finished(path, every):
    classifier = network(early_stopping=True)
    classifier.set_callbacks(Checkpoint(path, every), AtEpoch(2, lambda: True)).fit(X, Y)
    assert (classifier.stop_reason_, classifier.n_iter_) == ("callback", 2)
    resumed = ShallowNNClassifier.resume(path, X, Y)
    assert_same_fit(resumed, classifier)
    assert resumed.history_["seconds"].tolist() == classifier.history_["seconds"].tolist()


@pytest.mark.parametrize(
    ("every", "expected"), [(1, range(9)), (3, [0, 3, 6, 8]), (np.int64(4), [0, 4, 8]), (100, [0, 8])]
)
def test_it_writes_before_the_first_epoch_after_every_n_and_after_the_last(path, every, expected):
    classifier = network(warm_start=True).set_callbacks(Checkpoint(path, every))
    for earlier in (0, 8):
        with copies_of_the_file() as copies:
            classifier.fit(X, Y)
        assert list(copies) == [earlier + epoch for epoch in expected]


def test_resuming_goes_on_with_writing_and_warns_as_the_fit_would_have(path):
    with copies_of_the_file() as copies:
        network().set_callbacks(Checkpoint(path, 2)).fit(X, Y)
    broken_off = copies[4]
    with copies_of_the_file() as copies, pytest.warns(ConvergenceWarning, match="max_iter=8"):
        resumed = ShallowNNClassifier.resume(broken_off, X, Y)
    assert resumed._skl_callbacks == [Checkpoint(broken_off, 2)]
    assert list(copies) == [4, 6, 8]


# --- Where it may be set ---


def test_the_last_step_of_a_pipeline_can_be_resumed(path, tmp_path):
    pipeline = make_pipeline(StandardScaler(), network().set_callbacks(Checkpoint(path)))
    pipeline.set_params(memory=str(tmp_path / "cache")).fit(X, Y)
    assert_same_fit(ShallowNNClassifier.resume(path, pipeline[:-1].transform(X), Y), pipeline[-1])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning")
def test_other_fits_refuse_it(path):
    by_lbfgs = {"batch_size": "auto", "learning_rate": 0.005}
    refused = [
        (ShallowNNEnsembleClassifier(), "cannot be set on ShallowNNEnsembleClassifier; set it on"),
        (make_pipeline(network()), "cannot be set on Pipeline; set it on"),
        (network(solver="lbfgs", **by_lbfgs), "solver='lbfgs' this fit is by lbfgs. Set solver='adam'"),
        (network(solver="auto", **by_lbfgs), "solver='auto' this fit is by lbfgs. Set solver='adam'"),
    ]
    for estimator, _ in refused:
        estimator.set_callbacks(Checkpoint(path))
    watched = network().set_callbacks(Checkpoint(path))
    for estimator in (watched, make_pipeline(StandardScaler(), watched)):
        search = GridSearchCV(estimator, {}, cv=2)
        refused.append((search, "Checkpoint cannot be set on the ShallowNNClassifier of a search"))
    for estimator, message in refused:
        with pytest.raises(ValueError, match=message):
            estimator.fit(X, Y)
    with pytest.raises(ValueError, match=r"not for partial_fit.*Save the estimator itself"):
        watched.partial_fit(X, Y, classes=[0, 1, 2])
    assert not path.exists()


@pytest.mark.parametrize("every", [0, 1.0, True])
def test_a_bad_number_of_epochs_is_refused(every):
    with pytest.raises(ValueError, match="every must be an int >= 1, got"):
        Checkpoint("run", every)


def test_a_path_without_a_directory_is_noticed_before_the_training(tmp_path):
    classifier = network().set_callbacks(Checkpoint(tmp_path / "a" / "b"), AtEpoch(1, pytest.fail))
    with pytest.raises(FileNotFoundError, match=r"no directory .*; make it first"):
        classifier.fit(X, Y)
    assert not hasattr(classifier, "coefs_")


# --- Other data ---

DATA = {"X": X, "y": Y, "sample_weight": WEIGHTS}
DATA |= {"X_val": X_VAL, "y_val": Y_VAL, "sample_weight_val": WEIGHTS}
OTHER_DATA = {
    "values": {"X": X + 1e-15},
    "rows": {"X": X[1:], "y": Y[1:], "sample_weight": WEIGHTS[1:]},
    "precision": {"X": X.astype(np.float32)},
    "format": {"X": scipy.sparse.csr_array(X)},
    "names of features": {"X": FRAME, "X_val": FRAME},
    "order": {"y": np.roll(Y, 1)},
    "labels": {"y": Y + 1, "y_val": Y_VAL + 1},
    "kind of y": {"y": make_data("multilabel")[1]},
    "real y": {"y": X[:, 0]},
    "weights": {"sample_weight": 2 * WEIGHTS},
    "no weights": {"sample_weight": None},
    "validation rows": {"X_val": X_VAL[::-1]},
    "weights to validate with": {"sample_weight_val": None},
    "no validation": dict.fromkeys(["X_val", "y_val", "sample_weight_val"]),
}


@pytest.mark.parametrize("other", OTHER_DATA.values(), ids=OTHER_DATA)
def test_other_data_are_refused_and_the_file_stays(path, other):
    network(max_iter=1).set_callbacks(Checkpoint(path)).fit(**DATA)
    contents = path.read_bytes()
    with pytest.raises(CheckpointError, match=r"data are not those of the fit .* Pass the same values"):
        ShallowNNClassifier.resume(path, **(DATA | other))
    assert path.read_bytes() == contents


# --- The file ---


class Crash(BaseException):
    """The process dies: nothing may catch this."""


@pytest.mark.parametrize("n_writes", [0, 2])
@pytest.mark.parametrize("error", [Crash(), OSError(errno.ENOSPC, "No space left on device")])
@pytest.mark.parametrize(("module", "step"), [(os, "fsync"), (os, "replace")])
def test_a_write_that_fails_leaves_the_file_of_the_last_write(
    path, monkeypatch, module, step, error, n_writes
):
    straight, left, original = network().fit(X, Y), [n_writes], getattr(module, step)
    classifier = network().set_callbacks(Checkpoint(path))

    def fail(*args, **kwargs):
        left[0] -= 1
        if left[0] < 0:
            raise error
        return original(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(module, step, fail)
        with pytest.raises(type(error)):
            classifier.fit(X, Y)
    assert [one.name for one in path.parent.iterdir()] == (["run"] if n_writes else [])
    if n_writes:
        assert_same_fit(ShallowNNClassifier.resume(path, X, Y), straight)


def test_what_a_killed_process_has_left_is_no_obstacle(path):
    path.with_name(".run.tmp").write_bytes(b"a part of a file")
    network(max_iter=1).set_callbacks(Checkpoint(path)).fit(X, Y)
    assert [one.name for one in path.parent.iterdir()] == ["run"]


def test_a_damaged_file_is_an_error_or_means_the_same(path):
    """Only the number of the version, in the first line, is not covered by the digest."""
    straight = network(max_iter=2).set_callbacks(Checkpoint(path)).fit(X, Y)
    whole, rng, n_harmless = path.read_bytes(), np.random.default_rng(0), 0
    cuts = [whole[:n] for n in [*range(0, 300, 30), *rng.integers(len(whole), size=20), len(whole) - 1]]
    places = [*range(150), *rng.integers(len(whole), size=50), *range(len(whole) - 50, len(whole))]
    flips = [whole[:i] + bytes([whole[i] ^ (1 << rng.integers(8))]) + whole[i + 1 :] for i in places]
    for damaged in (*cuts, *flips, whole + b"\0"):
        path.write_bytes(damaged)
        with suppress(CheckpointError):
            assert_same_fit(ShallowNNClassifier.resume(path, X, Y), straight)
            n_harmless += 1
    assert n_harmless < 30


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: path.symlink_to("/dev/null")])
def test_what_is_no_file_is_refused_and_stays(path, make):
    make(path)
    mode = path.lstat().st_mode
    with pytest.raises(OSError, match="run is a directory, a device or a pipe"):
        network().set_callbacks(Checkpoint(path)).fit(X, Y)
    with pytest.raises(OSError, match="run is a directory, a device or a pipe"):
        ShallowNNClassifier.resume(path, X, Y)
    assert path.lstat().st_mode == mode


@pytest.mark.parametrize("path", [None, 1, b"run"])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(TypeError, match="path must be a str or path-like"):
        Checkpoint(path)


@pytest.mark.parametrize("contents", [b"", b"no checkpoint at all", pickle.dumps(1)])
def test_a_file_of_another_program_or_version_is_refused(path, contents):
    path.write_bytes(contents)
    with pytest.raises(CheckpointError, match=r"run is no checkpoint, or one of another version"):
        ShallowNNClassifier.resume(path, X, Y)
    with pytest.raises(FileNotFoundError, match="other"):
        ShallowNNClassifier.resume(path.with_name("other"), X, Y)
