"""TableEncoder: columns by their names, surprises in later tables, dates."""

import datetime
import pickle
import re
import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn import config_context
from sklearn.base import clone
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, TargetEncoder

from sknn_scratch import tabular_pipeline
from sknn_scratch._tables import encoders
from tests.helpers import refused, warnings_of

pytestmark = pytest.mark.filterwarnings("ignore:Columns of X that need a look")
N = 60
rng = np.random.default_rng(0)
NUMBERS = pd.DataFrame({"a": rng.normal(size=N), "b": rng.normal(size=N), "c": rng.integers(5, size=N)})


def encoder():
    return tabular_pipeline()[0]


# --- Names ---


@pytest.mark.parametrize("names", [["a", "b", "c"], [0, 1, 2], [7, "b", (1, 2)]])
def test_columns_are_found_by_their_names(names):
    X = pd.DataFrame(dict(zip(names, NUMBERS.to_numpy().T, strict=True)))
    fitted = encoder().fit(X)
    other = X[[names[2], names[0], names[1]]].assign(more=[["a"]] * N)
    assert_array_equal(fitted.transform(other), fitted.transform(X))
    assert hasattr(fitted, "feature_names_in_") == (names == ["a", "b", "c"])
    with pytest.raises(ValueError, match=rf"it has no {names[1]!r}\."):
        fitted.transform(other.drop(columns=[names[1]]))


def test_an_array_has_the_order_of_the_fit():
    frame, array = NUMBERS, NUMBERS.to_numpy()
    expected = encoder().fit_transform(frame)
    with pytest.warns(UserWarning, match="has no column names"):
        assert_array_equal(encoder().fit(frame).transform(array), expected)
    with pytest.warns(UserWarning, match="has no column names"):
        assert_array_equal(encoder().fit(array).transform(frame), expected)
    numbered = frame.set_axis(range(3), axis=1)
    assert_array_equal(encoder().fit(numbered).transform(array.tolist()), expected)
    assert_array_equal(encoder().fit(array).transform(numbered[[2, 0, 1]]), expected)
    for X in (array[:, :2], np.hstack([array, array])):
        with pytest.raises(ValueError, match=f"X has {X.shape[1]} features, but TableEncoder is expecting 3"):
            encoder().fit(frame).transform(X)


def test_names_of_the_encoded_columns():
    X = pd.DataFrame(
        {"a": [1.0, 2, 3, None] * 5, "a_ramp1": [1, 2, 2, 2] * 5, "b": ["x", "None", None, "y"] * 5}
    )
    names = ["a", "a_ramp1", "a_ramp2", "a_missing", "a_ramp1_2", "b_None", "b_x", "b_y", "b_None_2"]
    fitted = encoder().fit(X)
    assert list(fitted.get_feature_names_out()) == names
    assert list(encoder().fit(X.to_numpy()).get_feature_names_out()[:2]) == ["x0", "x0_ramp1"]
    fitted.fit(X.to_numpy())
    assert not hasattr(fitted, "feature_names_in_")


# --- Surprises ---


NOON = datetime.datetime(2026, 1, 1, 12)


@pytest.mark.parametrize(
    ("first", "later", "message"),
    [
        ([1.5, 2.0], [True, False], "numbers in fit, and now has booleans, such as True"),
        ([True, False], ["yes", "no"], "booleans in fit, and now has text, such as yes"),
        (["a", "b"], [NOON.date()] * 2, "categories in fit, and now has dates"),
        (["a", "b"], [["a"], ["b"]], r"categories in fit, and now has list, such as \['a'\]"),
        ([NOON.date()] * 2, ["01/02/2026"] * 2, r"dates \(year first\) in fit, and now has text"),
        ([NOON.astimezone(datetime.UTC)] * 2, [NOON] * 2, r"zone \(year first\) in fit, and now has dates"),
    ],
)
def test_a_column_of_another_kind_is_an_error_that_names_it(first, later, message):
    fitted = encoder().fit(pd.DataFrame({"x": first}))
    with pytest.raises(ValueError, match=message):
        fitted.transform(pd.DataFrame({"x": later}))


