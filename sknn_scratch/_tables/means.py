"""MeanEncoder: categories become means of y, shrunk to the mean of all rows.

What categories tell of y is measured by pairs of rows: by the mean product of the y of a row and the mean y
of the others with its category. It estimates the variance between categories. The product of random y is near
zero, also where a category has two rows, and their mean is far from that of all.
"""

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_is_fitted

from sknn_scratch._fitting.inputs import ArrayLike, numbers_of_groups
from sknn_scratch._fitting.sklearn_versions import validate_data
from sknn_scratch._tables.columns import missing_as_none
from sknn_scratch._tables.names import NamingTransformer
from sknn_scratch._tables.targets import scaled_targets

CONTINUOUS = "continuous"
AS_TEXTS = {"dtype": object, "ensure_all_finite": False}
N_FOLDS = 5
# Means tell something of y if the product is so many standard deviations larger than chance makes it.
CERTAIN = 3.0
# The share of the variance of y within categories is at least this, so that no mean of no rows is needed.
LEAST_WITHIN = 1e-9


class MeanEncoder(NamingTransformer):
    """Encode categories by the means of y, each shrunk to the mean of all rows.

    A category of n rows becomes the mean of all rows plus ``s / (n + k)``. s is the sum of its y, each minus
    the mean of all. k is the variance of y within categories divided by that between them: an empirical Bayes
    estimate [1]_. If there is no variance between them, all categories become the mean of all rows.

    ``fit_transform`` deals the rows to five folds, and encodes each fold by the rows of the others. So no row
    sees its own y.

    Parameters
    ----------
    target_type : {"auto", "continuous"}, default="auto"
        "continuous" takes y as numbers, and "auto" does if they are not whole. Else y has classes, and a
        category becomes the share of each class, or of the second one of two.

    Attributes
    ----------
    categories_ : list of ndarray of shape (n_categories,)
        The categories of each column; None is a missing value.
    encodings_ : list of ndarray of shape (n_categories, n_means)
        What the categories of each column become.
    target_mean_ : ndarray of shape (n_means,)
        What a category becomes that ``fit`` has not seen.
    n_features_in_ : int
        The number of columns.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Their names, if X had any.

    See Also
    --------
    tabular_pipeline : Has it for columns of many categories.
    sklearn.preprocessing.TargetEncoder : Means that are shrunk by the variance of y.

    References
    ----------
    .. [1] Micci-Barreca, D. (2001). A preprocessing scheme for high-cardinality categorical attributes in
       classification and prediction problems. SIGKDD Explorations 3(1), 27-32.

    Examples
    --------
    >>> import numpy as np
    >>> from sknn_scratch import MeanEncoder
    >>> X = np.array([["a"]] * 10 + [["b"]] * 10)
    >>> y = [1.0, 3.0] * 5 + [5.0, 7.0] * 5
    >>> encoder = MeanEncoder("continuous").fit(X, y)
    >>> encoder.transform(np.array([["a"], ["b"], ["c"]])).round(2)
    array([[2.06],
           [5.94],
           [4.  ]])
    """

    __metadata_request__fit: ClassVar = {"groups": True}

    def __init__(self, target_type: str = "auto") -> None:
        self.target_type = target_type

    def fit(self, X: NDArray[Any], y: ArrayLike, *, groups: ArrayLike = None) -> Self:
        """Average y by category.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_columns)
            Strings and, where they are missing, None or NaN.
        y : array-like of shape (n_samples,)
            Numbers or classes.
        groups : array-like of shape (n_samples,), default=None
            Which rows belong together. Then the rows of a group with the same category count as one, with the
            mean of their y, and a fold has whole groups.

        Returns
        -------
        self : object
            The fitted encoder.
        """
        self.fit_transform(X, y, groups=groups)
        return self

    def fit_transform(
        self, X: NDArray[Any], y: ArrayLike, *, groups: ArrayLike = None
    ) -> NDArray[np.float64]:
        """Average y by category, and encode each row by the means of other folds.

        Parameters
        ----------
        X, y, groups : array-like
            As in ``fit``.

        Returns
        -------
        encoded : ndarray of shape (n_samples, n_columns * n_means)
            The means of the first column come first.
        """
        X, y = validate_data(self, X, y, **AS_TEXTS)
        X = missing_as_none(X)
        targets, groups = self._targets(y), numbers_of_groups(groups, len(X))
        self.target_mean_ = np.sort(targets, axis=0).mean(axis=0)  # rounded alike in any order of the rows
        targets = targets - self.target_mean_
        units = np.arange(len(targets)) if groups is None else groups
        folds = np.random.default_rng(0).permutation(units.max() + 1)[units] % N_FOLDS
        self.categories_, self.encodings_, encoded = [], [], []
        for column in X.T:
            categories, places = places_of_texts(column)
            self.categories_.append(categories)
            rows, of_rows = once_in_groups(places, targets, groups)
            counts, sums = sums_by(places[rows], of_rows)
            k = within_by_between(places[rows], of_rows)
            self.encodings_.append(self.target_mean_ + sums / (counts + k))
            by_fold = places * N_FOLDS + folds
            in_fold, sums_in_fold = sums_by(by_fold[rows], of_rows, len(categories) * N_FOLDS)
            means = (sums[places] - sums_in_fold[by_fold]) / (counts[places] - in_fold[by_fold] + k)
            encoded.append(self.target_mean_ + means)
        return np.hstack(encoded)

    def transform(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Encode rows by the means of all rows of ``fit``.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_columns)
            As in ``fit``.

        Returns
        -------
        encoded : ndarray of shape (n_samples, n_columns * n_means)
        """
        check_is_fitted(self)
        X = missing_as_none(validate_data(self, X, reset=False, **AS_TEXTS))
        encoded = [
            np.vstack([means, self.target_mean_])[places_in(known, column)]
            for column, known, means in zip(X.T, self.categories_, self.encodings_, strict=True)
        ]
        return np.hstack(encoded)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = tags.input_tags.string = tags.input_tags.categorical = True
        tags.target_tags.required = True
        tags.transformer_tags.preserves_dtype = []
        return tags

    def _names_out(self, names):
        n_means = len(self.target_mean_)
        return names if n_means == 1 else [f"{name}_{number}" for name in names for number in range(n_means)]

    def _targets(self, y):
        """Make targets (n_samples, n_means) of y (n_samples,) or (n_samples, 1)."""
        y = np.ravel(y)
        if CONTINUOUS in (self.target_type, type_of_target(y)):
            return y.astype(np.float64)[:, np.newaxis]
        classes = np.unique(y)
        return (y[:, np.newaxis] == (classes[1:] if len(classes) == 2 else classes)).astype(np.float64)


# --- What categories tell ---


def means_tell(column, y, groups=None):
    """Whether the mean of y by category tells something of y in other rows, or groups, of the category."""
    targets, (_, places) = scaled_targets(y), places_of_texts(column)
    rows, targets = once_in_groups(places, targets, groups)
    places = places[rows]
    of_covariances = ((targets.T @ targets / len(targets)) ** 2).sum()
    counts, products = products_of_others(places, targets)
    by_chance = np.sqrt(2 * (counts / (counts - 1)).sum() * of_covariances)
    return bool(products.sum() > CERTAIN * by_chance)


def within_by_between(places, targets):
    """Divide the variance of targets (n_samples, n_targets) within categories by that between them."""
    counts, products = products_of_others(places, targets)
    between = products / max(1, counts.sum())
    variance = (targets**2).mean(axis=0)
    within = np.maximum(variance - between, LEAST_WITHIN * variance)
    return np.divide(within, between, out=np.full(len(between), np.inf), where=between > 0)


def products_of_others(places, targets):
    """Add up the products of a target and the mean of the others with its category: (n_targets,).

    The targets (n_samples, n_targets) have a mean of zero. The counts (n, 1) of the categories with two rows
    or more come first.
    """
    counts, sums = sums_by(places, targets)
    has_others = counts[:, 0] > 1
    counts, of_pairs = counts[has_others], (sums**2 - sums_by(places, targets**2)[1])[has_others]
    return counts, (of_pairs / (counts - 1)).sum(axis=0)


def once_in_groups(places, targets, groups):
    """Let the rows of a group with one place count once; without ``groups``, each row counts.

    Returns a row of each, as an index, and the means (n, n_targets) of their targets, whose mean is zero.
    """
    if groups is None:
        return slice(None), targets
    rows, means = once(places * (groups.max() + 1) + groups, targets)
    return rows, means - means.mean(axis=0)


def once(numbers, targets):
    """Let rows with equal numbers (n_samples,) count once.

    Returns a row of each (n,), and the means (n, n_targets) of their targets (n_samples, n_targets).
    """
    _, rows, places = np.unique(numbers, return_index=True, return_inverse=True)
    counts, sums = sums_by(places, targets)
    return rows, sums / counts


def sums_by(places, targets, n_places=0):
    """Count the rows (n, 1) of each place, and add up their targets (n, n_targets)."""
    counts = np.bincount(places, minlength=n_places)[:, np.newaxis]
    sums = [np.bincount(places, one, minlength=n_places) for one in targets.T]
    return counts, np.stack(sums, axis=1)


def places_of_texts(column):
    """Sort the different texts (n,) of a column (n_samples,), None first, and find that of each row."""
    texts = np.array(sorted(set(column), key=lambda text: (text is not None, str(text))), dtype=object)
    return texts, places_in(texts, column)


def texts_as_places(values):
    """Make numbers of a column (n_samples,) of text; numbers and dates stay as they are."""
    return places_of_texts(values)[1] if values.dtype == object else values


def numbers_of_rows(columns):
    """Give equal rows the same number (n_samples,): of columns of floats, dates, or text and None."""
    numbers = 0
    for values in columns:
        places = np.unique(texts_as_places(values), return_inverse=True)[1]
        numbers = np.unique(numbers * (places.max() + 1) + places, return_inverse=True)[1]
    return numbers


def places_in(texts, column):
    """Find the place (n_samples,) of the texts of a column among some (n,); n if it has none."""
    places = {text: place for place, text in enumerate(texts)}
    return np.array([places.get(text, len(texts)) for text in column], dtype=np.intp)
