"""RelevantComponents: features that matter become larger, and their principal components replace them."""

from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import clone
from sklearn.preprocessing import StandardScaler
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_is_fitted

from sknn_scratch._core.blocks import row_blocks
from sknn_scratch._core.data import Data
from sknn_scratch._core.rows import evenly, rows_of
from sknn_scratch._estimators.classifier import ShallowNNClassifier
from sknn_scratch._estimators.methods import validates_parameters
from sknn_scratch._estimators.regressor import ShallowNNRegressor
from sknn_scratch._estimators.single import SingleNetwork
from sknn_scratch._fitting.decide import MANY_ROWS
from sknn_scratch._fitting.fitted import adopt, attributes_of, fitted_model
from sknn_scratch._fitting.inputs import ArrayLike, FitInput, encode_data
from sknn_scratch._fitting.observations import distinct_rows
from sknn_scratch._fitting.sklearn_versions import validate_data
from sknn_scratch._fitting.threads import one_blas_thread, threads_for_blocks
from sknn_scratch._fitting.trials import MOST_VALUES
from sknn_scratch._fitting.troubles import last_loss
from sknn_scratch._tables.names import NamingTransformer
from sknn_scratch._tables.small_network import small_network, train
from sknn_scratch._targets.checks import checked_values, dense

MOST_ROWS = 100_000
# This many rows tell the components. The network sees more, if they have at most so many values.
ENOUGH_ROWS, MOST_SEEN = 10_000, 2**25
MOST_CLASSES = 100  # of whole numbers; more are numbers to predict
# This share of the squared relevance counts as chance at least: what this network does not use, another may.
LEAST_CHANCE = 0.01
# Components with a smaller share than this of the largest variance are left out, and all after so many.
LEAST_VARIANCE, MOST_COMPONENTS = 1e-4, 500
# The time that components take to find grows with the third power of the number of features, or of rows if
# these are fewer: half a second to a second for 1,500.
MOST_FEATURES = 1500
# Components are rounded to this share of the largest standard deviation. BLAS rounds a row by its place in
# the matrix, but copies of a row must stay equal: a fit joins them before it chooses alpha.
RESOLUTION = 2.0**-24


