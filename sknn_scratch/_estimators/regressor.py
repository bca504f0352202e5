"""ShallowNNRegressor and ShallowNNEnsembleRegressor: one network, or several, that predict numbers."""

from typing import ClassVar, Literal, overload

import numpy as np

from sknn_scratch._core.activations import Array
from sknn_scratch._estimators.classifier import ShallowNNClassifier
from sknn_scratch._estimators.docstrings import with_entries_of
from sknn_scratch._estimators.ensemble import Ensemble
from sknn_scratch._estimators.parameters import EnsembleRegressorParameters, RegressorParameters
from sknn_scratch._estimators.regression import Regression
from sknn_scratch._estimators.single import SingleNetwork
from sknn_scratch._fitting.fitted import target_kind_of
from sknn_scratch._fitting.inputs import ArrayLike


@with_entries_of(ShallowNNClassifier)
class ShallowNNRegressor(RegressorParameters, Regression, SingleNetwork):
    """A neural network with one hidden layer, for regression.

    The network and its objective are those of :class:`ShallowNNClassifier`, but loss_i is the loss of row i,
    summed over its targets.

    The targets are standardised: (y - mean) / standard deviation. So ``alpha``, ``tol``, ``huber_delta`` and
    the losses of ``history_`` do not depend on the units of y, in which the predictions are. For "huber",
    "absolute_error" and "quantile", these are the median and the median absolute deviation; for "poisson"
    and "gamma", y is divided by its mean, and the outputs are logarithms. More: `The scale of y
    <https://sknn-scratch.github.io/sknn_scratch/guide/regression.html#the-scale-of-y>`_.

    Parameters
    ----------
    loss : str, default="squared_error"
        What to minimise. "squared_error" is half of the squared error and estimates means, "absolute_error"
        medians, and "quantile" one or several quantiles. "huber" is squared for small errors and absolute for
        large ones. "poisson" is half of the Poisson deviance, for counts and other y that are not negative,
        and "gamma" half of the Gamma deviance, for positive y. More: `Which loss
        <https://sknn-scratch.github.io/sknn_scratch/guide/regression.html#which-loss>`_.
    quantile : float or list of floats, default=None
        The quantile that "quantile" estimates: the share of y below the prediction. With a list, predictions
        of one target have a column for each, in the order of the list, and never cross. None is 0.5.
    huber_delta : float, default=None
        Where "huber" changes from squared to absolute, in units of ``y_scale_``. None is 0.5.
    solver : {"auto", "adam", "adamw", "sgd", "lbfgs"}, default="auto"
        As in :class:`ShallowNNClassifier`, but "adam" for the losses "absolute_error" and "quantile". With
        these, "lbfgs" is an error.

    Attributes
    ----------
    y_offset_, y_scale_ : float, or ndarray of shape (n_targets,) if y had columns
        Mean and standard deviation of y, or what replaces them with this loss; the scale of a constant is 1.
        Predictions are ``y_offset_ + y_scale_ * outputs``, but ``y_scale_ * exp(outputs)`` with "poisson" or
        "gamma". With "quantile", outputs t beyond 1 or -1 are ``(t ** 2 + 1) / 2`` first, with their sign.

    See Also
    --------
    ShallowNNEnsembleRegressor : Several networks. Their spread says how much they agree.
    sklearn.neural_network.MLPRegressor : The network of scikit-learn, with any number of hidden layers.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sknn_scratch import ShallowNNRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    >>> reg = make_pipeline(StandardScaler(), ShallowNNRegressor(random_state=0))
    >>> reg.fit(X_train, y_train).score(X_test, y_test) > 0.2
    True

    Bounds for eight patients of ten, and the median:

    >>> bounds = ShallowNNRegressor(loss="quantile", quantile=[0.1, 0.5, 0.9], random_state=0)
    >>> bounds = make_pipeline(StandardScaler(), bounds).fit(X_train, y_train)
    >>> low, median, high = bounds.predict(X_test).T
    >>> bool(0.7 < ((low < y_test) & (y_test < high)).mean() < 0.9)
    True
    """


@with_entries_of(Ensemble, ShallowNNRegressor)
class ShallowNNEnsembleRegressor(EnsembleRegressorParameters, Regression, Ensemble):
    """Several networks from different seeds, whose predictions are averaged.

    The networks make different errors, and are trained together, as in :class:`ShallowNNEnsembleClassifier`.
    The squared error of the averaged predictions is never above the mean of their squared errors. With
    several quantiles, each is averaged.

    Parameters
    ----------
    n_networks : int or "auto", default=8
        Number of networks. "auto" is 4 for fewer than 1,500 rows, and 3 for more, as in
        :func:`tabular_pipeline`.

    Attributes
    ----------
    estimators_ : list of ShallowNNRegressor
        The fitted networks.
    y_offset_, y_scale_ : float, or ndarray of shape (n_targets,) if y had columns
        The same for all networks, see :class:`ShallowNNRegressor`.

    See Also
    --------
    ShallowNNRegressor : A single network.

    Examples
    --------
    >>> from sklearn.datasets import make_friedman1
    >>> from sknn_scratch import ShallowNNEnsembleRegressor
    >>> X, y = make_friedman1(400, noise=2.0, random_state=0)
    >>> reg = ShallowNNEnsembleRegressor(random_state=0).fit(X[:300], y[:300])
    >>> reg.score(X[300:], y[300:]) > 0.6
    True

    >>> y_mean, y_std = reg.predict(X[300:], return_std=True)
    >>> y_std.shape
    (100,)
    """

    estimators_: list[ShallowNNRegressor]

    _network: ClassVar = ShallowNNRegressor

    @overload
    def predict(self, X: ArrayLike, return_std: Literal[False] = ...) -> Array: ...

    @overload
    def predict(self, X: ArrayLike, return_std: Literal[True]) -> tuple[Array, Array]: ...

    def predict(self, X: ArrayLike, return_std: bool = False) -> Array | tuple[Array, Array]:
        """Predict y: the mean of the networks' predictions.

        ``y_std`` is no interval for a new y, since it has nothing of the noise of y. For an interval, fit
        quantiles (``loss="quantile"``, ``quantile=[0.05, 0.95]``).

        Parameters
        ----------
        X : {array-like, sparse matrix, sparse array} of shape (n_samples, n_features)
        return_std : bool, default=False
            Whether to return also how much the networks differ.

        Returns
        -------
        y_mean : ndarray of float64, of shape (n_samples,) or (n_samples, n_targets)
            In the units of the y of ``fit``.
        y_std : ndarray like y_mean
            The standard deviation of the networks' predictions; only with ``return_std``.
        """
        if not return_std:
            return super().predict(X)
        target_kind = target_kind_of(self)
        predictions = np.stack([target_kind.decode(outputs) for outputs in self._all_outputs(X)])
        return predictions.mean(axis=0), predictions.std(axis=0)
