"""The columns of a table, read into NumPy: which kind of values each has, and one conversion for each kind.

A table is a data frame of pandas, polars or pyarrow, or an array. None of these libraries is imported.
"""

import re
from collections import Counter
from datetime import UTC, date
from decimal import Decimal
from numbers import Integral, Real
from typing import NamedTuple

import numpy as np
import scipy.sparse

BOOLEANS, NUMBERS, CATEGORIES = "booleans", "numbers", "categories"
DATE_KINDS = DATES, DATES_IN_ZONES = "dates", "dates with a time zone"
NOTHING = "nothing"  # only missing values
KINDS = {BOOLEANS, NUMBERS, CATEGORIES, *DATE_KINDS, NOTHING}
# The other kinds that a column takes after the fit. Each column takes NOTHING, too.
TAKEN_TOO = {BOOLEANS: {NUMBERS}, CATEGORIES: {NUMBERS, BOOLEANS}}
# How missing values are written that are not strings.
MISSING = {"None", "nan", "NaN", "<NA>", "NaT"}
BOOLEAN_WORDS = {"true": 1.0, "false": 0.0}


class Column(NamedTuple):
    """The values of a column."""

    kind: str  # one of KINDS or, if the values are of none, the name of their type
    values: np.ndarray | list  # (n_samples,)


# --- From a table to its columns ---


def columns_of(X):
    """Make a dict of the columns of a table, by their names. An array has the names 0, 1, ..."""
    if scipy.sparse.issparse(X):
        raise TypeError("X is a sparse matrix, not a table. Pass X.toarray().")
    if not hasattr(X, "shape"):
        if hasattr(X, "collect"):
            raise TypeError(f"X is a {type(X).__name__}, whose rows are not in memory. Pass X.collect().")
        X = np.array(X, dtype=object)
    if len(X.shape) != 2:
        raise ValueError(
            f"X must be a table with rows and columns, but its shape is {X.shape}. Reshape your data: a "
            "Series becomes a table with X.to_frame(), and an array with X.reshape(-1, 1)."
        )
    pairs = list(named_columns(X))
    counts = Counter(name for name, _ in pairs)
    if repeated := [name for name, count in counts.items() if count > 1]:
        raise ValueError(f"X has several columns with the name {listed(repeated)}. Rename or drop them.")
    return dict(pairs)


def named_columns(X):
    """Iterate over pairs of a name and a column."""
    if hasattr(X, "iloc"):  # pandas
        return X.items()
    if hasattr(X, "iter_columns"):  # polars
        return zip(X.columns, X.iter_columns(), strict=True)
    if hasattr(X, "itercolumns"):  # pragma: no cover - pyarrow, which tests/recipes has
        return zip(X.column_names, X.itercolumns(), strict=True)
    return enumerate(np.asarray(X).T)


def listed(names):
    """Write names for a message."""
    return ", ".join(map(repr, names))


# --- From a column to its kind ---


def read(column):
    """Read a column of any library."""
    type_name = str(getattr(column, "type", None) or column.dtype)  # pyarrow has types, the others dtypes
    if type_name == "category" or type_name.startswith("dictionary"):  # pandas, pyarrow
        return read_categories(column)
    values = np.asarray(column)
    if values.ndim != 1:
        return Column(type_name, values)
    if values.dtype.kind in "OSUT":
        return read_objects(values)
    if values.dtype.kind in "fcmM" and np.isnan(values).all():
        return nothing(values)
    if values.dtype.kind in "biuf":
        return Column(BOOLEANS if values.dtype.kind == "b" else NUMBERS, values)
    if values.dtype.kind == "M":  # of polars and pyarrow, times with a zone are in UTC
        return Column(DATES_IN_ZONES if re.search("(tz=|time_zone=')", type_name) else DATES, values)
    return Column(type_name, values)


def nothing(values):
    """Make a column of missing values, as many as ``values``."""
    return Column(NOTHING, [None] * len(values))


