"""Checkpoint and resume: a resumed fit ends with the same model as a fit without a crash.

The file is written as a whole or not at all, and a damaged one is never taken for a whole one.
"""

import errno
import io
import math
import os
import pickle
import random
import re
import shutil
import signal
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from hashlib import sha256

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
from sknn_scratch._core.state import State
from sknn_scratch._core.stopping import StopReason
from sknn_scratch._fitting.checkpoint import FORMAT, Contents, read_contents, write_contents
from sknn_scratch._fitting.fitted import attributes_of
from tests.helpers import AtEpoch, bits_of, make_data, press_control_c
from tests.versions import needs_callbacks

pytestmark = [
    needs_callbacks,
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]

SMALL = {"solver": "adam", "alpha": 1.0, "n_hidden": 6, "learning_rate": 0.02, "max_iter": 8}
SMALL |= {"batch_size": 16, "random_state": 0}
EARLY = {"early_stopping": True, "scoring": "accuracy"}
X, Y = make_data("multiclass")
X_VAL, Y_VAL = make_data("multiclass", seed=1)
WEIGHTS = np.random.default_rng(0).integers(0, 4, size=len(Y)) / 3
SPARSE = scipy.sparse.csr_array(np.where(abs(X) < 1, 0, X))
WIDE = scipy.sparse.random_array((60, 3000), density=0.03, format="csr", random_state=0)
HASHED = scipy.sparse.random_array((60, 3000), density=0.001, format="csr", random_state=0)
FRAME = pd.DataFrame(X, columns=list("abcd"))
NAMES = np.array(["ä", "b", "c"])[Y]


def network(**params):
    return ShallowNNClassifier(**(SMALL | params))


@contextmanager
def copies_of_the_file():
    """Copy the file of a checkpoint after each write; yield the copies by their epoch."""
    copies = {}

    def write_and_copy(path, contents):
        write_contents(path, contents)
        epoch = contents.state.epoch
        copies[epoch] = shutil.copy(path, path.with_name(f"run.{epoch}"))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sknn_scratch._fitting.callbacks, "write_contents", write_and_copy)
        yield copies


def fit_and_resume(estimator, path, every=1, params=None, **data):
    """Fit, and resume the fit from the file after each write: it is as if it had never been broken off."""
    data = {"X": X, "y": Y} | data
    estimator.set_callbacks(Checkpoint(path, every))
    with copies_of_the_file() as copies:
        estimator.fit(**data)
    for copy in copies.values():
        resumed = type(estimator).resume(copy, **data, params=params)
        assert_same_fit(resumed, estimator)
    return resumed


def assert_same_fit(estimator, other):
    """Check that two estimators are the same, bit for bit, but for the seconds that their fits took."""
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


@pytest.fixture
def broken_off(path):
    """The file of a fit that has died after its fourth epoch."""
    with copies_of_the_file() as copies:
        network().set_callbacks(Checkpoint(path, 2)).fit(X, Y)
    return copies[4]


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
    "float32": {"X": X.astype(np.float32)},
    "lists": {"X": X.tolist(), "y": Y.tolist()},
    "a data frame": {"X": FRAME, "y": pd.Series(NAMES)},
    "strings": {"y": NAMES},
    "booleans": {"y": Y > 0},
    "dates": {"y": np.array(["2026-11-25", "2026-11-26", "2026-11-27"], "M8[D]")[Y]},
    "weights": {"sample_weight": WEIGHTS, "X_val": X_VAL, "y_val": Y_VAL, "sample_weight_val": WEIGHTS + 0.1},
}


@pytest.mark.parametrize("params", PARAMS.values(), ids=PARAMS)
def test_a_fit_can_be_resumed_after_any_epoch(path, params):
    fit_and_resume(network(**{"max_iter": 6} | params), path)


@pytest.mark.parametrize("data", INPUTS.values(), ids=INPUTS)
def test_any_kind_of_data_can_be_resumed_with(path, data):
    fit_and_resume(network(**EARLY, max_iter=4), path, every=3, **data)


def test_weights_of_boolean_classes_are_kept(path):
    fit_and_resume(network(class_weight={False: 1, True: 0.3}), path, every=4, y=Y > 0)


