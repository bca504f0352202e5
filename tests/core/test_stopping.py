import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sknn_scratch._core.stopping import StopReason, Watch


def watched(values, tol=0.0, with_params=False):
    """Show a watch these values, at epochs 1, 2, ...; the parameters are the epoch's number."""
    watch, patience = Watch(), []
    params = np.zeros(2)
    for epoch, value in enumerate(values, start=1):
        params.fill(epoch)
        watch.see(value, epoch, tol, params if with_params else None)
        patience.append(watch.epochs_without_improvement)
    return watch, patience


@pytest.mark.parametrize(
    ("values", "tol", "patience"),
    [
        ([3, 2, 1], 0, [0, 0, 0]),
        ([3, 3, 3], 0, [0, 1, 2]),
        ([1, 2, 3], 0, [0, 1, 2]),
        ([3, 4, 2, 5, 1], 0, [0, 1, 0, 1, 0]),
        ([3, 2, 1], 1, [0, 1, 2]),  # better by tol is not better by more than tol
        ([3, 1.5, 0], 1, [0, 0, 0]),
        ([3, 2.5, 2, 1.5], 0.75, [0, 1, 2, 3]),  # each step counts, not their sum
        ([-1, -2, -2.5], 0.75, [0, 0, 1]),
        ([3, np.nan, 2], 0, [0, 1, 0]),
        ([np.nan, 1], 0, [1, 0]),
        ([np.inf, 1], 0, [1, 0]),
    ],
)
def test_counts_epochs_without_improvement(values, tol, patience):
    assert watched(values, tol)[1] == patience


@pytest.mark.parametrize(
    ("values", "best_epoch", "best_value"),
    [
        ([3, 2, 1], 3, 1),
        ([3, 1, 2], 2, 1),
        ([1, 1, 1], 1, 1),
        ([2, 1.95, 1.9], 3, 1.9),  # better by less than tol is better
        ([np.nan, 5, np.nan], 2, 5),
    ],
)
def test_remembers_the_best_epoch(values, best_epoch, best_value):
    watch, _ = watched(values, tol=0.5, with_params=True)
    assert watch.best_epoch == best_epoch
    assert watch.best_value == best_value
    assert_array_equal(watch.best_params, [best_epoch, best_epoch])


def test_keeps_no_parameters_unless_given_some():
    assert watched([3, 2, 1])[0].best_params is None


def test_reasons_are_whole_sentences():
    sentences = [reason.value for reason in StopReason]
    assert len(set(sentences)) == len(sentences)
    for sentence in sentences:
        assert sentence[0].isupper()
        assert sentence.endswith(".")
