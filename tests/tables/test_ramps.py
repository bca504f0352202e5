"""n_bins="auto": no ramps in a table where a small network does better without them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit

from sknn_scratch import PiecewiseLinearEncoder

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3000, 20))
SMOOTH = X @ (RNG.normal(size=20) * (np.arange(20) != 2)) / 20**0.5
WAVES = SMOOTH + np.sin(3 * X[:, 3])
HOT_SPOTS = SMOOTH + 1.5 * np.sign(np.sin(2 * X[:, 0]) * np.sin(2 * X[:, 1]))  # along no single column
CHANCE = RNG.random(len(X))


def has_ramps(y, x=X, n_bins="auto"):
    with np.errstate(all="raise", under="ignore"):
        return any(map(len, PiecewiseLinearEncoder(n_bins).fit(x, y).knots_))


AS_Y = [
    lambda score: score + CHANCE,
    lambda score: 1e200 * score,
    lambda score: np.round(10 * score).astype(int),
    lambda score: np.column_stack([score + CHANCE, 9 * score]),
    lambda score: expit(3 * score) > CHANCE,
    lambda score: np.where(expit(3 * score) > CHANCE, "yes", "no"),
    lambda score: np.where(expit(3 * score) > CHANCE, 1, 0).astype(object),
]


@pytest.mark.parametrize("as_y", AS_Y)
def test_a_network_needs_ramps_where_y_bends_along_a_pair_of_columns(as_y):
    assert not has_ramps(as_y(SMOOTH))
    assert has_ramps(as_y(HOT_SPOTS))


@pytest.mark.parametrize("y", [np.ones(len(X)), *(np.append(one, CHANCE[1:]) for one in (np.inf, np.nan))])
def test_ramps_stay_where_y_tells_nothing(y):
    assert has_ramps(y)


def test_where_nothing_is_tried_there_are_ramps():
    assert has_ramps(None)
    assert has_ramps(SMOOTH, n_bins=8)
    assert has_ramps(SMOOTH[:200], X[:200])  # 199 rows with another y than that of one row
    assert not has_ramps(SMOOTH[:1000], X[:1000])


def test_a_wide_table_has_no_ramps():
    x = RNG.normal(size=(20, 1001))
    assert not has_ramps(None, x)
    assert has_ramps(None, x[:, 1:])
    assert has_ramps(None, x, n_bins=8)
    x[:, :2] = x[:, :2] > 0  # without ramps in any case
    assert has_ramps(None, x)
    assert has_ramps(SMOOTH, X > 1)  # knots without ramps: there is nothing to try


def test_missing_values_rare_values_and_huge_ones():
    x = np.column_stack([X, np.zeros(len(X)), np.full(len(X), np.nan), np.arange(len(X)) * 5e-324])
    x[::9, 2] = np.nan
    x[0, 20], x[1, 2] = 1, 1e300
    assert not has_ramps(SMOOTH, x)
    assert has_ramps(WAVES, x)


def test_neither_the_order_of_the_rows_nor_copies_of_them_count():
    order = RNG.permutation(len(X))
    for rows in (slice(None), order, np.concatenate([order, order[:100]])):
        assert not has_ramps(SMOOTH[rows], X[rows])
        assert has_ramps(WAVES[rows], X[rows])


@pytest.mark.parametrize(("n_waves", "n_fine"), [(1, 0), (9, 33)])
def test_fine_ramps_are_there_where_y_bends_often(n_waves, n_fine):
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 1, size=(5001, 3))
    y = np.sin(2 * np.pi * n_waves * x[:, 0]) + x[:, 1] + 0.3 * rng.normal(size=5001)
    of_rows = {n: PiecewiseLinearEncoder("auto").fit(x[:n], y[:n]).fine_knots_ for n in (1500, 5000)}
    assert {n: len(fine[0]) for n, fine in of_rows.items()} == dict.fromkeys(of_rows, n_fine)
    assert len(PiecewiseLinearEncoder("auto").fit(x, y).fine_knots_[0]) == 33  # more rows have no trial
    assert len(PiecewiseLinearEncoder("auto").fit(x[:1499], y[:1499]).fine_knots_[0]) == 0


def test_without_ramps_the_bound_is_wider():
    encoder = PiecewiseLinearEncoder("auto").fit(X, SMOOTH)
    z = (X - X.mean(axis=0)) / X.std(axis=0)
    assert_allclose(encoder.transform(X), z / np.sqrt(1 + (z / 5) ** 2))
    assert (encoder.bound_, encoder.fit(X, WAVES).bound_) == (5, 3)
    assert_array_equal(np.abs(encoder.fit(X, SMOOTH).transform(1e30 * X)).round(6), 5)


def test_rows_and_y_must_be_of_one_length():
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        PiecewiseLinearEncoder("auto").fit(X, SMOOTH[1:])
