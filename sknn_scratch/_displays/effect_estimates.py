"""Effects of columns on predictions; the notes of ``EffectsDisplay`` explain them.

The effect is the function of the places whose differences are closest to those of the predictions.
"""

from typing import NamedTuple

import numpy as np

from sknn_scratch._displays.places import Grid, grid_of


class Curve(NamedTuple):
    """The effect of a column."""

    grid: Grid
    effect: np.ndarray  # (1 + n_networks, n_places, n_outputs), of the whole model first

    @property
    def at_rows(self):
        """The effect of the whole model on each row: (n_rows, n_outputs)."""
        return self.grid.position @ self.effect[0]

    def as_dict(self):
        """Make the entry of ``effects_``."""
        effect = self.effect.swapaxes(1, 2)
        grid = self.grid
        return {"places": grid.places, "values": effect[0], "networks": effect[1:], "rows": grid.rows}


def curve_of(predict, column, rng):
    """Compute the effect of a Column on what ``predict`` predicts for mixtures of rows."""
    grid = grid_of(column, rng)
    return Curve(grid, local_effect(grid, predictions_at(predict, column, grid)))


def predictions_at(predict, column, grid):
    """Predict rows at the places that they need: (n_models, n_rows, n_places, n_outputs), elsewhere zero."""
    rows, places = np.nonzero(grid.needed)
    predicted = predict(rows, column.moved, grid.donors[places, rows])
    everywhere = np.zeros((len(predicted), *grid.needed.shape, predicted.shape[-1]))
    everywhere[:, rows, places] = predicted
    return everywhere


def local_effect(grid, predicted):
    """Fit the effect (n_models, n_places, n_outputs) to predictions at places."""
    rows, places = np.nonzero(grid.compared)
    own = grid.own[rows]
    differences = predicted[:, rows, places] - predicted[:, rows, own]
    at_place = np.eye(len(grid.places))
    effect = np.linalg.pinv(at_place[places] - at_place[own], rcond=1e-10) @ differences
    if grid.has_gap:  # without the value of a row, and of rows without one, instead of any value
        changes = predicted[:, :, -1] - predicted[:, np.arange(len(grid.own)), grid.own]
        effect[:, -1] = (changes + effect[:, grid.own]).mean(axis=1)
    return effect - (grid.position @ effect).mean(axis=1, keepdims=True)


def additive_share(predicted, curves):
    """Share of the variance of predictions (n_rows, n_outputs) that effects explain; 1 if all are equal."""
    rest, total = predicted - sum(curve.at_rows for curve in curves), variance(predicted)
    return 1 - float(variance(rest) / total) if total else 1.0


def variance(values):
    return values.var(axis=0).sum()
