"""Effects of columns on predictions, and how much pairs of columns interact.

A column has some places: quantiles of its numbers, or its most frequent categories. Each row is predicted at
places near its own: at the two quantiles around its number, or with each category. The effect is the function
of the places whose differences are closest to those of the predictions. For numbers, this is the accumulated
local effect (ALE) of Apley and Zhu (2020). Categories have no order: all pairs are compared, and the function
is found by least squares, as Jiang et al. (2011) rank alternatives. Interactions are found in the same way,
from differences of differences at pairs of places.
"""

from collections import Counter
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from sknn_scratch._tables.columns import BOOLEANS
from sknn_scratch._tables.pieces import quantiles

BINS, MAX_CATEGORIES = 16, 8  # of a column; all other categories are one place
PAIR_BINS, PAIR_CATEGORIES = 8, 7  # of a column of a pair
LEAST_ROWS = 5  # in a bin, on average


class Grid(NamedTuple):
    """The places of a column, and where each row is among them."""

    kind: str
    places: np.ndarray  # (n_places,) numbers or dates, ascending, or texts; NaN, NaT or None is missing
    rows: np.ndarray  # (n_rows,) numbers or dates; of categories, the number of the place
    position: np.ndarray  # (n_rows, n_places) weights: a row is at a place, or between two of them
    own: np.ndarray  # (n_rows,) the number of the place of a row, or of the next one above it
    compared: np.ndarray  # (n_rows, n_places) with which places own is compared: the next one below, or all
    donors: np.ndarray  # (n_places, n_rows) for each place, rows at this place
    has_gap: bool = False  # whether the last place is that of missing numbers or dates

    @property
    def is_gap(self):
        """Which rows (n_rows,) have a missing number or date."""
        return self.position[:, -1] == 1 if self.has_gap else np.zeros(len(self.own), bool)

    @property
    def needed(self):
        """At which places each row must be predicted: (n_rows, n_places)."""
        needed = self.compared.copy()
        needed[np.arange(len(self.own)), self.own] = True
        needed[:, -1] |= self.has_gap
        return needed


# --- The places of a column ---


def grid_of(kind, values, rng, of_pair=False):
    """Choose places of a column with values (n_rows,): floats, dates, or texts and None; fewer for a pair."""
    if kind == BOOLEANS:
        names = {0.0: "False", 1.0: "True"}
        texts = [None if np.isnan(one) else names.get(one, f"{one:g}") for one in values.tolist()]
        values = np.array(texts, dtype=object)
    if values.dtype == object:
        return grid_of_categories(kind, values, rng, PAIR_CATEGORIES if of_pair else MAX_CATEGORIES)
    return grid_of_numbers(kind, values, rng, PAIR_BINS if of_pair else BINS, fills=not of_pair)


def grid_of_categories(kind, values, rng, n_categories):
    """Take the most frequent categories as places, then all others together, then missing values."""
    counts = Counter(values.tolist())
    n_missing = counts.pop(None, 0)
    names = sorted(counts, key=lambda name: (-counts[name], name))
    n_named = n_categories if len(names) > n_categories + 1 else len(names)
    others = [f"{len(names) - n_named} others"] if n_named < len(names) else []
    places = np.array([*names[:n_named], *others, *[None] * bool(n_missing)], dtype=object)
    numbers = {name: min(number, n_named) for number, name in enumerate(names)} | {None: len(places) - 1}
    own = np.array([numbers[value] for value in values.tolist()])
    position = np.eye(len(places))[own]
    donors = donors_of(position, rng)
    donors[own, np.arange(len(own))] = np.arange(len(own))
    return Grid(kind, places, own, position, own, position == 0, donors)


