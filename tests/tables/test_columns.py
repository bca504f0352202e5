"""The kind of a column, whatever its type and its library."""

import datetime
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse
from numpy.testing import assert_array_equal

from sknn_scratch import tabular_pipeline
from sknn_scratch._tables import kinds
from tests.helpers import refused

pytestmark = pytest.mark.filterwarnings("ignore:Columns of X that need a look")
NOON = datetime.datetime(2026, 1, 1, 12)


def fitted(table):
    """No category of these few rows is rare."""
    return tabular_pipeline()[0].set_params(categories__min_frequency=None).fit(table)


def of_pandas(values, dtype=None):
    return pd.DataFrame({"x": pd.Series(values, dtype=dtype)})


def of_polars(values, dtype=None):
    return pl.DataFrame({"x": pl.Series(values, dtype=dtype)})


def of_numpy(values, dtype=None):
    return np.array(values, dtype=dtype)[:, np.newaxis]


def test_messages_have_plain_strings():
    with pytest.warns(UserWarning, match=r"- 0: counts as missing: '\?' among the numbers"):
        fitted(of_numpy(["2.5", "3.5", "?"]))


KINDS = {
    "numbers": [
        of_pandas([1, 2, 3]),
        of_pandas([1.5, None, np.nan]),
        of_pandas([1, None, 3], "UInt8"),
        of_pandas(pd.arrays.SparseArray([2.0, 0.0, 0.0])),
        of_pandas([1, None, 2.5], object),
        of_pandas([pd.NA, 2], object),
        of_pandas(["3", "11", None]),
        of_pandas([f"{i:03}" for i in range(100)]),
        of_polars([1, 2], pl.Int8),
        of_polars([1, None], pl.UInt64).vstack(of_polars([3], pl.UInt64)),
        of_polars([1.5, None], pl.Float32),
        of_polars([1.5, None], pl.Decimal(10, 2)),
        of_numpy([2, 3], np.float32),
        of_numpy([2, 3], ">i4"),
        of_numpy([2.5, np.nan], ">f8"),
        [[1], [2]],
    ],
    "booleans": [
        of_pandas([True, False, True]),
        of_pandas([True, None, False], "boolean"),
        of_pandas(pd.arrays.SparseArray([True, False])),
        of_pandas(["True", "False", None]),
        of_pandas([True, 1, 0, None], object),
        of_pandas([1, True, 0, "false"], object),
        of_pandas(pd.Categorical([True, False])),
        of_pandas([0, 1]),
        of_polars([None, True]),
        of_polars(["TRUE", "false"]),
        of_numpy([True, False]),
        of_numpy([np.True_, np.False_], object),
    ],
    "categories": [
        of_pandas(["a", None, "b"]),
        of_pandas(["a", 1, None], object),
        of_pandas([True, 2], object),
        of_pandas(pd.Categorical([3, 1, 3])),
        of_pandas(pd.cut([1, 2, 3], 2)),
        of_polars(["a"], pl.Categorical),
        of_polars(["a"], pl.Enum(["a", "b"])),
        of_numpy(["a", "b"]),
        of_numpy([b"a", b"b"]),
        of_numpy([b"a", b"b"], object),
        of_pandas([NOON, 2, None], object),
        of_pandas([NOON, NOON.astimezone(datetime.UTC)], object),
        of_pandas(["1.5", "2.5"], "category"),
        of_polars(["1.5", "2.5"], pl.Categorical),
    ],
    "dates": [
        of_pandas([NOON, None]),
        of_pandas([NOON, NOON.date(), pd.NaT], object),
        of_polars([NOON, None]),
        of_polars([NOON.date(), None]),
        of_numpy(["2026-01-01", "NaT"], "datetime64[D]"),
        of_numpy([np.datetime64("2026-01-01"), None], object),
        of_pandas(["31.12.2025", NOON, NOON.date(), None], object),
        of_polars([NOON.time(), datetime.time(1, 30), None]),
        of_pandas(["11:30 PM", NOON.time(), None], object),
        of_pandas(pd.PeriodIndex(["2026-01", None], freq="M")),
        of_pandas([pd.Period("2026Q1"), NOON, None], object),
        of_pandas(pd.Categorical(pd.period_range("2026", periods=2, freq="Y"))),
    ],
    "dates with a time zone": [
        of_pandas([NOON.astimezone(datetime.UTC), None]),
        of_pandas(pd.to_datetime(["2026-01-01"]).tz_localize("Europe/Berlin")),
        of_polars([NOON], pl.Datetime(time_zone="Asia/Tokyo")),
    ],
    "durations": [
        of_pandas(pd.to_timedelta([1, None, 3], "s")),
        of_pandas([datetime.timedelta(1), None, pd.Timedelta(2, "s")], object),
        of_polars([datetime.timedelta(1), None]),
        of_numpy([1, 2], "timedelta64[D]"),
        of_numpy([np.timedelta64(1, "m"), None], object),
    ],
    "text": [of_polars([f"a note of row {row}" for row in range(100)])],
    "nothing": [
        of_pandas([None, None], object),
        of_pandas([None, np.nan], float),
        of_pandas([None, None], "datetime64[ns]"),
        of_polars([None, None], pl.Null),
        of_polars([None, None], pl.Boolean),
    ],
}


