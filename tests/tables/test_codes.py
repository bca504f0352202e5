"""Whole numbers that are codes become categories, too."""

import numpy as np
import pandas as pd
import pytest

from sknn_scratch import tabular_pipeline
from tests.helpers import warnings_of

N_ROWS = 700


def shops(seed=0, n_shops=40, n_rows=N_ROWS):
    """A table of numbered shops, each with a level of its own, and prices; and y."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame({"shop": rng.integers(n_shops, size=n_rows) + 101, "price": rng.normal(size=n_rows)})
    levels = rng.normal(size=n_shops)
    return X, levels[X["shop"] - 101] + X["price"] + rng.normal(scale=0.3, size=n_rows)


def codes_of(X, y, **parameters):
    return tabular_pipeline("regressor", **parameters)["columns"].fit(X, y).codes_


def test_any_class_of_y_shows_codes():
    X, y = shops(n_rows=1000)
    assert tabular_pipeline()["columns"].fit(X, np.digitize(y, [-1, 0, 1])).codes_ == ["shop"]


@pytest.mark.parametrize("n_rows", [400, 3000])
@pytest.mark.parametrize(
    "effect", [np.sin, np.square, np.exp, np.zeros_like], ids=lambda effect: effect.__name__
)
def test_a_smooth_effect_of_whole_numbers_shows_no_codes(effect, n_rows):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"age": rng.integers(18, 90, size=n_rows), "other": rng.normal(size=n_rows)})
    y = effect((X["age"] - 54) / 15) + rng.normal(scale=0.2, size=n_rows)
    assert codes_of(X, y) == []


def test_round_amounts_are_no_codes():
    rng = np.random.default_rng(0)
    is_round = rng.random(2000) < 0.8
    amounts = np.where(is_round, 100 * rng.integers(1, 60, size=2000), rng.integers(1, 6000, size=2000))
    y = rng.normal(size=6000)[amounts] + rng.normal(scale=0.1, size=2000)
    X = pd.DataFrame({"amount": amounts, "other": rng.normal(size=2000)})
    assert codes_of(X, y) == []
    assert codes_of(X[is_round], y[is_round]) == ["amount"]


@pytest.mark.parametrize("n_rows", [800, 3000])
def test_few_codes_are_enough_also_in_a_wide_table(n_rows):
    X, y = shops(n_shops=12, n_rows=n_rows)
    X[[f"z{i}" for i in range(20)]] = np.random.default_rng(1).normal(size=(n_rows, 20))
    assert codes_of(X, y) == ["shop"]


def test_the_frequencies_of_codes_may_follow_the_law_of_zipf():
    rng = np.random.default_rng(0)
    shares = rng.permutation(1 / np.arange(1, 201))
    X = pd.DataFrame(
        {"shop": rng.choice(200, size=5000, p=shares / shares.sum()), "x": rng.normal(size=5000)}
    )
    y = rng.normal(size=200)[X["shop"]] + X["x"]
    assert codes_of(X, y) == ["shop"]


def test_what_is_no_code():
    X, y = shops()
    assert codes_of(X.assign(shop=X["shop"] + 0.5), y) == []
    assert codes_of(X.assign(shop=X["shop"] % 9), y) == []  # the ramps can tell nine numbers apart
    assert codes_of(X.assign(shop=np.arange(N_ROWS)), y) == []
    assert codes_of(X, y, kinds={"shop": "numbers"}) == []
    assert tabular_pipeline()["columns"].fit(X).codes_ == []


def test_copies_of_rows_prove_nothing():
    X, y = shops()
    rng = np.random.default_rng(1)
    X = X.assign(income=rng.integers(10_000, 99_999, size=N_ROWS))
    copied = np.repeat(np.arange(N_ROWS), 5)
    assert codes_of(X.iloc[copied], y.iloc[copied]) == ["shop"]
    assert codes_of(X.iloc[copied].drop(columns="shop"), y.iloc[copied]) == []


def test_neither_order_nor_missing_values_nor_their_form_matters():
    X, y = shops()
    encoder = tabular_pipeline("regressor")["columns"]
    shop = X["shop"].astype(float).mask(np.arange(N_ROWS) % 9 == 0)
    some = X.assign(shop=shop, city="A")
    some.loc[some["price"] > 0, "city"] = "B"
    expected = encoder.fit(some, y).transform(some)
    assert encoder.codes_ == ["shop"]
    assert "shop_code_None" in encoder.get_feature_names_out()
    order = np.random.default_rng(0).permutation(N_ROWS)
    encoder.fit(some.iloc[order], y.iloc[order])
    np.testing.assert_allclose(encoder.transform(some), expected, rtol=1e-12, atol=1e-12)
    as_text = some.assign(shop=some["shop"].map("{:.0f}".format, na_action="ignore"))
    np.testing.assert_array_equal(encoder.fit(as_text, y).transform(as_text), encoder.transform(some))


def test_many_codes_become_means_of_y():
    X, y = shops(n_shops=400, n_rows=2400)
    encoder = tabular_pipeline("regressor")["columns"].fit(X, y)
    assert encoder.codes_ == encoder.target_encoded_ == ["shop"]
    assert {"shop", "shop_code_mean"} <= set(encoder.get_feature_names_out())


def test_new_codes_are_warned_of():
    X, y = shops()
    encoder = tabular_pipeline("regressor")["columns"].fit(X, y)
    encoder.transform(X.head(3).assign(shop=[101, 7, 8]))
    (warning,) = warnings_of(lambda: encoder.transform(X.head(3).assign(shop=np.nan)))
    assert "has lost all its values, or nearly all" in str(warning.message)
    with pytest.warns(UserWarning, match="'shop': had codes in fit"):
        encoder.transform(X.head(2).assign(shop=[7, 8]))


def test_y_must_have_as_many_rows():
    X, y = shops()
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        codes_of(X, y.head(20))