@pytest.mark.parametrize(
    ("first", "later", "message"),
    [
        (["a", "b"] * 5, ["c", None], "'x': has hardly a value that fit has seen"),
        (["1", "b"] * 5, [3, 4], "'x': has hardly a value"),
        ([None] * 10, ["c", None], "'x': has hardly a value"),
        ([True, False] * 5, [1, 2], "'x': had only 0 and 1 in fit, and now has other numbers"),
        (["$6,664", "$812"] * 5, ["$6.664", "$1,200"], r"'x': had whole numbers in fit, .*: '\$6.664'\."),
        (["6664", "0"] * 5, ["1.250"], "'x': had whole numbers in fit"),
        (["1.234.567", "6.664"] * 5, ["6,664"], "'x': had whole numbers in fit"),
        (
            ["north", "South East"] * 5,
            ["north", "south  east "],
            "spelling, .*: 'south  east '\\. Write them",
        ),
        (
            [1.5, 2.5] * 5,
            [None, 1500.0],
            "'x': has values far outside those of fit, which are 1.5 to 2.5: '1500'",
        ),
        ([-1, 2] * 5, [1, -40, -50] + [0] * 10, "'x': has values far outside"),
        (
            pd.date_range("2024-01-01", periods=10),
            [pd.Timestamp(1_700_000_000)] * 2,  # seconds that were read as nanoseconds
            "'x': has values far outside those of fit, which are 2024-01-01 to 2024-01-10: '1970-01-01'",
        ),
        (pd.to_timedelta(range(10), "s"), pd.to_timedelta([3, 4], "h"), "0 s to 9 s: '10800 s', '14400 s'"),
        (["a", "b"] * 5, ["a"] + ["c"] * 9, "'x': has hardly a value that fit has seen"),
        (["a", "b"] * 5, ["a"] + [None] * 9, "'x': has lost all its values, or nearly all"),
    ],
)
def test_unknown_values_are_a_warning_that_names_the_column(first, later, message):
    fitted = encoder().fit(pd.DataFrame({"x": first, "y": [1.0, 2.0] * 5}))
    with pytest.warns(UserWarning, match=message):
        fitted.transform(pd.DataFrame({"x": later, "y": 1.0}))
    fitted.transform(pd.DataFrame({"x": [first[0], None], "y": 3.0}))


def test_some_values_outside_the_range_are_no_surprise():
    first = pd.DataFrame(
        {"x": [1.5, 2.5] * 5, "same": 3.0, "y": range(10), "day": pd.date_range("2024-01-01", periods=10)}
    )
    fitted = encoder().fit(first)
    later = {
        "x": [12.0, None, 1e9] + [1.5] * 10,
        "same": 9.0,
        "y": [80] * 13,
        "day": pd.Timestamp("2033-01-01"),
    }
    fitted.transform(pd.DataFrame(later))


def test_limits_that_overflow_give_no_warning():
    largest = np.finfo(np.float32).max
    table = pd.DataFrame({"x": np.array([-largest, largest, 0, 1] * 5, np.float32), "y": range(20)})
    fitted = encoder().fit(table)
    fitted.transform(table)


PRESENT = {
    "number": [1.5, 2.0, 3.5, 1.0],
    "price": ["$2", "$3.50", "$4", "$1"],
    "boolean": [True, False, True, True],
    "day": pd.date_range("2024-01-01", periods=4),
    "time": pd.date_range("2024-01-01", periods=4, tz="Asia/Tokyo"),
    "wait": pd.to_timedelta([1, 2, 3, 1], "h"),
    "colour": ["red", "blue", "blue", "red"],
}


@pytest.mark.parametrize("dtype", [object, float, "timedelta64[ns]"])
@pytest.mark.parametrize("name", PRESENT)
def test_a_column_that_has_lost_all_values_is_a_warning(name, dtype):
    X = pd.DataFrame(PRESENT)
    fitted = pickle.loads(pickle.dumps(encoder().fit(X)))
    without = X.assign(**{name: pd.Series([None] * 4, dtype=dtype)})
    for later in (without, without.head(1)):
        message = f"{name!r}: has lost all its values, or nearly all; in fit, none was missing"
        with pytest.warns(UserWarning, match=message) as caught:
            assert np.isfinite(fitted.transform(later)).all()
        assert len(caught) == 1
    fitted.transform(pd.concat([without, X]))
    encoder().fit(pd.concat([without.head(1), X])).transform(without)
    encoder().set_params(kinds={name: "nothing"}).fit(X).transform(without)
    encoder().fit(without).transform(without)


