"""PiecewiseLinearEncoder: each number becomes several bounded ones, between which a network can bend."""

import math
from itertools import repeat
from numbers import Integral
from typing import Any, ClassVar, Literal, Self

import numpy as np
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_is_fitted

from sknn_scratch._estimators.constructor import Number
from sknn_scratch._estimators.methods import validates_parameters
from sknn_scratch._fitting.decide import MANY_ROWS
from sknn_scratch._fitting.inputs import ArrayLike, numbers_of_groups
from sknn_scratch._fitting.sklearn_versions import StrOptions, validate_data
from sknn_scratch._tables.names import NamingTransformer
from sknn_scratch._tables.pieces import MOST_THINNED, Piece, encode_columns, known_values, n_ramps, piece_of
from sknn_scratch._tables.ramps import best_pieces
from sknn_scratch._tables.targets import numbers_of
from sknn_scratch._targets.checks import dense

# The numbers of n_bins="auto", whose description says what they mean.
COARSE_BINS, FINE_BINS, COLUMNS_WITH_ALL = 8, 32, 8
FEWEST_BINS, FEATURES_OF_FEW_ROWS, FEATURES_OF_MANY_ROWS = 2, 500, 1000
COLUMNS_WITH_RAMPS = 1000  # with more, losses were higher
# With fewer cases, fine bins are noise, and a trial of generated tables was wrong at times.
CASES_FOR_FINE_BINS, CASES_FOR_TRIAL = 375, 200


