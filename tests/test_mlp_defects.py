"""Defects of scikit-learn's MLPClassifier: each test shows the defect there, and the right result here.

Each is a line of the table in docs/from_mlp.md. If such a test fails with a newer scikit-learn, the defect
has been fixed there: remove the line and the test.
"""

import inspect
import math
import pickle
import warnings
from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.datasets import load_iris, load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import scale

from sknn_scratch import DivergenceWarning, ShallowNNClassifier
from tests.helpers import RecordingScorer, make_data, small_network

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = make_data("multiclass", n_samples=120)


def make_mlp(**params):
    return RecordingMLP(**{"hidden_layer_sizes": (6,), "max_iter": 10, "random_state": 0} | params)


make_classifier = partial(small_network, n_hidden=6, max_iter=10, early_stopping=False)


class RecordingMLP(MLPClassifier):
    """Keeps the rows and labels that early stopping validates with."""

    def _score(self, X, y, sample_weight=None):
        vars(self).setdefault("validated", []).append((X, y))
        return super()._score(X, y, sample_weight)


def test_a_warm_start_does_not_spoil_the_best_weights():
    """MLPClassifier trains the very arrays in which it keeps the best weights, when it goes on."""
    for classifier, is_spoilt in (
        (make_mlp(early_stopping=True, warm_start=True), True),
        (make_classifier(early_stopping=True, warm_start=True), False),
    ):
        best = classifier.fit(X, Y).coefs_[0]
        before = best.copy()
        classifier.fit(X, Y)
        assert np.array_equal(best, before) is not is_spoilt


def test_a_warm_start_does_not_train_on_the_rows_that_validate():
    """MLPClassifier draws the validation rows anew, so that it has been trained on most of them before."""
    mlp = make_mlp(early_stopping=True, warm_start=True).fit(X, Y).fit(X, Y)
    assert not np.array_equal(mlp.validated[0][0], mlp.validated[-1][0])
    scorer = RecordingScorer()
    make_classifier(early_stopping=True, warm_start=True, scoring=scorer).fit(X, Y).fit(X, Y)
    assert_array_equal(scorer.rows[0], scorer.rows[-1])


def test_a_warm_start_has_its_full_patience():
    """MLPClassifier does not reset its count of epochs without improvement: it stops after a single one."""
    params = {"warm_start": True, "max_iter": 1000, "tol": 0.1, "n_iter_no_change": 5}
    for network, n_epochs in ((make_mlp(**params), 1), (make_classifier(**params), 6)):
        before = len(network.fit(X, Y).loss_curve_)
        assert len(network.fit(X, Y).loss_curve_) - before == n_epochs


def test_another_width_in_a_warm_start_is_an_error():
    """MLPClassifier silently keeps the old width."""
    mlp = make_mlp(warm_start=True).fit(X, Y)
    assert mlp.set_params(hidden_layer_sizes=(3,)).fit(X, Y).coefs_[0].shape == (4, 6)
    classifier = make_classifier(warm_start=True).fit(X, Y)
    with pytest.raises(ValueError, match="n_hidden=3, but the fitted network has 6 hidden units"):
        classifier.set_params(n_hidden=3).fit(X, Y)


def test_a_batch_whose_weights_are_all_zero():
    """MLPClassifier divides by the sum of a batch's weights."""
    weight = np.r_[np.zeros(60), np.ones(60)]
    with pytest.raises(ZeroDivisionError):
        make_mlp(batch_size=2).fit(X, Y, weight)
    assert make_classifier(batch_size=2).fit(X, Y, weight).n_iter_ == 10


def test_validation_rows_are_stratified_whatever_the_number_of_classes():
    """MLPClassifier stratifies only for two classes, though it is documented otherwise."""
    y = np.repeat([0, 1, 2], [80, 20, 20])
    rows = np.random.default_rng(0).normal(size=(120, 2))
    params = {"early_stopping": True, "validation_fraction": 0.25, "max_iter": 1}
    mlp = make_mlp(**params).fit(rows, y)
    assert not np.array_equal(np.bincount(mlp.validated[0][1]), [20, 5, 5])
    scorer = RecordingScorer()
    make_classifier(scoring=scorer, **params).fit(rows, y)
    assert_array_equal(np.bincount(scorer.labels[0]), [20, 5, 5])


def test_early_stopping_with_a_class_of_one_row():
    """MLPClassifier crashes."""
    y = np.r_[np.zeros(119, int), 1]
    with pytest.raises(ValueError, match=r"only 1 member|too few"):
        make_mlp(early_stopping=True).fit(X, y)
    scorer = RecordingScorer()
    make_classifier(early_stopping=True, scoring=scorer).fit(X, y)
    assert set(scorer.labels[0]) == {0}


