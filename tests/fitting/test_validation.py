"""Validation rows: how they are chosen, what is watched, and which weights are kept."""

from functools import partial

import numpy as np
import pytest
import scipy.sparse
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.metrics import check_scoring, log_loss, make_scorer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_scratch._fitting.observations import draw_held_out
from tests.helpers import KINDS, RecordingScorer, assert_same_model, make_data, small_network

pytestmark = pytest.mark.filterwarnings("ignore:The maximum number of epochs")

X_ALL, Y_ALL = make_data("multiclass", n_samples=180)
X, Y, X_VAL, Y_VAL = X_ALL[:120], Y_ALL[:120], X_ALL[120:], Y_ALL[120:]
VALIDATION = {"X_val": X_VAL, "y_val": Y_VAL}

# Make a classifier that overfits, so that its best epoch is not its last.
LONG = {"learning_rate": 0.1, "max_iter": 40, "tol": 0.0, "n_iter_no_change": 40, "early_stopping": True}
STEEP = {"n_hidden": 20, "activation": "tanh", "init_scale": 0.5, "alpha": 0.0}
make_classifier = partial(small_network, **LONG, **STEEP)


def held_out(y, x=None, **params):
    """Return the rows, and their labels, that a fit holds out to validate."""
    x = np.arange(float(len(y)))[:, np.newaxis] if x is None else x
    scoring = RecordingScorer()
    make_classifier(scoring=scoring, max_iter=1, n_hidden=2, **params).fit(x, y)
    return scoring.rows[0], scoring.labels[0]


@pytest.mark.parametrize(("kind", "solver"), list(zip(KINDS, ["adam", "sgd", "lbfgs"], strict=True)))
def test_model_is_that_of_the_best_validation_loss(kind, solver):
    x, y = make_data(kind, n_samples=120)
    given = {"X_val": x[80:], "y_val": y[80:]}
    classifier = make_classifier(solver=solver, n_iter_no_change=5, max_iter=60).fit(x[:80], y[:80], **given)
    losses = classifier.history_["val_loss"]
    assert classifier.best_iter_ == 1 + losses.argmin() < classifier.n_iter_
    log_probabilities = classifier.predict_log_proba(x[80:])
    if kind == "multilabel":
        inverse = np.log1p(-np.exp(log_probabilities))
        loss = -np.where(y[80:] == 1, log_probabilities, inverse).sum(axis=1).mean()
    else:
        loss = -log_probabilities[np.arange(40), y[80:]].mean()
    assert_allclose(loss, losses.min())


@pytest.mark.parametrize(
    "scoring",
    [
        "neg_log_loss",
        make_scorer(log_loss, greater_is_better=False, response_method="predict_proba"),
        lambda model, X, y: model.transform(X).mean(),
    ],
)
def test_model_is_that_of_the_best_score(scoring):
    classifier = make_classifier(scoring=scoring, max_iter=15).fit(X, Y, **VALIDATION)
    scores = classifier.history_["val_score"]
    assert classifier.best_iter_ == 1 + scores.argmax()
    assert_allclose(check_scoring(classifier, scoring)(classifier, X_VAL, Y_VAL), scores.max())


@pytest.mark.parametrize("params", [{}, {"batch_size": 16, "dropout": 0.3}, {"solver": "lbfgs"}])
def test_watching_does_not_change_the_training(params):
    watched = make_classifier(**params).fit(X, Y, **VALIDATION)
    blind = make_classifier(early_stopping=False, **params).fit(X, Y)
    assert_array_equal(watched.loss_curve_, blind.loss_curve_[: watched.n_iter_])


def test_validation_rows_are_not_trained_on_and_all_keep_their_weights():
    rows, _ = held_out(Y, x=X)
    is_held_out = (X[:, np.newaxis] == rows).all(axis=2).any(axis=1)
    weights, others = np.arange(1.0, 121), ~is_held_out
    trained_on = make_classifier(max_iter=5, class_weight={1: 2.0}).fit(X, Y, weights)
    weights = np.where(Y == 1, 2.0, 1.0) * weights
    validation = {"X_val": rows, "y_val": Y[is_held_out], "sample_weight_val": weights[is_held_out]}
    reference = make_classifier(max_iter=5).fit(X[others], Y[others], weights[others], **validation)
    assert_allclose(trained_on.history_["val_loss"], reference.history_["val_loss"])


@pytest.mark.filterwarnings("ignore:Features such as")
def test_held_out_rows_are_stratified():
    y = np.repeat(["a", "b", "c", "d"], [500, 300, 150, 50])
    for fraction, expected in ((0.1, [50, 30, 15, 5]), (0.25, [125, 75, 38, 12]), (20, [10, 6, 3, 1])):
        _, labels = held_out(y, validation_fraction=fraction)
        counts = np.unique(labels, return_counts=True)[1]
        assert counts.sum() == (fraction if isinstance(fraction, int) else np.ceil(1000 * fraction))
        assert abs(counts - expected).max() <= 1