@pytest.mark.parametrize(
    "later", [[1234, 12345], [1234.0, None], ["1234", "12345"], pd.Categorical([1234, 1234])]
)
def test_codes_that_have_lost_their_first_zero_are_the_same_or_a_warning(later):
    X = pd.DataFrame({"zip": ["01234", "12345"] * 5 + ["00777"], "y": range(11)})
    as_in_fit = ["01234", None if later[1] is None else f"{later[1]:0>5}"]
    later, as_in_fit = (pd.DataFrame({"zip": codes, "y": 3}) for codes in (later, as_in_fit))
    fitted = encoder().fit(X)
    assert_array_equal(fitted.transform(later), fitted.transform(as_in_fit))
    fitted = encoder().fit(X.astype({"zip": "category"}))
    message = r"another spelling, and that count as unseen now: '1234'\. .* dtype=\{'zip': str\}"
    caught = warnings_of(lambda: fitted.transform(later))
    assert [bool(re.search(message, str(one.message))) for one in caught] == [True]
    for other in ([12345, 23456], ["01234", "34"], [12345, 777]):  # so rare that it is like unseen ones
        fitted.transform(pd.DataFrame({"zip": other, "y": 3}))


def test_a_warning_that_is_an_error_leaves_the_fitted_encoder():
    fitted, message = encoder().fit(NUMBERS), "'z': tells nothing: always the same value"
    with warnings.catch_warnings(action="error"), refused(fitted, message, UserWarning):
        fitted.fit(pd.DataFrame({"x": ["a", "b"], "z": 1}))


@pytest.mark.parametrize("values", [["a", "b", None], [1.5, 2.0, None], ["2020-01-31", "2021-03-05", None]])
def test_blank_text_is_a_missing_value_in_any_column(values):
    fitted = encoder().fit(pd.DataFrame({"": values * 5}))
    expected = fitted.transform(pd.DataFrame({"": values}))
    for blank in ("", " \t", b""):
        assert_array_equal(fitted.transform(pd.DataFrame({"": [*values[:2], blank]})), expected)


# --- Other encoders ---


def test_the_encoder_of_categories_may_need_y_or_make_sparse_rows():
    X = pd.DataFrame({"x": ["a", "b", "c", None] * 15, "y": NUMBERS["a"]})
    expected = encoder().fit_transform(X)
    sparse = encoder().set_params(categories__sparse_output=True)
    assert_array_equal(sparse.fit_transform(X), expected)
    table = encoder().set_params(categories=TargetEncoder())
    found = table.fit_transform(X, NUMBERS["b"] > 0)
    assert (found[:, -1] != table.transform(X)[:, -1]).any()  # it fits and encodes on different rows
    assert table.merged_categories_ == {}


# --- Dates ---

TIMES = pd.Series(pd.date_range("2024-02-28 05:30", periods=N, freq="11h")).astype("datetime64[us]")


def test_the_parts_of_a_date_are_those_of_pandas():
    fitted = encoder().fit(pd.DataFrame({"when": TIMES}))
    means = fitted.date_parts_["when"]
    dt = TIMES.dt
    expected = {
        "month": dt.month,
        "day": dt.day,
        "weekday": dt.day_of_week,
        "hour": dt.hour + dt.minute / 60,
        "day_sin": np.sin(2 * np.pi * (dt.hour + dt.minute / 60) / 24),
        "week_cos": np.cos(2 * np.pi * (dt.day_of_week + dt.hour / 24 + dt.minute / 1440) / 7),
        "year_sin": np.sin(2 * np.pi * (dt.day_of_year - 1 + dt.hour / 24 + dt.minute / 1440) / 365.2425),
    }
    for name, values in expected.items():
        assert_allclose(means[name], values.mean(), atol=1e-9)
    assert "year" not in means  # it does not vary
    assert fitted.get_feature_names_out()[0] == "when_time"


def test_a_cycle_is_left_out_with_its_part_of_the_calendar():
    """Within a day, the place in the week and in the year vary a little, and say what the time says."""
    fitted = encoder().fit(pd.DataFrame({"when": TIMES.dt.time.astype(str)}))
    assert list(fitted.date_parts_["when"]) == ["time", "hour", "day_sin", "day_cos"]


