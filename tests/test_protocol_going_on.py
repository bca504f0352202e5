"""Training further: warm starts and streams equal one long fit that is cut into pieces."""

import copy
from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sknn_scratch import ShallowNNClassifier
from tests.helpers import RecordingScorer, assert_same_model, bits_of, make_data, small_network

pytestmark = pytest.mark.filterwarnings("ignore:The maximum number of epochs")

X, Y = make_data("multiclass", n_samples=90)

EXACTLY_FIVE_EPOCHS = {"max_iter": 5, "tol": 0.0, "early_stopping": False}
make_classifier = partial(
    small_network, n_hidden=6, activation="tanh", learning_rate=0.02, batch_size=16, **EXACTLY_FIVE_EPOCHS
)


@pytest.mark.parametrize("go_on", ["fit", "partial_fit"])
@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("multilabel", {"dtype": "float32"}),
        ("binary", {"solver": "sgd", "dropout": 0.3}),
        ("multiclass", {"batch_size": None, "class_weight": {0: 2.0}}),
    ],
)
def test_the_pieces_are_one_long_fit(kind, params, go_on):
    params = params | ({} if go_on == "fit" else {"alpha": 0.0})  # the penalty of a stream fades
    of_long_fits = {"max_iter": 9, "tol": 1e9, "n_iter_no_change": 1, "early_stopping": "auto"}
    x, y = make_data(kind)
    pieces, n_epochs = make_classifier(warm_start=True, **params), 0
    pieces.set_params(**({} if go_on == "fit" else of_long_fits))
    for max_iter in (1, 4, 2, 5):
        if go_on == "fit":
            pieces.set_params(max_iter=max_iter).fit(x, y)
        else:  # one epoch
            pieces.partial_fit(x, y, classes=None if kind == "multilabel" else np.unique(y))
        n_epochs += max_iter if go_on == "fit" else 1
        assert pieces.n_iter_ == pieces.best_iter_ == n_epochs
        assert pieces.stop_reason_ == "max_iter"
    whole = make_classifier(max_iter=n_epochs, **params).fit(x, y)
    assert_same_model(pieces, whole, rtol=0)
    assert bits_of(pieces.history_) == bits_of(whole.history_)


def test_warm_start_of_lbfgs_goes_on_from_the_weights():
    classifier = make_classifier(solver="lbfgs", warm_start=True).fit(X, Y)
    losses = classifier.loss_curve_
    classifier.fit(X, Y)
    assert classifier.n_iter_ == 10
    assert classifier.loss_curve_[5] < losses[-1]
    assert_array_equal(classifier.loss_curve_[:5], losses)


def test_rows_and_parameters_may_change_between_warm_starts():
    classifier = make_classifier(warm_start=True, learning_rate_schedule="cosine").fit(X, Y)
    loss = classifier.loss_curve_[-1]
    others = {"solver": "sgd", "batch_size": None, "dropout": 0.3, "class_weight": "balanced"}
    others |= {"alpha": 0.0, "init_scale": 1.0, "random_state": 7, "early_stopping": True}
    classifier.set_params(**others).fit(X, Y)
    assert classifier.loss_curve_[-1] < 1.1 * loss
    classifier.set_params(early_stopping=False).fit(X[:50], Y[:50])
    assert classifier.loss_curve_[-1] < 3 * loss
    rates, val_loss = (classifier.history_[name].reshape(3, 5) for name in ("learning_rate", "val_loss"))
    assert_array_equal(rates, rates[[0, 0, 0]])  # each has the schedule from its start
    assert_array_equal(np.isnan(val_loss).all(axis=1), [True, False, True])


def test_a_warm_start_has_its_whole_learning_rate_again():
    always_on_a_plateau = {"learning_rate_schedule": "adaptive", "tol": 1e9, "n_iter_no_change": 1}
    classifier = make_classifier(warm_start=True, **always_on_a_plateau)
    first, second = (classifier.fit(X, Y).history_["learning_rate"][-5:] for _ in range(2))
    assert first[-1] < first[0] == 0.02
    assert_array_equal(second, first)


def test_warm_start_with_validation_has_full_patience_from_the_model_itself_on():
    params = {"early_stopping": True, "tol": 1e9, "n_iter_no_change": 4, "max_iter": 50}
    classifier = make_classifier(warm_start=True, **params)
    for n_epochs in (5, 9, 13):  # the first epoch of the first fit is a value to better
        assert classifier.fit(X, Y).n_iter_ == n_epochs
        assert classifier.stop_reason_ == "no_improvement"


def test_warm_start_keeps_the_validation_split_without_a_seed_too():
    scorer = RecordingScorer()
    params = {"early_stopping": True, "scoring": scorer, "random_state": None}
    classifier = make_classifier(warm_start=True, **params)
    for _ in range(3):
        classifier.fit(X, Y)
    assert len(scorer.rows) == 17  # 15 epochs, and twice the model that was there
    assert all(np.array_equal(rows, scorer.rows[0]) for rows in scorer.rows)