@pytest.mark.parametrize(
    ("params", "y"),
    [({}, X[:, :2] * 1e3), ({"loss": "poisson"}, np.exp(X[:, 0])), ({"loss": "huber"}, X[:, 0])],
    ids=["two outputs", "poisson", "huber"],
)
def test_a_regressor_can_be_resumed_and_trained_further(path, y, params):
    regressor = ShallowNNRegressor(**SMALL, **params, warm_start=True, early_stopping=True)
    for _ in range(2):
        resumed = fit_and_resume(regressor, path, every=3, y=y)
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
    classifier = network(**before, warm_start=True).fit(X.astype(np.float32), Y)
    classifier.set_params(max_iter=5, **now)
    resumed = fit_and_resume(classifier, path, y=Y * 1.0)  # goes on in float32 and with integer classes
    assert classifier.coefs_[0].dtype == np.float32
    assert classifier.n_iter_ > 8
    straight, resumed = (one.set_callbacks().fit(X, Y) for one in (classifier, resumed))
    assert_same_fit(resumed, straight)


@pytest.mark.filterwarnings("ignore::sknn_scratch.DivergenceWarning")
@pytest.mark.parametrize(
    ("learning_rate", "early_stopping"), [(0.15, True), (0.15, False), (0.3, True), (1.0, False)]
)
def test_a_divergence_is_the_same_after_resuming(path, early_stopping, learning_rate):
    classifier = network(activation="identity", solver="sgd", learning_rate=learning_rate, n_hidden=8)
    classifier.set_params(early_stopping=early_stopping, n_iter_no_change=100, max_iter=100)
    fit_and_resume(classifier, path, every=2, X=X * 5)
    assert classifier.stop_reason_ == "diverged"


NOT_IN_THE_FILE = {
    "activation": Activation(np.square, lambda z: 2 * z),
    "scoring": make_scorer(recall_score, average="macro"),
    "random_state": np.random.RandomState(3),
}


@pytest.mark.parametrize("name", NOT_IN_THE_FILE)
def test_what_the_file_cannot_contain_must_be_given_again(path, name):
    given = {name: NOT_IN_THE_FILE[name]}
    fit_and_resume(network(early_stopping=True, **given), path, every=4, params=given)
    with pytest.raises(ValueError, match=rf"cannot contain, \['{name}'\].*got \[\]"):
        ShallowNNClassifier.resume(path, X, Y)
    with pytest.raises(ValueError, match=r"got \['alpha'\]\. All others .* cannot be changed"):
        ShallowNNClassifier.resume(path, X, Y, params={"alpha": 2.0})


def test_an_interrupted_fit_goes_on(path):
    classifier = network(early_stopping=True)
    with pytest.warns(UserWarning, match="interrupted"):
        classifier.set_callbacks(Checkpoint(path), AtEpoch(5, press_control_c)).fit(X, Y)
    assert classifier.stop_reason_ == "interrupted"
    resumed = ShallowNNClassifier.resume(path, X, Y)
    assert_same_fit(resumed, network(early_stopping=True).fit(X, Y))


@pytest.mark.parametrize("params", [{"early_stopping": True}, {"tol": 1.0, "n_iter_no_change": 2}])
def test_of_a_finished_fit_the_model_is_returned_without_training(path, params):
    classifier = network(**params).set_callbacks(Checkpoint(path, 100)).fit(X, Y)
    contents, modified = path.read_bytes(), path.stat().st_mtime_ns
    resumed = ShallowNNClassifier.resume(path, X, Y)
    assert_same_fit(resumed, classifier)
    assert resumed.history_["seconds"].tolist() == classifier.history_["seconds"].tolist()
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (contents, modified)


@pytest.mark.filterwarnings("ignore::sknn_scratch.DivergenceWarning")
@pytest.mark.parametrize(
    ("every", "params", "reason"),
    [
        (1, {"early_stopping": True}, "callback"),
        (3, {"early_stopping": True}, "callback"),
        (1, {"activation": "relu", "learning_rate": 1e10, "solver": "sgd", "batch_size": None}, "diverged"),
    ],
)
def test_a_fit_that_a_callback_ended_is_finished(path, every, params, reason):
    classifier = network(**params).set_callbacks(Checkpoint(path, every), AtEpoch(1, lambda: True)).fit(X, Y)
    assert (classifier.stop_reason_, classifier.n_iter_) == (reason, 1)
    assert_same_fit(ShallowNNClassifier.resume(path, X, Y), classifier)


# --- When it writes ---