@pytest.mark.parametrize("first", ["1969-12-22", "2014-11-01 08:00", "2026-01-05 12:00"])
def test_without_hours_in_fit_dates_are_whole_days(first):
    days = pd.DataFrame({"day": pd.date_range(first, periods=28)})
    fitted = encoder().fit(days)
    expected = fitted.transform(days)
    for later in ("1s", "11h 59min"):
        assert_array_equal(fitted.transform(days + pd.Timedelta(later)), expected)
    week = [name.startswith("day_week") for name in fitted.get_feature_names_out()]
    assert_allclose(expected[7:, week], expected[:-7, week], atol=1e-12)


def test_a_missing_date_has_one_indicator():
    X = pd.DataFrame({"day": [datetime.date(2026, 1, 1), None, datetime.date(2026, 2, 3), pd.NaT]})
    fitted = encoder().fit(X)
    names = list(fitted.get_feature_names_out())
    assert [name for name in names if name.endswith("missing")] == ["day_time_missing"]
    encoded = pd.DataFrame(fitted.transform(X), columns=names)
    assert_array_equal(encoded["day_time_missing"], [0, 1, 0, 1])
    assert_allclose(encoded[["day_time", "day_month", "day_weekday"]].to_numpy()[[1, 3]], 0, atol=1e-12)
    assert not [name for name in names if "hour" in name or "day_sin" in name]


# --- Many categories ---


def wide_table(n_rows=600, n_names=150):
    """A column of names with an effect on y, of which most are rare, and a few have more than 20 rows."""
    rng = np.random.default_rng(0)
    names = (n_names * rng.random(n_rows) ** 2).astype(int)
    X = pd.DataFrame({"name": [f"name {i}" for i in names], "few": rng.choice(["a", "b"], n_rows)})
    return X, rng.normal(size=n_names)[names] + 0.1 * rng.normal(size=n_rows)


@pytest.mark.parametrize("kind", ["classifier", "regressor"])
def test_columns_of_merged_categories_become_means_of_y_beside_frequent_ones(kind):
    X, y = wide_table()
    y = np.digitize(y, [-0.5, 0.5]) if kind == "classifier" else y
    columns = tabular_pipeline(kind)[0]
    encoded = columns.fit_transform(X, y)
    means = ["name_mean"] if kind == "regressor" else ["name_mean0", "name_mean1", "name_mean2"]
    names = list(columns.get_feature_names_out())
    frequent = sorted(name for name, count in X["name"].value_counts().items() if count >= 20)
    assert columns.target_encoded_ == ["name"]
    assert columns.merged_categories_ == {"name": X["name"].nunique() - len(frequent)}
    assert [name for name in names if name.startswith("name_name")] == [f"name_{one}" for one in frequent]
    assert names[-1] == "name_infrequent_sklearn"
    assert [name for name in names if "mean" in name and "ramp" not in name] == means
    first = names.index(means[0])
    value = (y == 0) if kind == "classifier" else y
    assert np.corrcoef(encoded[:, first], value)[0, 1] > 0.6
    with config_context(enable_metadata_routing=True):
        assert_array_equal(clone(columns).fit_transform(X, y), encoded)
    assert columns.set_params(frequent=None).fit(X, y).merged_categories_ == {}


@pytest.mark.parametrize(
    "of_y", [list, lambda y: np.where(y > 0, "high", "low"), lambda y: y[:, np.newaxis] > 0]
)
def test_copies_of_a_row_are_no_other_rows(of_y):
    """A mean over them would be the y of the row itself."""
    X, y = wide_table(n_names=400)
    unique = X.assign(name=[f"name {i}" for i in range(len(X))])
    copies = np.repeat(np.arange(len(X)), 2)
    for table, expected in ((unique, []), (X, ["name"])):
        columns = tabular_pipeline("classifier")[0].fit(table.iloc[copies], of_y(y[copies]))
        assert columns.target_encoded_ == expected


