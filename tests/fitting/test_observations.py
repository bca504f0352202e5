"""Which rows are independent observations, and how these are dealt to parts."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sknn_scratch import ShallowNNRegressor
from sknn_scratch._core.rows import rows_of
from sknn_scratch._fitting import threads
from sknn_scratch._fitting.observations import Units, hashes_of_rows
from tests.fitting.cases import observe, parts_of_rows

RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 4)).round(2)
Y = (X[:, 0] + RNG.normal(size=90) > 0).astype(int)
BOXES = RNG.integers(0, 2, (600, 3)).astype(float)
OPINIONS = (RNG.random(600) < 0.2 + 0.6 * BOXES[:, 0]).astype(int)


@pytest.mark.parametrize("weights", [None, 1e4 * RNG.random(600)])
def test_people_who_tick_the_same_boxes_are_observations_of_their_own(weights):
    seen = observe(BOXES, OPINIONS, weights)
    assert seen.data.n_samples == len(set(seen.units.hashes)) == 600
    numbers = RNG.normal(size=600)
    assert observe(BOXES, numbers, weights, estimator=ShallowNNRegressor).data.n_samples == 600


@pytest.mark.parametrize(("n_different", "n_observations"), [(0, 106), (5, 111), (6, 206)])
def test_a_few_repeated_patterns_may_have_different_y(n_different, n_observations):
    x, y = np.repeat(np.arange(106.0), 2)[:206, np.newaxis], np.repeat(np.arange(106) % 2, 2)[:206]
    x[200:] = np.arange(1000.0, 1006)[:, np.newaxis]  # these six occur once
    y[: 2 * n_different : 2] ^= 1
    assert observe(x, y).data.n_samples == n_observations


def test_copies_of_a_pattern_with_two_labels_are_two_observations():
    x, y = np.repeat(np.arange(100.0), 4)[:, np.newaxis], np.repeat(np.arange(100) % 2, 4)
    y[:4] = 0, 1, 0, 1
    assert observe(x, y).data.n_samples == 101


@pytest.mark.parametrize(("x", "y"), [(X, Y), (BOXES, OPINIONS)], ids=["numbers", "boxes"])
def test_the_order_of_the_rows_is_no_matter(x, y):
    weights, order = RNG.random(len(x)), RNG.permutation(len(x))
    assert observe(x[order], y[order], weights[order]).key == observe(x, y, weights).key


def test_a_changed_row_moves_hardly_another():
    before, changed = parts_of_rows(X, Y), X.copy()
    changed[7] += 1
    is_other = np.arange(90) != 7
    assert np.count_nonzero((parts_of_rows(changed, Y) != before)[is_other]) <= 2


def test_features_are_ordered_with_one_blas_thread(monkeypatch):
    seen = []
    monkeypatch.setattr(threads.limit_of_process, "enter", lambda _: seen.append("entered"))
    observe(X, Y)
    assert seen == ["entered"]


def deal(strata, n_parts=3, draw=0, n_kept=1):
    hashes = hashes_of_rows(rows_of(np.arange(float(len(strata)))[:, np.newaxis]), np.arange(len(strata)))
    return Units(np.asarray(strata), n_kept, hashes).dealt(n_parts, draw)


@pytest.mark.parametrize("draw", [0, 1, 2])
def test_strata_are_spread_over_the_parts(draw):
    strata = np.repeat([0, 1, 2], [7, 5, 1])
    parts = deal(strata, draw=draw)
    assert_array_equal(np.bincount(parts), [4, 4, 4, 1])
    assert parts[-1] == 3  # the class of one row stays in training
    for stratum in (0, 1):
        assert np.ptp(np.bincount(parts[strata == stratum])) <= 1
    assert np.any(parts != deal(strata, draw=draw + 1))


@pytest.mark.parametrize("n_parts", [3, 5])
def test_no_part_is_empty_however_classes_of_one_row_are_mixed_with_others(n_parts):
    strata = np.repeat(np.arange(75), np.where(np.arange(75) % n_parts == 0, 2, 1))
    counts = np.bincount(deal(strata, n_parts), minlength=n_parts + 1)[:n_parts]
    assert counts.min() > 0


def test_sets_of_labels_that_occur_once_are_held_out_too():
    assert_array_equal(np.bincount(deal([0] * 4, 5, n_kept=0), minlength=5), [1, 1, 1, 1, 0])
    assert deal([0], n_kept=0) < 3


def test_zeros_of_both_signs_have_the_same_hash():
    rows = rows_of(np.array([[0.0], [-0.0]]))
    for is_rounded in (False, True):
        assert len(set(hashes_of_rows(rows, np.arange(2), is_rounded=is_rounded))) == 1


@pytest.mark.parametrize(
    "rows",
    [
        np.array(np.meshgrid(*[[0.0, 1.0, 2.0]] * 8)).reshape(8, -1).T,
        1.7e9 + np.arange(60.0)[:, np.newaxis],  # in single precision they are equal
        1e300 * np.arange(60.0)[:, np.newaxis],  # and here they are infinite
    ],
)
def test_hashes_of_different_rows_differ(rows):
    assert len(set(hashes_of_rows(rows_of(rows), np.arange(len(rows))))) == len(rows)
    assert len(set(observe(rows, np.arange(len(rows)) % 2).units.hashes)) <= len(rows)