@pytest.mark.parametrize(
    ("every", "expected"), [(1, range(9)), (3, [0, 3, 6, 8]), (np.int64(4), [0, 4, 8]), (100, [0, 8])]
)
def test_it_writes_before_the_first_epoch_after_every_n_and_after_the_last(path, every, expected):
    with copies_of_the_file() as copies:
        classifier = network(warm_start=True).set_callbacks(Checkpoint(path, every)).fit(X, Y)
    assert list(copies) == list(expected)
    with copies_of_the_file() as copies:
        classifier.fit(X, Y)
    assert list(copies) == [8 + epoch for epoch in expected]  # of this fit


def test_resuming_goes_on_with_writing_and_warns_as_the_fit_would_have(broken_off):
    with copies_of_the_file() as copies, pytest.warns(ConvergenceWarning, match="max_iter=8"):
        resumed = ShallowNNClassifier.resume(broken_off, X, Y)
    assert resumed._skl_callbacks == [Checkpoint(broken_off, 2)]
    assert list(copies) == [6, 8]


# --- Where it may be set ---

CLONED = "Checkpoint cannot be set on a ShallowNNClassifier that is cloned"
OF_A_SEARCH = "Checkpoint cannot be set on the ShallowNNClassifier of a search"


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning")
@pytest.mark.parametrize("wrap", [lambda clf: clf, lambda clf: make_pipeline(StandardScaler(), clf)])
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
    estimator = wrap(network().set_callbacks(Checkpoint(path)))
    with pytest.raises(ValueError, match=message):
        fit(estimator)
    assert not path.exists()


def test_the_last_step_of_a_pipeline_with_a_memory_is_no_clone(path, tmp_path):
    pipeline = make_pipeline(StandardScaler(), network().set_callbacks(Checkpoint(path)))
    pipeline.set_params(memory=str(tmp_path / "cache")).fit(X, Y)
    assert_same_fit(ShallowNNClassifier.resume(path, pipeline[:-1].transform(X), Y), pipeline[-1])


def test_it_can_be_set_on_copies_and_on_clones(path):
    classifier = network().set_callbacks(Checkpoint(path))
    copy = pickle.loads(pickle.dumps(classifier))
    for one in (classifier, copy, clone(classifier).set_callbacks(Checkpoint(path))):
        one.fit(X, Y)
        assert_same_fit(ShallowNNClassifier.resume(path, X, Y), one)
        path.unlink()


OTHERS = [(ShallowNNEnsembleClassifier(), r"cannot be set on ShallowNNEnsembleClassifier; set it on")]
OTHERS += [(make_pipeline(network()), "cannot be set on Pipeline; set it on")]
OTHERS += [
    (
        network(solver=solver, batch_size="auto", learning_rate=0.005),
        f"solver='{solver}' this fit is by lbfgs. Set solver='adam'",
    )
    for solver in ("lbfgs", "auto")
]


@pytest.mark.parametrize(("estimator", "message"), OTHERS)
def test_other_fits_refuse_it(path, estimator, message):
    estimator = clone(estimator).set_callbacks(Checkpoint(path))
    with pytest.raises(ValueError, match=message):
        estimator.fit(X, Y)
    assert not path.exists()


def test_partial_fit_refuses_it(path):
    with pytest.raises(ValueError, match=r"not for partial_fit.*Save the estimator itself"):
        network().set_callbacks(Checkpoint(path)).partial_fit(X, Y, classes=[0, 1, 2])


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


@pytest.mark.parametrize(
    ("name", "message"), [("a/b", "no directory .*; make it first"), (".", "is a directory")]
)
def test_a_bad_path_is_noticed_before_the_training(tmp_path, name, message):
    classifier = network().set_callbacks(Checkpoint(tmp_path / name))
    with pytest.raises(OSError, match=message):
        classifier.fit(X, Y)
    assert not hasattr(classifier, "coefs_")


# --- Other data ---

