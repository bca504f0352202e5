"""The history of a model with many epochs: it keeps the latest, and counts all of them."""

from functools import partial

import pytest
from numpy.testing import assert_array_equal

from sknn_scratch import TrainingCurveDisplay
from sknn_scratch import diagnose as diagnose_fit
from sknn_scratch._fitting import fitted
from tests.helpers import make_data, small_network

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = make_data("multiclass")
KEPT = 5
network = partial(small_network, n_hidden=4, max_iter=3)


@pytest.fixture(autouse=True)
def _keeps_few_epochs(monkeypatch):
    monkeypatch.setattr(fitted, "HISTORY_EPOCHS", KEPT)


def trained_by_parts(n_calls, classifier=None):
    classifier = classifier or network()
    for _ in range(n_calls):
        classifier.partial_fit(X, Y, classes=[0, 1, 2])
    return classifier


@pytest.mark.parametrize("n_calls", [1, KEPT, KEPT + 1, 3 * KEPT])
def test_partial_fit_keeps_the_latest_epochs_and_counts_them_all(n_calls, monkeypatch):
    classifier = trained_by_parts(n_calls)
    monkeypatch.setattr(fitted, "HISTORY_EPOCHS", 1000)
    whole = trained_by_parts(n_calls)
    assert classifier.n_iter_ == classifier.best_iter_ == n_calls
    assert classifier.history_.keys() == whole.history_.keys()
    for name in classifier.history_.keys() - {"seconds"}:
        assert_array_equal(classifier.history_[name], whole.history_[name][-KEPT:])
    assert classifier.loss_curve_ is classifier.history_["loss"]
    assert_array_equal(classifier.coefs_[0], whole.coefs_[0])


def test_a_warm_start_keeps_all_of_its_own_epochs_and_the_latest_before():
    classifier = network(warm_start=True).fit(X, Y)
    first = classifier.loss_curve_
    classifier.fit(X, Y)
    assert classifier.n_iter_ == 6
    assert_array_equal(classifier.loss_curve_[:2], first[1:])
    classifier.set_params(max_iter=2 * KEPT, tol=0, n_iter_no_change=100).fit(X, Y)
    assert (classifier.n_iter_, len(classifier.loss_curve_)) == (6 + 2 * KEPT, 2 * KEPT)


def test_the_best_epoch_of_a_long_life_is_counted_from_its_start():
    classifier = network(warm_start=True, early_stopping=True, learning_rate=1e-6)
    for _ in range(4):
        classifier.fit(X, Y)
    assert KEPT < classifier.best_iter_ <= classifier.n_iter_ == 12


def test_a_curve_has_the_numbers_of_the_epochs_that_are_kept():
    shown = TrainingCurveDisplay.from_estimator(trained_by_parts(12))
    curve = shown.ax_.get_lines()[0]
    assert_array_equal(curve.get_xdata(), range(8, 13))
    labels = [text.get_text() for text in shown.ax_.get_legend().get_texts()]
    assert "stopped after epoch 12: max_iter" in labels
    left, right = shown.ax_.get_xlim()
    assert 7 < left < 8 < 12 < right < 13


def test_a_diagnosis_reads_the_loss_of_the_epoch_that_was_kept():
    classifier = trained_by_parts(12, network(learning_rate=0.05, alpha=0.0))
    others = (Y + 1) % 3  # which it predicts worse than those it was trained on
    found = {finding.name: finding for finding in diagnose_fit(classifier, X, others).checks}
    assert f"{classifier.loss_curve_[-1]:.3g} in training" in found["overfitting"].meaning
