"""Which columns of a table hold numbers, and which categories; categories as text."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_array_equal

from sknn_scratch._tables.columns import categories_as_text, kinds_of


@pytest.mark.parametrize("column", [np.arange(3.0), pd.Series([1.0, 2.0, 3.0]), pl.Series([1.0, 2.0, 3.0])])
def test_a_single_column_that_is_no_table_is_an_error_with_the_remedy(column):
    with pytest.raises(ValueError, match=r"its shape is \(3,\).*X\.to_frame\(\).*X\.reshape\(-1, 1\)"):
        kinds_of(column)


def of_pandas(values):
    return pd.DataFrame({"x": values})


def of_polars(dtype):
    return pl.DataFrame({"x": pl.Series([None, None], dtype=dtype)})


KINDS = {
    "numbers": [
        of_pandas([1, 2, 3]),
        of_pandas([1.5, None, np.nan]),
        of_pandas(pd.array([1, None, 3], dtype="UInt8")),
        of_pandas(pd.arrays.SparseArray([1.0, 0.0, 0.0])),
        of_pandas(pd.Series([1, None, 2.5], dtype=object)),
        of_polars(pl.Int8),
        of_polars(pl.UInt64),
        of_polars(pl.Float32),
        of_polars(pl.Decimal(10, 2)),
        np.ones((2, 1), np.float32),
        np.ones((2, 1), int),
    ],
    "categories": [
        of_pandas([True, False, True]),
        of_pandas(pd.array([True, None, False], dtype="boolean")),
        of_pandas(["a", None, "b"]),
        of_pandas(pd.Series(["a", 1, None], dtype=object)),
        of_pandas(pd.Series([None, None, None], dtype=object)),
        of_pandas(pd.Categorical([3, 1, 3])),
        of_pandas(pd.cut([1, 2, 3], 2)),
        of_polars(pl.Boolean),
        of_polars(pl.String),
        of_polars(pl.Categorical),
        of_polars(pl.Enum(["a", "b"])),
        of_polars(pl.Null),
        np.ones((2, 1), bool),
        np.array([["a"], ["b"]]),
        np.array([[b"a"], [b"b"]], dtype=object),
    ],
}


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_columns(kind):
    for table in KINDS[kind]:
        assert kinds_of(table) == [kind], table


class OfPyarrow:
    """What pyarrow's tables have and others have not. The real ones: tests/recipes."""

    def __init__(self, **columns):
        self.column_names = list(columns)
        self.shape = (len(next(iter(columns.values()))), len(columns))
        self.schema = self
        self.types = list(columns.values())


def test_the_types_of_pyarrow_are_known_by_name():
    numbers = ["int64", "double", "halffloat", "decimal128(5, 2)"]
    categories = ["string", "large_string", "string_view", "bool", "dictionary<values=string>", "null"]
    assert set(kinds_of(OfPyarrow(**{name: name for name in numbers}))) == {"numbers"}
    assert set(kinds_of(OfPyarrow(**{name: name for name in categories}))) == {"categories"}
    with pytest.raises(ValueError, match=r"'when' \(timestamp\[us\]\)"):
        kinds_of(OfPyarrow(when="timestamp[us]"))


def test_a_category_is_the_same_text_whatever_its_type():
    ints, floats = pd.Categorical([1, 2]), pd.Categorical([1.0, None])
    assert_array_equal(categories_as_text(pd.DataFrame({"x": ints})), [["1"], ["2"]])
    assert_array_equal(categories_as_text(pd.DataFrame({"x": floats})), [["1"], ["missing"]])
    mixed = pd.DataFrame({"x": pd.Series(["a", 2, 2.5, True, None, "None"], dtype=object)})
    assert_array_equal(categories_as_text(mixed).ravel(), ["a", "2", "2.5", "True", "missing", "None"])
