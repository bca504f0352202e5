"""What the columns of a table hold: numbers, categories, or something that needs other steps first.

A table is a data frame of pandas, polars or pyarrow, or an array. The types of these libraries are told apart
by their names, so that none of the libraries is imported.
"""

import inspect
import re
from decimal import Decimal
from numbers import Real

import numpy as np
from sklearn.preprocessing import OneHotEncoder

from sknn_scratch._fitting.sklearn_versions import _safe_indexing

NUMBERS, CATEGORIES = "numbers", "categories"
# Names of types, in lower case.
KINDS = {
    NUMBERS: re.compile(r"(u?int|float)\d*|double|half_?float|decimal.*|sparse\[(u?int|float).*"),
    CATEGORIES: re.compile(
        r"bool(ean)?|(large_)?str(ing.*)?|utf8|[<>|]?[us]\d+|categor(y|ical.*)|enum.*|dictionary.*|null"
    ),
}
# What a column of objects holds, by the classes of its values. A bool is a Real for Python.
CLASSES = {NUMBERS: (Real, Decimal), CATEGORIES: (str, bytes, bool, np.bool_, Real, Decimal)}
# How missing values are written that are not strings.
MISSING = {"None", "nan", "<NA>", "NaT"}


def number_columns(X):
    """List the positions of the columns that hold numbers, for a ColumnTransformer."""
    return [position for position, kind in enumerate(kinds_of(X)) if kind == NUMBERS]


def category_columns(X):
    """List the positions of the columns that hold strings, categories or booleans."""
    return [position for position, kind in enumerate(kinds_of(X)) if kind == CATEGORIES]


def kinds_of(X):
    """Say of each column whether it holds numbers or categories.

    Raises
    ------
    ValueError
        If X is not a table, or if a column holds anything else. The error names all such columns.
    """
    if len(X.shape) != 2:
        raise ValueError(
            f"X must be a table with rows and columns, but its shape is {X.shape}. One column becomes a "
            "table with X.to_frame(), if it is a Series, or X.reshape(-1, 1), if it is an array."
        )
    types = [str(one) for one in types_of(X)]
    kinds = [kind_of(X, position, name) for position, name in enumerate(types)]
    if others := [position for position, kind in enumerate(kinds) if kind not in KINDS]:
        names = getattr(X, "column_names", getattr(X, "columns", range(len(types))))
        listed = ", ".join(f"{names[position]!r} ({kinds[position]})" for position in others)
        raise ValueError(
            f"X has columns that hold neither numbers nor categories: {listed}. Drop them, or make "
            "numbers or strings of them first: of a date, for example, the year, the month and the day. "
            "TableVectorizer of the package skrub does this for dates."
        )
    return kinds


def types_of(X):
    """Give the type of each column of a data frame or an array."""
    if hasattr(X, "dtypes"):  # pandas, polars
        return list(X.dtypes)
    return X.schema.types if hasattr(X, "schema") else [X.dtype] * X.shape[1]  # pyarrow, NumPy


def kind_of(X, position, type_name):
    """Name the kind of a column; if there is no kind for it, name its type."""
    if type_name.lower() == "object":
        return kind_of_objects(values_of(X, position))
    name = type_name.lower().removesuffix("[pyarrow]")
    return next((kind for kind, names in KINDS.items() if names.fullmatch(name)), type_name)


def kind_of_objects(values):
    """Name the kind of a list of objects; if there is no kind for it, name the type of one of them."""
    classes = {type(value) for value in values if not is_missing(value)}
    if classes and all(issubclass(one, CLASSES[NUMBERS]) and one is not bool for one in classes):
        return NUMBERS
    others = [one.__name__ for one in classes if not issubclass(one, CLASSES[CATEGORIES])]
    return min(others, default=CATEGORIES)


class CategoryEncoder(OneHotEncoder):
    """scikit-learn's OneHotEncoder of the texts of categories, whatever their types are."""

    _encode = inspect.unwrap(OneHotEncoder.transform)  # set_output acts on our own ``transform`` alone

    def fit(self, X, y=None):
        """Find the categories of each column."""
        return super().fit(categories_as_text(X))

    def transform(self, X):
        """Make ones and zeros (n_samples, n_encoded) of the columns."""
        return self._encode(categories_as_text(X))


def categories_as_text(X):
    """Write categories as strings: an array (n_samples, n_columns) of objects.

    Equal numbers have equal texts, whether they are integers or floats. A missing value is "missing".
    """
    texts = np.empty(X.shape, dtype=object)
    for position in range(X.shape[1]):
        values = values_of(X, position)
        text = {value: text_of(value) for value in set(values)}
        texts[:, position] = [text[value] for value in values]
    return texts


def values_of(X, position):
    """List the values of a column. Only pyarrow's own list keeps the gaps of a dictionary."""
    column = _safe_indexing(X, position, axis=1)
    as_list = ("to_pylist", "to_list", "tolist")  # of pyarrow; of pandas and polars; of NumPy
    return next(getattr(column, name) for name in as_list if hasattr(column, name))()


def text_of(value):
    """Write a category as a string."""
    if is_missing(value):
        return "missing"
    if isinstance(value, Real) and not isinstance(value, bool) and float(value).is_integer():
        return str(int(value))
    return str(value)


def is_missing(value):
    """Whether a value is the mark that NumPy, pandas, polars or pyarrow puts where there is none."""
    return not isinstance(value, str) and str(value) in MISSING
