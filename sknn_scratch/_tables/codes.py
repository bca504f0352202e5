"""Whether the whole numbers of a column are codes, as of shops, schools or persons.

Rows with the same code have similar y, and the neighbours of a code tell nothing of it. A network bends along
a column of numbers in a few places only. So it needs codes as categories.
"""

import numpy as np
from scipy.interpolate import make_lsq_spline
from sklearn.utils import check_consistent_length

from sknn_scratch._fitting.decide import MANY_ROWS
from sknn_scratch._tables.kind_of_numbers import ROWS_OF_A_CODE, Numbers
from sknn_scratch._tables.means import numbers_of_rows, once, sums_by
from sknn_scratch._tables.pieces import quantiles
from sknn_scratch._tables.piecewise_encoder import COARSE_BINS, FINE_BINS
from sknn_scratch._tables.targets import scaled_targets

# Numbers are codes if the means of y by number explain more of the variance of y than a line that bends
# between bins does: at least this share of it, and so many standard deviations of what chance explains.
LEAST_SHARE, CERTAIN = 0.01, 10.0
# A bin has so many codes, but there are as many bins as coarse ones.
CODES_IN_A_BIN = 4
# Amounts are often round numbers, with many more rows than the numbers beside them. Codes are as frequent as
# their neighbours: the harmonic means of the rows of neighbours are at least this share of all rows. It is
# about 0.42 of 200 codes whose frequencies follow Zipf's law.
LEAST_EVEN = 0.4
LARGEST_CODE = 2**63  # those below are the integers that a file of ONNX can have


@np.errstate(invalid="ignore", over="ignore")  # a y that is not finite is refused later
def find_codes(kinds, values, y, units):
    """Tell columns of numbers that they have codes, from the values (n_samples,) of all columns and y.

    The rows of a unit with the same number count once, with the mean of their y: a row that is there often
    proves nothing. ``units`` is called for the number (n_samples,) of each row's unit.
    """
    if y is None:
        return
    check_consistent_length(*values.values(), y)
    targets = scaled_targets(y)
    found = [
        name
        for name, kind in kinds.items()
        if isinstance(kind, Numbers) and not kind.is_explained and are_codes(values[name], targets)
    ]
    for name in found:
        rows, of_rows = once(numbers_of_rows([values[name], units()]), targets)
        if are_codes(values[name][rows], of_rows):
            kinds[name].codes = frozenset(values[name].tolist())


def are_codes(values, targets):
    """Whether numbers (n_samples,) are codes, from their targets (n_samples, n_targets)."""
    is_known = ~np.isnan(values)
    values = values[is_known]
    if not ((np.abs(values) < LARGEST_CODE) & (values == np.round(values))).all():
        return False
    distinct, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    if not COARSE_BINS + 1 < len(distinct) <= len(values) / ROWS_OF_A_CODE:
        return False
    if (2 / (1 / counts[:-1] + 1 / counts[1:])).sum() < LEAST_EVEN * len(values):
        return False
    most_bins = FINE_BINS if len(values) >= MANY_ROWS else COARSE_BINS
    n_bins = min(most_bins, max(COARSE_BINS, len(distinct) // CODES_IN_A_BIN))
    explained, by_chance = explained_beside_line(distinct, places, counts, targets[is_known], n_bins)
    return bool(explained > max(LEAST_SHARE, CERTAIN * by_chance))


def explained_beside_line(distinct, places, counts, targets, n_bins):
    """Measure how much more means of targets by number explain than a line that bends between bins.

    Numbers are given as by ``numpy.unique``. The share of the variance is without what is expected by chance.
    The standard deviation of the latter comes second.
    """
    means, knots = sums_by(places, targets)[1] / counts[:, np.newaxis], quantiles(distinct, counts, n_bins)
    weights = np.sqrt(counts)  # of the errors, not of their squares
    both_ends_twice = np.r_[knots[0], knots, knots[-1]]
    line = make_lsq_spline(distinct, means, both_ends_twice, k=1, w=weights, check_finite=False)
    beside_line = means - line(distinct)
    n_free = len(distinct) - len(knots)
    noise = ((targets**2).sum(axis=0) - counts @ means**2) / (len(targets) - len(distinct))
    explained = (counts @ beside_line**2 - n_free * noise).sum()
    return explained / len(targets), np.sqrt(2 * n_free * (noise**2).sum()) / len(targets)
