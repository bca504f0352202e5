"""n_bins="auto": no ramps in a table in which y changes along straight lines alone."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit

from sknn_scratch import PiecewiseLinearEncoder

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3000, 5))
SLOPES = X @ [1.0, -2.0, 0.5, 0.0, 1.0]
NOISE = RNG.normal(size=len(X))
CHANCE = RNG.random(len(X))
BEND = np.abs(X[:, 3])


def has_ramps(y, x=X, n_bins="auto"):
    with np.errstate(all="raise", under="ignore"):
        return any(map(len, PiecewiseLinearEncoder(n_bins).fit(x, y).knots_))


AS_CLASSES = [
    lambda score: expit(score) > CHANCE,
    lambda score: np.where(expit(score) > CHANCE, "yes", "no"),
    lambda score: np.where(expit(score) > CHANCE, 1, 0).astype(object),
    lambda score: np.digitize(score + RNG.logistic(size=len(X)), [-3, -1, 0, 1, 3]),
    lambda score: np.array([f"c{number}" for number in np.digitize(score, np.arange(-4, 4, 0.2))]),
]
AS_NUMBERS = [
    lambda score: score + NOISE,
    lambda score: 1e200 * (score + NOISE),
    lambda score: np.round(10 * (score + NOISE)).astype(int),
    lambda score: np.column_stack([CHANCE, score]),
]


@pytest.mark.parametrize("as_y", [*AS_NUMBERS, *AS_CLASSES[:3]])
def test_a_y_along_straight_lines_needs_no_ramps(as_y):
    assert not has_ramps(as_y(SLOPES))


@pytest.mark.parametrize("as_y", [*AS_NUMBERS, *AS_CLASSES])
def test_one_column_along_which_y_bends_is_enough(as_y):
    assert has_ramps(as_y(SLOPES + 2 * BEND))


@pytest.mark.parametrize("slopes", [[7, 0, 0, 0, 0], [4, 4, 0, 0, 4]])
def test_a_bend_counts_by_what_the_lines_leave(slopes):
    y = X @ slopes + BEND  # the bend is less than a twentieth of the lines, but nearly all of the rest
    assert has_ramps(y)


@pytest.mark.parametrize("y", [CHANCE, np.ones(len(X)), 0.05 * SLOPES + RNG.normal(size=len(X))])
def test_ramps_stay_where_chance_hides_whether_y_bends(y):
    assert has_ramps(y)


def test_where_nothing_is_known_of_bends_there_are_ramps():
    y = SLOPES
    assert has_ramps(None)
    assert has_ramps(y, n_bins=8)
    assert has_ramps(y[:1499], X[:1499])


def test_a_wide_table_has_no_ramps():
    x = RNG.normal(size=(20, 1001))
    assert not has_ramps(None, x)
    assert has_ramps(None, x[:, 1:])
    assert has_ramps(None, x, n_bins=8)
    x[:, :2] = x[:, :2] > 0  # without ramps in any case
    assert has_ramps(None, x)


def test_missing_values_rare_values_and_huge_ones():
    x = X.copy()
    x[::4, 0], x[:, 1] = np.nan, 0
    x[0, 1], x[1, 2] = 1, 1e300
    x = np.column_stack([x, np.full(len(x), np.nan), np.arange(len(x)) * 5e-324])
    y = x[:, 4] + 3 * CHANCE
    assert not has_ramps(y, x)
    assert has_ramps(y + BEND, x)


def test_neither_the_order_of_the_rows_nor_the_names_of_the_classes_count():
    encoder = PiecewiseLinearEncoder("auto")
    y, order = AS_CLASSES[3](SLOPES + BEND), RNG.permutation(len(X))
    expected = encoder.fit(X, y).transform(X)
    assert_allclose(encoder.fit(X[order], y[order].astype(str)).transform(X), expected, atol=1e-9)


def test_without_ramps_the_bound_is_wider():
    y = SLOPES + NOISE
    encoder = PiecewiseLinearEncoder("auto").fit(X, y)
    z = (X - X.mean(axis=0)) / X.std(axis=0)
    assert_allclose(encoder.transform(X), z / np.sqrt(1 + (z / 5) ** 2))
    assert (encoder.bound_, encoder.fit(X, BEND).bound_) == (5, 3)
    assert_array_equal(np.abs(encoder.fit(X, y).transform(1e30 * X)).round(6), 5)


def test_columns_of_two_values_stay_as_they_are():
    x = (X > 1).astype(float)
    encoder = PiecewiseLinearEncoder("auto")
    assert_array_equal(encoder.fit(x, CHANCE).transform(x), PiecewiseLinearEncoder().fit_transform(x))


def test_rows_and_y_must_be_of_one_length():
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        PiecewiseLinearEncoder("auto").fit(X, SLOPES[1:])
