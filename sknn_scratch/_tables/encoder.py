"""PiecewiseLinearEncoder: each number becomes several bounded ones, between which a network can bend."""

import math
from functools import partial
from itertools import accumulate, chain, count, pairwise
from numbers import Integral
from typing import Any, ClassVar, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import gen_batches
from sklearn.utils.validation import check_is_fitted

from sknn_scratch._estimators.constructor import Number
from sknn_scratch._estimators.methods import validates_parameters
from sknn_scratch._fitting.auto import MANY_ROWS
from sknn_scratch._fitting.inputs import ArrayLike, native
from sknn_scratch._fitting.sklearn_versions import StrOptions, _check_feature_names_in, validate_data

# A standardised value stays between -BOUND and BOUND.
BOUND = 3.0
# Larger numbers count as this one: the difference of two numbers must not overflow.
LARGEST = np.finfo(np.float64).max / 4
# Knots that are closer than this are one, since the slope between them would overflow.
SMALLEST_BIN = np.finfo(np.float64).smallest_normal
# What n_bins="auto" means: 8 bins and, from 1,500 rows on, also 32 fine ones, with ramps of half the size. If
# more than 8 columns have these, every second knot is left out; if more than 16, all are: they cost time.
COARSE_BINS, FINE_BINS, FINE_SIZE = 8, 32, 0.5
COLUMNS_WITH_ALL, MOST_THINNED = 8, 2
# The ramps of both sizes vary together. Their principal components with a larger variance than this are less
# than half as many numbers, and networks were as good with them, in three quarters of the time. They are
# found from this number of values.
LEAST_VARIANCE, TYPICAL_VALUES = 0.003, 1000
# Rows that are encoded at once, so that they stay in the cache.
BLOCK_ROWS = 1000


class PiecewiseLinearEncoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Encode each column of numbers as a bounded value and ramps between its quantiles.

    A network learns badly from long tails, and needs many units for a function that bends often along one
    feature. Here a number x becomes [1]_:

    - its standardised value z = (x - mean) / standard deviation, smoothly bounded:
      ``z / sqrt(1 + (z / 3)^2)``. This hardly changes small values, keeps their order, and stays between -3
      and 3;
    - for each bin between neighbouring quantiles, a ramp ``clip((x - low) / (high - low), 0, 1)``, minus its
      mean. Weighted sums of ramps are the piecewise linear functions that bend at the quantiles;
    - with ``n_bins="auto"`` and many rows, the principal components of these ramps and of finer ones, in
      their place: weighted sums of them that are not correlated. Those that vary little are left out;
    - one if x is missing, else zero, if the column has missing values in the training set. The other
      encodings of a missing value are zero, which is their mean for the ramps.

    Outside the range of the training set, ramps are constant and the value is bounded. So a network does not
    extrapolate far, and an outlier cannot move a prediction far.

    Parameters
    ----------
    n_bins : int or "auto", default=8
        Number of bins of a column. A column with at most ``n_bins + 1`` different values has a bin between
        each two of them. A value that fills more than a bin by itself counts as one bin, and the others are
        made of the other values. With fewer than three different values, there are no ramps.

        "auto" is 8. From 1,500 rows on, there are finer bins too, if at most 16 columns have more than 9
        different values: a column with at most 33 has a bin between each two of them, and one with more has 8
        bins and 32 fine ones, with ramps of half the size, and the principal components of all these ramps
        that have a variance above 0.003. If more than 8 columns have finer bins, the fine ones are 16.
    dtype : {"float32", "float64"} or None, default=None
        Precision of the encodings. None is that of X.

    Attributes
    ----------
    knots_ : list of ndarray of shape (n_knots,)
        The limits of the bins of each column, ascending.
    fine_knots_ : list of ndarray of shape (n_fine_knots,)
        The limits of the fine bins of each column, ascending. Empty without fine bins.
    mean_ : ndarray of shape (n_features,)
        Mean of each column, without missing values.
    scale_ : ndarray of shape (n_features,)
        Standard deviation of each column, or 1 if it is constant.
    ramp_means_ : list of ndarray of shape (n_ramps,)
        Means of the ramps of each column, which are subtracted; first those of the bins, then the fine ones.
    components_ : list of ndarray of shape (n_ramps, n_components)
        The weights of the ramps in each principal component of a column; None if the ramps stay.
    has_missing_ : ndarray of shape (n_features,)
        Whether each column has an indicator of missing values.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, if X had any.

    See Also
    --------
    tabular_pipeline : Encodes also categories, and predicts.
    sklearn.preprocessing.SplineTransformer : Splines of any degree, without missing values.
    sklearn.preprocessing.KBinsDiscretizer : Steps instead of ramps.

    References
    ----------
    .. [1] Gorishniy, Y., Rubachev, I., and Babenko, A. (2022). On embeddings for numerical features in
       tabular deep learning. NeurIPS. https://arxiv.org/abs/2203.05556

    Examples
    --------
    >>> import numpy as np
    >>> from sknn_scratch import PiecewiseLinearEncoder
    >>> X = np.array([[0.0], [1.0], [3.0], [np.nan]])
    >>> encoder = PiecewiseLinearEncoder().fit(X)
    >>> encoder.get_feature_names_out()
    array(['x0', 'x0_ramp1', 'x0_ramp2', 'x0_missing'], dtype=object)
    >>> encoder.transform(X).round(2)
    array([[-1.01, -0.67, -0.33,  0.  ],
           [-0.27,  0.33, -0.33,  0.  ],
           [ 1.22,  0.33,  0.67,  0.  ],
           [ 0.  ,  0.  ,  0.  ,  1.  ]])
    """

    knots_: list[NDArray[np.float64]]
    fine_knots_: list[NDArray[np.float64]]
    mean_: NDArray[np.float64]
    scale_: NDArray[np.float64]
    ramp_means_: list[NDArray[np.float64]]
    components_: list[NDArray[np.float64] | None]
    has_missing_: NDArray[np.bool_]
    n_features_in_: int
    feature_names_in_: NDArray[Any]

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "n_bins": [Number(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "dtype": [StrOptions({"float32", "float64"}), None],
    }

    def __init__(
        self, n_bins: int | Literal["auto"] = 8, *, dtype: Literal["float32", "float64"] | None = None
    ) -> None:
        self.n_bins = n_bins
        self.dtype = dtype

    @validates_parameters()
    def fit(self, X: ArrayLike, y: ArrayLike = None) -> Self:
        """Find the mean, the spread and the quantiles of each column.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers; NaN is a missing value.
        y : None
            Ignored.

        Returns
        -------
        self : object
            The fitted encoder.

        Raises
        ------
        ValueError
            If a column has infinite values.
        """
        X = self._validated(X, reset=True)
        pieces = fit_pieces(X, self.n_bins)
        self.mean_ = np.array([piece.mean for piece in pieces])
        self.scale_ = np.array([piece.scale for piece in pieces])
        self.knots_ = [piece.knots for piece in pieces]
        self.fine_knots_ = [piece.fine_knots for piece in pieces]
        self.ramp_means_ = [piece.ramp_means for piece in pieces]
        self.components_ = [piece.components for piece in pieces]
        self.has_missing_ = np.array([piece.has_missing for piece in pieces])
        return self

    def transform(self, X: ArrayLike) -> Any:
        """Encode rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers; NaN is a missing value.

        Returns
        -------
        encoded : ndarray of shape (n_samples, n_features_out)
            In the precision ``dtype`` or else of X: float32 stays, all else becomes float64. ``set_output``
            can make it a data frame.

        Raises
        ------
        ValueError
            If a column has infinite values.
        """
        check_is_fitted(self)
        X = self._validated(X, reset=False)
        pieces = list(self._pieces())
        ends = list(accumulate((len(piece.suffixes) for piece in pieces), initial=0))
        encoded = np.empty((len(X), ends[-1]), self.dtype or X.dtype)
        for rows in gen_batches(len(X), BLOCK_ROWS):
            for column, piece, (start, end) in zip(X[rows].T, pieces, pairwise(ends), strict=True):
                encode(column, piece, encoded[rows, start:end])
        return encoded

    def get_feature_names_out(self, input_features: ArrayLike = None) -> NDArray[Any]:
        """Name the encoded columns.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns. None is their names in training, or x0, x1, ...

        Returns
        -------
        names : ndarray of str
            For a column "age": "age", "age_ramp1", "age_ramp2", ... and "age_missing". With fine bins,
            "age_component1", ... stand in the place of the ramps, from the largest variance to the smallest.
        """
        check_is_fitted(self)
        names = _check_feature_names_in(self, input_features)
        parts = zip(names, self._pieces(), strict=True)
        return without_repeats(f"{name}{suffix}" for name, piece in parts for suffix in piece.suffixes)

    def _validated(self, X, *, reset):
        """Check X (n_samples, n_features): numbers, none of them infinite."""
        types = [str(one) for one in getattr(X, "dtypes", ())]
        if types and all(one.startswith("Sparse[") for one in types):  # else X would become a sparse matrix
            X = X.sparse.to_dense()
        rules = {"dtype": [np.float64, np.float32], "ensure_all_finite": False}
        X = validate_data(self, native(X), reset=reset, **rules)
        check_not_infinite(zip(_check_feature_names_in(self), X.T, strict=True))
        return X

    def _pieces(self):
        parts = (self.knots_, self.fine_knots_, self.ramp_means_, self.components_, self.has_missing_)
        return map(Piece, self.mean_, self.scale_, *parts)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"] if self.dtype is None else []
        return tags


def check_not_infinite(columns):
    """Raise ValueError if columns, pairs of a name and floats (n_samples,), have infinite values."""
    infinite = [name for name, values in columns if np.isinf(values).any()]
    if infinite:
        raise ValueError(
            f"X has infinite values in {', '.join(map(repr, dict.fromkeys(infinite)))}. Replace them by NaN, "
            "which means missing, or by a finite number."
        )


def without_repeats(names):
    """Make an array of names; one that repeats an earlier one gets a number."""
    used: dict[str, None] = {}
    for name in names:
        candidates = chain([name], (f"{name}_{number}" for number in count(2)))
        used[next(one for one in candidates if one not in used)] = None
    return np.array(list(used), dtype=object)


class Knots(NamedTuple):
    """Where the bins of a column end."""

    coarse: NDArray[np.float64]  # (n_knots,), ascending
    fine: NDArray[np.float64]  # (n_fine_knots,), ascending; none if the coarse ones are all different values
    typical: NDArray[np.float64]  # (n,), ascending: of equally many rows each; none if the fine ones are all

    def thinned(self, step):
        """Keep every ``step``-th fine knot, or none of too few; if they are all values, make them coarse."""
        if step > MOST_THINNED or not len(self.fine):
            return self._replace(fine=np.empty(0))
        if not len(self.typical):
            return self._replace(coarse=self.fine, fine=np.empty(0))
        return self._replace(fine=self.fine[::step])


class Ramps(NamedTuple):
    """The ramps between some knots."""

    knots: NDArray[np.float64]  # (n_knots,), ascending
    means: NDArray[np.float64]  # (n_ramps,)
    size: float  # of each ramp


class Piece(NamedTuple):
    """How one column is encoded."""

    mean: float
    scale: float
    knots: NDArray[np.float64]  # (n_knots,), ascending
    fine_knots: NDArray[np.float64]  # (n_fine_knots,), ascending
    ramp_means: NDArray[np.float64]  # (n_ramps,), of all
    components: NDArray[np.float64] | None  # (n_ramps, n_components); None if the ramps stay
    has_missing: bool

    @property
    def ramps(self):
        """The ramps between the knots, and those between the fine knots, if there are any."""
        means, fine_means = np.split(self.ramp_means, [n_ramps(self.knots)])
        both = (Ramps(self.knots, means, 1.0), Ramps(self.fine_knots, fine_means, FINE_SIZE))
        return [ramps for ramps in both if len(ramps.means)]

    @property
    def suffixes(self):
        """What is added to the name of the column, for each of its encodings."""
        name, n = "ramp", len(self.ramp_means)
        if self.components is not None:
            name, n = "component", self.components.shape[1]
        ends = (f"_{name}{number + 1}" for number in range(n))
        return ["", *ends, *["_missing"] * int(self.has_missing)]

    def fill_ramps(self, values, out):
        """Fill the ramps (n, n_ramps) of values (n,)."""
        start = 0
        for knots, means, size in self.ramps:
            end = start + len(means)
            out[:, start:end] = size * way_in_bins(values, knots) - means
            start = end


def fit_pieces(X, n_bins):
    """Measure the columns of X (n_samples, n_features)."""
    is_auto = n_bins == "auto"
    n_coarse, n_fine = (
        (COARSE_BINS if is_auto else n_bins),
        (FINE_BINS if is_auto and len(X) >= MANY_ROWS else 0),
    )
    all_knots = [choose_knots(column, n_coarse, n_fine) for column in X.T]
    step = max(1, math.ceil(sum(len(knots.fine) > 0 for knots in all_knots) / COLUMNS_WITH_ALL))
    return [fit_piece(column, knots.thinned(step)) for column, knots in zip(X.T, all_knots, strict=True)]


def choose_knots(column, n_bins, n_fine_bins):
    """Choose the knots of a column (n_samples,), coarse and fine ones."""
    distinct, counts = np.unique(known(column), return_counts=True)
    coarse = quantiles(distinct, counts, n_bins)
    if not n_fine_bins or len(distinct) <= n_bins + 1:
        return Knots(coarse, np.empty(0), np.empty(0))
    fine = quantiles(distinct, counts, n_fine_bins)
    if len(distinct) <= n_fine_bins + 1:
        return Knots(coarse, fine, np.empty(0))
    ranks = np.linspace(0, counts.sum(), TYPICAL_VALUES, endpoint=False)
    typical = distinct[np.searchsorted(np.cumsum(counts), ranks, side="right")]
    return Knots(coarse, fine, typical)


def fit_piece(column, knots):
    """Measure a column (n_samples,) with these knots."""
    values = known(column)
    means = np.append(mean_ramps(values, knots.coarse), FINE_SIZE * mean_ramps(values, knots.fine))
    has_missing = len(values) < len(column)
    piece = Piece(*mean_and_spread(values), knots.coarse, knots.fine, means, None, has_missing)
    return piece._replace(components=components_of(knots.typical, piece)) if len(knots.fine) else piece


def components_of(values, piece):
    """Find the principal components (n_ramps, n_components) of the ramps of ascending values (n,).

    Each is positive for the largest value, so that its sign does not depend on rounding.
    """
    ramps = np.empty((len(values), len(piece.ramp_means)))
    piece.fill_ramps(values, ramps)
    variances, components = np.linalg.eigh(np.cov(ramps, rowvar=False))
    components = components[:, variances > LEAST_VARIANCE][:, ::-1]
    return components * np.copysign(1, ramps[-1] @ components)


def known(column):
    """Convert the values (n,) of a column (n_samples,) that are not missing."""
    return bounded(column[~np.isnan(column)])


def bounded(column):
    """Convert a column to float64, and bound its numbers so that no difference of two overflows."""
    return np.clip(column.astype(np.float64), -LARGEST, LARGEST)


def mean_and_spread(values):
    """Compute the mean and the standard deviation of values (n,); a spread of zero becomes one."""
    if not len(values) or values.min() == values.max():
        return values[0] if len(values) else 0.0, 1.0
    unit = np.abs(values).max()  # so that no square and no sum overflows
    parts = values / unit
    return unit * parts.mean(), unit * parts.std() or unit  # a spread of subnormal numbers may become zero


def quantiles(distinct, counts, n_bins):
    """Choose knots (at most n_bins + 1,) among distinct values (n,), with about as many rows in each bin.

    A frequent value counts no more than a bin, so that the other knots are spread over the other values.
    """
    knots = distinct
    if len(distinct) > n_bins + 1:
        ranks = np.cumsum(np.minimum(counts, rows_in_a_bin(counts, n_bins)))
        chosen = np.searchsorted(ranks, np.linspace(0, ranks[-1], n_bins + 1))
        knots = distinct[np.unique(np.minimum(chosen, len(distinct) - 1))]
    return knots[np.diff(knots, prepend=-np.inf) >= SMALLEST_BIN]


def rows_in_a_bin(counts, n_bins):
    """Compute how many rows a bin has if each value of more rows than this has a bin of its own."""
    frequent = np.sort(counts)[::-1][:n_bins]
    rest = counts.sum() - np.append(0, np.cumsum(frequent)[:-1])  # without the first, the first two, ...
    shares = rest / np.arange(n_bins, 0, -1)
    return shares[np.argmax(frequent <= shares)]


def n_ramps(knots):
    """Count the ramps between knots; two knots need none, since the bounded value bends between them too."""
    return len(knots) - 1 if len(knots) > 2 else 0


def way_in_bins(values, knots):
    """Compute for values (n,) how far each is in each bin, from 0 to 1: (n, n_ramps)."""
    position = np.interp(values, knots, np.arange(len(knots)))
    return np.clip(position[:, np.newaxis] - np.arange(n_ramps(knots)), 0, 1)


def mean_ramps(values, knots):
    """Compute the mean of each ramp (n_ramps,) over values (n,), without an array of all ramps.

    A value is some way into the ramp of its bin, and at the end of all earlier ramps.
    """
    if not n_ramps(knots):
        return np.empty(0)
    way, bins = np.modf(np.interp(values, knots, np.arange(len(knots))))
    in_bin = partial(np.bincount, bins.astype(np.intp), minlength=len(knots))
    beyond = len(values) - np.cumsum(in_bin())
    return (in_bin(way) + beyond)[:-1] / len(values)


def encode(column, piece, out):
    """Encode a column (n_samples,) into ``out`` (n_samples, n_encodings)."""
    is_missing = np.isnan(column)
    values = bounded(column)
    with np.errstate(over="ignore"):  # far outside the range of the training set: infinity, which is bounded
        z = np.clip((values - piece.mean) / piece.scale, -1e9, 1e9)
    out[:, 0] = z / np.sqrt(1 + (z / BOUND) ** 2)
    bends = out[:, 1:-1] if piece.has_missing else out[:, 1:]
    if piece.components is None:
        piece.fill_ramps(values, bends)
    else:
        ramps = np.empty((len(values), len(piece.ramp_means)))
        piece.fill_ramps(values, ramps)
        bends[:] = ramps @ piece.components
    out[is_missing] = 0
    if piece.has_missing:
        out[:, -1] = is_missing
