"""What a column of text holds: numbers, dates, categories or nothing; and what a fit says of it."""

import pickle
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn_scratch import tabular_pipeline
from tests.helpers import warnings_of
from tests.tables.written import CASES, DAYS, DURATIONS, HUGE, PRICES, STAY_CATEGORIES, N


def fit(values, **parameters):
    """Fit the first step of a pipeline on one column, and list what it warns of."""
    columns, X = tabular_pipeline(**parameters)[0], pd.DataFrame({"x": values})
    return columns, [str(one.message) for one in warnings_of(lambda: columns.fit(X))]


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, cases in CASES.items() for name in cases])
def test_text_is_what_it_says(kind, name):
    text, plain, *messages = CASES[kind][name]
    columns, found = fit(text)
    assert columns.kinds_ == {"x": kind}
    assert all(message in one for message, one in zip(messages, found, strict=True))
    expected = tabular_pipeline()[0].fit_transform(pd.DataFrame({"x": plain}))
    for encoder in (columns, pickle.loads(pickle.dumps(columns))):
        for values in (text, plain):
            with warnings.catch_warnings(action="ignore"):
                encoded = encoder.transform(pd.DataFrame({"x": values}))
            assert_allclose(encoded, expected, rtol=1e-12)


@pytest.mark.parametrize("name", STAY_CATEGORIES)
def test_what_is_no_clear_number_or_date_stays_categories(name):
    values, messages = STAY_CATEGORIES[name]
    columns, found = fit(values)
    assert columns.kinds_ == {"x": "categories"}
    read = columns._values_in(pd.DataFrame({"x": values}))["x"]
    assert len({*read} - {None}) == len({*values} - {None, pd.NA})
    assert [message in one for message, one in zip(messages, found, strict=True)] == [True] * len(messages)