def grid_of_numbers(kind, values, rng, n_bins, fills):
    """Take quantiles as places, which are values of rows, and then missing values."""
    is_missing = np.isnan(values)
    numbers = np.where(is_missing, np.nan, values.astype(float))
    n_bins = int(np.clip((~is_missing).sum() // LEAST_ROWS, 1, n_bins))
    knots = quantiles(*np.unique(numbers[~is_missing], return_counts=True), n_bins)
    if fills:
        knots = filled(knots, numbers[~is_missing])
    has_gap = bool(is_missing.any())
    at_place = np.eye(len(knots) + has_gap, dtype=bool)  # the position of a row that is at a place
    position = np.stack([np.interp(numbers, knots, one[: len(knots)]) for one in at_place], axis=1)
    position[is_missing] = at_place[-1]
    own = np.searchsorted(knots, numbers).clip(min(1, len(knots) - 1), len(knots) - 1)
    own[is_missing] = rng.integers(len(knots), size=is_missing.sum())
    below = np.maximum(own - 1, 0)
    compared = at_place[below]
    compared[is_missing | (below == own)] = False
    donors = donors_of(position, rng)
    return Grid(kind, values[donors[:, 0]], values, position, own, compared, donors, has_gap)


def filled(knots, values):
    """Add values (n,) between knots that are far apart.

    A row is moved from one knot to the next. In the tails, this may be so far that there are no rows.
    """
    values = np.sort(values)
    even = np.searchsorted(values, np.linspace(values[0], values[-1], len(knots)))
    return np.union1d(knots, values[even])


def donors_of(position, rng):
    """Draw for each place and each row (n_places, n_rows) one of the rows that are exactly at this place."""
    return np.stack([rng.choice(np.flatnonzero(weights == 1), len(weights)) for weights in position.T])


# --- From predictions at places to effects ---


def predictions_at(predict, rows, grids, positions, needed):
    """Predict rows at places of one or two columns: (n_models, n_rows, n_places, ..., n_outputs).

    ``rows`` (n_rows,) are the numbers of the rows in the table. ``needed`` (n_rows, n_places, ...) says
    where to predict them; elsewhere is zero.
    """
    at_rows, *places = np.nonzero(needed)
    donors = [rows[grid.donors[at_places, at_rows]] for grid, at_places in zip(grids, places, strict=True)]
    predicted = predict(rows[at_rows], *zip(positions, donors, strict=True))
    everywhere = np.zeros((len(predicted), *needed.shape, predicted.shape[-1]))
    everywhere[:, at_rows, *places] = predicted
    return everywhere


def local_effect(grid, predicted):
    """Fit the effect (n_models, n_places, n_outputs) to predictions at places."""
    rows, places = np.nonzero(grid.compared)
    own = grid.own[rows]
    differences = predicted[:, rows, places] - predicted[:, rows, own]
    effect = fit(len(grid.places), np.column_stack([places, own]), (1, -1), differences)
    if grid.has_gap:  # without the value of a row, and of rows without one, instead of any value
        changes = predicted[:, :, -1] - predicted[:, np.arange(len(grid.own)), grid.own]
        effect[:, -1] = (changes + effect[:, grid.own]).mean(axis=1)
    return effect - (grid.position @ effect).mean(axis=1, keepdims=True)


def pair_effects(one, other, predicted):
    """Fit the effects of two grids and what both add to their sum: three arrays that can be added.

    ``predicted`` (1, n_rows, n_places, n_places, n_outputs) are predictions at the places of both. The
    results are (n_places, 1, n_outputs), (1, n_places, n_outputs) and (n_places, n_places, n_outputs).
    """
    at_other = np.einsum("rq,mrpqo->mrpo", other.position, predicted)  # along one, each row's own other
    at_one = np.einsum("rp,mrpqo->mrqo", one.position, predicted)
    of_one = local_effect(one, at_other)[0, :, np.newaxis]
    return of_one, local_effect(other, at_one), interaction(one, other, predicted)


def interaction(one, other, predicted):
    """Fit what two columns add together to their two effects: (n_places, n_places, n_outputs)."""
    rows, p, q = np.nonzero(one.compared[:, :, np.newaxis] & other.compared[:, np.newaxis])
    a, b = one.own[rows], other.own[rows]
    shape, corners = predicted.shape[2:4], [(p, q), (a, b), (p, b), (a, q)]
    signs = (1, 1, -1, -1)
    differences = sum(s * predicted[:, rows, i, j] for s, (i, j) in zip(signs, corners, strict=True))
    terms = np.column_stack([np.ravel_multi_index(corner, shape) for corner in corners])
    joint = fit(shape[0] * shape[1], terms, signs, differences).reshape(*shape, -1)
    of_one = local_effect(one, np.einsum("rq,pqo->rpo", other.position, joint)[np.newaxis])
    of_other = local_effect(other, np.einsum("rp,pqo->rqo", one.position, joint)[np.newaxis])
    return joint - of_one[0, :, np.newaxis] - of_other


def fit(n_places, terms, signs, differences):
    """Find the function (n_models, n_places, n_outputs) whose differences are closest to given ones.

    A difference (n_models, n_differences, n_outputs) is a sum of the function at places, whose numbers are
    its ``terms`` (n_differences, n_terms), times their ``signs`` (n_terms,).
    """
    n_models, n_differences, n_outputs = differences.shape
    starts = np.arange(n_differences + 1) * len(signs)
    design = csr_array((np.tile(signs, n_differences), terms.ravel(), starts), (n_differences, n_places))
    of_models = differences.swapaxes(0, 1).reshape(n_differences, n_models * n_outputs)
    solution = np.linalg.lstsq((design.T @ design).toarray(), design.T @ of_models, rcond=1e-10)[0]
    return solution.reshape(n_places, n_models, n_outputs).swapaxes(0, 1)