def test_patience_is_exact():
    """MLPClassifier waits for one epoch more than ``n_iter_no_change``."""
    params = {"tol": 1e9, "n_iter_no_change": 5, "max_iter": 100}
    assert make_mlp(**params).fit(X, Y).n_iter_ == 1 + 5 + 1
    assert make_classifier(**params).fit(X, Y).n_iter_ == 1 + 5  # the first epoch cannot fail to improve


def test_divergence_is_noticed_while_the_numbers_are_finite():
    """MLPClassifier ends with a loss beyond 1e200 and has nothing to say about it."""
    params = {"solver": "sgd", "activation": "identity", "max_iter": 30}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("error")
        mlp = make_mlp(learning_rate_init=1e10, **params).fit(X, Y)
    assert mlp.loss_ > 1e200
    with pytest.warns(DivergenceWarning, match="decrease learning_rate"):
        classifier = make_classifier(learning_rate=1e10, **params).fit(X, Y)
    assert classifier.stop_reason_ == "diverged"
    assert -classifier.predict_log_proba(X)[np.arange(120), Y].mean() < 2 * math.log(3)


def test_partial_fits_are_counted():
    """MLPClassifier always says one."""
    mlp, classifier = make_mlp(), make_classifier()
    for _ in range(3):
        mlp.partial_fit(X, Y, classes=[0, 1, 2])
        classifier.partial_fit(X, Y, classes=[0, 1, 2])
    assert mlp.n_iter_ == 1
    assert classifier.n_iter_ == len(classifier.loss_curve_) == 3


def test_early_stopping_of_lbfgs():
    """MLPClassifier ignores the parameter."""
    params = {
        "solver": "lbfgs",
        "early_stopping": True,
        "max_iter": 1000,
        "n_iter_no_change": 3,
        "alpha": 0.0,
    }
    assert not hasattr(make_mlp(**params).fit(X, Y), "validation_scores_")
    classifier = make_classifier(init_scale=0.5, **params).fit(X, Y)
    assert classifier.stop_reason_ == "no_improvement"
    assert classifier.best_iter_ == 1 + classifier.history_["val_loss"].argmin() < classifier.n_iter_


def test_log_probabilities_are_finite():
    """MLPClassifier takes the logarithm of probabilities that have become zero."""
    mlp, classifier = make_mlp().fit(X, Y), make_classifier().fit(X, Y)
    with np.errstate(divide="ignore"):
        assert np.isinf(mlp.predict_log_proba(X * 1e6)).any()
    log_probabilities = classifier.predict_log_proba(X * 1e6)
    assert np.isfinite(log_probabilities).all()
    assert log_probabilities.min() < -1000


def test_pickles_hold_the_weights_once():
    """MLPClassifier pickles the optimiser's memory, and the best weights once more."""
    x = np.random.default_rng(0).normal(size=(120, 100))
    mlp = MLPClassifier((100,), max_iter=10, early_stopping=True, random_state=0).fit(x, Y)
    classifier = make_classifier(n_hidden=100, early_stopping=True).fit(x, Y)
    weights = sum(array.nbytes for array in classifier.coefs_ + classifier.intercepts_)
    assert len(pickle.dumps(mlp)) > 3 * weights
    assert len(pickle.dumps(classifier)) < 1.1 * weights


def test_what_is_validated_and_how():
    """MLPClassifier watches nothing but the accuracy, on rows of its own choice, and no loss."""
    mlp = make_mlp(early_stopping=True).fit(X, Y)
    assert not {"X_val", "y_val"} & inspect.signature(mlp.fit).parameters.keys()
    assert "scoring" not in mlp.get_params()
    for scoring, columns in (("loss", {"val_loss"}), ("roc_auc_ovr", {"val_loss", "val_score"})):
        classifier = make_classifier(early_stopping=True, scoring=scoring)
        classifier.fit(X[:90], Y[:90], X_val=X[90:], y_val=Y[90:])
        assert columns == {name for name in classifier.history_ if name.startswith("val_")}


@pytest.mark.parametrize("load", [load_iris, load_wine])
def test_defaults_converge(load):
    """Most of MLPClassifier's fits end, with its defaults, in a warning that they have not converged."""
    x, y = load(return_X_y=True)
    x = scale(x)
    with pytest.warns(ConvergenceWarning):
        MLPClassifier(random_state=0).fit(x, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        classifier = ShallowNNClassifier(random_state=0).fit(x, y)
    assert classifier.stop_reason_ in ("converged", "no_improvement")
    assert classifier.score(x, y) > 0.95


def test_what_users_have_asked_for():
    """MLPClassifier has no class weights, callbacks, hidden values or choice of the initial scale."""
    mlp = make_mlp()
    assert not {"class_weight", "init_scale"} & mlp.get_params().keys()
    assert not hasattr(mlp, "set_callbacks")
    assert not hasattr(mlp, "transform")
    classifier = make_classifier(class_weight="balanced", init_scale="he").fit(X, Y)
    assert classifier.transform(X).shape == (120, 6)
    assert classifier.set_callbacks() is classifier
