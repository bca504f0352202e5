"""``ShallowNNEnsembleRegressor``."""

from typing import ClassVar, Literal, overload

import numpy as np

from sknn_scratch._core.activations import Array
from sknn_scratch._estimators.docstrings import with_entries_of
from sknn_scratch._estimators.ensemble import Ensemble
from sknn_scratch._estimators.parameters import EnsembleRegressorParameters
from sknn_scratch._estimators.regression import Regression
from sknn_scratch._estimators.regressor import ShallowNNRegressor
from sknn_scratch._fitting.fitted import target_kind_of
from sknn_scratch._fitting.inputs import ArrayLike


@with_entries_of(ShallowNNRegressor)
class ShallowNNEnsembleRegressor(EnsembleRegressorParameters, Regression, Ensemble):
    """Several networks from different seeds, whose predictions are averaged.

    The networks make different errors, and are trained together, as in :class:`ShallowNNEnsembleClassifier`.
    The squared error of the averaged predictions is never above the mean of their squared errors. With
    several quantiles, each is averaged. With ``alpha="auto"``, the alphas that were tried are spread over the
    networks, as there, but d is the difference of the logarithms of the mean losses, except with
    loss="poisson".

    Parameters
    ----------
    random_state : int, RandomState instance or None, default=None
        Seed for the seeds of the networks.
    verbose : int, default=0
        If not 0, print a line for each network after every epoch and at its end.
    n_networks : int or "auto", default=8
        Number of networks. "auto" is 4 for fewer than 1,500 rows, and 2 for more, as in
        :func:`tabular_pipeline`.
    n_jobs : int, default=None
        Number of workers for the networks. Except with lbfgs, one is usually best: it trains all in one pass.

    Attributes
    ----------
    estimators_ : list of ShallowNNRegressor
        The fitted networks.
    y_offset_, y_scale_ : float, or ndarray of shape (n_targets,) if y had columns
        The same for all networks, see :class:`ShallowNNRegressor`.
    n_iter_ : ndarray of shape (n_networks,)
        Number of epochs of each network.
    alpha_ : ndarray of shape (n_networks,)
        The strength of the penalty of each network.
    history_ : list of dict
        The ``history_`` of each network.

    See Also
    --------
    ShallowNNRegressor : A single network.

    Notes
    -----
    With several targets, each network predicts all of them.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sknn_scratch import ShallowNNEnsembleRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    >>> reg = make_pipeline(StandardScaler(), ShallowNNEnsembleRegressor(random_state=0))
    >>> reg.fit(X_train, y_train).score(X_test, y_test) > 0.2
    True
    >>> y_mean, y_std = reg.predict(X_test, return_std=True)
    >>> y_std.shape
    (111,)
    """

    estimators_: list[ShallowNNRegressor]

    _network: ClassVar = ShallowNNRegressor

    @overload
    def predict(self, X: ArrayLike, return_std: Literal[False] = ...) -> Array: ...

    @overload
    def predict(self, X: ArrayLike, return_std: Literal[True]) -> tuple[Array, Array]: ...

    def predict(self, X: ArrayLike, return_std: bool = False) -> Array | tuple[Array, Array]:
        """Predict y: the mean of the networks' predictions.

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

        Notes
        -----
        The spread is small where there were data, and grows where the networks extrapolate. It does not
        contain the noise of y, so it is not a prediction interval (for one, fit quantiles), nor a calibrated
        posterior, as of :class:`~sklearn.gaussian_process.GaussianProcessRegressor`: if all networks make the
        same error, it is small.
        """
        if not return_std:
            return super().predict(X)
        target_kind = target_kind_of(self)
        predictions = np.stack([target_kind.decode(outputs) for outputs in self._all_outputs(X)])
        scale = target_kind.scale  # without which squares of predictions may overflow or underflow
        return predictions.mean(axis=0), scale * (predictions / scale).std(axis=0)