@pytest.mark.parametrize(("limit", "rows"), [("MOST_FEATURES", 1), ("MOST_NUMBERS", 1000)])
def test_the_widest_columns_of_many_categories_have_fewer(monkeypatch, limit, rows):
    rng = np.random.default_rng(0)
    numbers = {n: rng.integers(n, size=1000) for n in (15, 40, 25, 12)}
    X = pd.DataFrame({f"of {n}": [f"n{i}" for i in of_rows] for n, of_rows in numbers.items()})
    for most, n_most in ((92, 40), (91, 39), (60, 16), (10, 2)):
        monkeypatch.setattr(encoders, limit, rows * most)
        for y, expected in (
            (rng.normal(size=1000), []),
            (numbers[40] + 0.5, ["of 40"] if n_most < 38 else []),
        ):
            columns = tabular_pipeline("regressor")[0].fit(X, y)
            assert columns.target_encoded_ == expected
            encoded = columns.get_feature_names_out()
            for n in numbers:
                found = [name for name in encoded if name.startswith(f"of {n}_") and "_mean" not in name]
                assert len(found) == min(n, n_most)
    columns.set_params(categories=OneHotEncoder(max_categories=3), many=None)
    assert columns.fit_transform(X).shape == (1000, 8)
    columns.set_params(categories=OrdinalEncoder())  # it makes one feature of a column
    assert columns.fit_transform(X).shape == (1000, 4)


AS_BOOLEANS = [lambda y: y > 0, lambda y: (y > 0).tolist(), lambda y: pd.Series(y > 0, dtype="boolean")]
AS_NUMBERS = ["int8", "int16", "uint8", "float32"]


@pytest.mark.parametrize(
    ("kind", "bounds", "write"),
    [
        *(("classifier", [-0.5, 0.5], lambda y, dtype=dtype: y.astype(dtype)) for dtype in AS_NUMBERS),
        *(("regressor", [0], write) for write in AS_BOOLEANS),
    ],
)
def test_the_means_do_not_depend_on_the_type_of_y(kind, bounds, write):
    X, y = wide_table()
    y, columns = np.digitize(y, bounds), tabular_pipeline(kind)[0]
    encoded = columns.fit_transform(X, write(y))
    assert columns.target_encoded_ == ["name"]
    assert_array_equal(columns.fit_transform(X, 1.0 * y), encoded)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_column_y_is_like_a_vector_and_warned_of_once():
    X, numbers = wide_table()
    X["number"] = numbers
    for kind, y in (("classifier", (numbers > 0).astype(int)), ("regressor", numbers)):
        network = {"n_networks": 1, "n_hidden": 2, "alpha": 1.0, "max_iter": 3, "random_state": 0}
        expected = tabular_pipeline(kind, **network).fit(X, y).predict(X)
        for column in (y[:, np.newaxis], csr_array(y[:, np.newaxis]), pd.DataFrame({"y": y})):
            model = tabular_pipeline(kind, **network)
            caught = warnings_of(lambda model=model, column=column: model.fit(X, column))
            assert_array_equal(model.predict(X).ravel(), expected)
            about_y = [one for one in caught if "column-vector" in str(one.message)]
            assert len(about_y) == (kind == "classifier")  # a regressor predicts a column for a column


@pytest.mark.parametrize("kind", ["classifier", "regressor"])
def test_what_is_wrong_with_y_is_said_of_y(kind):
    X, numbers = wide_table()  # the names have means of these
    for y in (np.append(np.nan, np.ones(599)), pd.Series([None, *[1, 2] * 299, 1], dtype="Int64")):
        with pytest.raises(ValueError, match="1 of 600 values of y are missing"):
            tabular_pipeline(kind).fit(X, y)
    refused = {
        "classifier": (np.array(["a", 1] * 300, object), "all of one type"),
        "regressor": (np.where(numbers > 0, "a", "b"), "y must hold real numbers, but is"),
    }
    for y, message in (refused[kind], (np.append(np.inf, np.ones(599)), "Input y contains infinity")):
        with pytest.raises(ValueError, match=message):
            tabular_pipeline(kind).fit(X, y)


def test_where_there_are_no_means_rare_categories_are_merged():
    X, y = wide_table()
    two = np.column_stack([y, y])
    for encoder, target in [
        (tabular_pipeline()[0].set_params(many=None), y),
        (tabular_pipeline()[0], None),
        (tabular_pipeline("regressor")[0], two),
        (tabular_pipeline()[0], csr_array(two > 0)),
    ]:
        assert encoder.fit(X, target).target_encoded_ == []
        assert encoder.merged_categories_["name"] > 50
    unique = X.assign(name=[f"name {i}" for i in range(len(X))])
    with pytest.warns(UserWarning, match="'name': .* 600 different values, all too rare"):
        assert tabular_pipeline("regressor")[0].fit(unique, y).target_encoded_ == []
