"""Effects of columns on predictions; the notes of ``EffectsDisplay`` explain them.

The effect is the function of the places whose differences are closest to those of the predictions.
"""

import numpy as np

from sknn_scratch._displays.places import grid_of


def effect_of(predict, column, rng):
    """Compute the effect of a Column on what ``predict`` predicts for mixtures of rows.

    Returns the entry of ``effects_``, and the effect of the whole model on each row (n_rows, n_outputs).
    """
    grid = grid_of(column, rng)
    effect = local_effect(grid, predictions_at(predict, column, grid))
    values = effect.swapaxes(1, 2)
    entry = {"places": grid.places, "values": values[0], "networks": values[1:], "rows": grid.rows}
    return entry, grid.position @ effect[0]


def predictions_at(predict, column, grid):
    """Predict rows at the places that they need: (n_models, n_rows, n_places, n_outputs), elsewhere zero."""
    rows, places = np.nonzero(grid.needed)
    predicted = predict(rows, column.moved, grid.donors[places, rows])
    everywhere = np.zeros((len(predicted), *grid.needed.shape, predicted.shape[-1]))
    everywhere[:, rows, places] = predicted
    return everywhere


def local_effect(grid, predicted):
    """Fit the effect (n_models, n_places, n_outputs) to predictions at places, the whole model's first."""
    rows, places = np.nonzero(grid.compared)
    own = grid.own[rows]
    differences = predicted[:, rows, places] - predicted[:, rows, own]
    at_place = np.eye(len(grid.places))
    effect = np.linalg.pinv(at_place[places] - at_place[own], rcond=1e-10) @ differences
    if grid.has_gap:  # without the value of a row, and of rows without one, instead of any value
        changes = predicted[:, :, -1] - predicted[:, np.arange(len(grid.own)), grid.own]
        effect[:, -1] = (changes + effect[:, grid.own]).mean(axis=1)
    return effect - (grid.position @ effect).mean(axis=1, keepdims=True)
