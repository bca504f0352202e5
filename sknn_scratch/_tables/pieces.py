"""How one column of numbers is encoded: the limits of its bins, and what becomes of a value."""

from functools import partial
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import gen_batches

# A standardised value stays between minus and plus this bound. The narrow one bends the value itself, but
# ramps can straighten it.
BOUND, BOUND_WITHOUT_RAMPS = 3.0, 5.0
# Larger numbers count as this one: the difference of two numbers must not overflow.
LARGEST = np.finfo(np.float64).max / 4
# Knots that are closer than this are one, since the slope between them would overflow.
SMALLEST_BIN = np.finfo(np.float64).smallest_normal
# Numbers that differ by a smaller share are equal but for rounding: the cosine of the same weekday has
# several roundings, which a ramp between them would tell apart, or a division by their spread.
ROUNDING = 2.0**-48
# A fine ramp has this size, and a coarse one has a size of one.
FINE_SIZE = 0.5
# If fine knots must be fewer, every second is left out, or all.
MOST_THINNED = 2
# Rows that are encoded at once, so that they stay in the cache.
BLOCK_ROWS = 1000

# --- Where the bins of a column end ---


def quantiles(distinct, counts, n_bins):
    """Choose knots (at most n_bins + 1,) among distinct values (n,), with about as many rows in each bin.

    A frequent value counts no more than a bin, so that the other knots are spread over the other values.
    """
    knots = distinct
    if len(distinct) > n_bins + 1:
        ranks = np.cumsum(np.minimum(counts, rows_in_a_bin(counts, n_bins)))
        chosen = np.searchsorted(ranks, np.linspace(0, ranks[-1], n_bins + 1))
        knots = distinct[np.unique(np.minimum(chosen, len(distinct) - 1))]
    of_a_wave = min(-knots.min(initial=0), knots.max(initial=0))  # so large are the errors where it is zero
    rounding = ROUNDING * np.maximum(np.abs(knots), of_a_wave)
    return knots[np.diff(knots, prepend=-np.inf) >= np.maximum(SMALLEST_BIN, rounding)]


def rows_in_a_bin(counts, n_bins):
    """Compute how many rows a bin has if each value of more rows than this has a bin of its own."""
    frequent = np.sort(counts)[::-1][:n_bins]
    rest = counts.sum() - np.append(0, np.cumsum(frequent)[:-1])  # without the first, the first two, ...
    shares = rest / np.arange(n_bins, 0, -1)
    return shares[np.argmax(frequent <= shares)]


# --- How a column is encoded ---


class Piece(NamedTuple):
    """How one column is encoded."""

    mean: float
    scale: float
    bound: float  # of the standardised value
    knots: NDArray[np.float64]  # (n_knots,), ascending
    fine_knots: NDArray[np.float64]  # (n_fine_knots,), ascending
    ramp_means: NDArray[np.float64]  # (n_ramps,), of all
    has_missing: bool

    def without_ramps(self):
        nothing = np.empty(0)
        return self._replace(bound=BOUND_WITHOUT_RAMPS, knots=nothing, fine_knots=nothing, ramp_means=nothing)

    @property
    def ramps(self):
        """The knots with ramps between them, coarse and fine ones, and the size of these ramps."""
        both = ((self.knots, 1.0), (self.fine_knots, FINE_SIZE))
        return [(knots, size) for knots, size in both if n_ramps(knots)]

    @property
    def suffixes(self):
        """What is added to the name of the column, for each of its encodings."""
        ends = (f"_ramp{number + 1}" for number in range(len(self.ramp_means)))
        return ["", *ends, *["_missing"] * int(self.has_missing)]