DATA = {
    "X": X,
    "y": Y,
    "sample_weight": WEIGHTS,
    "X_val": X_VAL,
    "y_val": Y_VAL,
    "sample_weight_val": WEIGHTS,
}
OTHER_DATA = {
    "values": {"X": X + 1e-15},
    "rows": {"X": X[1:], "y": Y[1:], "sample_weight": WEIGHTS[1:]},
    "precision": {"X": X.astype(np.float32)},
    "format": {"X": scipy.sparse.csr_array(X)},
    "features": {"X": X[:, 1:]},
    "order": {"y": np.roll(Y, 1)},
    "labels": {"y": Y + 1},
    "fewer labels": {"y": Y > 0},
    "kind of y": {"y": make_data("multilabel")[1]},
    "real y": {"y": X[:, 0]},
    "weights": {"sample_weight": 2 * WEIGHTS},
    "no weights": {"sample_weight": None},
    "validation rows": {"X_val": X_VAL[::-1]},
    "features to validate with": {"X_val": X_VAL[:, 1:]},
    "labels to validate with": {"y_val": Y_VAL + 1},
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


def hard_contents(dtype):
    """Make contents whose values are hard to write exactly."""
    params = np.array([-0.0, np.finfo(dtype).smallest_subnormal, 1 / 3], dtype)
    first, second = {"loss": 0.1 + 0.2, "val_loss": -0.0}, {"loss": math.inf, "val_loss": 5e-324}
    rng = np.random.default_rng(1)
    rng.random(3, dtype=np.float32)  # leaves half a draw in the generator
    state = State(params, rng, np.random.default_rng(2), {"velocity": np.full(7, np.nan, dtype)})
    state = replace(
        state, history=[first, second, {"loss": math.nan, "val_loss": 1e300}], n_updates=2**64 - 1
    )
    fitted = {"feature_names_in_": np.array(["a", "bä\0"], object), "y_scale_": np.array([1e-300, 3])}
    given = {"class_weight": {False: 1, 2: 0.3, "ä\U0001f600": 2**80}, "alpha": 0.1 + 0.2, "dtype": None}
    return Contents(given, fitted, {"X": "a0"}, replace(state, stop_reason=StopReason.MAX_ITER))


CONTENTS = hard_contents(np.float64)
OLD, NEW = replace(CONTENTS, every=1), replace(CONTENTS, every=2)


def assert_contains(path, contents):
    """Check that a file has these contents, bit for bit."""
    one, other = (vars(each) | {"state": vars(each.state)} for each in (read_contents(path), contents))
    assert bits_of(one) == bits_of(other)


def files_in(directory):
    return sorted(path.name for path in directory.iterdir())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_contents_are_read_as_they_were_written(path, dtype):
    contents = hard_contents(dtype)
    write_contents(path, contents)
    assert_contains(path, hard_contents(dtype))  # writing has not changed them
    draws = [one.state.shuffle_rng.random(3, np.float32) for one in (read_contents(path), contents)]
    assert draws[0].tolist() == draws[1].tolist()


STEPS = {
    "before the contents": (np, "savez"),
    "before the flush": (os, "fsync"),
    "before the renaming": (os, "replace"),
}


@pytest.mark.parametrize("is_killed", [True, False])
@pytest.mark.parametrize("error", [Crash(), OSError(errno.ENOSPC, "No space left on device")])
@pytest.mark.parametrize("step", STEPS)
def test_a_failure_at_any_step_leaves_the_old_file(tmp_path, monkeypatch, step, error, is_killed):
    path = tmp_path / "[a]*?ä"
    write_contents(path, OLD)

    def fail(*args, **kwargs):
        if is_killed:  # there is no clean-up after SIGKILL
            patch.setattr(type(path), "unlink", lambda *_, **__: None)
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(*STEPS[step], fail)
        with pytest.raises(type(error)):
            write_contents(path, NEW)
    assert_contains(path, OLD)
    assert len(files_in(tmp_path)) == 1 + is_killed
    write_contents(str(path), NEW)
    assert_contains(str(path), NEW)
    assert files_in(tmp_path) == [path.name]


def test_a_new_file_has_the_usual_permissions_and_a_replaced_one_keeps_its_own(path):
    (path.parent / "other").touch()
    write_contents(path, OLD)
    assert path.stat().st_mode == (path.parent / "other").stat().st_mode
    for mode in (0o600, 0o444):
        path.chmod(mode)
        write_contents(path, NEW)
        assert path.stat().st_mode & 0o777 == mode


@pytest.mark.parametrize("exists", [True, False])
def test_through_a_link_the_file_that_it_names_is_written(tmp_path, exists):
    (tmp_path / "disk").mkdir()
    target, link = tmp_path / "disk" / "target", tmp_path / "link"
    link.symlink_to("disk/target")
    if exists:
        write_contents(target, OLD)
    write_contents(link, NEW)
    assert link.is_symlink()
    assert_contains(link, NEW)
    assert files_in(tmp_path / "disk") == ["target"]


@pytest.mark.parametrize(
    "make",
    [os.mkfifo, os.mkdir, lambda path: path.symlink_to(path.name), lambda path: path.symlink_to("/dev/null")],
)
def test_what_is_no_regular_file_is_refused_and_stays(path, make):
    make(path)
    mode = path.lstat().st_mode
    for use in (lambda: write_contents(path, OLD), lambda: read_contents(path)):
        with pytest.raises(OSError, match=r"run is a directory, a device, a pipe or a loop of links"):
            use()
    assert path.lstat().st_mode == mode
    assert files_in(path.parent) == ["run"]


def test_a_missing_file_is_a_missing_file(path):
    with pytest.raises(FileNotFoundError, match="run"):
        ShallowNNClassifier.resume(path, X, Y)


def test_a_truncated_or_changed_file_is_refused_or_means_the_same(path):
    """Only the number of the version, in the first line, is not covered by the digest."""
    write_contents(path, OLD)
    whole, rng, n_harmless = path.read_bytes(), np.random.default_rng(0), 0
    cuts = [
        whole[:n_bytes]
        for n_bytes in [*range(0, 300, 30), *rng.integers(len(whole), size=20), len(whole) - 1]
    ]
    places = [*range(150), *rng.integers(len(whole), size=100), *range(len(whole) - 50, len(whole))]
    flips = [whole[:i] + bytes([whole[i] ^ (1 << rng.integers(8))]) + whole[i + 1 :] for i in places]
    for damaged in (*cuts, *flips, whole + b"\0"):
        path.write_bytes(damaged)
        with suppress(CheckpointError):
            assert_contains(path, OLD)
            n_harmless += 1
    assert n_harmless < 30


def npz(**members):
    file = io.BytesIO()
    np.savez(file, **members)
    return file.getvalue()


FOREIGN = {
    "nothing": b"",
    "text": b"no checkpoint at all",
    "pickle": pickle.dumps(1),
    "npz": npz(params=np.zeros(3)),
    "another format": re.sub(rb"\d+", b"1", FORMAT) + b"by version 7.1.0\n",
}


@pytest.mark.parametrize("contents", FOREIGN.values(), ids=FOREIGN)
def test_a_file_of_another_program_or_version_is_refused(path, contents):
    path.write_bytes(contents)
    with pytest.raises(CheckpointError, match=r"run is no checkpoint, or one of another version"):
        ShallowNNClassifier.resume(path, X, Y)


class Harm:
    """An object whose pickle runs code when it is loaded."""

    done = False

    def __reduce__(self):
        return setattr, (Harm, "done", True)


def test_a_file_that_was_made_to_harm_runs_no_code(path):
    archive = npz(text=np.array([Harm()], object))
    path.write_bytes(FORMAT + sha256(archive).hexdigest().encode() + b"\n" + archive)
    with pytest.raises(ValueError, match="allow_pickle=False"):
        ShallowNNClassifier.resume(path, X, Y)
    assert not Harm.done


# --- The proof ---

LONG = {"max_iter": 12, "dropout": 0.2, "early_stopping": True, "n_iter_no_change": 20}


def train_in_a_child(path):
    """Fork a process that fits, or resumes if there is a file; return its id."""
    child = os.fork()
    if child:
        return child
    exit_code = 1
    try:
        if path.exists():
            ShallowNNClassifier.resume(path, X, Y)
        else:
            network(**LONG).set_callbacks(Checkpoint(path)).fit(X, Y)
        exit_code = 0
    finally:
        os._exit(exit_code)


@pytest.mark.needs_fork
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")  # the child only computes
def test_killed_processes_lose_nothing(tmp_path, monkeypatch):
    """Fits and resumed fits are killed; what is on the disk then ends as the unbroken fit."""
    path, start = tmp_path / "run", time.perf_counter()
    straight = network(**LONG).set_callbacks(Checkpoint(path)).fit(X, Y)
    seconds = time.perf_counter() - start
    path.unlink()
    rng, n_killed, n_killed_while_writing = random.Random(0), 0, 0
    while n_killed < (4 if n_killed_while_writing else 30):
        child = train_in_a_child(path)
        time.sleep(rng.uniform(0, seconds))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) in (0, -signal.SIGKILL)
        n_killed += os.WIFSIGNALED(status)
        n_killed_while_writing += len(files_in(tmp_path)) > path.exists()
        if path.exists():
            copy = shutil.copy(path, tmp_path / "copy")
            with monkeypatch.context() as patch:
                patch.setattr(os, "fsync", lambda _: None)
                assert_same_fit(ShallowNNClassifier.resume(copy, X, Y), straight)
            copy.unlink()
            if read_contents(path).state.stop_reason is not None or rng.random() < 0.3:
                path.unlink()
    assert n_killed_while_writing > 0