@pytest.mark.parametrize(("solver", "scoring"), [("adam", "loss"), ("lbfgs", "accuracy")])
def test_warm_start_never_loses_the_best_weights(solver, scoring):
    classifier = make_classifier(
        solver=solver, warm_start=True, early_stopping=True, scoring=scoring, max_iter=20, init_scale=0.5
    ).fit(X, Y)
    overfitting = {"learning_rate": 0.3, "max_iter": 30, "n_iter_no_change": 30, "alpha": 0.0}
    for _ in range(2):
        before = copy.deepcopy(classifier)
        classifier.set_params(**overfitting).fit(X, Y)
        history = classifier.history_
        values = history["val_loss"] if scoring == "loss" else -history["val_score"]
        assert values[classifier.best_iter_ - 1] == values.min()
        if classifier.best_iter_ == before.best_iter_:
            assert_same_model(classifier, before, rtol=0)


def test_warm_start_with_other_validation_rows_begins_with_the_model_itself():
    classifier = make_classifier(warm_start=True, early_stopping=True, max_iter=20)
    classifier.fit(X, Y, X_val=X[:30], y_val=Y[:30])
    before = copy.deepcopy(classifier)
    flipped = (Y[:30] + 1) % 3  # rows on which the training only makes it worse
    classifier.fit(X, Y, X_val=X[:30], y_val=flipped)
    assert classifier.best_iter_ == before.best_iter_
    assert_same_model(classifier, before, rtol=0)


@pytest.mark.parametrize("go_on", ["fit", "partial_fit"])
def test_a_fitted_network_keeps_its_precision_and_its_activation(go_on):
    classifier = make_classifier(activation="sigmoid", warm_start=True).fit(X, Y)
    before = copy.deepcopy(classifier)
    for params, message in (
        ({"dtype": "float32"}, "dtype='float32', but the fitted network has dtype='float64'"),
        ({"activation": "tanh"}, "activation='tanh', but the fitted network has activation='sigmoid' and"),
    ):
        with pytest.raises(ValueError, match=message):
            getattr(copy.copy(classifier).set_params(**params), go_on)(X, Y)
    assert_same_model(classifier, before, rtol=0)
    for dtype in (None, "float64"):
        classifier.set_params(dtype=dtype, activation="logistic")
        getattr(classifier, go_on)(X.astype(np.float32), Y)
        assert classifier.coefs_[0].dtype == np.float64


def test_an_optimiser_is_not_given_the_memory_of_another_whose_arrays_have_the_same_names():
    classifier = make_classifier(warm_start=True).fit(X, Y)
    n_updates = classifier._kept_["n_updates"]
    assert classifier.fit(X, Y)._kept_["n_updates"] == 2 * n_updates
    assert classifier.set_params(solver="adamw").fit(X, Y)._kept_["n_updates"] == n_updates


@pytest.mark.filterwarnings("ignore:The training has failed")
@pytest.mark.parametrize("alpha", [1e3, 1e9])
def test_a_warm_start_is_not_judged_by_the_start_of_the_first_fit(alpha):
    params = {"n_hidden": 4, "learning_rate": 1e-6, "random_state": 0, "tol": 1.0, "n_iter_no_change": 2}
    classifier = ShallowNNClassifier(**params, init_scale=1.0, warm_start=True, alpha=0.0).fit(X, Y)
    classifier.set_params(alpha=alpha).fit(X, Y)
    assert classifier.stop_reason_ in {"converged", "max_iter"}


def test_fit_then_partial_fit_then_fit():
    classifier = make_classifier().fit(X, Y)
    loss = classifier.loss_curve_[-1]
    for label in [0, 1, 2] * 4:  # parts may have one class
        classifier.partial_fit(X[label == Y], Y[label == Y])
    assert classifier.n_iter_ == 17
    classifier.partial_fit(X, Y)
    assert classifier.loss_curve_[-1] < loss
    assert_same_model(classifier.fit(X, Y), make_classifier().fit(X, Y), rtol=0)
    assert classifier.n_iter_ == 5
    classifier.fit(X[:, :2], np.array(["a", "b"])[Y % 2])
    assert_array_equal(classifier.classes_, ["a", "b"])
    assert classifier.n_features_in_ == 2


@pytest.mark.filterwarnings("ignore::sknn_scratch.DivergenceWarning")
def test_a_warm_start_that_diverges_at_once_keeps_the_model_and_its_epoch():
    classifier = make_classifier(warm_start=True, early_stopping=True, learning_rate=0.3, max_iter=20)
    classifier.fit(X, Y)
    assert classifier.best_iter_ < classifier.n_iter_
    before = copy.deepcopy(classifier)
    classifier.set_params(early_stopping=False, learning_rate=1e30).fit(X, Y)
    assert (classifier.stop_reason_, classifier.best_iter_) == ("diverged", before.best_iter_)
    assert_same_model(classifier, before, rtol=0)
