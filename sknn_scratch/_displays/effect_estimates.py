"""Effects and importances of columns; the notes of ``EffectsDisplay`` explain them."""

import numpy as np
from sklearn import metrics

from sknn_scratch._displays.places import grid_of

N_REPEATS = 5  # shuffles of a column


def effect_of(predict, column, rng):
    """Compute the entry of ``effects_`` of a Column, and its effect on each row (n_rows, n_outputs)."""
    grid = grid_of(column, rng)
    effect = local_effect(grid, lambda rows, places: predict(rows, column.moved, grid.donors[places, rows]))
    values = effect.swapaxes(1, 2)
    entry = {"places": grid.places, "values": values[0], "networks": values[1:], "rows": grid.rows}
    return entry, grid.position @ effect[0]


def local_effect(grid, predict_at):
    """Find the effect (n_models, n_places, n_outputs) whose differences are closest to the predicted.

    ``predict_at`` predicts rows at places, by the numbers (n,) of both: (n_models, n, n_outputs).
    """
    own, (rows, places) = grid.own, grid.compared
    all_rows = np.arange(len(own))
    predicted = predict_at(np.append(all_rows, rows), np.append(own, places))
    at_own, at_places = np.split(predicted, [len(own)], axis=1)
    is_place = np.eye(len(grid.places))
    moves = is_place[places] - is_place[own[rows]]
    effect = np.linalg.pinv(moves, rcond=1e-10) @ (at_places - at_own[:, rows])
    if grid.has_gap:  # without the value of a row, and of rows without one, instead of any value
        changes = predict_at(all_rows, -1) - at_own
        effect[:, -1] = (changes + effect[:, own]).mean(axis=1)
    return effect - (grid.position @ effect).mean(axis=1, keepdims=True)


def loss_of(model, y):
    """Say what grows if a column is shuffled, and make a function that measures it on outputs (n_rows, n)."""
    if y is None:
        return "change of the predictions", lambda p: np.sqrt(np.mean((p - model.predicted) ** 2))
    classes = model.classes
    if classes is None and len(model.quantiles) > 0:
        loss = metrics.mean_pinball_loss
        return "increase of the pinball loss", lambda p: np.mean(
            [loss(y, one, alpha=level) for one, level in zip(p.T, model.quantiles, strict=True)]
        )
    if classes is None:
        return "increase of 1 − R²", lambda p: 1 - metrics.r2_score(y, p)
    if y.ndim == 2:
        loss = metrics.log_loss
        return "increase of the log-loss", lambda p: np.mean(
            [loss(*label, labels=[0, 1]) for label in zip(y.T, p.T, strict=True)]
        )
    if unknown := set(y.tolist()) - set(classes.tolist()):
        raise ValueError(f"y has {unknown}, but the classes of the model are {classes.tolist()}.")
    if model.has_probabilities:
        return "increase of the log-loss", lambda p: metrics.log_loss(y, p, labels=classes)
    return "increase of the share of wrong rows", lambda p: np.mean(y != classes[p.argmax(axis=1)])


def permutation_costs(model, columns, loss, rng):
    """Shuffle each column: by how much the loss grows (N_REPEATS,), by its name, the largest first."""
    rows, before, costs = np.arange(len(model.predicted)), loss(model.predicted), {}
    for name in columns:
        donors = np.concatenate([rng.permutation(rows) for _ in range(N_REPEATS)])
        mixture = np.tile(rows, N_REPEATS), model.columns[name].moved, donors
        shuffled = np.split(model.predict(*mixture)[0], N_REPEATS)
        costs[name] = np.array([loss(one) for one in shuffled]) - before
    return dict(sorted(costs.items(), key=lambda item: -item[1].mean()))
