"""The columns of a table: which type of values each holds, whatever library wrote it.

A table is a data frame of pandas, polars or pyarrow, or an array. None of these libraries is imported.
"""

import re
from collections import Counter
from datetime import date, time, timedelta
from decimal import Decimal
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse

# The types of values. A column of text may hold numbers or dates as well: that is its kind (kinds.py).
BOOLEANS, NUMBERS, TEXT, CATEGORIES = "booleans", "numbers", "text", "categories"
DATES, DATES_IN_ZONES, DURATIONS = "dates", "dates with a time zone", "durations"
NOTHING = "nothing"  # only missing values
# How missing values are written that are not strings.
MISSING = {"None", "nan", "NaN", "<NA>", "NaT"}
LARGEST_EXACT = 2**53  # up to it, a float holds each whole number


class Column(NamedTuple):
    """The values of a column."""

    name: Any  # of the column
    type: str  # one of the above or, if the values are of none, the name of their class
    values: np.ndarray | list  # (n_samples,); of TEXT and CATEGORIES, a list of strings and None

    @property
    def is_text(self):
        return self.type in (TEXT, CATEGORIES)

    @property
    def texts(self):
        return set(self.values) - {None}

    @property
    def example(self):
        """The first value that is not missing."""
        return next((value for value in map(plain, self.values) if value is not None), None)


# --- From a table to its columns ---


def columns_of(X):
    """Make a dict of the columns of a table, by their names. An array has the names 0, 1, ..."""
    if scipy.sparse.issparse(X):
        raise TypeError("X is a sparse matrix, not a table. Pass X.toarray().")
    if np.ma.isMaskedArray(X):
        raise TypeError("X is a masked array. Pass pd.DataFrame(X), where masked values are missing.")
    if not hasattr(X, "shape"):
        if hasattr(X, "collect"):
            raise TypeError(f"X is a {type(X).__name__}, whose rows are not in memory. Pass X.collect().")
        X = np.array(X, dtype=object)
    if len(X.shape) != 2:
        raise ValueError(
            f"X must be a table with rows and columns, but its shape is {X.shape}. Reshape your data: a "
            "Series becomes a table with X.to_frame(), an array with X.reshape(-1, 1), and dicts with "
            "pd.DataFrame(X). One row of a data frame is X.iloc[[0]]."
        )
    if X.shape[0] == 0:
        raise ValueError(f"X has no rows: its shape is {tuple(X.shape)}. Pass one row or more.")
    pairs = [
        (name if isinstance(name, str) else plain(name), column)  # NaN, as a name, is unlike itself
        for name, column in named_columns(X)
    ]
    counts = Counter(name for name, _ in pairs)
    if repeated := [name for name, count in counts.items() if count > 1]:
        raise ValueError(f"X has several columns with the name {listed(repeated)}. Rename or drop them.")
    return dict(pairs)


def named_columns(X):
    if hasattr(X, "iloc"):  # pandas
        return X.items()
    if hasattr(X, "iter_columns"):  # polars
        return zip(X.columns, X.iter_columns(), strict=True)
    if hasattr(X, "itercolumns"):  # pragma: no cover - pyarrow, which tests/recipes has
        return zip(X.column_names, X.itercolumns(), strict=True)
    return enumerate(np.asarray(X).T)


def listed(names):
    return ", ".join(map(repr, names))


# --- From a column to its type ---


def read_all(columns):
    return {name: Column(name, *typed(column)) for name, column in columns.items()}


def typed(column):
    """Find the type of the values of a column, and make a list or an array of them, as Column has them."""
    type_name = str(column.dtype if hasattr(column, "dtype") else column.type)  # pyarrow has types
    if re.match("category|Categorical|Enum|dictionary", type_name):
        type_name, values = typed_objects(as_list(column))
        return as_categories(values) if type_name in (NUMBERS, TEXT, BOOLEANS) else (type_name, values)
    values = np.asarray(column)
    is_rounded = values.dtype.kind == "f" and re.match("u?int", type_name, re.IGNORECASE)
    if is_rounded and (np.abs(values) >= LARGEST_EXACT).any():
        values = np.array(as_list(column), dtype=object)
    kind = values.dtype.kind if values.ndim == 1 else ""
    if kind in {"O", "S", "U", "T"}:
        return typed_objects(values.tolist())  # NumPy's strings would look odd in messages
    if kind in {"f", "c", "m", "M"} and np.isnan(values).all():
        return NOTHING, [None] * len(values)
    if kind == "M":  # of polars and pyarrow, times with a zone are in UTC
        return DATES_IN_ZONES if re.search("(tz=|time_zone=')", type_name) else DATES, values
    if kind == "m" and np.can_cast(values.dtype, "m8[s]", "same_kind"):  # no months
        return DURATIONS, values
    types = {"b": BOOLEANS, "i": NUMBERS, "u": NUMBERS, "f": NUMBERS}
    return types.get(kind, type_name), values


def as_list(column):
    return column.to_pylist() if hasattr(column, "to_pylist") else list(column)


def as_categories(values):
    return CATEGORIES, texts_of(values).tolist()


def typed_objects(values):
    """Find the type of values of any classes. It does not depend on their order."""
    values = list(map(plain, values))
    classes = {type(value) for value in values if value is not None}
    if not classes:
        return NOTHING, values
    if classes <= {bool, np.bool_}:
        return BOOLEANS, values
    if all(issubclass(one, (timedelta, np.timedelta64)) for one in classes):
        return DURATIONS, values
    if all(issubclass(one, (Real, Decimal)) and one is not bool for one in classes):
        return NUMBERS, values
    if all(issubclass(one, (date, np.datetime64)) for one in classes):
        have_zone = {getattr(value, "tzinfo", None) is not None for value in values if value is not None}
        if len(have_zone) == 1:
            return DATES_IN_ZONES if have_zone.pop() else DATES, values
    readable = (str, bool, np.bool_, Real, Decimal, date, time, np.datetime64)
    others = [one.__name__ for one in classes if not issubclass(one, readable)]
    if set(others) - {"Interval"}:  # pandas's, as pd.cut makes them
        return min(others), values
    return TEXT, texts_of(values).tolist()


def texts_of(values):
    """Write values of a Column as an array (n_samples,) of strings, and None for missing ones."""
    texts = np.empty(len(values), dtype=object)
    texts[:] = values if are_texts(values) else list(map(text_of, values))
    return texts


def are_texts(values):
    return set(map(type, values)) <= {str, type(None)}


def plain(value):
    """Give None for a missing value and for blank text, a string for bytes, and any other value as it is.

    A period of pandas becomes its first moment.
    """
    if isinstance(value, bytes):
        value = value.decode(errors="backslashreplace")
    if isinstance(value, str):
        return value if value.strip() else None
    if type(value).__name__ == "Period":
        return value.start_time
    return None if str(value) in MISSING else value


def missing_as_none(values):
    """Put None in place of what is missing in an array of objects: NaN would not be equal to itself."""
    if are_texts(values.ravel()):
        return values
    return np.vectorize(lambda one: one if isinstance(one, str) else plain(one), otypes=[object])(values)


def text_of(value):
    """Write a value as text, and a missing one as None. Equal numbers have equal texts: "3" for 3 and 3.0."""
    value = plain(value)
    if value is None or isinstance(value, str):
        return value
    is_number = isinstance(value, (Real, Decimal)) and not isinstance(value, bool)
    if is_number and (isinstance(value, Integral) or (float(value).is_integer() and value == int(value))):
        return str(int(value))
    return str(value)
