"""What the features of a network are like: their size, their spread, their outliers."""

from typing import NamedTuple

import numpy as np

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


def measure_features(matrix):
    """Measure a design matrix (n_samples, n_features), dense or sparse."""
    return measure_dense(matrix) if isinstance(matrix, np.ndarray) else measure_sparse(matrix)


def measure_dense(X):
    """Measure a dense matrix; overflow gives infinity, which exceeds all limits."""
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
    """Measure a sparse matrix: most values of a feature are zero, so no feature has a tail."""
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
    """Recommend a scaler that suits the features."""
    if features.has_tail.any():
        return (
            "scale by quantiles, and clip outliers: make_pipeline(RobustScaler(), "
            "FunctionTransformer(clip), estimator) with clip(x) = x / sqrt(1 + (x / 3) ** 2)",
        )
    return ("put a scaler first: make_pipeline(StandardScaler(), estimator)",)
