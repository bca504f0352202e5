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


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2, 3], "numbers"),
        ([1.5, None, np.nan], "numbers"),
        (pd.array([1, None, 3], dtype="UInt8"), "numbers"),
        (pd.arrays.SparseArray([1.0, 0.0, 0.0]), "numbers"),
        (pd.Series([1, None, 2.5], dtype=object), "numbers"),
        ([True, False, True], "categories"),
        (pd.array([True, None, False], dtype="boolean"), "categories"),
        (["a", None, "b"], "categories"),
        (pd.Series(["a", 1, None], dtype=object), "categories"),
        (pd.Series([None, None, None], dtype=object), "categories"),
        (pd.Categorical([3, 1, 3]), "categories"),
        (pd.cut([1, 2, 3], 2), "categories"),
    ],
)
def test_kinds_of_columns_of_pandas(values, kind):
    assert kinds_of(pd.DataFrame({"x": values})) == [kind]


@pytest.mark.parametrize(
    ("dtype", "kind"),
    [
        (pl.Int8, "numbers"),
        (pl.UInt64, "numbers"),
        (pl.Float32, "numbers"),
        (pl.Decimal(10, 2), "numbers"),
        (pl.Boolean, "categories"),
        (pl.String, "categories"),
        (pl.Categorical, "categories"),
        (pl.Enum(["a", "b"]), "categories"),
        (pl.Null, "categories"),
    ],
)
def test_kinds_of_columns_of_polars(dtype, kind):
    assert kinds_of(pl.DataFrame({"x": pl.Series([None, None], dtype=dtype)})) == [kind]


@pytest.mark.parametrize(
    ("X", "kind"),
    [
        (np.ones((2, 1), np.float32), "numbers"),
        (np.ones((2, 1), int), "numbers"),
        (np.ones((2, 1), bool), "categories"),
        (np.array([["a"], ["b"]]), "categories"),
        (np.array([[b"a"], [b"b"]], dtype=object), "categories"),
    ],
)
def test_kinds_of_columns_of_arrays(X, kind):
    assert kinds_of(X) == [kind]


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