def test_codes_with_leading_zeros_are_numbers_and_categories():
    codes = np.arange(N) % 40
    columns, found = fit([f"{code:05}" for code in codes])
    assert not found
    assert columns.kinds_ == {"x": "numbers"}
    assert columns.codes_ == ["x"]
    later = pd.DataFrame({"x": ["00007", "39"]})
    assert_array_equal(columns.transform(later), columns.transform(later.astype(float)))
    with pytest.warns(UserWarning, match="'x': had codes"):
        columns.transform(pd.DataFrame({"x": ["00077"]}))
    for each_once in ([f"{i:05}" for i in range(N)], [f"{i:05}" for i in range(N // 2)] + [None] * (N // 2)):
        columns, (message,) = fit(each_once)
        assert columns.codes_ == []
        assert "text is read as numbers, but may be codes" in message
    assert fit([f"{code:05}" for code in codes], kinds={"x": "numbers"})[0].codes_ == []


# --- The parameter ``kinds`` ---


def test_a_user_says_what_a_column_holds():
    digits = list(map(str, range(N)))
    for kind, values in [
        ("categories", range(N)),
        ("categories", digits),
        ("numbers", [f"{i % 9:03}" for i in range(N)]),
    ]:
        columns, _ = fit(values, kinds={"x": kind})
        assert columns.kinds_ == {"x": kind}
    X = pd.DataFrame({"x": digits, "id": [["a list"]] * N, "c": pd.Categorical(PRICES.astype(str))})
    columns = tabular_pipeline(kinds={"x": "numbers", "id": "nothing", "c": "numbers"})[0].fit(X)
    assert columns.kinds_ == {"x": "numbers", "id": "nothing", "c": "numbers"}
    assert_array_equal(columns.set_params(kinds=columns.kinds_).fit_transform(X), columns.transform(X))


def test_numbers_of_days_are_what_a_user_says():
    days = [20_240_131, 20_240_201] * 20
    assert fit(days)[0].kinds_ == {"x": "numbers"}  # too few different ones to be sure
    columns, _ = fit(days, kinds={"x": "dates"})
    assert columns.date_parts_["x"]["month"] == 1.5
    numbers = list(map(int, DAYS.dt.strftime("%Y%m%d")))
    columns, _ = fit(numbers, kinds={"x": "numbers"})
    assert_array_equal(
        columns.transform(pd.DataFrame({"x": numbers})), columns.fit_transform(pd.DataFrame({"x": numbers}))
    )


WRONG = {
    "columns that X does not have: 'y'. X has 'x'": ([1, 2], {"y": "numbers"}),
    "kinds must have values of 'nothing', 'booleans', .*, got 'number'": ([1, 2], {"x": "number"}),
    r"kinds must be a dict from names of columns to what they hold, got \['x'\]": ([1, 2], ["x"]),
    "holds dates, but it has numbers that cannot be read so, such as 1. Convert": ([1, 2], {"x": "dates"}),
    "holds numbers, but it has text that cannot be read so, such as a": (["a", "b"], {"x": "numbers"}),
    r"holds dates, but it can be read so in several ways: '01/02/2020' is 2020-02-01": (
        ["01/02/2020"],
        {"x": "dates"},
    ),
}


@pytest.mark.parametrize("message", WRONG)
def test_a_kind_that_cannot_be_is_an_error(message):
    values, kinds = WRONG[message]
    with pytest.raises((ValueError, TypeError), match=message):
        fit(values, kinds=kinds)


# --- Long ids ---


def test_long_ids_differ_in_polars_where_some_are_missing():
    table = pl.DataFrame({"x": [None, *HUGE[1:]]})
    encoder = tabular_pipeline()[0].fit(table)
    assert encoder.kinds_ == {"x": "categories"}
    assert set(encoder._values_in(table)["x"][1:]) == set(map(str, HUGE))


@pytest.mark.parametrize("numbers", [np.array(HUGE, float), np.array([np.nan, *HUGE[1:]])])
def test_long_ids_that_have_been_rounded_are_said(numbers):
    assert "above 2**53 came as floats, in which neighbours are equal. If" in fit(numbers)[1][0]
    assert not fit(np.where(np.arange(N) % 2, numbers, 0.5))[1]
    assert not fit(numbers, kinds={"x": "numbers"})[1]
    far = [2**62 + 2**20 * i for i in range(N)]  # they differ as floats
    assert (fit(far)[0].kinds_, fit(far)[1]) == ({"x": "numbers"}, [])


# --- Later tables ---


def test_new_odd_values_are_a_warning_and_known_ones_are_not():
    columns, _ = fit(["varies", *map(str, PRICES[1:])])
    missing = columns.transform(pd.DataFrame({"x": [None] * 3}))
    assert_array_equal(columns.transform(pd.DataFrame({"x": ["varies", "N/A", ""]})), missing)
    with pytest.warns(UserWarning, match=r"missing, since .*: '\$5', 'many' among the numbers\."):
        assert_array_equal(columns.transform(pd.DataFrame({"x": ["many", "$5", "2"]}))[:2], missing[:2])
    with pytest.raises(ValueError, match="'x' of X had numbers in fit, and now has text, such as many"):
        columns.transform(pd.DataFrame({"x": ["many", "varies"]}))


def test_a_time_of_day_is_no_date_later():
    columns, _ = fit(CASES["dates"]["times of day"][0])
    with pytest.warns(UserWarning, match="missing, since .*: '2024-05-01 13:05' among the dates"):
        columns.transform(pd.DataFrame({"x": ["2024-05-01 13:05", "13:05"]}))


def test_durations_may_be_text_later():
    columns = tabular_pipeline()[0].fit(pd.DataFrame({"x": DURATIONS}))
    expected = columns.transform(pd.DataFrame({"x": pd.to_timedelta(["80m", "2h", None])}))
    assert_array_equal(columns.transform(pd.DataFrame({"x": ["1h 20m", "2:00:00", "?"]})), expected)


def test_days_may_be_written_otherwise_later():
    columns, _ = fit(DAYS.dt.strftime("%Y%m%d").astype(int))
    expected = columns.transform(pd.DataFrame({"x": DAYS}))
    for text in (DAYS.dt.strftime("%Y%m%d"), DAYS.dt.strftime("%Y-%m-%d")):
        assert_array_equal(columns.transform(pd.DataFrame({"x": text})), expected)
    with pytest.warns(UserWarning, match="missing, since .*: '20241301' among the dates"):
        columns.transform(pd.DataFrame({"x": [20241301, 20240101]}))


def test_numbers_without_their_unit_are_a_warning_or_an_error():
    columns, _ = fit([f"{x}%" for x in PRICES])
    with pytest.warns(UserWarning, match="'x': has numbers without a unit, which count in %"):
        encoded = columns.transform(pd.DataFrame({"x": [0.5, 0.7]}))
    assert_array_equal(encoded, columns.transform(pd.DataFrame({"x": ["0.5%", "0.7%"]})))
    with pytest.warns(UserWarning, match=r"missing, since .*: '0\.5' among the numbers"):
        columns.transform(pd.DataFrame({"x": ["0.5", "0.7%"]}))
    with pytest.raises(ValueError, match=r"had numbers \(in %\) in fit, and now has text, such as 0\.5"):
        columns.transform(pd.DataFrame({"x": ["0.5"]}))


@pytest.mark.parametrize(
    ("n_words", "kind", "said"),
    [
        (10, "numbers", "among the numbers"),
        (11, "categories", "stay"),
        (50, "categories", "stay"),
        (51, "categories", ""),
    ],
)
def test_words_among_numbers_decide_by_their_share(n_words, kind, said):
    words = ["word" + chr(97 + i // 26) + chr(97 + i % 26) for i in range(n_words)]
    column = [*words, *(str(1000 + 7 * i) for i in range(100 - n_words))] * 5
    encoder = tabular_pipeline()["columns"]
    messages = warnings_of(lambda: encoder.fit(pd.DataFrame({"x": column, "y": range(500)})))
    assert encoder.kinds_["x"] == kind
    assert len(messages) == bool(said)
    assert all(said in str(message) for message in messages)
