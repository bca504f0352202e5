"""How strongly the loss pulls at a new hidden unit: see the notes of ``diagnose``."""

import numpy as np

from sknn_scratch._core.activations import ACTIVATIONS

# Besides the directions of the strongest correlations, N_DIRECTIONS random directions are tried. These have
# at most MOST_NUMBERS numbers: for very many features they find nothing.
N_DIRECTIONS = 100
MOST_NUMBERS = 2**22
# Features that say something pull more strongly at y than at y in this number of random orders.
N_ORDERS = 19


def baseline_deltas(network, batch):
    """Compute the gradient (n_outputs, n_samples) at the outputs of a network that predicts the same for all.

    A constant has no penalty, so the part of the gradient that it explains does not count.
    """
    targets = batch.targets
    slopes = np.empty_like(targets.values)
    network.loss.gradient(np.zeros_like(slopes), targets, slopes)
    return slopes - targets.shares * slopes.sum(axis=1, keepdims=True)


def share_by_chance(X, deltas):
    """Compute the share of random orders of the deltas (n_outputs, n_samples) that are pulled at as strongly.

    X (n_samples, n_features) is scaled.
    """
    rng, relu = np.random.default_rng(0), ACTIVATIONS["relu"]
    pull = pulls(relu, X, deltas).max()
    by_chance = [pulls(relu, X, rng.permutation(deltas, axis=1)).max() for _ in range(N_ORDERS)]
    return np.mean([pull <= one for one in by_chance])


def pulls(activate, X, deltas):
    """Norms (n_units,) of the gradients at the output weights of units with input weights of length one.

    X is (n_samples, n_features). The deltas (n_outputs, n_samples) are the gradient at the outputs of a
    network that predicts the same for all rows. A norm within the rounding errors of its sums is zero.
    """
    rng = np.random.default_rng(0)
    n_random = min(N_DIRECTIONS, MOST_NUMBERS // X.shape[1])
    directions = np.hstack([X.T @ deltas.T, rng.normal(size=(X.shape[1], n_random))])
    lengths = np.linalg.norm(directions, axis=0)
    directions = (directions / np.where(lengths > 0, lengths, 1)).astype(X.dtype)
    directions = np.hstack([directions, -directions])
    projections = X @ directions
    thresholds = projections[
        rng.integers(len(projections), size=directions.shape[1]), range(directions.shape[1])
    ]
    hidden = np.hstack([projections, projections - thresholds])
    activate(hidden, None)
    norms = np.linalg.norm(deltas @ hidden, axis=0)
    sizes = np.linalg.norm(np.abs(deltas) @ np.abs(hidden), axis=0)
    return np.where(norms > len(hidden) * np.finfo(hidden.dtype).eps * sizes, norms, 0)
