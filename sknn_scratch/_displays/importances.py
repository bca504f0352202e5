"""Importances by permutation: how much worse predictions become, or change, if a column is shuffled."""

import numpy as np
from sklearn import metrics

N_REPEATS = 5  # shuffles of a column


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
