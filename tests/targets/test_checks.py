"""Missing values of y are an error. A weight of two is a repeated row, and a weight of zero a missing row."""

import datetime
from functools import partial

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.utils.class_weight import compute_sample_weight

from sknn_scratch import ShallowNNClassifier, ShallowNNRegressor
from tests.helpers import assert_same_model, every_kind, make_data, small_network

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

COUNTS = np.random.default_rng(0).integers(4, size=60)
FRACTIONS = np.random.default_rng(1).uniform(0.2, 5, size=60)

# It sees all rows at every step, so that the order of repeats does not matter.
make_classifier = partial(
    small_network, n_hidden=5, activation="tanh", learning_rate=0.02, batch_size=None, max_iter=20, tol=0.0
)


def test_as_many_rows_with_a_weight_as_features():
    X, y = make_data("binary")
    weights = (np.arange(60) < X.shape[1]).astype(float)
    weighted = make_classifier().fit(X, y, sample_weight=weights)
    assert_same_model(weighted, make_classifier().fit(X[weights > 0], y[weights > 0]), rtol=0)


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("binary", {"early_stopping": True}),
        ("multiclass", {"batch_size": 7, "dropout": 0.3}),
        ("multilabel", {"early_stopping": True, "batch_size": 7}),
    ],
)
def test_rows_that_weigh_nothing_are_not_there(kind, params):
    X, y = make_data(kind)
    X[::3] = 1e300  # whatever is in them
    weight = FRACTIONS.copy()
    weight[::3] = 0
    there = weight > 0
    weighted = make_classifier(**params).fit(X, y, weight)
    without = make_classifier(**params).fit(X[there], y[there], weight[there])
    assert_same_model(weighted, without, rtol=0)
    for name in weighted.history_.keys() - {"seconds"}:
        assert_array_equal(weighted.history_[name], without.history_[name])


BY_CLASS = {"binary": {0: 0.5, 1: 3.0}, "multiclass": {0: 0.5, 2: 3.0}}


@pytest.mark.parametrize(("kind", "batch_size"), [("binary", 7), ("multiclass", None)])
def test_class_weights_multiply_the_weights_of_the_rows(kind, batch_size):
    X, y = make_data(kind)
    of_rows = np.array([BY_CLASS[kind].get(label, 1.0) for label in y])
    by_class = make_classifier(class_weight=BY_CLASS[kind], batch_size=batch_size)
    by_row = make_classifier(batch_size=batch_size)
    assert_same_model(by_class.fit(X, y), by_row.fit(X, y, of_rows), rtol=1e-10)
    assert_same_model(by_class.fit(X, y, FRACTIONS), by_row.fit(X, y, FRACTIONS * of_rows), rtol=1e-10)
    by_class.partial_fit(X, y, sample_weight=FRACTIONS)
    assert_same_model(by_class, by_row.partial_fit(X, y, sample_weight=FRACTIONS * of_rows), rtol=1e-10)


def test_class_weights_name_labels_of_any_type():
    X, y = make_data("binary")
    reference = make_classifier(class_weight=BY_CLASS["binary"]).fit(X, y)
    dates = np.array(["2020-01-01", "2021-01-01"], "datetime64[D]")
    for labels in (np.array(["no", "yes"]), np.array([False, True]), np.array([-1.0, 2.0]), dates):
        weights = dict(zip(labels, BY_CLASS["binary"].values(), strict=True))
        assert_same_model(make_classifier(class_weight=weights).fit(X, labels[y]), reference, rtol=0)


@every_kind
def test_balanced_class_weights(kind):
    X, y = make_data(kind)
    X, y = X[:45], y[:45]  # no longer as many of each
    balanced = make_classifier(class_weight="balanced").fit(X, y)
    of_rows = compute_sample_weight("balanced", y)
    assert_same_model(balanced, make_classifier().fit(X, y, of_rows), rtol=1e-10)


def test_balance_counts_weights_as_repeats_and_a_class_may_weigh_nothing():
    X, y = make_data("multiclass")
    rows = np.repeat(np.arange(60), COUNTS)
    classifier = make_classifier(class_weight="balanced")
    weighted = clone(classifier).fit(X, y, COUNTS)
    assert_same_model(weighted, clone(classifier).fit(X[rows], y[rows]), rtol=1e-7)
    assert {*classifier.fit(X, y, y != 1).predict(X)} == {0, 2}


def test_weights_of_validation_rows_are_repeats():
    X, y = make_data("multiclass")
    X_val, y_val = make_data("multiclass", seed=1)
    rows = np.repeat(np.arange(60), COUNTS)
    for scoring, name in (("loss", "val_loss"), ("accuracy", "val_score")):
        weighted, repeated = (
            make_classifier(early_stopping=True, scoring=scoring).fit(X, y, X_val=x, y_val=labels, **weight)
            for x, labels, weight in (
                (X_val, y_val, {"sample_weight_val": COUNTS}),
                (X_val[rows], y_val[rows], {}),
            )
        )
        assert_allclose(weighted.history_[name], repeated.history_[name], rtol=1e-10)


# --- Missing values of y: the error names y, and says how many are missing ---

X = np.random.default_rng(0).normal(size=(30, 3))
DAYS = [datetime.date(2020, 1, 1), datetime.date(2020, 1, 2), None]
WORDS = ["a", "b", None]
NUMBERS = [0.0, 1.0, None]
MISSING = {
    "dates": np.array(DAYS * 10, "datetime64[D]"),
    "spans": np.array([1, 2, "NaT"] * 10, "timedelta64[D]"),
    "floats": np.array(NUMBERS * 10, float),
    "words": np.array(WORDS * 10, object),
    "NaN among words": np.array(["a", "b", np.nan] * 10, object),
    "NA among words": np.array(["a", "b", pd.NA] * 10, object),
    "NaT among words": np.array(["a", "b", pd.NaT] * 10, object),
    "pandas dates": pd.Series(pd.to_datetime(DAYS * 10)),
    "pandas integers": pd.Series([0, 1, None] * 10, dtype="Int64"),
    "pandas strings": pd.Series(WORDS * 10, dtype="string"),
    "pandas categories": pd.Series(WORDS * 10, dtype="category"),
    "pandas columns": pd.DataFrame({"one": NUMBERS * 10, "two": [0.0] * 30}),
    "polars dates": pl.Series(DAYS * 10),
}


@pytest.mark.parametrize("Estimator", [ShallowNNClassifier, ShallowNNRegressor])
@pytest.mark.parametrize("kind", MISSING)
def test_missing_values_of_y_are_counted(kind, Estimator):
    with pytest.raises(ValueError, match=r"10 of (30|60) values of y are missing"):
        Estimator().fit(X, MISSING[kind])
