"""Effects of columns on predictions, and how much pairs of columns interact.

Each row is predicted at places of a column near its own: at the two quantiles around its number, or with each
category. The effect is the function of the places whose differences are closest to those of the predictions.
For numbers, this is the accumulated local effect (ALE) of Apley and Zhu (2020). Categories have no order: all
pairs are compared, and the function is found by least squares, as Jiang et al. (2011) rank alternatives.
Interactions are found in the same way, from differences of differences at pairs of places.
"""

from itertools import combinations
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from sknn_scratch._displays.places import Grid, grid_of
from sknn_scratch._inspection import some_rows

LEAST_PART = 0.2  # a part of a date has a panel if its effect has this share of the largest one's spread
PAIR_ROWS = 400  # to measure a pair


class Curve(NamedTuple):
    """The effect of a Part."""

    grid: Grid
    effect: np.ndarray  # (1 + n_networks, n_places, n_outputs), of the whole model first

    @property
    def name(self):
        """The name of the Part."""
        return self.grid.part.name

    @property
    def at_rows(self):
        """The effect of the whole model on each row: (n_rows, n_outputs)."""
        return self.grid.position @ self.effect[0]

    def as_dict(self):
        """Make the entry of ``effects_``."""
        effect = self.effect.swapaxes(1, 2)
        grid = self.grid
        return {"places": grid.places, "values": effect[0], "networks": effect[1:], "rows": grid.rows}


# --- Single columns ---


def curve_of(predict, part, rng):
    """Compute the effect of a Part on what ``predict`` predicts for mixtures of rows."""
    grid = grid_of(part, rng)
    rows = np.arange(len(part.values))
    return Curve(grid, local_effect(grid, predictions_at(predict, rows, [grid], grid.needed)))


def predictions_at(predict, rows, grids, needed):
    """Predict rows at places of one or two columns: (n_models, n_rows, n_places, ..., n_outputs).

    ``rows`` (n_rows,) are the numbers of the rows in the table. ``needed`` (n_rows, n_places, ...) says
    where to predict them; elsewhere is zero.
    """
    at_rows, *places = np.nonzero(needed)
    changes = [
        (grid.part.positions, rows[grid.donors[at_places, at_rows]])
        for grid, at_places in zip(grids, places, strict=True)
    ]
    predicted = predict(rows[at_rows], *changes)
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


def worth_showing(curves):
    """Leave out the parts of a date whose effect is small beside that of another part."""
    least = LEAST_PART**2 * max(variance(curve.at_rows) for curve in curves)
    return [curve for curve in curves if variance(curve.at_rows) >= least]


def additive_share(predicted, curves):
    """Share of the variance of predictions (n_rows, n_outputs) that effects explain; 1 if all are equal."""
    rest, total = predicted - sum(curve.at_rows for curve in curves), variance(predicted)
    return 1 - float(variance(rest) / total) if total else 1.0


def variance(values):
    """Add up the variances of the columns of values (n_rows, n_outputs)."""
    return values.var(axis=0).sum()


# --- Pairs of columns ---


def pairs_of(predict, predicted, curves, rng):
    """Measure all pairs of curves by ``pair_of``: a dict by the names of both, the strongest first."""
    pairs = {
        (one.name, other.name): pair_of(predict, predicted, (one.grid, other.grid), rng)
        for one, other in combinations(curves, 2)
    }
    return dict(sorted(pairs.items(), key=lambda item: -item[1][0]))


def pair_of(predict, predicted, grids, rng):
    """Measure a pair of columns on some rows, of which no numbers or dates are missing.

    Returns the share of the variance of predictions (n_rows, n_outputs) that is their interaction, and the
    entry of ``maps_``.
    """
    rows = some_rows(np.flatnonzero(~np.any([grid.is_gap for grid in grids], axis=0)), PAIR_ROWS)
    parts = [grid.part._replace(values=grid.part.values[rows]) for grid in grids]
    one, other = (grid_of(part, rng, of_pair=True) for part in parts)
    needed = one.needed[:, :, np.newaxis] & other.needed[:, np.newaxis]
    of_pairs = predictions_at(predict, rows, (one, other), needed)[:1]
    both = interaction(one, other, of_pairs)
    joint = two_effects(one, other, of_pairs) + both
    joint[one.position.T @ other.position == 0] = np.nan
    at_rows = np.einsum("rp,rq,pqo->ro", one.position, other.position, both)
    share = variance(at_rows) / (variance(predicted[rows]) or 1)
    return float(share), {
        "places": (one.places, other.places),
        "values": np.moveaxis(joint, -1, 0),
        "strongest": int(at_rows.var(axis=0).argmax()),
    }


def two_effects(one, other, predicted):
    """Fit the sum of the effects (n_places, n_places, n_outputs) of two columns.

    ``predicted`` (1, n_rows, n_places, n_places, n_outputs) are predictions at the places of both.
    """
    along_one = np.einsum("rq,mrpqo->mrpo", other.position, predicted)  # with each row's own other
    along_other = np.einsum("rp,mrpqo->mrqo", one.position, predicted)
    return local_effect(one, along_one)[0, :, np.newaxis] + local_effect(other, along_other)


def interaction(one, other, predicted):
    """Fit what two columns add together to their two effects: (n_places, n_places, n_outputs)."""
    rows, p, q = np.nonzero(one.compared[:, :, np.newaxis] & other.compared[:, np.newaxis])
    a, b = one.own[rows], other.own[rows]
    shape, corners = predicted.shape[2:4], [(p, q), (a, b), (p, b), (a, q)]
    signs = (1, 1, -1, -1)
    differences = sum(s * predicted[:, rows, i, j] for s, (i, j) in zip(signs, corners, strict=True))
    terms = np.column_stack([np.ravel_multi_index(corner, shape) for corner in corners])
    joint = fit(shape[0] * shape[1], terms, signs, differences).reshape(*shape, -1)
    return joint - two_effects(one, other, np.broadcast_to(joint, predicted.shape))