class RelevantComponents(NamingTransformer):
    """Scale features by their relevance, and find the principal components of them.

    A feature that is twice as large has the same effect with half the weight, and a quarter of the L2
    penalty. So features that matter are made larger here, and others smaller: a simple form of automatic
    relevance determination [1]_.

    A small network is trained for a short time. The relevance r of a feature is the root of the sum, over
    the hidden units, of its squared weights times the squared weights of the unit to the outputs. The feature
    is multiplied by the root of ``(1 - c) r^2 / m + c``, where m is the mean of all r^2, weighted by the
    variances of the features. So the sum of the variances stays the same. All factors are 1 if m is zero or
    not finite.

    c is the share of r^2 that chance explains, 0.01 or more. With p features and n observations, it is about
    ``p u / (p u + n (1 - u))``, where u is what the network leaves of the loss of a constant. With many
    features and few rows, c is near 1, and the features stay nearly as they are. Else the penalty of the next
    network would be too weak: it is chosen by the loss of held-out rows, whose y has been seen here.

    Then principal components replace the scaled features, so that a network has fewer inputs, and trains in
    less time: at most 500, each with at least a ten-thousandth of the largest variance. Their names are
    "component1", "component2", ...

    Parameters
    ----------
    network : ShallowNNClassifier or ShallowNNRegressor, default=None
        The small network, not fitted. Its callbacks have no effect. None is one with 32 hidden units,
        ``alpha=10`` and 20 epochs: a regressor if y has numbers that are not whole, or more than 100
        different numbers, else a classifier.

    Attributes
    ----------
    network_ : ShallowNNClassifier or ShallowNNRegressor
        The fitted small network. It has seen 100,000 different rows at most, fewer if these have more than
        2**25 values, but 10,000 at least, and one of every class. With fewer than 1,500 different rows and at
        most 2**24 values, it computes in double precision, unless its ``dtype`` says otherwise.
    relevance_ : ndarray of shape (n_features,)
        The relevance of each feature.
    scale_ : ndarray of shape (n_features,)
        What each feature is multiplied by.
    mean_ : ndarray of shape (n_features,)
        The mean of each feature in the rows that the network has seen.
    components_ : ndarray of shape (n_components, n_features) or None
        The weights of the scaled features in each component, the largest variance first, from 10,000 rows.
        None if the scaled features stay: if both they and the rows are more than 1,500, or if the sum of
        their variances is zero or not finite.
    explained_variance_ : ndarray of shape (n_components,) or None
        The variance of each component.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, if X had any.

    See Also
    --------
    tabular_pipeline : Has them between the encoder of the columns and the network.
    sklearn.decomposition.PCA : Principal components without y.
    sklearn.feature_selection.SelectFromModel : Leaves features out by the weights of a model.

    References
    ----------
    .. [1] Neal, R. M. (1996). Bayesian Learning for Neural Networks. Springer.

    Examples
    --------
    The class depends on the first of three features:

    >>> import numpy as np
    >>> from sknn_scratch import RelevantComponents
    >>> X = np.random.default_rng(0).normal(size=(200, 3))
    >>> relevant = RelevantComponents().fit(X, X[:, 0] > 0)
    >>> relevant.scale_.round(1)
    array([1.7, 0.1, 0.1])

    So the first component is nearly this feature alone. These are the squares of its weights:

    >>> (relevant.components_[0] ** 2).round(2)
    array([1., 0., 0.])
    """

    __metadata_request__fit: ClassVar = {"groups": True}
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "network": [ShallowNNClassifier, ShallowNNRegressor, None]
    }

    def __init__(self, network: SingleNetwork | None = None) -> None:
        self.network = network

    @validates_parameters
    def fit(self, X: ArrayLike, y: ArrayLike = None, *, groups: ArrayLike = None) -> Self:
        """Train the small network, measure what it uses, and find the components.

        The order of the rows does not matter.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers, none of them missing. Features should be of similar size, as after a StandardScaler:
            beside one that is much larger, the others may be lost.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            What is to be predicted.
        groups : array-like of shape (n_samples,), default=None
            Which rows belong together: they tell less than independent rows, so more counts as chance.

        Returns
        -------
        self : object
            The fitted transformer.
        """
        y = dense(checked_values(y))
        X = self._validated(X, reset=True)
        network = small_network(are_continuous(y)) if self.network is None else clone(self.network)
        network._validate_params()
        inputs = FitInput(X, y, groups=groups)
        encoded = encode_data(network, inputs)
        rows, weights = some_rows(encoded)
        # In single precision, rounding errors could change which alpha the next network chooses.
        if network.dtype is None and len(rows) < MANY_ROWS and X.size <= MOST_VALUES:
            X, encoded = X.astype(np.float64, copy=False), encoded.astype(np.float64)
        trained = train(network, inputs, encoded.only(rows, weights))
        adopt(network, attributes_of(fitted_model(trained, trained.run.state)))
        w_hidden, w_output = (weight.astype(np.float64, copy=False) for weight in network.coefs_)
        self.network_, self.components_, self.explained_variance_ = network, None, None
        self.relevance_ = np.sqrt(np.einsum("fh,fh,h->f", w_hidden, w_hidden, (w_output**2).sum(axis=1)))
        with one_blas_thread():  # their number would change the rounding
            self.mean_, variances = moments_of(X, rows, weights)
            n_independent = len(rows if encoded.groups is None else np.unique(encoded.groups[rows]))
            chance = share_of_chance(last_loss(network), X.shape[1], n_independent)
            self.scale_ = scale_of(self.relevance_, variances, chance)
            if min(len(rows), X.shape[1]) <= MOST_FEATURES:
                some = evenly(len(rows), ENOUGH_ROWS)
                found = components_of(X, rows[some], weights[some], self.mean_, self.scale_)
                self.components_, self.explained_variance_ = found
        return self

    def transform(self, X: ArrayLike) -> Any:
        """Compute the components of rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of numbers, none of them missing.

        Returns
        -------
        components : ndarray of shape (n_samples, n_components)
            In the data type of X. If there are no components, the scaled features (n_samples, n_features).
        """
        check_is_fitted(self)
        X = self._validated(X, reset=False)
        if self.components_ is None:
            return X * self.scale_.astype(X.dtype)
        components = np.empty((X.shape[0], len(self.components_)), X.dtype)
        step = step_of(self.explained_variance_)

        @np.errstate(over="ignore", invalid="ignore")  # the network refuses what is not finite
        def fill(rows):
            scaled = X[rows] - self.mean_
            scaled *= self.scale_
            steps = scaled @ self.components_.T
            steps /= step
            np.rint(steps, out=steps)
            np.multiply(steps, step, out=components[rows], casting="same_kind")

        blocks = row_blocks(*X.shape, X.dtype)
        largest_product = blocks[0].stop * self.components_.size
        with threads_for_blocks(len(blocks), largest_product) as map_blocks:
            list(map_blocks(fill, blocks))
        return components

    def _names_out(self, names):
        if self.components_ is None:
            return names
        return [f"component{number}" for number in range(1, 1 + len(self.components_))]

    def _validated(self, X, **rules):
        return validate_data(self, X, dtype=[np.float64, np.float32], **rules)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def step_of(variances):
    """Compute what components are rounded to multiples of, from their variances (n_components,)."""
    return RESOLUTION * np.sqrt(variances[0])