class PiecewiseLinearEncoder(NamingTransformer):
    """Encode each column of numbers as a bounded value and ramps between its quantiles.

    A network learns badly from long tails, and needs many units for a function that bends often along one
    feature. Here a number x becomes [1]_:

    - its standardised value z = (x - mean) / standard deviation, smoothly bounded:
      ``z / sqrt(1 + (z / 3)^2)``. This hardly changes small values, keeps their order, and stays between -3
      and 3;
    - for each bin between neighbouring quantiles, a ramp ``clip((x - low) / (high - low), 0, 1)``, minus its
      mean. Weighted sums of ramps are the piecewise linear functions that bend at the quantiles;
    - with ``n_bins="auto"`` and many rows, ramps of finer bins too, half as large;
    - one if x is missing, else zero, if the column has missing values in the training set. The other
      encodings of a missing value are zero, which is their mean for the ramps.

    Outside the range of the training set, ramps are constant and the value is bounded. So a network does not
    extrapolate far, and an outlier cannot move a prediction far. The features of a column "age" are "age",
    "age_ramp1", "age_ramp2", ..., those of the fine ramps last, and "age_missing".

    Parameters
    ----------
    n_bins : int or "auto", default=8
        Number of bins of a column. With at most ``n_bins + 1`` different values, there is a bin between each
        two of them, and with fewer than three, there are no ramps. A value that fills more than a bin by
        itself counts as one.

        "auto" is 8, or fewer, but two at least, if all columns together would have more than 500 features, or
        1,000 from 1,500 rows on. It has no ramps, and a bound of 5 instead of 3, if more than 1,000 columns
        would have some, or if a small network has a loss on held-out rows that is higher with them by 3 % or
        more. This is tried if ``y`` is given, and 200 rows or more have another than the most frequent one.

        With "auto", there are finer bins too from 1,500 rows on, if at most 16 columns have more than 9
        different values, and if at least 375 rows have another ``y`` than the most frequent one. With ``y``
        and up to 5,000 rows, they must also lower the loss of the small network by 3 %. A column with more
        than 33 different values has 8 bins and 32 fine ones, or 16 if more than 8 columns have finer bins.
        Any other has a bin between each two of them.
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
    bound_ : float
        The standardised values are between minus and plus this number: 3, or 5 if "auto" has no ramps.
    ramp_means_ : list of ndarray of shape (n_ramps,)
        Means of the ramps of each column, which are subtracted; first those of the bins, then the fine ones.
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

    __metadata_request__fit: ClassVar = {"groups": True}
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "n_bins": [Number(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "dtype": [StrOptions({"float32", "float64"}), None],
    }

    def __init__(
        self, n_bins: int | Literal["auto"] = 8, *, dtype: Literal["float32", "float64"] | None = None
    ) -> None:
        self.n_bins = n_bins
        self.dtype = dtype

    @validates_parameters
    def fit(self, X: ArrayLike, y: ArrayLike = None, *, groups: ArrayLike = None) -> Self:
        """Find the mean, the spread and the quantiles of each column.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers; NaN is a missing value.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            With ``n_bins="auto"`` and many rows, it tells whether ramps help.
        groups : array-like of shape (n_samples,), default=None
            Which rows belong together: whole groups are held out.

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
        check_consistent_length(X, y)
        pieces = fit_pieces(X, self.n_bins, dense(y), numbers_of_groups(groups, len(X)))
        self.mean_ = np.array([piece.mean for piece in pieces])
        self.scale_ = np.array([piece.scale for piece in pieces])
        self.bound_ = pieces[0].bound
        self.knots_ = [piece.knots for piece in pieces]
        self.fine_knots_ = [piece.fine_knots for piece in pieces]
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
            In the precision ``dtype`` or else of X: float32 stays, all else becomes float64. ``set_output``
            can make it a data frame.
        """
        check_is_fitted(self)
        X = self._validated(X, reset=False)
        return encode_columns(X, list(self._pieces()), self.dtype or X.dtype)

    def _names_out(self, names):
        parts = zip(names, self._pieces(), strict=True)
        return [f"{name}{suffix}" for name, piece in parts for suffix in piece.suffixes]

    def _validated(self, X, *, reset):
        """Check X (n_samples, n_features): numbers, none of them infinite."""
        rules = {"dtype": [np.float64, np.float32], "ensure_all_finite": "allow-nan"}
        return validate_data(self, X, reset=reset, **rules)

    def _pieces(self):
        parts = (self.knots_, self.fine_knots_, self.ramp_means_, self.has_missing_)
        return map(Piece, self.mean_, self.scale_, repeat(self.bound_), *parts)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"] if self.dtype is None else []
        return tags


def fit_pieces(X, n_bins, y, groups=None):
    """Measure the columns of X (n_samples, n_features); y (n_samples,) or None tells whether ramps help."""

    def with_ramps(*bins):
        return [piece_of(column, *bins) for column in X.T]

    if n_bins != "auto":
        return with_ramps(n_bins)
    coarse = fine = with_ramps(COARSE_BINS)
    n_columns = sum(n_ramps(piece.knots) > 0 for piece in coarse)
    if n_columns > COLUMNS_WITH_RAMPS:
        return [piece.without_ramps() for piece in coarse]
    cases = len(X)  # with another y than the most frequent one, if y has one column
    if y is not None and (labels := np.asarray(y)).ndim == 1:
        cases -= np.unique(numbers_of(labels)[0], return_counts=True)[1].max()
    most = FEATURES_OF_FEW_ROWS if len(X) < MANY_ROWS else FEATURES_OF_MANY_ROWS
    n_coarse_bins = max(FEWEST_BINS, most // max(1, n_columns) - 1)
    if n_coarse_bins < COARSE_BINS:
        coarse = fine = with_ramps(n_coarse_bins)
    elif len(X) >= MANY_ROWS and cases >= CASES_FOR_FINE_BINS:
        with_many = [column for column in X.T if len(np.unique(known_values(column))) > COARSE_BINS + 1]
        step = math.ceil(len(with_many) / COLUMNS_WITH_ALL)
        if 1 <= step <= MOST_THINNED:
            fine = with_ramps(COARSE_BINS, FINE_BINS, step)
    can_try = y is not None and n_columns > 0 and cases >= CASES_FOR_TRIAL
    return best_pieces(X, y, coarse, fine, groups) if can_try else fine