def read_categories(column):
    """Read a column of categories. Only a list keeps the missing values of pyarrow."""
    column = read_objects(column.to_pylist() if hasattr(column, "to_pylist") else column.tolist())
    return column._replace(kind=CATEGORIES) if column.kind == NUMBERS else column


def read_objects(values):
    """Read values of any types. The kind does not depend on their order."""
    values = list(map(plain, values))
    classes = {type(value) for value in values if value is not None}
    if not classes:
        return nothing(values)
    if all(issubclass(one, (Real, Decimal)) and one is not bool for one in classes):
        return Column(NUMBERS, values)
    if all(issubclass(one, (date, np.datetime64)) for one in classes):
        have_zone = {getattr(value, "tzinfo", None) is not None for value in values if value is not None}
        kinds = {(False,): DATES, (True,): DATES_IN_ZONES}
        return Column(kinds.get(tuple(have_zone), "dates with and without a time zone"), values)
    others = [one.__name__ for one in classes if not issubclass(one, (str, bool, np.bool_, Real, Decimal))]
    if set(others) - {"Interval"}:  # pandas's, as pd.cut makes them
        return Column(min(others), values)
    are_booleans = not others and all(map(is_boolean, set(values) - {None}))
    return Column(BOOLEANS if are_booleans else CATEGORIES, values)


def plain(value):
    """Give None for a missing value, a string for bytes, and any other value as it is."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode(errors="backslashreplace")
    return None if str(value) in MISSING else value


def is_boolean(value):
    """Whether a value spells true or false: True, 1, 1.0, "True", "true", ..."""
    return value.lower() in BOOLEAN_WORDS if isinstance(value, str) else value in (0, 1)


# --- From a column to values of one kind ---


def as_kind(column, kind, name):
    """Convert a column to the kind that it had in fit; raise ValueError if it has another one."""
    if column.kind not in {kind, NOTHING} | TAKEN_TOO.get(kind, set()):
        example = next((value for value in map(plain, column.values) if value is not None), None)
        raise ValueError(
            f"The column {name!r} of X had {kind} in fit, and now has {column.kind}, such as {example}. "
            "Convert it to the type that it had in fit."
        )
    return CONVERSIONS[kind](column.values)


def as_numbers(values):
    """Convert numbers and booleans to floats (n_samples,): float32 stays, all else becomes float64."""
    if isinstance(values, np.ndarray):
        return values if values.dtype == np.float32 else values.astype(np.float64, copy=False)
    return np.array(list(map(number_of, values)), dtype=np.float64)


def number_of(value):
    """Convert a number, a boolean, a boolean word or None to a float."""
    if isinstance(value, str):
        return BOOLEAN_WORDS[value.lower()]
    try:
        return np.nan if value is None else float(value)
    except OverflowError:
        return np.inf


def as_dates(values):
    """Convert dates and times to datetime64[us] (n_samples,), those with a time zone in UTC."""
    if not isinstance(values, np.ndarray):
        values = [
            value.astimezone(UTC).replace(tzinfo=None) if getattr(value, "tzinfo", None) else value
            for value in values
        ]
    return np.asarray(values, dtype="datetime64[us]")


def as_texts(values):
    """Convert categories to strings, and missing values to None: an array (n_samples,) of objects.

    Equal numbers have equal texts, whether they are integers or floats.
    """
    texts = np.empty(len(values), dtype=object)
    texts[:] = [text_of(plain(value)) for value in values]
    return texts


def text_of(value):
    """Write a category as a string; None stays."""
    if value is None or isinstance(value, str):
        return value
    is_number = isinstance(value, (Real, Decimal)) and not isinstance(value, bool)
    if is_number and (isinstance(value, Integral) or float(value).is_integer()):
        return str(int(value))
    return str(value)


CONVERSIONS = {
    BOOLEANS: as_numbers,
    NUMBERS: as_numbers,
    DATES: as_dates,
    DATES_IN_ZONES: as_dates,
    CATEGORIES: as_texts,
}
