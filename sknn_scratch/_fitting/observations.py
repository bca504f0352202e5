"""Which rows are independent observations, and which are held out.

Parts of the observations are held out in turn, to choose alpha and the length of the training. A share of the
rows or groups is held out to stop the training early, if the user asks for it.

What is decided by rows that are held out needs to know which rows are independent of each other. Copies are
not: the rows of a bootstrap, or those that an oversampler has repeated, are one observation, with the sum of
their weights. But people who tick the same boxes are observations of their own. Copies do not differ in y,
and such people often do. So if rows with equal features often differ in y, each row is an observation. It
also is one if nearly all features occur many times, some more often than others, as in a random sample of a
truth table.

The user may say which rows belong together, as those of a person. Then such groups are dealt and counted, and
each stays whole. Only rows of one group can be copies.

All this depends on the values of the rows and on their weights alone. The order of the rows changes nothing.
A place of an observation follows from its own rounded values, so rounding errors move none, and a change of
one row moves no other.
"""

import math
from collections.abc import Hashable
from dataclasses import replace
from hashlib import blake2b
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np

from sknn_scratch._core.activations import Array
from sknn_scratch._core.blocks import row_blocks
from sknn_scratch._core.data import Data
from sknn_scratch._core.rows import Index, SparseRows, evenly
from sknn_scratch._fitting.threads import one_blas_thread
from sknn_scratch._targets.base import TargetKind

# Equal rows are copies, unless so large a share of the patterns of features that occur more than once have
# different y. Some copies may: y was corrected in one of them.
MOST_DIFFERENT = 0.05
# Nor are they copies if a pattern has more rows than this on average; if at most this share of the rows are
# the only one of theirs, since an oversampler repeats few rows often, but not those of the largest class; and
# if the variance of the numbers of rows is at least this share of their mean. If rows are drawn at random, it
# is about the mean, or more. Copies are even, and of copies of which two thirds are drawn, it is a third.
MOST_COPIES, MOST_ALONE, LEAST_VARIANCE = 5, 0.05, 0.4
# Added to hashes to make further ones: 2**64 divided by the golden ratio.
STEP = np.uint64(0x9E3779B97F4A7C15)


