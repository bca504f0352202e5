"""The features of a table, sorted by the encoder that takes them."""

import numpy as np
import scipy.sparse

from sknn_scratch._tables.columns import CATEGORIES, NUMBERS
from sknn_scratch._tables.encoder import check_not_infinite

MANY = "many"  # the encoder of columns with many categories, beside those of numbers and of categories


def make_tables(kinds, values):
    """Make a table for each encoder: features (n_samples,) by the name of a column and an ending."""
    tables = {MANY: {}, NUMBERS: {}, CATEGORIES: {}}
    for name, kind in kinds.items():
        for end, feature in kind.features(values[name]).items():
            tables[kind.encoder][name, end] = feature
    check_not_infinite((name, values) for (name, _), values in tables[NUMBERS].items())
    if not any(tables.values()):
        raise ValueError("X has no column with values.")
    return {encoder: table for encoder, table in tables.items() if table}


def with_means(tables, means):
    """Put what was made of many categories (n_samples, a multiple of their columns) among the numbers."""
    tables = dict(tables)
    names = [name for name, _ in tables.pop(MANY)]
    of_columns = dict(zip(names, np.split(means, len(names), axis=1), strict=True))
    numbers = {
        (name, end): values
        for name, of_column in of_columns.items()
        for end, values in zip(mean_endings(of_column.shape[1]), of_column.T, strict=True)
    }
    return {NUMBERS: tables.pop(NUMBERS, {}) | numbers, **tables}


def mean_endings(n_means):
    """Name the means of a column: one, or one for each class."""
    return ["_mean"] if n_means == 1 else [f"_mean{number}" for number in range(n_means)]


def as_array(table):
    """Make an array (n_samples, n_columns) of a table."""
    return np.stack(list(table.values()), axis=1)


def joined(encoded):
    """Join encoded tables (n_samples, any number)."""
    if len(encoded) == 1:
        return encoded[0]
    is_sparse = any(map(scipy.sparse.issparse, encoded))
    return scipy.sparse.hstack(encoded, format="csr") if is_sparse else np.hstack(encoded)
