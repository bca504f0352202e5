"""What a column of text holds: numbers, dates, categories or nothing; and what a fit says of it."""

import datetime
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn_scratch import tabular_pipeline
from tests.helpers import warnings_of

N = 300
PRICES = np.random.default_rng(0).lognormal(3, 1, N).round(2)
BIG = (1e5 * PRICES).round()
MANY = np.where(BIG > 2e6, BIG.round(-4), np.where(BIG > 1e3, BIG.round(-3), BIG))
TIMES = pd.Series(pd.date_range("2019-12-25 01:30", periods=N, freq="31h"))
DAYS = TIMES.dt.normalize()
DURATIONS = pd.to_timedelta(np.arange(N) * 1000, "s")


def with_gaps(values, *gaps):
    """Put these values, in turns, into every tenth row."""
    return [gaps[i // 10 % len(gaps)] if i % 10 == 0 else value for i, value in enumerate(values)]


def in_1998(day):
    return day.replace(year=1998)


def before_1000(day):
    """pandas keeps such a day as an object."""
    return datetime.date(10 * day.month, day.month, day.day)


def with_comma(number):
    return f"{number:.2f}".replace(".", ",")


def fit(values, **parameters):
    """Fit the first step of a pipeline on one column, and list what it warns of."""
    columns, X = tabular_pipeline(**parameters)[0], pd.DataFrame({"x": values})
    return columns, [str(one.message) for one in warnings_of(lambda: columns.fit(X))]


# For each kind: text, the same values as a library has them, and a part of the only warning, if there is one.
CASES = {
    "numbers": {
        "prices with gaps": (
            with_gaps(map(str, PRICES), "?", "n/a", "-", ""),
            with_gaps(PRICES, None),
            "missing: '-', '?', 'n/a' among the numbers. Write these values as numbers",
        ),
        "a word": (["varies", *map(str, PRICES[1:])], [None, *PRICES[1:]], "'varies' among"),
        "mixed types": (["?", *map(str, PRICES[1:200]), *PRICES[200:]], [None, *PRICES[1:]], "'?'"),
        "a limit": (["<0.2", *map(str, PRICES[1:])], [None, *PRICES[1:]], "'<0.2' among"),
        "dollars": ([f"${x:,.2f}" for x in 99 * PRICES], (99 * PRICES).round(2)),
        "percent": ([f"{x}%" for x in PRICES], PRICES),
        "kilometres": ([f"-{x} km" for x in PRICES], -PRICES),
        "decimal commas": (list(map(with_comma, PRICES)), PRICES),
        "euros": (["1.234.567,50 €", *(f"{with_comma(x)} €" for x in PRICES[1:])], [1234567.5, *PRICES[1:]]),
        "spaces between thousands": ([f"{x:,.0f}".replace(",", "\u202f") for x in BIG], BIG),
        "Swiss": ([f"{x:,.2f}".replace(",", "\u2019") for x in BIG], BIG),
        "Indian": (["₹12,34,567.50", *(f"₹{x}" for x in PRICES[1:])], [1234567.5, *PRICES[1:]]),
        "pesos": (["$1.234.567,50", *(f"${with_comma(x)}" for x in PRICES[1:])], [1234567.5, *PRICES[1:]]),
        "reais": ([f"R$ {with_comma(x)}" for x in PRICES], PRICES),
        "francs": ([f"CHF {x:,.2f}".replace(",", "'") for x in BIG], BIG),
        "accountants": ([f"(${x:,.2f})" for x in BIG[1:]] + ["$0.00"], [*-BIG[1:], 0]),
        "typographers": ([f"\u2212{x}" for x in PRICES], -PRICES),
        "millions": (
            [f"€{x / 1e6:.2f}M" if x > 2e6 else f"€{x / 1e3:.0f}k" if x > 1e3 else f"€{x:.0f}" for x in MANY],
            MANY,
        ),
        "millions and billions": (["2B", "950.5M"] * 20, [2e9, 950.5e6] * 20),
        "sizes of files": (["1020k", "8.7M", "19M"] * 20, [1.02e6, 8.7e6, 19e6] * 20),
        "thousand millions": (["£1,500m", "£950k"] * 20, [1.5e9, 950e3] * 20),
        "metres": (["2 m", "950.5 m"] * 20, [2, 950.5] * 20),
        "prices of a kilogram": ([f"${x}/kg" for x in PRICES], PRICES),
        "small numbers of Python": (list(map(str, PRICES / 1e5)), PRICES / 1e5),
        "exponents": (
            ["1.5e-10", "6.02E+23", "-1e5", "0e0", "0.000E+00", "12.5", "640.0e-06", ".5e3", "150E-3"] * 20,
            [1.5e-10, 6.02e23, -1e5, 0, 0, 12.5, 640e-6, 500, 0.15] * 20,
        ),
        "exponents after a decimal comma": (["1,5e-10", "2,5E3"] * 20, [1.5e-10, 2.5e3] * 20),
        "an infinite number": (["2e400", *map(str, PRICES[1:])], [None, *PRICES[1:]], "'2e400' among"),
        "digits that are rarely dates": (
            list(map(str, range(20_200_000, 20_200_000 + 37 * N, 37))),
            range(20_200_000, 20_200_000 + 37 * N, 37),
            "may be codes or lists of codes. If so, say it: kinds={'x': 'categories'}",
        ),
        "zip codes": (
            with_gaps(map(str, range(10_000, 10_000 + N)), "", " "),
            with_gaps(range(10_000, 10_000 + N), None),
            "may be codes or lists of codes. If so, say it: kinds={'x': 'categories'}",
        ),
        "few digits": (["3", "11", "7", ""] * 100, [3, 11, 7, None] * 100),
        "thousands beside less": ([f"{x:,.0f}" for x in BIG / 1e3], (BIG / 1e3).round()),
        "thousands with points": ([f"{x:,.0f} €".replace(",", ".") for x in BIG / 1e3], (BIG / 1e3).round()),
    },
    "dates": {
        "days": (with_gaps(map(str, DAYS.dt.date), None), with_gaps(DAYS, None)),
        "times": (with_gaps(map(str, TIMES), None), with_gaps(TIMES, None)),
        "days first": (DAYS.dt.strftime("%d/%m/%Y"), DAYS),
        "months first": (TIMES.dt.strftime("%m/%d/%Y %I:%M %p"), TIMES),
        "names of months": (DAYS.dt.strftime("%B %d, %Y"), DAYS),
        "days of the week": (DAYS.dt.strftime("%A, %d %B %Y"), DAYS),
        "days with a point": (DAYS.dt.strftime("%d. %B %Y"), DAYS),
        "months": (DAYS.dt.strftime("%Y-%m"), DAYS.dt.to_period("M").dt.to_timestamp()),
        "months with names": (DAYS.dt.strftime("%b %Y"), DAYS.dt.to_period("M").dt.to_timestamp()),
        "beginnings of months": (
            ["Sept 2020", "SEP 2021", "octob 2022"] * 20,
            [*pd.to_datetime(["2020-09-01", "2021-09-01", "2022-10-01"])] * 20,
        ),
        "times of day": (["1:05 PM", "12:30 AM"] * 20, ["13:05", "00:30:00"] * 20),
        "whole hours of the day": (["6am", "1 PM", "12AM"] * 20, ["06:00", "13:00", "00:00"] * 20),
        "years before 1000": (DAYS.dt.strftime("0%m0-%m-%d"), DAYS.map(before_1000)),
        "years of two centuries": (["31/12/98", "01/01/05"] * 20, ["1998-12-31", "2005-01-01"] * 20),
        "years of the last century first": (DAYS.dt.strftime("98-%m-%d"), DAYS.map(in_1998)),
        "years of two digits": (TIMES.dt.strftime("%m/%d/%y %H:%M"), TIMES.dt.floor("min")),
        "years of two digits first": (DAYS.dt.strftime("%y.%m.%d"), DAYS),
        "years of two digits after names": (
            ["03-Jan-20", "31-DEC-21"] * 20,
            ["2020-01-03", "2021-12-31"] * 20,
        ),
        "digits of days": (DAYS.dt.strftime("%Y%m%d"), DAYS),
        "numbers of days": (
            [0, *map(int, DAYS[1:].dt.strftime("%Y%m%d"))],
            [None, *DAYS[1:]],
            "'0' among the dates",
        ),
        "no such day": (
            ["2020-02-30", *map(str, DAYS[1:].dt.date)],
            [None, *DAYS[1:]],
            "'2020-02-30' among the dates",
        ),
    },
    "dates with a time zone": {
        "times in zones": ([f"{time.isoformat()}Z" for time in TIMES], TIMES.dt.tz_localize("UTC")),
        "times in zones of databases": ([f"{time}+00" for time in TIMES], TIMES.dt.tz_localize("UTC")),
    },
    "durations": {
        "hours and minutes": (
            ["1h 20m", "45m", "2h", "1 hour, 5 minutes", "90 secs", "1d 2h"] * 20,
            pd.to_timedelta(["80m", "45m", "2h", "65m", "90s", "26h"] * 20),
        ),
        "durations of pandas": (list(map(str, DURATIONS)), DURATIONS),
        "durations of Python": (list(map(str, DURATIONS.to_pytimedelta())), DURATIONS),
        "durations of ISO 8601": ([one.isoformat() for one in DURATIONS], DURATIONS),
        "more hours than a day has": (
            [f"{i % 60:02}:30" for i in range(N)],
            pd.to_timedelta([f"{i % 60:02}:30:00" for i in range(N)]),
        ),
        "a few more hours than a day has": (
            [f"{i % 27:02}:30:00" for i in range(N)],
            pd.to_timedelta([f"{i % 27:02}:30:00" for i in range(N)]),
        ),
    },
}


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


STAY_CATEGORIES = {
    "few digits and a letter": ([*map(str, range(12)), "X"] * 20, []),
    "leading zeros of different lengths": ([f"0{i % 40}" for i in range(N)], []),
    "leading zeros of long codes": ([f"{i % 40:016}" for i in range(N)], []),
    "leading zeros among other codes": ([f"{i % 40:05}" for i in range(N - 1)] + ["K1A"], []),
    "scores": ([f"{a}:{b}" for a in range(11, 27) for b in range(20)] * 5, []),
    "codes with points": ([f"{i % 5:02}.{i % 2}" for i in range(N)], []),
    "codes with letters": (["117", "c118", *map(str, range(119, 219))] * 5, []),
    "codes like exponents": (["523E57", "12E5", "800E1", "10E10"] * 75, []),
    "classes of age": (["<18", "18", "19", "20+"] * 75, []),
    "codes like infinite numbers": (["2E185", "6E440"] * 150, []),
    "races": (["800m", "1500m", "5k", "10k"] * 75, []),
    "longer races": (
        [f"{1 + i % 30}k" if i % 4 else f"{10 + i},000m" for i in range(N)],
        ["but not only: '10k', '11k', "],
    ),
    "words like months": (["Marea 1990", "Octavia 1991", "Decathlon 1992"] * 100, []),
    "heights": (
        [f"{1 + i / 1000} m" if i % 5 else f"5ft {i}" for i in range(N)],
        ["but not only: '5ft 0', '5ft 10', '5ft 100', '5ft 105', '5ft 110' and 55 more among the numbers. W"],
    ),
    "codes of years": (
        [f"{2030 + i % 90}-{1 + i % 12}" for i in range(N)],
        ["read there: kinds={'copy of x': 'dates'}"],
    ),
    "days and periods": (
        [f"{day:%d.%m.%Y}" + "-03.2020" * (day.day > 25) for day in DAYS],
        ["read there: kinds={'copy of x': 'dates'}"],
    ),
    "days or months first": (
        [f"{1 + i % 12:02}/{1 + i % 11:02}/2020" for i in range(N)],
        ["ways: '01/02/2020' is 2020-02-01 or 2020-01-02. Convert"],
    ),
    "years of two digits": (
        [f"{1 + i % 12}/{1 + i % 28}/{i % 80:02} 18:57" for i in range(N)],
        ["not only: '1/21/48 18:57'"],
    ),
    "years of two digits, maybe first": (
        ["01-02-03", "04-05-06"] * 150,
        ["'01-02-03' is 2003-02-01 or 2003-01-02 or 2001-02-03. C"],
    ),
    "thousands or decimals": (
        [f"{1 + i % 90},{100 + i}" for i in range(N)],
        ["'1,100' is 1100.0 or 1.1. C"],
    ),
    "thousands with a point, or decimals": (
        [f"{1 + i % 10}.250 €" if i % 2 else f"{100 + i % 30} €" for i in range(N)],
        ["can be read in several ways"],
    ),
    "euros with three decimals, or thousands": (
        [f"{1 + i % 90}.{100 + i} €" for i in range(N)],
        ["can be read in several ways"],
    ),
}


@pytest.mark.parametrize("name", STAY_CATEGORIES)
def test_what_is_no_clear_number_or_date_stays_categories(name):
    values, messages = STAY_CATEGORIES[name]
    columns, found = fit(values)
    assert columns.kinds_ == {"x": "categories"}
    assert len(found) == len(messages)
    for warning, message in zip(found, messages, strict=True):
        assert message in warning


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


# --- Later tables ---


def test_new_odd_values_are_a_warning_and_known_ones_are_not():
    columns, _ = fit(["varies", *map(str, PRICES[1:])])
    missing = columns.transform(pd.DataFrame({"x": [None] * 3}))
    with warnings.catch_warnings(action="error"):
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
    columns, _ = fit(CASES["numbers"]["percent"][0])
    with pytest.warns(UserWarning, match="'x': has numbers without a unit, which count in %"):
        encoded = columns.transform(pd.DataFrame({"x": [0.5, 0.7]}))
    assert_array_equal(encoded, columns.transform(pd.DataFrame({"x": ["0.5%", "0.7%"]})))
    with pytest.warns(UserWarning, match=r"missing, since .*: '0\.5' among the numbers"):
        columns.transform(pd.DataFrame({"x": ["0.5", "0.7%"]}))
    with pytest.raises(ValueError, match=r"had numbers in fit, and now has text, such as 0\.5"):
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