def are_continuous(y):
    """Whether a y of unknown meaning has numbers rather than classes."""
    if y is None:
        return False
    values = np.asarray(y)
    has_many = values.dtype.kind in "iuf" and len(np.unique(values)) > MOST_CLASSES
    return has_many or type_of_target(y).startswith("continuous")


def some_rows(encoded):
    """Choose observations, in an order that depends only on their values; every class has one at least.

    Returns the number (n_chosen,) of a row of each, and their weights (n_chosen,).
    """
    X = rows_of(encoded.X)
    n_most = min(MOST_ROWS, max(ENOUGH_ROWS, int(MOST_SEEN / max(1, X.values_per_row))))
    rows, weights, _ = distinct_rows(Data(X, encoded.targets), encoded.groups)
    weights = np.ones(len(rows)) if weights is None else weights
    is_chosen = np.zeros(len(rows), bool)
    is_chosen[evenly(len(rows), n_most)] = True
    is_chosen[np.unique(encoded.target_kind.strata(encoded.y[rows]), return_index=True)[1]] = True
    return rows[is_chosen], weights[is_chosen]


@np.errstate(all="ignore")  # a variance that is not finite, too, is none to go by
def moments_of(X, rows, weights):
    """Compute the mean and the variance (n_features,) of each feature, of some rows, block by block."""
    moments = StandardScaler(with_mean=False)
    for block in row_blocks(len(rows), X.shape[1], X.dtype):
        moments.partial_fit(X[rows[block]], sample_weight=weights[block])
    return moments.mean_, moments.var_


def share_of_chance(unexplained, n_features, n_independent):
    """Estimate the share of the squared relevance that chance explains, as in a linear model.

    Each weight has the variance of the noise divided by the number of observations that are independent,
    whether its feature matters or not.
    """
    if not 0 <= unexplained < 1:
        return 1.0
    noise, signal = n_features * unexplained, n_independent * (1 - unexplained)
    return max(LEAST_CHANCE, noise / (noise + signal))


@np.errstate(all="ignore")  # of variances or weights that are not finite
def scale_of(relevance, variances, chance):
    """Compute the factor (n_features,) of each feature, from arrays (n_features,) and the share of chance."""
    squares = relevance**2
    mean = squares @ variances / variances.sum()
    if not 0 < mean < np.inf:
        return np.ones(len(squares))
    return np.sqrt((1 - chance) * squares / mean + chance)


@np.errstate(all="ignore")  # of variances that are not finite
def components_of(X, rows, weights, mean, scale):
    """Find the principal components (n_components, n_features) of scaled features, and their variances.

    Some rows tell them. The first of the largest weights of each is positive, so that rounding does not
    decide its sign. Both are None without a positive and finite variance.
    """
    mean, scale = mean.astype(X.dtype), scale.astype(X.dtype)
    shares = np.sqrt(weights / weights.sum()).astype(X.dtype)[:, np.newaxis]

    def scaled(some):
        return (X[rows[some]] - mean) * scale * shares[some]

    n_features, is_wide = X.shape[1], X.shape[1] > len(rows)
    if is_wide:
        of_rows = scaled(slice(None))
        products = (of_rows @ of_rows.T).astype(np.float64)
    else:
        products = np.zeros((n_features, n_features))
        for block in map(scaled, row_blocks(len(rows), n_features, X.dtype)):
            products += block.T @ block
    if not 0 < np.trace(products) < np.inf:
        return None, None
    variances, vectors = (one[..., ::-1] for one in np.linalg.eigh(products))
    n_components = min(MOST_COMPONENTS, np.count_nonzero(variances > LEAST_VARIANCE * variances[0]))
    components = vectors.T[:n_components]
    if is_wide:  # the products of rows have the same variances as those of features
        components = components @ of_rows / np.sqrt(variances[:n_components])[:, np.newaxis]
    largest = np.abs(components).round(6).argmax(axis=1)[:, np.newaxis]
    return components * np.sign(np.take_along_axis(components, largest, axis=1)), variances[:n_components]
