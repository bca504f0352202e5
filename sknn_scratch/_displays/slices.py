"""A plane through the data: two features vary, all others stay at a typical value."""

from collections import Counter
from numbers import Integral
from typing import NamedTuple

import numpy as np
import scipy.sparse
from sklearn.utils.sparsefuncs import csc_median_axis_0

from sknn_scratch._inspection import some_rows

MARGIN = 0.05  # on each side beyond the data, as a share of their range
MIDDLE = (0.05, 0.95)  # quantiles


class Slice(NamedTuple):
    """Rows on a regular grid over two features."""

    rows: object  # (n_y * n_x, n_features), of the same kind as the data
    x: np.ndarray  # (n_x,)
    y: np.ndarray  # (n_y,)
    positions: tuple  # of the two features among the columns
    names: tuple  # of the two features

    def as_image(self, values):
        """Arrange values of the rows, (n_rows,) or (n_rows, n), as (n_y, n_x, n)."""
        return values.reshape(len(self.y), len(self.x), -1)

    def points(self, X, codes, n_points):
        """Take at most n_points rows within the grid: their two features (n_points, 2) and their codes."""
        rows = np.column_stack([column_of(X, position) for position in self.positions])
        (left, right), (bottom, top) = self.x[[0, -1]], self.y[[0, -1]]
        is_inside = ((rows >= (left, bottom)) & (rows <= (right, top))).all(axis=1)
        return some_rows(rows[is_inside], n_points), some_rows(codes[is_inside], n_points)


def feature_slice(X, features, resolution):
    """Make a grid over two features of X, which are given by position or name."""
    X = X if hasattr(X, "shape") else np.asarray(X)
    names = list(X.columns) if hasattr(X, "columns") else [f"x{i}" for i in range(X.shape[1])]
    if np.shape(features) != (2,):
        raise ValueError(f"features must be two positions or names, got {features!r}.")
    if len(names) < 2:
        raise ValueError(f"X must have at least 2 features, since two are drawn, got {len(names)}.")
    positions = tuple(position_of(feature, names) for feature in features)
    if len(set(positions)) != 2:
        raise ValueError(f"features must be two different features, got {features!r}.")
    x, y = (axis_values(column_of(X, i), names[i], resolution) for i in positions)
    grid = dict(zip(positions, (np.tile(x, len(y)), np.repeat(y, len(x))), strict=True))
    rows = typical_rows(X, grid, len(x) * len(y))
    return Slice(rows, x, y, positions, tuple(str(names[i]) for i in positions))


def position_of(feature, names, parameter="features"):
    """Find the position of a feature that is given by name or position."""
    if isinstance(feature, str):
        if feature not in names:
            raise ValueError(f"{parameter} has {feature!r}, but the columns of X are {names}.")
        return names.index(feature)
    if not isinstance(feature, Integral):
        raise ValueError(f"{parameter} must be positions (integers) or names (strings), got {feature!r}.")
    if not -len(names) <= feature < len(names):
        raise ValueError(f"{parameter} has {feature!r}, but X has only {len(names)} features.")
    return feature % len(names)


def column_of(X, position):
    """Take a column (n_samples,) of an array, a sparse matrix or a data frame."""
    if hasattr(X, "columns"):
        return np.asarray(X[X.columns[position]])
    if scipy.sparse.issparse(X):
        return X.tocsc()[:, [position]].toarray().ravel()
    return np.asarray(X)[:, position]


def is_numeric(values):
    """Whether the values are numbers, so that they have a median."""
    return np.issubdtype(values.dtype, np.number)


def axis_values(values, name, resolution):
    """Space values evenly over the range of a feature and a margin.

    Far values do not count: those beyond the middle nine tenths by more than half the range of these.
    """
    if not is_numeric(values):
        raise ValueError(
            f"features must be numbers, but {name} has values such as {values[0]!r}. Choose two others, or "
            "take EffectsDisplay, which shows columns of any kind."
        )
    low, high = np.nanmin(values), np.nanmax(values)
    bottom, top = np.nanquantile(values, MIDDLE)
    if top > bottom:
        low, high = max(low, bottom - (top - bottom) / 2), min(high, top + (top - bottom) / 2)
    margin = MARGIN * (high - low) or 0.5
    return np.linspace(low - margin, high + margin, resolution)


def typical_rows(X, given, n_rows):
    """Make n rows like X, with the given columns and with a typical value in all other columns."""
    if scipy.sparse.issparse(X):
        return typical_sparse_rows(X, given, n_rows)
    columns = [
        given.get(position, [typical_value(column_of(X, position))] * n_rows)
        for position in range(X.shape[1])
    ]
    if hasattr(X, "columns"):
        return type(X)(dict(zip(X.columns, columns, strict=True)))
    return np.column_stack(columns)


def typical_sparse_rows(X, given, n_rows):
    """Make sparse rows; the median of most features is zero."""
    medians = csc_median_axis_0(X.tocsc())
    medians[list(given)] = 0
    columns = [*np.flatnonzero(medians), *given]
    values = np.column_stack([np.tile(medians[medians != 0], (n_rows, 1)), *given.values()])
    ends = np.arange(n_rows + 1) * len(columns)
    return scipy.sparse.csr_array((values.ravel(), np.tile(columns, n_rows), ends), (n_rows, X.shape[1]))


def typical_value(values):
    """Take the median, or the most frequent value if the values are not numbers."""
    return np.nanmedian(values) if is_numeric(values) else Counter(values.tolist()).most_common(1)[0][0]