class Units(NamedTuple):
    """What is independent of each other, and so dealt to the parts: observations or groups of them."""

    strata: Index  # (n_units,): the number of each one's stratum
    n_kept: int  # of each stratum, so many must stay in training
    hashes: Index  # (n_units,) of 64 bits, of rounded values: no two are equal

    def in_order(self, draw: int = 0) -> Index:
        """Sort units by strata, and at random in each: a place follows from a unit alone."""
        return np.lexsort((mixed_bits(self.hashes + STEP * np.uint64([draw])), self.strata))

    def dealt(self, n_parts: int, draw: int = 0) -> Index:
        """Deal units to parts: number each (n_units,).

        The random order of a stratum is cut into blocks of nearly equal size, one for each part. So if one
        unit moves, only a few at the ends of blocks come to another part. In a stratum of no more than
        ``n_kept``, the number is ``n_parts``.
        """
        order, counts = self.in_order(draw), np.bincount(self.strata)
        strata = self.strata[order]
        shifts = np.cumsum(counts > self.n_kept) - 1  # so that remainders go to different parts
        numbers = (repeats(strata) * n_parts // counts[strata] + shifts[strata]) % n_parts
        parts = np.empty_like(order)
        parts[order] = np.where(counts[strata] > self.n_kept, numbers, n_parts)
        return parts


class Observations(NamedTuple):
    """Observations, in an order that follows from their values."""

    data: Data  # one row of each; weights are sums over the copies, with a mean of one, or None
    target_kind: TargetKind
    units: Units
    numbers: Index  # (n_observations,): the number of each one's unit
    features: Index  # (n_features,): the number of each feature, wherever its column is
    exact: Index  # (n_observations,): hashes of exact values; equal rows have equal ones

    @property
    def key(self) -> Hashable:
        """What observations have in common that are equal to the last bit, wherever their rows are in X."""
        data = self.data
        arrays = self.exact, data.targets[data.rows], data.row_weights, self.numbers, self.units.hashes
        digests = [one if one is None else blake2b(np.ascontiguousarray(one)).digest() for one in arrays]
        return isinstance(data.X, SparseRows), data.X.source.dtype.str, self.units.n_kept, *digests

    @property
    def are_grouped(self) -> bool:
        return len(self.units.hashes) < len(self.numbers)

    def loss_of_a_constant(self) -> float:
        data = self.data
        return self.target_kind.loss_of_a_constant(data.targets[data.rows], data.shares)

    def part(self, places: Index) -> "Observations":
        data, numbers, exact = self.data.part(places), self.numbers[places], self.exact[places]
        return self._replace(data=data, numbers=numbers, exact=exact)

    def sample(self, most_values: int, least: int) -> "Observations":
        """Take some, evenly by strata: ``least`` at least, with at most so many values other than zero."""
        data, n_rows, n_units = self.data, len(self.numbers), len(self.units.hashes)
        if n_rows * data.X.n_features <= most_values:
            return self
        n_values = data.X.take(data.rows).count_values() / n_rows
        n_most = max(least, int(most_values / max(1, n_values)))
        some = self.units.in_order()[evenly(n_units, max(1, n_most * n_units // n_rows))]
        return self.part(np.flatnonzero(np.isin(self.numbers, some)))

    def dealt(self, n_parts: int, draw: int = 0) -> Index:
        """Deal observations to parts: number each (n_observations,). Those of a unit come to one part."""
        present, numbers = np.unique(self.numbers, return_inverse=True)
        units = self.units._replace(strata=self.units.strata[present], hashes=self.units.hashes[present])
        return units.dealt(n_parts, draw)[numbers]

    def n_independent(self, places: Index | slice = slice(None)) -> int:
        """Count the units of some observations."""
        return len(np.unique(self.numbers[places]))

    def sums(self, values: Array, places: Index) -> Array:
        """Add the values (n,) of some observations up by unit."""
        return np.bincount(np.unique(self.numbers[places], return_inverse=True)[1], values)


def observations_of(data: Data, encoded: Any) -> Observations:
    """Find the observations among the rows that train, which are some of the encoded ones."""
    rows, weights, exact = distinct_rows(data, encoded.groups)
    data, kind = replace(data, rows=rows, row_weights=weights), encoded.target_kind
    features = numbers_of_features(data)
    rounded = hashes_of_rows(data.X, rows, features, is_rounded=True)
    hashes = mixed_bits(rounded + STEP * repeats(exact).astype(np.uint64))
    strata, numbers = strata_of_units(encoded, rows)
    of_units = hashes if encoded.groups is None else hashes_of_groups(rounded, numbers)
    seen = Observations(data, kind, Units(strata, kind.n_kept, of_units), numbers, features, exact)
    return seen.part(np.argsort(hashes, kind="stable"))  # what adds rows up or draws them is stable, too


def distinct_rows(data: Data, groups: Index | None = None) -> tuple[Index, Array | None, Index]:
    """Choose a row of each observation, sorted by values; ``groups`` number that of each row of X.

    Returns the numbers of the rows (n_observations,); the sums (n_observations,) of the weights of copies,
    divided by their mean, or None if they are equal; and hashes (n_observations,), equal for equal features.
    """
    rows = data.row_numbers
    weights = np.ones(len(rows)) if data.row_weights is None else data.row_weights
    hashes, targets = hashes_of_rows(data.X, rows), data.targets[rows]
    patterns = np.column_stack([hashes] if groups is None else [groups[rows].astype(np.uint64), hashes])
    order = np.lexsort((weights, *targets.T, *patterns.T))  # by the weights for the rounding of their sums
    rows, weights, hashes, targets = rows[order], weights[order], hashes[order], targets[order]
    begins_pattern = differ_from_last(patterns[order])
    begins = begins_pattern | differ_from_last(targets)
    patterns = np.cumsum(begins_pattern) - 1
    is_different = np.bincount(patterns[begins]) > 1
    is_repeated = is_different | (np.bincount(patterns, weights) > weights.min())
    often_differ = np.count_nonzero(is_different) > MOST_DIFFERENT * np.count_nonzero(is_repeated)
    if not (often_differ or are_frequent(np.bincount(patterns))):
        rows, hashes = rows[begins], hashes[begins]
        weights = np.add.reduceat(weights, np.flatnonzero(begins))
    return rows, weights / weights.mean() if np.ptp(weights) > 0 else None, hashes


def are_frequent(counts):
    """Whether patterns with so many rows each (n_patterns,) are drawn at random, and many times."""
    mean, n_alone = counts.mean(), np.count_nonzero(counts == 1)
    are_many = mean > MOST_COPIES and n_alone <= MOST_ALONE * counts.sum()
    return are_many and counts.var() >= LEAST_VARIANCE * mean


def differ_from_last(values):
    return np.append(True, (values[1:] != values[:-1]).any(axis=1))


def repeats(sorted_values):
    """Count for each value (n,) how many equal ones are before it."""
    begins = np.flatnonzero(differ_from_last(sorted_values[:, np.newaxis]))
    counts = np.diff(np.append(begins, len(sorted_values)))
    return np.arange(len(sorted_values)) - np.repeat(begins, counts)


@np.errstate(all="ignore")  # sums that are not finite come last
@one_blas_thread()
def numbers_of_features(data):
    """Order the features by the sums of their products with y; get the number (n_features,) of each.

    Those that no row has come last, and so change nothing.
    """
    targets = data.targets[data.rows] @ np.arange(1.0, 1 + data.targets.shape[1])
    if data.row_weights is not None:
        targets *= data.row_weights
    sums, has_occurred = np.zeros(data.X.n_features), np.zeros(data.X.n_features, bool)
    for block, X in in_blocks(data.X, data.rows):
        sums += X.source.T @ targets[block]
        has_occurred |= X.has_occurred()
    sums[~has_occurred] = np.inf
    return np.argsort(np.argsort(sums, kind="stable"))


# --- Groups ---


def strata_of_units(encoded, rows):
    """Get the stratum (n_units,) of each unit of some rows, and the number (n_rows,) of each row's unit.

    The stratum of a group is that of its rows which the fewest groups have.
    """
    strata = encoded.target_kind.strata(encoded.y[rows])
    if encoded.groups is None:
        return strata, np.arange(len(rows))
    numbers = np.unique(encoded.groups[rows], return_inverse=True)[1]
    both = np.unique(np.column_stack([numbers, strata]), axis=0)
    n_groups = np.bincount(both[:, 1])[both[:, 1]]
    both = both[np.lexsort((both[:, 1], n_groups, both[:, 0]))]
    return np.unique(both[differ_from_last(both[:, :1]), 1], return_inverse=True)[1], numbers


def places_of_units(hashes, groups):
    """Put what is independent in order, rows or groups: get the place (n_samples,) of each row's."""
    if groups is None:
        return np.arange(len(hashes))
    numbers = np.unique(groups, return_inverse=True)[1]
    return np.argsort(np.argsort(hashes_of_groups(hashes, numbers), kind="stable"))[numbers]


def hashes_of_groups(hashes, numbers):
    """Make a hash (n_groups,) of each group from those of its rows (n_samples,), whatever its number is."""
    sums = np.zeros(numbers.max() + 1, np.uint64)
    np.add.at(sums, numbers, hashes)
    return mixed_bits(sums)


def in_blocks(X, rows):
    """Take rows block by block, to save memory: yield their places, and the rows."""
    for block in row_blocks(len(rows), max(1, int(X.values_per_row)), np.float64):
        yield block, X.take(rows[block])


# --- Rows that stop the training early ---


def hold_out(data, encoded, validation_fraction, rng):
    """Take some rows, or whole groups, out of those that train: get the data without them, and these rows."""
    rows, unit = data.row_numbers, "row" if encoded.groups is None else "group"
    strata, numbers = strata_of_units(encoded, rows)
    n_kept = encoded.target_kind.n_kept
    is_held_out = draw_held_out(strata, n_kept, validation_fraction, rng, unit)[numbers]
    return data.part(~is_held_out), encoded.take(rows[is_held_out])


def draw_held_out(strata, n_kept, validation_fraction, rng, unit="row"):
    """Say of each training row, or group of rows, whether it is held out to validate: (n_samples,).

    At least ``n_kept`` of every stratum (n_samples,) stay in training. The others are sorted by stratum, in
    random order within it, and held out at equal distances: so every stratum gives its share.
    """
    n_units = len(strata)
    order = rng.permutation(n_units)
    order = order[np.argsort(strata[order], kind="stable")]
    to_spare = order[repeats(strata[order]) >= n_kept]
    n_validation = min(validation_size(validation_fraction, n_units, unit), len(to_spare))
    if n_validation == 0:
        raise ValueError(
            f"validation_fraction={validation_fraction} of {n_units} {unit}s leaves no {unit} to "
            "validate with, since one of each class is kept for training; increase it, pass X_val and "
            "y_val, or set early_stopping=False."
        )
    middles = (np.arange(n_validation) + 0.5) * len(to_spare) / n_validation
    is_held_out = np.zeros(n_units, bool)
    is_held_out[to_spare[middles.astype(int)]] = True
    return is_held_out


def validation_size(validation_fraction, n_units, unit):
    """Turn a share (rounded up) or a number into a number of rows or groups."""
    if isinstance(validation_fraction, Integral):
        size = int(validation_fraction)
    else:
        size = math.ceil(float(validation_fraction) * n_units)
    if size >= n_units:
        number = f"n_{'groups' if unit == 'group' else 'samples'}={n_units}"
        raise ValueError(
            f"validation_fraction={validation_fraction} would take all training {unit}s ({number}); "
            "decrease it, pass X_val and y_val, or set early_stopping=False."
        )
    return size


# --- Hashes ---


def hashes_of_rows(X, rows, features=None, *, is_rounded=False):
    """Hash rows of a design matrix: equal ones have equal hashes, also if one of the matrices is sparse.

    The hash is a sum over the features, each times an odd number of its own, modulo 2**64. A zero adds
    nothing. ``features`` number the features (n_features,), by default in their order. Returns an array
    (n_samples,) of 64-bit integers.
    """
    factors = np.random.default_rng(0).integers(2**63, size=X.n_features, dtype=np.uint64) * 2 + 1
    if features is not None:
        factors = factors[features]
    bits = rounded_bits if is_rounded else exact_bits
    sums = np.empty(len(rows), np.uint64)
    for block, taken in in_blocks(X, rows):
        if isinstance(taken, SparseRows):
            matrix = taken.source
            values = mixed_bits(bits(matrix.data))
            matrix = type(matrix)((values, matrix.indices, matrix.indptr), matrix.shape)
        else:
            matrix = mixed_bits(bits(taken.source))
        sums[block] = matrix @ factors
    return mixed_bits(sums)


def exact_bits(values):
    return (values.astype(np.float64) + 0.0).view(np.uint64)  # 0.0 removes the sign of zero


@np.errstate(over="ignore")  # what is too large for single precision becomes infinite
def rounded_bits(values):
    """Round numbers to eight binary digits, so that those of single and of double precision become equal.

    They become different only next to numbers of exactly nine binary digits, which data seldom have.
    """
    bits = (values.astype(np.float32) + np.float32(0)).view(np.uint32)
    return ((bits + np.uint32(2**15)) >> np.uint32(16)).astype(np.uint64)


def mixed_bits(integers):
    """Mix the bits of 64-bit integers: the last step of MurmurHash3 (Appleby, 2011)."""
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        integers = integers ^ (integers >> np.uint64(33))
        integers = integers * np.uint64(factor)
    return integers ^ (integers >> np.uint64(33))
