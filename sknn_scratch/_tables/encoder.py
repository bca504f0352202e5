"""PiecewiseLinearEncoder: each number becomes several bounded ones, between which a network can bend."""

from functools import partial
from itertools import chain, count
from numbers import Integral
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import gen_batches
from sklearn.utils.validation import check_is_fitted

from sknn_scratch._estimators.constructor import Number
from sknn_scratch._estimators.methods import validates_parameters
from sknn_scratch._fitting.inputs import ArrayLike, native
from sknn_scratch._fitting.sklearn_versions import _check_feature_names_in, validate_data

# A standardised value stays between -BOUND and BOUND.
BOUND = 3.0
# Larger numbers count as this one: the difference of two numbers must not overflow.
LARGEST = np.finfo(np.float64).max / 4
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
    - one if x is missing, else zero, if the column has missing values in the training set. The other
      encodings of a missing value are zero, which is their mean for the ramps.

    Outside the range of the training set, ramps are constant and the value is bounded. So a network does not
    extrapolate far, and an outlier cannot move a prediction far.

    Parameters
    ----------
    n_bins : int, default=8
        Number of bins of a column. A column with at most ``n_bins + 1`` different values has a bin between
        each two of them. A value that fills more than a bin by itself counts as one bin, and the others are
        made of the other values. With fewer than three different values, there are no ramps.

    Attributes
    ----------
    knots_ : list of ndarray of shape (n_knots,)
        The limits of the bins of each column, ascending.
    mean_ : ndarray of shape (n_features,)
        Mean of each column, without missing values.
    scale_ : ndarray of shape (n_features,)
        Standard deviation of each column, or 1 if it is constant.
    ramp_means_ : list of ndarray of shape (n_ramps,)
        Means of the ramps of each column, which are subtracted.
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
    mean_: NDArray[np.float64]
    scale_: NDArray[np.float64]
    ramp_means_: list[NDArray[np.float64]]
    has_missing_: NDArray[np.bool_]
    n_features_in_: int
    feature_names_in_: NDArray[Any]

    _parameter_constraints: ClassVar[dict[str, Any]] = {"n_bins": [Number(Integral, 1, None, closed="left")]}

    def __init__(self, n_bins: int = 8) -> None:
        self.n_bins = n_bins

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
        pieces = [fit_piece(column, self.n_bins) for column in X.T]
        self.mean_ = np.array([piece.mean for piece in pieces])
        self.scale_ = np.array([piece.scale for piece in pieces])
        self.knots_ = [piece.knots for piece in pieces]
        self.ramp_means_ = [piece.ramp_means for piece in pieces]
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
            In the precision of X: float32 stays, all else becomes float64. ``set_output`` can make it a data
            frame.

        Raises
        ------
        ValueError
            If a column has infinite values.
        """
        check_is_fitted(self)
        X = self._validated(X, reset=False)
        encoded = np.empty((len(X), sum(piece.width for piece in self._pieces())), X.dtype)
        for rows in gen_batches(len(X), BLOCK_ROWS):
            start = 0
            for column, piece in zip(X[rows].T, self._pieces(), strict=True):
                encode(column, piece, encoded[rows, start : start + piece.width])
                start += piece.width
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
            For a column "age": "age", "age_ramp1", "age_ramp2", ... and "age_missing".
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
        return map(Piece, self.mean_, self.scale_, self.knots_, self.ramp_means_, self.has_missing_)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
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


class Piece(NamedTuple):
    """How one column is encoded."""

    mean: float
    scale: float
    knots: NDArray[np.float64]  # (n_knots,), ascending
    ramp_means: NDArray[np.float64]  # (n_ramps,)
    has_missing: bool

    @property
    def suffixes(self):
        """What is added to the name of the column, for each of its encodings."""
        ramps = [f"_ramp{number}" for number in range(1, len(self.ramp_means) + 1)]
        return ["", *ramps, *["_missing"] * int(self.has_missing)]

    @property
    def width(self):
        """Number of encodings."""
        return 1 + len(self.ramp_means) + int(self.has_missing)


def fit_piece(column, n_bins):
    """Measure a column (n_samples,)."""
    is_missing = np.isnan(column)
    values = bounded(column[~is_missing])
    knots = quantiles(values, n_bins)
    ramp_means = mean_ramps(values, knots) if len(knots) > 2 else np.empty(0)
    return Piece(*mean_and_spread(values), knots, ramp_means, is_missing.any())


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


def quantiles(values, n_bins):
    """Choose knots (at most n_bins + 1,) among values (n,), with about as many values in each bin.

    A frequent value counts no more than a bin, so that the other knots are spread over the other values.
    """
    distinct, counts = np.unique(values, return_counts=True)
    if len(distinct) <= n_bins + 1:
        return distinct
    ranks = np.cumsum(np.minimum(counts, rows_in_a_bin(counts, n_bins)))
    chosen = np.searchsorted(ranks, np.linspace(0, ranks[-1], n_bins + 1))
    return distinct[np.unique(np.minimum(chosen, len(distinct) - 1))]


def rows_in_a_bin(counts, n_bins):
    """Compute how many rows a bin has if each value of more rows than this has a bin of its own."""
    frequent = np.sort(counts)[::-1][:n_bins]
    rest = counts.sum() - np.append(0, np.cumsum(frequent)[:-1])  # without the first, the first two, ...
    shares = rest / np.arange(n_bins, 0, -1)
    return shares[np.argmax(frequent <= shares)]


def ramps(values, knots):
    """Compute for values (n,) how far each is in each bin, from 0 to 1: (n, n_knots - 1)."""
    position = np.interp(values, knots, np.arange(len(knots)))
    return np.clip(position[:, np.newaxis] - np.arange(len(knots) - 1), 0, 1)


def mean_ramps(values, knots):
    """Compute the mean of each ramp (n_knots - 1,) over values (n,), without an array of all ramps.

    A value is some way into the ramp of its bin, and at the end of all earlier ramps.
    """
    way, bins = np.modf(np.interp(values, knots, np.arange(len(knots))))
    in_bin = partial(np.bincount, bins.astype(np.intp), minlength=len(knots))
    beyond = len(values) - np.cumsum(in_bin())
    return (in_bin(way) + beyond)[:-1] / len(values)


def encode(column, piece, out):
    """Encode a column (n_samples,) into ``out`` (n_samples, piece.width)."""
    is_missing = np.isnan(column)
    values = bounded(column)
    with np.errstate(over="ignore"):  # far outside the range of the training set: infinity, which is bounded
        z = np.clip((values - piece.mean) / piece.scale, -1e9, 1e9)
    out[:, 0] = z / np.sqrt(1 + (z / BOUND) ** 2)
    n_ramps = len(piece.ramp_means)
    if n_ramps:
        out[:, 1 : 1 + n_ramps] = ramps(values, piece.knots) - piece.ramp_means
    out[is_missing] = 0
    if piece.has_missing:
        out[:, -1] = is_missing