@pytest.mark.parametrize(
    ("counts", "fraction", "size"),
    [
        ([2, 1], 0.1, 1),
        ([2, 2], 0.6, 2),
        ([1, 1, 30], 0.1, 4),
        ([3, 3, 3, 3], 2, 2),
        ([3, 3, 3, 3], 0.6, 8),
        ([50] + [1] * 50, 20, 20),  # what rare classes cannot spare is taken from the other
        ([50] + [1] * 50, 0.1, 10),
        ([50] + [1] * 50, 60, 49),
        ([80] + [1] * 20, 60, 60),
        ([3, 3, 1, 1, 1, 1], 3, 3),
    ],
)
def test_every_class_is_trained_on_however_small_it_is(counts, fraction, size):
    y = np.repeat(np.arange(len(counts)), counts)
    is_held_out = draw_held_out(y, 1, fraction, np.random.default_rng(0))
    assert set(y[~is_held_out]) == set(y)
    assert is_held_out.sum() == size


def test_multilabel_rows_are_stratified_by_their_set_of_labels():
    sets = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    _, labels = held_out(np.repeat(sets, [100, 60, 30, 10], axis=0))
    assert_array_equal([(labels == one).all(axis=1).sum() for one in sets], [10, 6, 3, 1])
    _, labels = held_out(np.random.default_rng(0).integers(2, size=(60, 12)))  # hardly any set occurs twice
    assert len(labels) == 6


def test_split_does_not_depend_on_the_network():
    reference, _ = held_out(Y, x=X)
    for change in ({"alpha": 1.0}, {"solver": "lbfgs"}, {"batch_size": 7}, {"dtype": "float32"}):
        rows, _ = held_out(Y, x=X, **change)
        assert_allclose(rows, reference, rtol=1e-6)
    other_seed, _ = held_out(Y, x=X, random_state=1)
    assert not np.array_equal(other_seed, reference)


def test_scorers_get_sparse_rows_as_sparse_rows():
    seen = []
    make_classifier(scoring=lambda _, X, y: seen.append(X) or 0, max_iter=2).fit(scipy.sparse.csc_array(X), Y)
    assert [(rows.format, rows.shape) for rows in seen] == [("csr", (12, 4))] * 2


def test_auto_validates_only_with_rows_of_the_user():
    x, y = make_data("multiclass", n_samples=2000)
    clf = make_classifier(early_stopping="auto", max_iter=2)
    for params in ({}, {"alpha": 1.0}, {"solver": "lbfgs"}):
        assert "val_loss" not in clone(clf).set_params(**params).fit(x, y).history_
        assert "val_loss" in clone(clf).set_params(**params).fit(x, y, **VALIDATION).history_


def test_validation_labels_of_any_type():
    labels = np.array(["a", "b", "c"])
    classifier = make_classifier(scoring="accuracy").fit(X, labels[Y], X_val=X_VAL, y_val=labels[Y_VAL])
    reference = make_classifier(scoring="accuracy").fit(X, Y, **VALIDATION)
    assert_array_equal(classifier.history_["val_score"], reference.history_["val_score"])


def test_validation_rows_are_routed_through_a_pipeline_and_transformed():
    with sklearn.config_context(enable_metadata_routing=True):
        routed = make_classifier().set_fit_request(X_val=True, y_val=True)
        pipeline = make_pipeline(StandardScaler(), routed, transform_input=["X_val"])
        pipeline.fit(X, Y, **VALIDATION)
    scaler = StandardScaler().fit(X)
    reference = make_classifier().fit(scaler.transform(X), Y, X_val=scaler.transform(X_VAL), y_val=Y_VAL)
    assert_same_model(pipeline[-1], reference, rtol=0)


def test_balanced_class_weights_balance_the_validation_too():
    rows = np.r_[np.flatnonzero(Y_VAL == 0)[:2], np.flatnonzero(Y_VAL != 0)]
    given = {"X_val": X_VAL[rows], "y_val": Y_VAL[rows]}
    classifier = make_classifier(class_weight="balanced", max_iter=3).fit(X, Y, **given)
    counts = np.bincount(Y_VAL[rows])
    log_likelihoods = classifier.predict_log_proba(X_VAL[rows])[np.arange(len(rows)), Y_VAL[rows]]
    loss = -np.average(log_likelihoods, weights=1 / counts[Y_VAL[rows]])
    assert_allclose(loss, classifier.history_["val_loss"][classifier.best_iter_ - 1])


def minus_mistakes(y_true, y_pred):
    return -np.sum(y_true != y_pred)


@pytest.mark.parametrize("scoring", [make_scorer(minus_mistakes), RecordingScorer()])
def test_a_metric_or_a_scorer_may_do_without_weights(scoring):
    X, y = make_data("binary")
    clf = make_classifier(scoring=scoring).fit(X, y, sample_weight=np.arange(1.0, 61))
    assert len(clf.history_["val_score"]) == clf.n_iter_


def test_a_scorer_that_takes_other_arguments_is_named():
    with pytest.raises(ValueError, match=r"scoring=.*cannot score the .* validation rows"):
        make_classifier(scoring=minus_mistakes).fit(X, Y)
