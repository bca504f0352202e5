"""What the features of a network are like, and how strongly the loss pulls at a new hidden unit."""

from typing import NamedTuple

import numpy as np

from sknn_scratch._core.activations import ACTIVATIONS

# Quantiles are computed from about this number of rows at most.
QUANTILE_ROWS = 2000
# The interquartile range of a normal distribution, in standard deviations.
NORMAL_QUARTILES = 1.349
# A feature has a tail if its standard deviation is more than this many times its spread. The ratio is 1 for
# normal values and 2 for log-normal values.
TAIL = 10.0
# Nor has it one if more than this share of its values equal the median, as those of a ramp may: for three
# quarters, the interquartile range is zero, and for hardly fewer, it is near zero by chance.
MOSTLY_CONSTANT = 0.7


class Features(NamedTuple):
    """Numbers (n_features,) about each feature."""

    size: np.ndarray  # root mean square; if there is a tail, of the values without it
    spread: np.ndarray  # standard deviation of the values without a tail; 0 if most values are equal
    reach: np.ndarray  # largest distance from the median; 0 for constants
    has_tail: np.ndarray  # whether a few values are far from all others


def measure_dense(X):
    """Measure a dense matrix (n_samples, n_features); overflow gives infinity, which exceeds all limits."""
    some = X[:: -(-len(X) // QUANTILE_ROWS)]
    lower, median, upper = np.percentile(some, [25, 50, 75], axis=0).astype(float)
    is_constant = np.mean(some == median, axis=0) > MOSTLY_CONSTANT
    spread = np.where(is_constant, 0, (upper - lower) / NORMAL_QUARTILES)
    mean, mean_square = X.mean(axis=0, dtype=float), np.vecdot(X, X, axis=0, dtype=float) / len(X)
    squared_distance = np.maximum(mean_square - 2 * median * mean + median**2, 0)
    has_tail = (spread > 0) & (np.sqrt(squared_distance) > TAIL * spread)
    size = np.sqrt(np.where(has_tail, median**2 + spread**2, mean_square))
    reach = np.maximum(X.max(axis=0) - median, median - X.min(axis=0))
    return Features(size, spread, reach, has_tail)


def measure_sparse(X):
    """Measure a CSR matrix: most values of a feature are zero, so no feature has a tail."""
    n_samples, n_features = X.shape
    squares = np.bincount(X.indices, np.square(X.data, dtype=float), minlength=n_features)
    reach = np.zeros(n_features)
    np.maximum.at(reach, X.indices, np.abs(X.data))
    return Features(np.sqrt(squares / n_samples), np.zeros(n_features), reach, np.zeros(n_features, bool))


def standardised(X, features):
    """Scale features to a size of about one, and clip them to +-5; a sparse matrix stays as it is."""
    if not isinstance(X, np.ndarray):
        return X
    X = X.astype(float)
    X -= np.median(X, axis=0)
    size = np.where(features.spread > 0, features.spread, np.sqrt(np.mean(X**2, axis=0)))
    return np.clip(X / np.where(size > 0, size, 1), -5, 5)


def scaler_first(features):
    if features.has_tail.any():
        return (
            "scale by quantiles, and clip outliers: make_pipeline(RobustScaler(), "
            "FunctionTransformer(clip), estimator) with clip(x) = x / sqrt(1 + (x / 3) ** 2)",
        )
    return ("put a scaler first: make_pipeline(StandardScaler(), estimator)",)


# --- Pulls: see the notes of ``diagnose`` ---

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
    """Compute in which share of random orders the pull at the deltas (n_outputs, n_samples) is as strong."""
    rng, relu = np.random.default_rng(0), ACTIVATIONS["relu"]
    pull = pulls(relu, X, deltas).max()
    by_chance = [pulls(relu, X, rng.permutation(deltas, axis=1)).max() for _ in range(N_ORDERS)]
    return np.mean([pull <= one for one in by_chance])


def pulls(activate, X, deltas):
    """Norms (n_units,) of the gradients at the output weights of new units.

    A norm within the rounding errors of its sums is zero.
    """
    hidden = new_units(activate, X, deltas)
    norms = np.linalg.norm(deltas @ hidden, axis=0)
    sizes = np.linalg.norm(np.abs(deltas) @ np.abs(hidden), axis=0)
    return np.where(norms > len(hidden) * np.finfo(hidden.dtype).eps * sizes, norms, 0)


def new_units(activate, X, deltas):
    """Compute the values (n_samples, n_units) of units with input weights of length one.

    X is (n_samples, n_features). The deltas (n_outputs, n_samples) are the gradient at the outputs of a
    network that predicts the same for all rows.
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
    return hidden


# --- What y does along a feature ---

# The rows before and after a row that predict it. One alone would often be a copy of the row.
N_BESIDE = 2


def share_of_one_unit(X, deltas):
    """Compute the largest share of the squared deltas (n_outputs, n_samples) that one relu unit explains."""
    hidden = new_units(ACTIVATIONS["relu"], X, deltas)
    hidden = hidden - hidden.mean(axis=0)
    explained, sizes = np.square(deltas @ hidden).sum(axis=0), np.square(hidden).sum(axis=0)
    return float(np.max(explained[sizes > 0] / sizes[sizes > 0], initial=0.0) / np.square(deltas).sum())


def share_along(X, deltas):
    """Find the column of X (n_samples, n_features) that explains most of the deltas, and the share."""
    order = np.random.default_rng(0).permutation(len(X))  # of rows with equal values
    shares = [share_explained(column, deltas[:, order]) for column in X[order].T]
    best = int(np.argmax(shares))
    return best, shares[best]


def share_explained(numbers, targets):
    """Compute the share of the variance of targets (n_outputs, n_samples) that a column explains.

    Each row is predicted by the rows beside it in the order of the column (n_samples,), where missing values
    come last. Rows with equal values stay in their random order.
    """
    targets = targets[:, np.argsort(numbers, kind="stable")]
    places = np.arange(len(numbers))
    first, end = np.maximum(places - N_BESIDE, 0), np.minimum(places + N_BESIDE + 1, len(numbers))
    sums = np.pad(np.cumsum(targets, axis=1), ((0, 0), (1, 0)))
    predicted = (sums[:, end] - sums[:, first] - targets) / (end - first - 1)
    return 1 - np.square(predicted - targets).mean(axis=1).sum() / targets.var(axis=1).sum()
