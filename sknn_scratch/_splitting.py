"""Which rows validate: a stratified split that keeps rare classes in training."""

import math
import numbers

import numpy as np


def split_rows(rows, y, validation_fraction, rng):
    """Split row numbers into those for training and those for validation.

    Every class has its share of the validation rows, rounded so that the sum is right, but at least one
    row of every class stays in training. Rows of a multilabel y are stratified by their set of labels;
    sets that occur once are drawn from together.

    Parameters
    ----------
    rows : ndarray of shape (n_samples,)
        Row numbers of y.
    y : ndarray of shape (n_rows,) or (n_rows, n_labels)
    validation_fraction : float or int
        Share or number of the rows that validate.
    rng : numpy.random.Generator

    Returns
    -------
    train, validation : ndarray
        Row numbers, in ascending order.
    """
    n_validation = validation_size(validation_fraction, len(rows))
    strata = _strata(y[rows])
    counts = np.bincount(strata)
    available = counts - 1 if y.ndim == 1 else counts
    quotas = _apportion(n_validation, counts, available, rng)
    order = rng.permutation(len(rows))
    order = order[np.argsort(strata[order], kind="stable")]
    rank = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    is_validation = np.zeros(len(rows), bool)
    is_validation[order[rank < np.repeat(quotas, counts)]] = True
    if not is_validation.any():
        raise ValueError(
            f"validation_fraction={validation_fraction} of {len(rows)} rows leaves no row to validate "
            "with, since one of each class is kept for training; increase it, pass X_val and y_val, or "
            "set early_stopping=False."
        )
    return rows[~is_validation], rows[is_validation]


def validation_size(validation_fraction, n_samples):
    """Turn a share (rounded up) or a number into a number of rows."""
    if isinstance(validation_fraction, numbers.Integral):
        size = int(validation_fraction)
    else:
        size = math.ceil(float(validation_fraction) * n_samples)
    if size >= n_samples:
        raise ValueError(
            f"validation_fraction={validation_fraction} would take all {n_samples} training rows; "
            "decrease it, pass X_val and y_val, or set early_stopping=False."
        )
    return size


def _strata(y):
    if y.ndim == 1:
        return np.unique(y, return_inverse=True)[1]
    _, strata, counts = np.unique(y, axis=0, return_inverse=True, return_counts=True)
    strata = strata.ravel()
    is_single = counts[strata] == 1
    strata[is_single] = len(counts)
    return np.unique(strata, return_inverse=True)[1]


def _apportion(total, counts, available, rng):
    """Share out ``total`` in proportion to ``counts``: whole parts first, then by largest remainder.

    What the strata that have no more to give are short of is shared out among the others, in proportion to
    what they still have.
    """
    shares = total * counts / counts.sum()
    quotas = np.minimum(np.floor(shares).astype(int), available)
    ties = rng.random(len(counts))
    by_remainder = np.lexsort((ties, quotas - shares))
    givers = by_remainder[(quotas < available)[by_remainder]]
    quotas[givers[: total - quotas.sum()]] += 1
    while (missing := min(total, available.sum()) - quotas.sum()) > 0:
        left = available - quotas
        more = missing * left // left.sum()
        if not more.any():
            more[np.argsort(-left, kind="stable")[:missing]] = 1
        quotas += more
    return quotas
