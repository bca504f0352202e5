"""PiecewiseLinearEncoder: what it computes, and which columns it takes."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn_scratch import PiecewiseLinearEncoder
from tests.helpers import peak_memory, refused


def column(*values, dtype=float):
    return np.array(values, dtype)[:, np.newaxis]


def encoded(train, test=None, n_bins=8):
    encoder = PiecewiseLinearEncoder(n_bins).fit(train)
    with np.errstate(all="raise", under="ignore"):
        return encoder.transform(train if test is None else test)


def test_the_formulas():
    """The same in a loop over the values, as the docstring says it."""
    x = np.random.default_rng(0).lognormal(size=50)
    encoder = PiecewiseLinearEncoder(4).fit(x[:, np.newaxis])
    (knots,) = encoder.knots_
    bins = list(pairwise(knots))
    z = (x - x.mean()) / x.std()
    ramps = np.array([[min(max((one - low) / (high - low), 0), 1) for low, high in bins] for one in x])
    expected = np.column_stack([z / np.sqrt(1 + (z / 3) ** 2), ramps - ramps.mean(axis=0)])
    assert_allclose(encoder.transform(x[:, np.newaxis]), expected, atol=1e-13)


@pytest.mark.parametrize(
    ("values", "n_bins", "expected"),
    [((7, 1, 2, 2, 2, 7, 4), 3, [1, 2, 4, 7]), ((*[0] * 900, *range(1, 101)), 4, [0, 34, 67, 100])],
    ids=["few values", "a frequent one takes one bin only"],
)
def test_knots_of_repeated_values(values, n_bins, expected):
    (knots,) = PiecewiseLinearEncoder(n_bins).fit(column(*values)).knots_
    assert_array_equal(knots, expected)


@pytest.mark.parametrize(
    ("values", "n_knots"),
    [
        (np.cos(2 * np.pi * np.arange(14) / 7), 4),  # of a week: three values occur twice, but for rounding
        (np.sin(np.pi * np.arange(8) / 2), 3),
        (1e9 + np.arange(4), 4),
        (10.0 ** np.arange(-300, 0, 50), 6),
        ([-1e6, 1e-7, 2e-7, 3e-7, 1e6], 5),
        ([0.3, 0.1 * 3], 1),
    ],
)
def test_knots_differ_by_more_than_rounding(values, n_knots):
    encoder = PiecewiseLinearEncoder().fit(column(*values))
    assert (len(encoder.knots_[0]), encoder.scale_[0] == 1) == (n_knots, n_knots == 1)


@pytest.mark.parametrize("values", [(5.0, 5.0, 5.0), (0.1, 0.1, 0.1), (np.nan, np.nan), (3.0,)])
def test_a_column_without_differences_is_zero(values):
    of_numbers = encoded(column(*values))[:, 0]
    assert_array_equal(of_numbers, np.zeros(len(values)))
    assert np.isfinite(encoded(column(*values), column(-1e300, 1e300, np.nan))).all()


def test_missing_values_are_zero_and_have_an_indicator():
    train = np.array([[1.0, np.nan], [2.0, 5.0], [3.0, 6.0], [4.0, 8.0]])
    encoder = PiecewiseLinearEncoder().fit(train)
    assert_array_equal(encoder.has_missing_, [False, True])
    names = list(encoder.get_feature_names_out())
    assert names == ["x0", "x0_ramp1", "x0_ramp2", "x0_ramp3", "x1", "x1_ramp1", "x1_ramp2", "x1_missing"]
    assert_array_equal(encoder.transform(train)[:, 7], [1, 0, 0, 0])
    assert_array_equal(encoder.transform([[np.nan, np.nan]]), [[0] * 7 + [1]])


@pytest.mark.parametrize(
    "values",
    [
        (1e308, -1.7e308, 0.0, 1.7e308),
        (5e-324, 1e-310, 0.0, 1e-300),
        (0.0,) * 9 + (5e-324,),
        1e-310 * np.arange(30),
        np.append(1e-310 * np.arange(30), 1.0),
    ],
)
def test_huge_and_tiny_numbers(values):
    order = np.argsort(values)
    of_values = encoded(column(*values))
    assert np.isfinite(of_values).all()
    assert np.ptp(of_values[:, 0]) > 0.9
    assert (np.diff(of_values[order], axis=0) >= 0).all()
    assert np.isfinite(encoded(column(*values), column(1.7e308, -1.7e308, 0, 1))).all()


def test_infinite_values_are_an_error():
    X = np.array([[1, 2], [np.inf, 3]])
    fitted = PiecewiseLinearEncoder().fit(X.clip(0, 9))
    for call in (fitted.fit, fitted.transform):
        with refused(fitted, "X contains infinity"):
            call(X)


def test_float32_stays_or_is_chosen_and_is_as_exact_as_it_can_be():
    X = np.random.default_rng(0).lognormal(size=(100, 3)).astype(np.float32)
    expected = encoded(X.astype(float)).astype(np.float32)
    chosen = PiecewiseLinearEncoder(dtype="float32").fit_transform(X.astype(float))
    for single in (encoded(X), chosen):
        assert single.dtype == np.float32
        assert_array_equal(single, expected)


def test_other_rows_of_the_block_change_nothing():
    X = np.random.default_rng(0).normal(size=(2500, 2))
    encoder = PiecewiseLinearEncoder().fit(X)
    assert_array_equal(encoder.transform(X)[1999:2001], encoder.transform(X[1999:2001]))


@pytest.mark.parametrize("n_bins", [0, 2.5, "8", None, True])
def test_wrong_numbers_of_bins(n_bins):
    with pytest.raises(ValueError, match="'n_bins' parameter of PiecewiseLinearEncoder must be an int"):
        PiecewiseLinearEncoder(n_bins).fit([[1.0], [2.0]])


def test_memory_is_the_result_and_little_more():
    X = np.random.default_rng(0).normal(size=(5000, 50))
    encoder = PiecewiseLinearEncoder()
    assert peak_memory(lambda: encoder.fit(X)) < X.nbytes
    assert peak_memory(lambda: encoder.transform(X)) < 1.1 * encoder.transform(X).nbytes
    assert peak_memory(lambda: PiecewiseLinearEncoder(1000).fit(X[:, :1])) < X.nbytes  # not (rows x bins)


@pytest.mark.parametrize(("n_rare", "has_fine"), [(374, False), (375, True), (1000, True)])
def test_rare_cases_have_fine_bins_only_if_there_are_enough_of_them(n_rare, has_fine):
    x = np.linspace(0, 1, 2000)[:, np.newaxis]
    y = np.where(np.arange(2000) < n_rare, "rare", "common")  # along x, a step: ramps are no noise
    encoder = PiecewiseLinearEncoder("auto").fit(x, y)
    assert bool(len(encoder.fine_knots_[0])) == has_fine
    assert len(encoder.knots_[0]) == 9


@pytest.mark.parametrize(("n_columns", "n_fine"), [(7, 32), (8, 16), (15, 16), (16, 0)])
def test_many_rows_have_fine_bins_in_columns_with_many_values(n_columns, n_fine):
    rng = np.random.default_rng(0)
    few_values = [np.arange(1500) % n for n in (9, 33)]  # the last has finer bins, too
    x = np.column_stack([rng.normal(size=(1500, n_columns)), *few_values])
    encoder = PiecewiseLinearEncoder("auto").fit(x)
    assert len(encoder.fine_knots_[0]) == (n_fine + 1 if n_fine else 0)
    assert [len(knots) for knots in encoder.knots_] == [9] * n_columns + [9, 33 if n_fine else 9]
    few = PiecewiseLinearEncoder("auto").fit_transform(x[:1499])
    assert_array_equal(few, PiecewiseLinearEncoder(8).fit_transform(x[:1499]))


def test_fine_ramps_follow_the_coarse_ones_and_are_half_as_large():
    x = np.random.default_rng(0).normal(size=(1500, 1))
    x[:300] = np.round(x[:300])
    encoder = PiecewiseLinearEncoder("auto").fit(x)
    both = encoder.transform(x)
    names = [f"x0_ramp{number + 1}" for number in range(both.shape[1] - 1)]
    assert encoder.get_feature_names_out().tolist() == ["x0", *names]
    assert_allclose(both, np.hstack([encoded(x), encoded(x, n_bins=32)[:, 1:] / 2]))


def test_fine_ramps_depend_on_no_order_of_the_rows_and_leave_missing_values_zero():
    x = np.random.default_rng(0).lognormal(size=(2000, 1))
    x[::3] = np.nan
    there, back = encoded(x, n_bins="auto"), encoded(x[::-1], x, n_bins="auto")
    assert_array_equal(there, back)
    assert_array_equal(there[::3, :-1], 0)
    assert_array_equal(there[:, -1], np.isnan(x[:, 0]))


@pytest.mark.parametrize(
    ("n_rows", "n_columns", "n_bins"),
    [(200, 55, 8), (200, 56, 7), (200, 300, 2), (1500, 56, 8), (1500, 125, 7)],
)
def test_many_columns_have_fewer_bins(n_rows, n_columns, n_bins):
    x = np.random.default_rng(0).normal(size=(n_rows, n_columns))
    assert [len(knots) for knots in PiecewiseLinearEncoder("auto").fit(x).knots_] == [n_bins + 1] * n_columns
