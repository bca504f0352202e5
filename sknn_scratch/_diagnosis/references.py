"""Predictions of simple models for rows whose labels they have not seen: they show what can be learnt."""

import numpy as np
from sklearn.neighbors import NearestNeighbors

N_NEIGHBOURS = 5


def of_neighbours(X, targets):
    """Average the targets (n_samples, n_outputs) of the nearest other rows."""
    neighbours = NearestNeighbors(n_neighbors=N_NEIGHBOURS).fit(X).kneighbors(return_distance=False)
    return targets[neighbours].mean(axis=1)


def of_linear_model(X, targets):
    """Predict the targets (n_samples, n_outputs) by ridge regressions on all other rows.

    With the kernel matrix K, all predictions are t_i - [(K + I)^-1 t]_i / [(K + I)^-1]_ii.
    """
    kernel = X @ X.T
    kernel = kernel if isinstance(kernel, np.ndarray) else kernel.toarray()
    kernel = 1 + kernel / max(np.trace(kernel) / len(kernel), np.finfo(float).tiny)  # 1 for the intercept
    inverse = np.linalg.inv(kernel + np.eye(len(kernel)))
    return targets - inverse @ targets / np.diag(inverse)[:, np.newaxis]
