"""Importances by permutation: how much worse predictions become, or change, if a column is shuffled."""

from functools import partial

import numpy as np
from sklearn import metrics

N_REPEATS = 5  # shuffles of a column
# By the parameter ``loss`` of a regressor; with any other, R2 is taken.
LOSSES_OF_NUMBERS = {
    "absolute_error": ("the absolute error", metrics.mean_absolute_error),
    "poisson": ("the Poisson deviance", metrics.mean_poisson_deviance),
    "gamma": ("the gamma deviance", metrics.mean_gamma_deviance),
}


def loss_of(model, y):
    """Say what grows if a column is shuffled, and make a function of outputs that measures it."""
    if y is None:
        return "change of the predictions", lambda p: np.sqrt(np.mean((p - model.predicted) ** 2))
    name, loss = loss_on(model, np.asarray(y))
    return f"increase of {name}", loss


def loss_on(model, y):
    """Choose a loss: its name, and a function of outputs (n_rows, n_outputs)."""
    if model.classes is None:
        return loss_of_numbers(model.last, y)
    if y.ndim == 2:
        return "the log-loss", mean_of_columns(y, [partial(metrics.log_loss, labels=[0, 1])] * y.shape[1])
    if unknown := set(y.tolist()) - set(model.classes.tolist()):
        raise ValueError(f"y has {unknown}, but the classes of the model are {model.classes.tolist()}.")
    if model.has_probabilities:
        return "the log-loss", lambda p: metrics.log_loss(y, p, labels=model.classes)
    return "the share of wrong rows", lambda p: np.mean(y != model.classes[p.argmax(axis=1)])


def loss_of_numbers(estimator, y):
    """Choose the loss of a regressor."""
    name, y = getattr(estimator, "loss", None), y.reshape(len(y), -1)
    if name == "quantile" and hasattr(estimator, "quantile"):
        levels = np.atleast_1d(estimator.quantile)
        y = np.broadcast_to(y, (len(y), len(levels)))
        return "the pinball loss", mean_of_columns(
            y, [partial(metrics.mean_pinball_loss, alpha=one) for one in levels]
        )
    name, loss = LOSSES_OF_NUMBERS.get(name, ("1 − R²", lambda y, p: 1 - metrics.r2_score(y, p)))
    return name, mean_of_columns(y, [loss] * y.shape[1])


def mean_of_columns(y, losses):
    """Make a function of outputs: the mean of losses, one for each column of y (n_rows, n)."""
    return lambda p: np.mean([loss(*pair) for loss, *pair in zip(losses, y.T, p.T, strict=True)])


def permutation_costs(model, columns, loss, rng):
    """Shuffle each column: a dict of the costs (N_REPEATS,) by the name of the column, the largest first.

    The cost is the increase of the loss, a function of outputs (n_rows, n_outputs).
    """
    rows, before, costs = np.arange(model.n_rows), loss(model.predicted), {}
    for name in columns:
        donors = np.concatenate([rng.permutation(rows) for _ in range(N_REPEATS)])
        changes = [(part.positions, donors) for part in model.parts[name]]
        shuffled = np.split(model.predict(np.tile(rows, N_REPEATS), *changes)[0], N_REPEATS)
        costs[name] = np.array([loss(one) for one in shuffled]) - before
    return dict(sorted(costs.items(), key=lambda item: -item[1].mean()))
