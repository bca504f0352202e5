"""Numbers of several countries and units, lists and long ids: what is read, and what is said."""

from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn_scratch import tabular_pipeline
from tests.helpers import warnings_of

N = 300
X = 100 * np.arange(12, N + 12) + np.arange(N) % 100 / 4 + 0.5  # 1200.5 to 31124.25
CODES = np.arange(N)
FAR = [2**62 + 2**20 * i for i in range(N)]
HUGE = [2**62 + i % 40 for i in range(N)]


def in_turns(*formats, values=X):
    """Write values in these formats, in turns."""
    return [formats[i % len(formats)].format(value) for i, value in enumerate(values)]


def german(text):
    return text.translate(str.maketrans(",.", ".,"))


def fit(values, **parameters):
    encoder, table = tabular_pipeline(**parameters)[0], pd.DataFrame({"x": values, "y": range(len(values))})
    said = [str(one.message) for one in warnings_of(lambda: encoder.fit(table))]
    return encoder, encoder._values_in(table)["x"], said


# For each case: text, its numbers, and what is said of it.
NUMBERS = {
    "comma and point": ([german(text) for text in in_turns("{:,.2f}")], X, ""),
    "space and comma": ([text.replace(",", " ").replace(".", ",") for text in in_turns("{:,.2f}")], X, ""),
    "trimmed decimals with a comma": ([german(text) for text in in_turns("{}", values=X / 50)], X / 50, ""),
    "few decimals with a comma": (["2,5", "7,5", "3"] * 100, [2.5, 7.5, 3] * 100, "may be codes or lists"),
    "lists of ids": (["20,22", "4,6", "11", "3"] * 75, [20.22, 4.6, 11, 3] * 75, "may be codes or lists"),
    "digits without end": (["1,2" + 5000 * "5", "1,5", "4"] * 100, [1.2 + 0.5 / 9, 1.5, 4] * 100, ""),
    "signs in some": (in_turns("{:+}", "{}"), X, ""),
    "a currency in two spellings": (in_turns("${:,.2f}", "{:,.2f} USD", "US${:,.2f}"), X, ""),
    "euros in three spellings": (list(map(german, in_turns("€{:,.2f}", "{:,.2f} EUR", "{} euros"))), X, ""),
    "rupees": (in_turns("₹{}", "Rs. {}"), X, ""),
    "a unit in four spellings": (in_turns("{} kg", "{}KG", "{} Kg.", "{} kgs"), X, ""),
    "litres": (in_turns("{} mL", "{} ml"), X, ""),
    "per cents": (in_turns("{}%", "{} percent"), X, ""),
    "dollars beside bare numbers": (in_turns("${:,.2f}", "{:,.2f}"), X, "without a unit, which count in"),
    "a dollar sign in the first row": (["$1200.5", *map(str, X[1:])], X, "which count in $"),
    "multiples of dollars": (["$1.5M", "950", "2k"] * 100, [1.5e6, 950, 2e3] * 100, "which count in $"),
    "telephone numbers": (in_turns("555 {:03} 123", values=CODES), 555_000_123 + 1000 * CODES, "codes"),
    "a few of another unit": (["5 lb", *in_turns("{} kg")[1:]], [np.nan, *X[1:]], "missing: '5 lb' among"),
    "long numbers that differ as floats": (FAR, np.array(FAR, float), ""),
    "long decimals": (["0.55", "0.55000000000000004", "2"] * 100, [0.55, 0.55, 2] * 100, ""),
}  # fmt: skip


@pytest.mark.parametrize("case", NUMBERS)
def test_numbers_are_read_and_what_is_doubtful_is_said(case):
    text, numbers, expected = NUMBERS[case]
    encoder, found, said = fit(text)
    assert encoder.kinds_["x"] == "numbers"
    assert_allclose(found, numbers, rtol=1e-15)
    assert [expected in one for one in said] == [True] * bool(expected)


# For each case: values, and what is said of them.
CATEGORIES = {
    "two units": (in_turns("{} kg", "{} kg", "{} lb"), " lb'"),
    "a unit and none": (in_turns("{} kg", "{} kg", "{}"), "more among the numbers"),
    "two currencies": (in_turns("${}", "A${}"), "not only: "),
    "spellings beside another unit": (in_turns("{} USD", "${}", "{} CAD"), " CAD'"),
    "years and months": (in_turns("{:.0f} years", "{:.0f} months"), "not only: "),
    "watts": (in_turns("{} MW", "{} mW"), "not only: "),
    "bare numbers, fewer with a unit": (in_turns("{} ft", "{}", "{}"), " ft'"),
    "shares beside per cents": (in_turns("{}%", "{}%", "0.{:.0f}"), "'0."),
    "house numbers": ([f"{i % 50}{'a' * (i % 9 == 0)}" for i in range(N)], ""),
    "long ids": (HUGE, ""),
    "long ids as text": (list(map(str, HUGE)), ""),
    "long ids with commas": ([f"{number:,}" for number in HUGE], ""),
    "long negative ids": ([-number for number in HUGE], ""),
    "long ids, some missing": (pd.Series([None, *HUGE[1:]], dtype=object), ""),
    "long ids as decimals": (list(map(Decimal, HUGE)), ""),
    "long ids without a sign": (np.array(HUGE, np.uint64) + np.uint64(2**63), ""),
    "long ids of pandas": (pd.Series([None, *HUGE[1:]], dtype="Int64"), ""),
    "halves after long ids": ([Decimal(2**53 + i % 9) + Decimal("0.5") * (i % 9 == 1) for i in range(N)], ""),
}  # fmt: skip


@pytest.mark.parametrize("case", CATEGORIES)
def test_what_is_no_number_for_sure_stays_categories_and_differs(case):
    values, expected = CATEGORIES[case]
    encoder, found, said = fit(values)
    assert encoder.kinds_["x"] == "categories"
    assert len({*found} - {None}) == len({*values} - {None, pd.NA})
    assert [expected in one for one in said] == [True] * bool(expected)


def test_long_ids_differ_in_polars_where_some_are_missing():
    table = pl.DataFrame({"x": [None, *HUGE[1:]]})
    encoder = tabular_pipeline()[0].fit(table)
    assert encoder.kinds_ == {"x": "categories"}
    assert set(encoder._values_in(table)["x"][1:]) == set(map(str, HUGE))


@pytest.mark.parametrize("numbers", [np.array(HUGE, float), np.array([np.nan, *HUGE[1:]])])
def test_long_ids_that_have_been_rounded_are_said(numbers):
    assert "above 2**53 came as floats, in which neighbours are equal. If" in fit(numbers)[2][0]
    assert not fit(np.where(np.arange(N) % 2, numbers, 0.5))[2]
    assert not fit(numbers, kinds={"x": "numbers"})[2]


def test_later_numbers_may_lack_the_unit_where_those_of_the_fit_did():
    encoder, *_ = fit(in_turns("${}", "{}"))
    later = pd.DataFrame({"x": ["1300", "$1400", "USD 1500"], "y": 1})
    assert not warnings_of(lambda: encoder.transform(later))
    assert_array_equal(encoder._values_in(later)["x"], [1300, 1400, 1500])
