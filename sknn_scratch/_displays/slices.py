"""A plane through the data, or a line: two features vary, or one; all others stay at a typical value."""

from numbers import Integral
from statistics import mode
from typing import NamedTuple

import numpy as np

from sknn_scratch._causes.words import quantity
from sknn_scratch._inspection import some_rows
from sknn_scratch._tables.columns import columns_of

MARGIN = 0.05  # on each side beyond the data, as a share of their range
MIDDLE = (0.05, 0.95)  # quantiles


class Slice(NamedTuple):
    """Rows on a regular grid over two features, or one."""

    rows: object  # (n_y * n_x, n_features), of the same kind as the data
    x: np.ndarray  # (n_x,)
    y: np.ndarray  # (n_y,); (1,) of one feature, without a meaning
    names: tuple[str, ...]  # of the features
    data: np.ndarray  # (n_samples, n_shown) the features of the data

    def as_image(self, values):
        """Arrange values (n_rows,) or (n_rows, n) as (n_y, n_x, n)."""
        return values.reshape(len(self.y), len(self.x), -1)

    def points(self, codes, n_points):
        """Take at most n_points of the data inside the grid (n_points, n_shown), and their codes."""
        low, high = np.transpose([axis[[0, -1]] for axis in (self.x, self.y)[: len(self.names)]])
        is_inside = ((self.data >= low) & (self.data <= high)).all(axis=1)
        return some_rows(self.data[is_inside], n_points), some_rows(codes[is_inside], n_points)


def feature_slice(X, features, resolution):
    """Make a grid over one or two features of a table, given by position or name; None means the first."""
    X = X if hasattr(X, "shape") else np.asarray(X)
    columns = {name_of(name): np.asarray(column) for name, column in columns_of(X).items()}
    names, values = list(columns), list(columns.values())
    features = range(min(2, len(names))) if features is None else features
    if np.shape(features) not in ((1,), (2,)):
        raise ValueError(f"features must be one or two positions or names, got {features!r}.")
    shown = [position_of(feature, names, "features") for feature in features]
    if len(set(shown)) < len(shown):
        raise ValueError(f"features must be different features, got {features!r}.")
    axes = [axis_values(values[i], names[i], resolution) for i in shown]
    x, y = axes if len(axes) > 1 else (*axes, np.zeros(1))
    grid = dict(zip(shown, map(np.ravel, np.meshgrid(x, y)), strict=False))
    of_rows = [grid.get(i, np.repeat(typical_value(one), len(x) * len(y))) for i, one in enumerate(values)]
    rows = (
        type(X)(dict(zip(X.columns, of_rows, strict=True)))
        if hasattr(X, "columns")
        else np.column_stack(of_rows)
    )
    data = np.column_stack([values[i] for i in shown])
    return Slice(rows, x, y, tuple(names[i] for i in shown), data)


def frame_of(X):
    """Convert a table of pyarrow, which cannot be changed, to a data frame of pandas."""
    return X.to_pandas(ignore_metadata=True) if hasattr(type(X), "itercolumns") else X


def name_of(column):
    return column if isinstance(column, str) else f"x{column}"


def position_of(column, names, parameter):
    if isinstance(column, str):
        if column not in names:
            raise ValueError(f"{parameter} has {column!r}, but the columns of X are {names}.")
        return names.index(column)
    if not isinstance(column, Integral):
        raise ValueError(f"{parameter} must be positions (integers) or names (strings), got {column!r}.")
    if not -len(names) <= column < len(names):
        raise ValueError(f"{parameter} has {column!r}, but X has only {quantity(len(names), 'feature')}.")
    return column % len(names)


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


def typical_value(values):
    return np.nanmedian(values) if is_numeric(values) else mode(values)


def is_numeric(values):
    return values.dtype.kind in "iuf"
