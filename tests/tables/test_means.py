"""MeanEncoder: shrunk means of y by category, of rows of other folds."""

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn_scratch._tables.means import MeanEncoder, means_tell

RNG = np.random.default_rng(0)
NAMES = RNG.integers(30, size=200)
NAMES[7] = 30  # alone
X = np.array([[f"n{i}" if i else None, "ab"[i % 2]] for i in NAMES], dtype=object)
Y = RNG.normal(size=31)[NAMES] + 0.5 * RNG.normal(size=200)


def test_means_are_those_of_the_formula():
    encoder = MeanEncoder("continuous")
    encoded = encoder.fit_transform(X, Y)
    folds = np.random.default_rng(0).permutation(200) % 5
    products, n_rows = 0.0, 0
    for name in set(X[:, 0]):
        y = Y[X[:, 0] == name] - Y.mean()
        if len(y) > 1:
            products += sum(one * (y.sum() - one) / (len(y) - 1) for one in y)
            n_rows += len(y)
    between = products / n_rows
    k = (Y.var() - between) / between
    for row in range(200):
        is_same = X[:, 0] == X[row, 0]
        others = Y[is_same & (folds != folds[row])] - Y.mean()
        assert_allclose(encoded[row, 0], Y.mean() + others.sum() / (len(others) + k))
        same = Y[is_same] - Y.mean()
        assert_allclose(encoder.transform(X[[row]])[0, 0], Y.mean() + same.sum() / (len(same) + k))


@pytest.mark.parametrize("dtype", ["str", object, "category"])
def test_a_missing_category_is_the_same_wherever_it_comes_from(dtype):
    towns = pd.Series([None if name == 3 else f"n{name}" for name in NAMES]).astype(dtype).to_frame()
    encoder = MeanEncoder().fit(towns, Y)
    expected = encoder.transform(towns)
    assert abs(expected[NAMES == 3] - Y.mean()).min() > 0.1
    as_none = towns.astype(object).where(towns.notna(), None)
    for X_later in (towns, as_none, as_none.fillna(np.nan)):
        assert_array_equal(pickle.loads(pickle.dumps(encoder)).transform(X_later), expected)


def test_categories_that_fit_has_not_seen_become_the_mean_of_all():
    encoder = MeanEncoder().fit(X, Y)
    found = encoder.transform(np.array([["new", None], [None, "b"]], dtype=object))
    assert_allclose(found[0], Y.mean())
    assert abs(found[1, 0] - Y.mean()) > 0.1


@pytest.mark.parametrize("labels", [[0, 1, 2], ["x", "y", "z"], [1, 5, 2**40]])
def test_classes_have_a_mean_each_and_two_have_one(labels):
    classes = np.digitize(Y, [-0.5, 0.5])
    encoder = MeanEncoder()
    encoded = encoder.fit_transform(X, np.array(labels)[classes])
    assert encoded.shape == (200, 6)
    assert [*encoder.get_feature_names_out(["a", "b"])] == ["a_0", "a_1", "a_2", "b_0", "b_1", "b_2"]
    for number in range(3):
        alone = MeanEncoder("continuous").fit_transform(X, classes == number)
        assert_allclose(encoded[:, [number, 3 + number]], alone, rtol=1e-12)
    of_two = encoder.fit_transform(X, np.array(labels)[classes // 2])
    assert [*encoder.set_output(transform="pandas").transform(X)] == ["x0", "x1"]
    assert_allclose(of_two, MeanEncoder("continuous").fit_transform(X, classes // 2))


def test_categories_that_tell_nothing_of_y_become_the_mean_of_all():
    encoder = MeanEncoder("continuous")
    pairs = np.array([f"n{i // 2}" for i in range(200)], dtype=object)[:, np.newaxis]
    for y in (np.tile([-1.0, 1.0], 100), np.full(200, 7.0)):
        assert_array_equal(encoder.fit_transform(pairs, y), np.full((200, 1), y.mean()))
        assert_array_equal(encoder.transform(pairs), np.full((200, 1), y.mean()))


def test_categories_that_determine_y_become_it():
    names = np.repeat([f"n{i}" for i in range(20)], 10).astype(object)[:, np.newaxis]
    y = np.repeat(np.arange(20.0), 10)
    encoder = MeanEncoder("continuous")
    encoder.fit(np.append(names, [["alone"]], axis=0), np.append(y, 9.5))
    assert_allclose(encoder.transform(names)[:, 0], y, atol=1e-6)
    assert_allclose(encoder.transform(np.array([["alone"]], object)), 9.5, atol=1e-6)


@pytest.mark.parametrize(
    "of_y", [lambda y: y, lambda y: y > 0, lambda y: np.exp(3 * y), lambda y: np.round(2 * y)]
)
def test_means_tell_only_what_other_rows_confirm(of_y):
    rng = np.random.default_rng(0)
    for _ in range(20):
        names = rng.integers(500, size=1500)
        column = np.array([f"n{i}" for i in names], dtype=object)
        noise = rng.normal(size=1500)
        assert not means_tell(column, of_y(noise))
        assert means_tell(column, of_y(noise + rng.normal(0, 0.7, size=500)[names]))
