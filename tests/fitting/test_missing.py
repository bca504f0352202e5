"""Missing values in y: an error that names y and says how many there are."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pytest

from sknn_scratch import ShallowNNClassifier, ShallowNNEnsembleClassifier, ShallowNNRegressor, diagnose

X = np.random.default_rng(0).normal(size=(30, 3))
DAYS = [datetime.date(2020, 1, 1), datetime.date(2020, 1, 2), None]
WORDS = ["a", "b", None]
NUMBERS = [0.0, 1.0, None]
MISSING = {
    "dates": np.array(DAYS * 10, "datetime64[D]"),
    "spans": np.array([1, 2, "NaT"] * 10, "timedelta64[D]"),
    "floats": np.array(NUMBERS * 10, float),
    "words": np.array(WORDS * 10, object),
    "a list": WORDS * 10,
    "NaN among words": np.array(["a", "b", np.nan] * 10, object),
    "NA among words": np.array(["a", "b", pd.NA] * 10, object),
    "NaT among words": np.array(["a", "b", pd.NaT] * 10, object),
    "pandas dates": pd.Series(pd.to_datetime(DAYS * 10)),
    "pandas dates with a zone": pd.Series(pd.to_datetime(DAYS * 10)).dt.tz_localize("UTC"),
    "pandas periods": pd.Series(pd.PeriodIndex(["2020", "2021", pd.NaT] * 10, freq="Y")),
    "pandas integers": pd.Series([0, 1, None] * 10, dtype="Int64"),
    "pandas booleans": pd.Series([True, False, None] * 10, dtype="boolean"),
    "pandas floats": pd.Series(NUMBERS * 10, dtype="Float64"),
    "pandas strings": pd.Series(WORDS * 10, dtype="string"),
    "pandas categories": pd.Series(WORDS * 10, dtype="category"),
    "pandas columns": pd.DataFrame({"one": NUMBERS * 10, "two": [0.0] * 30}),
    "polars dates": pl.Series(DAYS * 10),
    "polars integers": pl.Series([0, 1, None] * 10),
    "polars strings": pl.Series(WORDS * 10),
}


@pytest.mark.parametrize("Estimator", [ShallowNNClassifier, ShallowNNRegressor, ShallowNNEnsembleClassifier])
@pytest.mark.parametrize("kind", MISSING)
def test_missing_values_of_y_are_counted(kind, Estimator):
    with pytest.raises(ValueError, match=r"10 of (30|60) values of y are missing"):
        Estimator().fit(X, MISSING[kind])


def test_missing_values_of_y_val_are_counted():
    y = np.tile([0, 1], 15)
    with pytest.raises(ValueError, match=r"y_val.*10 of 30 values of y are missing"):
        ShallowNNClassifier(early_stopping=True).fit(X, y, X_val=X, y_val=MISSING["polars dates"])


def test_missing_values_of_classes_are_counted():
    with pytest.raises(ValueError, match=r"1 of 3 values of classes are missing"):
        ShallowNNClassifier(solver="adam").partial_fit(X, ["a", "b"] * 15, classes=WORDS)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_missing_values_in_a_diagnosis_are_counted():
    network = ShallowNNRegressor(max_iter=3, random_state=0).fit(X, X[:, 0])
    with pytest.raises(ValueError, match=r"10 of 30 values of y are missing"):
        diagnose(network, X, MISSING["floats"])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("kind", ["dates", "words", "pandas strings", "polars dates"])
def test_labels_without_missing_values_are_learned(kind):
    labels = MISSING[kind][:2]
    y = np.tile(np.asarray(labels), 15)
    assert len(ShallowNNClassifier(max_iter=3).fit(X, y).classes_) == 2


def test_what_is_no_array_is_left_to_the_validation():
    with pytest.raises(ValueError, match=r"inhomogeneous|sequence"):
        ShallowNNRegressor().fit(X, [[0.0], [0.0, None]] * 15)
