"""Importances by permutation: how much worse predictions become, or change, if a column is shuffled."""

from functools import partial
from itertools import cycle

import numpy as np
from sklearn import metrics

N_REPEATS = 5  # shuffles of a column


def loss_of(model, y):
    """Say what grows if a column is shuffled, and make a function that measures it on outputs (n_rows, n)."""
    if y is None:
        return "change of the predictions", lambda p: np.sqrt(np.mean((p - model.predicted) ** 2))
    y, classes = np.asarray(y), model.classes
    if classes is None or y.ndim == 2:
        name, losses = losses_of_outputs(model)
        columns = y.reshape(len(y), -1).T  # one for all quantiles
        return f"increase of {name}", lambda p: np.mean(
            [loss(*pair) for loss, *pair in zip(cycle(losses), cycle(columns), p.T, strict=False)]
        )
    if unknown := set(y.tolist()) - set(classes.tolist()):
        raise ValueError(f"y has {unknown}, but the classes of the model are {classes.tolist()}.")
    if model.has_probabilities:
        return "increase of the log-loss", lambda p: metrics.log_loss(y, p, labels=classes)
    return "increase of the share of wrong rows", lambda p: np.mean(y != classes[p.argmax(axis=1)])


def losses_of_outputs(model):
    """Choose the loss of labels or numbers: its name, and a list with that of each output, or of all."""
    if model.classes is not None:
        return "the log-loss", [partial(metrics.log_loss, labels=[0, 1])]
    if len(model.quantiles) > 0:
        losses = [partial(metrics.mean_pinball_loss, alpha=level) for level in model.quantiles]
        return "the pinball loss", losses
    return "1 − R²", [lambda y, p: 1 - metrics.r2_score(y, p)]


def permutation_costs(model, columns, loss, rng):
    """Shuffle each column: a dict of the costs (N_REPEATS,) by the name of the column, the largest first.

    The cost is the increase of the loss, a function of outputs (n_rows, n_outputs).
    """
    rows, before, costs = np.arange(len(model.predicted)), loss(model.predicted), {}
    for name in columns:
        donors = np.concatenate([rng.permutation(rows) for _ in range(N_REPEATS)])
        mixture = np.tile(rows, N_REPEATS), model.columns[name].moved, donors
        shuffled = np.split(model.predict(*mixture)[0], N_REPEATS)
        costs[name] = np.array([loss(one) for one in shuffled]) - before
    return dict(sorted(costs.items(), key=lambda item: -item[1].mean()))
