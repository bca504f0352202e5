"""Any y as a few columns of numbers, of which means and squared errors say something."""

import numpy as np
from scipy.stats import rankdata

# Of a y of classes, or of few different numbers, so many values count: the most frequent ones.
MOST_COMPARED = 10


@np.errstate(invalid="ignore", over="ignore")  # a y that is not finite is refused later
def scaled_targets(y):
    """Make targets (n_samples, n_targets) of y, which have a variance of one in all."""
    y = np.asarray(y)
    targets = np.hstack([targets_of(one) for one in y.reshape(len(y), -1).T])
    targets = targets - targets.mean(axis=0)
    return targets / (np.sqrt((targets**2).mean(axis=0).sum()) or 1.0)


def targets_of(y):
    """Make columns (n_samples, n) of y (n_samples,): ranks, or whether y is one of few values.

    Few large numbers would decide the means and squared errors of a skewed y, but not those of its ranks.
    """
    values, is_text = numbers_of(y)
    distinct, counts = np.unique(values, return_counts=True)
    if len(distinct) > MOST_COMPARED and not is_text:
        return rankdata(values)[:, np.newaxis]
    frequent = distinct[np.argsort(-counts, kind="stable")][:MOST_COMPARED]
    return (values[:, np.newaxis] == frequent[: max(1, len(frequent) - 1)]).astype(np.float64)


def numbers_of(y):
    """Make numbers of y (n_samples,), of text the places of its values, and say whether it is text."""
    try:
        return y.astype(np.float64), False
    except (TypeError, ValueError):
        return np.unique(y.astype(str), return_inverse=True)[1], True
