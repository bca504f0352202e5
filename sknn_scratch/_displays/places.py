"""The places of a column: quantiles of its numbers, or its most frequent categories, and rows at each."""

from collections import Counter
from typing import NamedTuple

import numpy as np

from sknn_scratch._tables.pieces import quantiles

BINS, MAX_CATEGORIES = 16, 8  # of a column; all other categories are one place
# Between fewer places there are more hours and weekdays, whose effects cancel. With 16 places, the effect of
# a made trend of 60 days went up and down by a third of its range.
BINS_OF_TIMES = 8
LEAST_ROWS = 5  # in a bin, on average
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")  # stay in this order


class Grid(NamedTuple):
    """The places of a column, and where the rows are among them."""

    places: np.ndarray  # (n_places,) numbers or dates, ascending, or texts; NaN, NaT or None is missing
    rows: np.ndarray  # (n_rows,) numbers or dates; of categories, the number of the place
    position: np.ndarray  # (n_rows, n_places) weights: a row is at a place, or between two of them
    own: np.ndarray  # (n_rows,) the number of the place of a row, or of the next one above it
    compared: tuple  # (n,) and (n,) rows, and places with which own is compared: the next one below, or all
    donors: np.ndarray  # (n_places, n_rows) for each place, rows at this place
    has_gap: bool = False  # whether the last place is that of missing numbers or dates


def grid_of(column, rng):
    values = column.values
    if values.dtype != object and np.isnan(values).all():  # there is no quantile
        values = np.full(len(values), None)
    return (grid_of_categories if values.dtype == object else grid_of_numbers)(values, rng)


def grid_of_categories(values, rng):
    """Take the most frequent categories as places, or the weekdays; then others, then missing values."""
    counts = Counter(values.tolist())
    n_missing = counts.pop(None, 0)
    names = sorted(counts, key=lambda name: (-counts[name], name))
    if set(names) <= set(WEEKDAYS):
        names.sort(key=WEEKDAYS.index)
    n_named = MAX_CATEGORIES if len(names) > MAX_CATEGORIES + 1 else len(names)
    others = [f"{len(names) - n_named} others"] if n_named < len(names) else []
    places = np.array([*names[:n_named], *others, *[None] * bool(n_missing)], dtype=object)
    numbers = {name: min(number, n_named) for number, name in enumerate(names)} | {None: len(places) - 1}
    own = np.array([numbers[value] for value in values.tolist()])
    position = np.eye(len(places))[own]
    donors = donors_of(position, rng)
    donors[own, np.arange(len(own))] = np.arange(len(own))
    return Grid(places, own, position, own, np.nonzero(position == 0), donors)


def grid_of_numbers(values, rng):
    """Take quantiles as places, which are values of rows, and then missing values."""
    is_missing = np.isnan(values)
    numbers = np.where(is_missing, np.nan, values.astype(float))
    are_times = values.dtype.kind == "M"
    n_bins = int(np.clip((~is_missing).sum() // LEAST_ROWS, 1, BINS_OF_TIMES if are_times else BINS))
    knots = quantiles(*np.unique(numbers[~is_missing], return_counts=True), n_bins)
    knots = knots if are_times else filled(knots, numbers[~is_missing])
    has_gap = bool(is_missing.any())
    at_place = np.eye(len(knots) + has_gap, dtype=bool)  # the position of a row that is at a place
    position = np.stack([np.interp(numbers, knots, one[: len(knots)]) for one in at_place], axis=1)
    position[is_missing] = at_place[-1]
    own = np.searchsorted(knots, numbers).clip(min(1, len(knots) - 1), len(knots) - 1)
    own[is_missing] = rng.integers(len(knots), size=is_missing.sum())
    have_below = np.flatnonzero(~is_missing & (own > 0))
    at_places = donors_of(position, rng)[:, 0]
    # Times are hardly ever equal. Those near a place are of all hours and weekdays, whose effects cancel if
    # the rows of a place have them in turn.
    donors, order = np.empty((position.shape[1], len(values)), int), np.argsort(numbers, kind="stable")
    donors[:, order] = donors_of(position.round() if are_times else position, rng)
    compared = have_below, own[have_below] - 1
    return Grid(values[at_places], values, position, own, compared, donors, has_gap)


def filled(knots, values):
    """Add values (n,) between knots that are far apart.

    A row is moved from one knot to the next. In the tails, this may be so far that there are no rows.
    """
    values = np.sort(values)
    even = np.searchsorted(values, np.linspace(values[0], values[-1], len(knots)))
    return np.union1d(knots, values[even])


def donors_of(position, rng):
    """Draw for each place and each row (n_places, n_rows) one of the rows at this place, each in turn."""
    at_place = [np.flatnonzero(weights == 1) for weights in position.T]
    return np.stack([np.resize(rng.permutation(rows), len(position)) for rows in at_place])