@pytest.mark.parametrize("kind", kinds.KINDS)
def test_kinds_of_columns(kind):
    for table in KINDS[kind]:
        if kind == "nothing":
            table = table.assign(y=2) if hasattr(table, "assign") else table.with_columns(y=2)
        assert next(iter(fitted(table).kinds_.values())) == kind, table


OTHERS = {
    "list": of_pandas([["a"], None], object),
    "dict": of_numpy([{"a": 1}, {}], object),
    "Array": of_polars([[1, 2]], pl.Array(pl.Int64, 2)),
    "Struct": of_polars([{"a": 1}]),
    "complex128": of_numpy([1j]),
    "timedelta64": of_numpy([1, 2], "timedelta64[M]"),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_columns_of_other_kinds_are_named(kind):
    with pytest.raises(ValueError, match=rf"nor dates: ('x'|0) \({kind}.*\)\. Drop"):
        fitted(OTHERS[kind])


A_COLUMN = r"its shape is \(3,\).*X\.to_frame\(\).*X\.reshape\(-1, 1\)"
NO_TABLES = [
    (np.arange(3.0), ValueError, A_COLUMN),
    (pd.Series([1.0, 2.0, 3.0]), ValueError, A_COLUMN),
    (pl.Series([1.0, 2.0, 3.0]), ValueError, A_COLUMN),
    (of_polars([1, 2]).lazy(), TypeError, r"X is a LazyFrame.*X\.collect\(\)"),
    (scipy.sparse.csr_array(np.eye(3)), TypeError, r"X is a sparse matrix.*toarray"),
    (np.ma.masked_less(np.eye(3), 1), TypeError, r"X is a masked array.*pd\.DataFrame\(X\)"),
    (pd.DataFrame([[1, 2]], columns=["x", "x"]), ValueError, "several columns with the name 'x'"),
    (of_pandas([None, None], object), ValueError, "no column with values"),
    (np.empty((3, 0)), ValueError, "no column with values"),
    *(
        (one([]), ValueError, r"^X has no rows: its shape is \(0, 1\)")
        for one in (of_pandas, of_polars, of_numpy)
    ),
]


@pytest.mark.parametrize(("given", "error", "message"), NO_TABLES)
def test_what_is_no_table_with_values_is_an_error_with_the_remedy(given, error, message):
    with pytest.raises(error, match=message):
        fitted(given)


def test_a_column_without_a_name_is_a_column():
    column = pd.DataFrame({np.nan: [1.0, 2.0, None, 5.0]})
    named = column.set_axis(["x"], axis=1)
    encoder = pickle.loads(pickle.dumps(fitted(column)))  # a copy has another NaN
    assert_array_equal(encoder.transform(column), fitted(named).transform(named))


@pytest.mark.parametrize("value", [10**400, np.inf, "1e400"])
def test_numbers_that_no_float_holds_are_an_error_that_names_the_column(value):
    value = np.longdouble(value) if isinstance(value, str) else value
    encoder = fitted(of_pandas([2, 3, None]))
    for call in (encoder.fit, encoder.transform):
        with refused(encoder, "infinite values in 'x'"):
            call(of_pandas([value, 2], object))


@pytest.mark.parametrize("dtype", ["timedelta64[ns]", object])
def test_durations_are_numbers_of_seconds(dtype):
    spans = of_pandas(pd.to_timedelta([0.5, 90, None, 86400], "s"), dtype)
    encoder = fitted(spans)
    numbers = of_pandas([0.5, 90, None, 86400])
    assert_array_equal(encoder.transform(spans), fitted(numbers).transform(numbers))
    with pytest.raises(ValueError, match=r"had durations in fit, and now has numbers, such as 0\.5"):
        encoder.transform(numbers)
    short = of_pandas(pd.to_timedelta([300, 500, None], "ns"))
    assert_array_equal(np.sign(fitted(short).transform(short))[:, 0], [-1, 1, 0])


@pytest.mark.parametrize("frequency", ["D", "W", "M", "Q", "Y", "h"])
def test_a_period_is_its_first_moment(frequency):
    periods = pd.period_range("2023-12-31", periods=30, freq=frequency)
    encoder = fitted(of_pandas(periods.to_timestamp()))
    assert_array_equal(
        encoder.transform(of_pandas(periods)), encoder.transform(of_pandas(periods.to_timestamp()))
    )


def test_a_category_is_the_same_text_whatever_its_type():
    encoder = tabular_pipeline()[0].fit(of_pandas(["a", "2", "2.5", "True", None, "None", "missing", "nan"]))
    values = [b"a", 2.0, 2.5, True, pd.NA, "None", b"missing", "nan"]
    assert_array_equal(encoder.transform(of_pandas(values, object))[:, 0], np.ones(8))  # rare: one group
    encoder.set_params(categories__min_frequency=None).fit(
        of_pandas(["a", "2", "2.5", "True", None, "missing"])
    )
    found = encoder.transform(of_pandas(["a", 2.0, 2.5, True, np.nan, b"missing"], object))
    assert_array_equal(found, encoder.transform(of_pandas(["a", "2", "2.5", "True", None, "missing"])))
    assert_array_equal(found @ found.T, np.eye(6))
    assert_array_equal(encoder.transform(of_pandas([1, 2]))[1], found[1])


def test_the_index_of_a_frame_says_nothing_of_its_columns():
    table = pd.DataFrame({"x": pd.Categorical([1, 2] * 4)}, index=["type", "dtype", "name", "type", *"abcd"])
    assert fitted(table).kinds_ == {"x": "categories"}
