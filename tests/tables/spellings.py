"""Random columns, each written in two ways: types, text, libraries."""

import datetime
import warnings
from collections import Counter
from decimal import Decimal
from random import Random

import numpy as np
import pandas as pd
import polars as pl

from sknn_scratch import tabular_pipeline

DAYS = [datetime.datetime(2020, 1, 1), datetime.datetime(2024, 2, 29, 13, 30), datetime.datetime(2025, 7, 6)]
EAST = datetime.timezone(datetime.timedelta(hours=5))
IN_ZONE = [day.replace(tzinfo=datetime.UTC) for day in DAYS]
# For each kind: values of the fit, and values that only a later table has. None is a missing value.
VALUES = {
    "numbers": ([0, 1, 2.5, -3, 1e6, None], [7, 1e300]),
    "counts": ([0, 1, 2, 3], [4, None]),
    "booleans": ([True, False, None], [2, "maybe"]),
    "texts": (["a", "b", "missing", "None", "nan", "", "1", None], ["c", "True"]),
    "mixed": (["a", 1, 2.5, True, None], ["b", 0]),
    "dates": ([*DAYS, None], [datetime.datetime(1999, 12, 31)]),
    "dates in a zone": ([*IN_ZONE, None], DAYS),
    "prices": ([0.5, 12, 1250, None], [1e6]),
}


def with_present(write):
    return lambda values: [None if value is None else write(value) for value in values]


as_float = with_present(float)
as_decimal = with_present(lambda value: Decimal(str(float(value))))
as_text = with_present(str)
as_lower_text = with_present(lambda value: str(value).lower())
as_price = with_present("${:,.2f}".format)
as_day_first = with_present("{:%d/%m/%Y %H:%M}".format)
as_datetime64 = with_present(lambda value: np.datetime64(value, "us"))
five_hours_east = with_present(lambda value: value.astimezone(EAST) if value.tzinfo else value)
# Other ways to write the values of a kind.
SPELLINGS = {
    "numbers": [list, as_float, as_decimal, as_text],
    "counts": [list, as_float, as_text],
    "booleans": [list, as_float, as_text, as_lower_text],
    "texts": [list],
    "mixed": [list, as_text],
    "dates": [list, as_datetime64, as_text, as_day_first],
    "dates in a zone": [list, five_hours_east, as_text],
    "prices": [list, as_price],
}


def numbered_frame(columns):
    return pd.DataFrame(columns).set_axis(range(len(columns)), axis=1)


def array(columns):
    return np.array(list(columns.values()), dtype=object).T


LIBRARIES = [
    pd.DataFrame,
    lambda columns: pd.DataFrame(columns).convert_dtypes(),
    lambda columns: pd.DataFrame(columns, dtype=object),
    lambda columns: pd.DataFrame(columns).astype("category"),
    numbered_frame,
    lambda columns: pl.DataFrame(columns, strict=False),
    array,
]


def written_tables(numbers, libraries):
    """Draw a column to fit on, and a later one in its way and in another way; None if that is impossible."""
    kind, made_by = numbers.choice(list(VALUES)), numbers.choices(libraries, k=2)
    ways, (usual, new) = numbers.choices(SPELLINGS[kind], k=2), VALUES[kind]
    first, later = numbers.choices(usual, k=8), numbers.choices(usual + numbers.choice([new, []]), k=5)

    def write(values, number):
        return made_by[number]({"x": ways[number](values)})

    try:
        return write(first, 0), write(later, 0), write(later, 1)
    except Exception:  # a library cannot have such values in a column
        return None


def outcomes_of(n_draws, libraries):
    """Count how transform takes random columns; fail if one is silently different."""
    drawn = (written_tables(Random(seed), libraries) for seed in range(n_draws))
    return Counter(outcome(*tables) for tables in drawn if tables is not None)


def outcome(first, later, other):
    """Name what happens to a column that is written in another way: the same, a warning or an error."""
    encoder = tabular_pipeline()[0]
    try:
        with warnings.catch_warnings(action="ignore"):
            encoder.fit(first)
        with warnings.catch_warnings(record=True, action="always") as caught:
            expected, found = encoder.transform(later), encoder.transform(other)
    except (ValueError, TypeError):
        return "error"
    if caught:
        return "warning"
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
    return "same"
