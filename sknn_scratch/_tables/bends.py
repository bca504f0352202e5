"""Whether y bends along some column, or changes along straight lines alone.

Ramps let a network bend along a column. Where y does not bend, they are noise, of which a network learns
some. Tables that a random network had generated had higher losses with ramps, in up to three times as long.
"""

import numpy as np

from sknn_scratch._tables.pieces import (
    BOUND_WITHOUT_RAMPS,
    LEAST_VARIANCE,
    bounded,
    bounded_value,
    mean_and_spread,
    mean_products,
    n_ramps,
    way_in_bins,
)

# Y does not bend if, along every column, ramps surely explain less than this share of what straight lines
# explain, and of what they leave. Of a y that a random network had generated, they explained a
# hundredth; of real ones, a fifteenth and more. Chance may hide so many of its standard deviations.
LEAST_BEND, CERTAIN = 0.05, 3.0
# Of a y of classes, or of few different numbers, so many values count: the most frequent ones.
MOST_COMPARED = 10


@np.errstate(invalid="ignore", over="ignore")  # a y that is not finite is refused later
def bends_somewhere(y, X, all_knots):
    """Whether y (n_samples,) or (n_samples, n_outputs) may bend along a column of X (n_samples, n_features).

    It counts as true if no column would have ramps.
    """
    targets = scaled_targets(y)
    columns = [(column, knots) for column, knots in zip(X.T, all_knots, strict=True) if n_ramps(knots.coarse)]
    if not columns:
        return True
    by_line, by_ramps, by_chance = np.transpose([explained(*one, targets) for one in columns])
    by_lines = by_line.sum()  # more than all, perhaps, where columns vary together: then ramps stay
    least = LEAST_BEND * min(by_lines, 1 - by_lines)
    return bool((by_ramps + CERTAIN * by_chance > least).any())


def explained(column, knots, targets):
    """Measure what share of the variance of targets (n_samples, n_targets) a column (n_samples,) explains.

    Returns what its bounded value explains, what ramps explain further, without what is expected by chance,
    and a standard deviation of this.
    """
    is_known = ~np.isnan(column)
    values, targets = bounded(column[is_known]), targets[is_known]
    line = bounded_value(values, *mean_and_spread(values), BOUND_WITHOUT_RAMPS)
    line = (line - line.mean()) / (line.std() or 1.0)
    targets = (targets - targets.mean(axis=0)).T
    of_line = targets @ line / len(values)
    slopes, *of_ramps = mean_products(values, knots.coarse, np.vstack([line, targets]))
    beside_line = of_ramps - np.outer(of_line, slopes)
    ramps = way_in_bins(knots.typical, knots.coarse)
    covariance = np.cov(ramps, rowvar=False) - np.outer(slopes, slopes)
    variances, components = np.linalg.eigh(covariance)
    kept = variances > LEAST_VARIANCE
    by_ramps = ((beside_line @ components[:, kept]) ** 2 / variances[kept]).sum()
    n, n_components = len(values), kept.sum()
    return (of_line**2).sum(), by_ramps - n_components / n, np.sqrt(2 * n_components) / n


def scaled_targets(y):
    """Make targets (n_samples, n_targets) of y, which have a variance of one in all."""
    y = np.asarray(y)
    targets = np.hstack([targets_of(one) for one in y.reshape(len(y), -1).T])
    targets = targets - targets.mean(axis=0)
    return targets / (np.sqrt((targets**2).mean(axis=0).sum()) or 1.0)


def targets_of(y):
    """Make columns (n_samples, n) of y (n_samples,): bounded numbers, or whether y is one of few values."""
    values, is_text = numbers_of(y)
    distinct, counts = np.unique(values, return_counts=True)
    if len(distinct) > MOST_COMPARED and not is_text:
        return bounded_value(values, *mean_and_spread(values), BOUND_WITHOUT_RAMPS)[:, np.newaxis]
    frequent = distinct[np.argsort(-counts, kind="stable")][:MOST_COMPARED]
    return (values[:, np.newaxis] == frequent[: max(1, len(frequent) - 1)]).astype(np.float64)


def numbers_of(y):
    """Make numbers of y (n_samples,), of text the places of its values, and say whether it is text."""
    try:
        return y.astype(np.float64), False
    except (TypeError, ValueError):
        return np.unique(y.astype(str), return_inverse=True)[1], True