def piece_of(column, n_bins, n_fine_bins=0, step=1):
    """Measure a column (n_samples,), and choose coarse knots, and every ``step``-th of the fine ones.

    There are no fine ones for few different values: these are all coarse ones.
    """
    distinct, counts = np.unique(known_values(column), return_counts=True)
    if 0 < n_fine_bins < len(distinct) - 1:
        knots = quantiles(distinct, counts, n_bins)
        fine_knots = quantiles(distinct, counts, n_fine_bins)[::step]
    else:
        knots, fine_knots = quantiles(distinct, counts, max(n_bins, n_fine_bins)), np.empty(0)
    values = np.repeat(distinct, counts)  # sorted, so that the order of the rows changes no rounding of sums
    means = np.append(mean_ramps(values, knots), FINE_SIZE * mean_ramps(values, fine_knots))
    has_missing = len(values) < len(column)
    return Piece(*mean_and_spread(values), BOUND, knots, fine_knots, means, has_missing)


def encode_columns(X, pieces, dtype):
    """Encode the columns of X (n_samples, n_features), each as its piece says: (n_samples, n_encodings)."""
    ends = list(accumulate((len(piece.suffixes) for piece in pieces), initial=0))
    encoded = np.empty((len(X), ends[-1]), dtype)
    for rows in gen_batches(len(X), BLOCK_ROWS):
        encode(X[rows], pieces, ends, encoded[rows])
    return encoded


def encode(X, pieces, ends, out):
    """Encode rows of X (n_samples, n_features); the encodings of a column are between two of the ``ends``.

    What is the same for all columns is computed at once: so one row takes little time.
    """
    are_missing, values = np.isnan(X), bounded(X)
    means, scales = np.array([piece.mean for piece in pieces]), np.array([piece.scale for piece in pieces])
    with np.errstate(over="ignore"):  # far outside the range of the training set: infinity, which is bounded
        z = np.clip((values - means) / scales, -1e9, 1e9)
    out[:, ends[:-1]] = z / np.sqrt(1 + (z / pieces[0].bound) ** 2)
    have_missing = are_missing.any(axis=0)
    for number, (piece, (start, end)) in enumerate(zip(pieces, pairwise(ends), strict=True)):
        place = start + 1
        for knots, size in piece.ramps:
            ramps = size * way_in_bins(values[:, number], knots)
            means = piece.ramp_means[place - start - 1 :][: ramps.shape[1]]
            np.subtract(ramps, means, out=out[:, place : place + len(means)], casting="same_kind")
            place += len(means)
        if have_missing[number]:
            out[are_missing[:, number], start:end] = 0
        if piece.has_missing:
            out[:, end - 1] = are_missing[:, number]


# --- Ramps ---


def n_ramps(knots):
    return len(knots) - 1 if len(knots) > 2 else 0


def way_in_bins(values, knots):
    """Compute for values (n,) how far each is in each bin, from 0 to 1: (n, n_ramps)."""
    position = np.interp(values, knots, np.arange(len(knots)))
    way = position[:, np.newaxis] - np.arange(n_ramps(knots))
    np.maximum(way, 0, out=way)  # np.clip takes several times as long for a row
    return np.minimum(way, 1, out=way)


def mean_ramps(values, knots):
    """Compute the mean of each ramp (n_ramps,) over values (n,).

    There is no array of ramps: a value is some way into the ramp of its bin, and at the end of all earlier
    ramps.
    """
    if not n_ramps(knots):
        return np.empty(0)
    way, bins = np.modf(np.interp(values, knots, np.arange(len(knots))))
    in_bin = partial(np.bincount, bins.astype(np.intp), minlength=len(knots))
    beyond = len(values) - np.cumsum(in_bin())
    return (in_bin(way) + beyond)[:-1] / len(values)


# --- Values ---


def known_values(column):
    """Take the values (n,) of a column (n_samples,) that are not missing."""
    return bounded(column[~np.isnan(column)])


def bounded(column):
    """Convert a column to float64, and bound its numbers so that no difference of two overflows."""
    return np.clip(column.astype(np.float64), -LARGEST, LARGEST)


def mean_and_spread(values):
    """Compute the mean and the standard deviation of values (n,); a spread of rounding errors becomes one."""
    if not len(values):
        return 0.0, 1.0
    unit = np.abs(values).max()  # so that no square and no sum overflows
    if np.ptp(values) <= ROUNDING * unit:
        return values[0], 1.0
    parts = values / unit
    return unit * parts.mean(), unit * parts.std() or unit  # a spread of subnormal numbers may become zero
