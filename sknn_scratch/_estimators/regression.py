"""What the regressors share: ``partial_fit``, losses, predictions, R2."""

from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import RegressorMixin

from sknn_scratch._core.activations import Array
from sknn_scratch._core.loss import NUMBERS, Loss
from sknn_scratch._core.losses import LOSSES
from sknn_scratch._estimators.base import BaseShallowNN, learns_from_parts
from sknn_scratch._estimators.methods import available_if, validates_parameters
from sknn_scratch._fitting.fitted import target_kind_of
from sknn_scratch._fitting.inputs import ArrayLike, FitInput
from sknn_scratch._targets.numbers import NumberKinds


class Regression(RegressorMixin, BaseShallowNN):  # type: ignore[misc]  # scikit-learn has no types
    """``partial_fit``, and the predictions that are computed from the outputs."""

    y_offset_: float | NDArray[np.float64]
    y_scale_: float | NDArray[np.float64]

    _target_kinds: ClassVar = NumberKinds

    @available_if(learns_from_parts)
    @validates_parameters
    def partial_fit(self, X: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike = None) -> Self:
        """Train for one epoch on these rows, and continue from the end of the last call.

        The penalty counts the rows of all calls, see :meth:`ShallowNNClassifier.partial_fit`. The first call
        fixes ``y_offset_`` and ``y_scale_``, so its rows should be typical; a UserWarning says if its y are
        all equal. If y drifts many ``y_scale_`` away, start anew with ``fit`` on recent rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, sparse array} of shape (n_samples, n_features)
            Some of the rows.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Numbers to predict.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of these rows.

        Returns
        -------
        self : object
            The fitted estimator. After Ctrl-C, it is as it was before this call.
        """
        return self._fit(FitInput(X, y, sample_weight, partial=True))

    def predict(self, X: ArrayLike) -> Array:
        """Predict y.

        Parameters
        ----------
        X : {array-like, sparse matrix, sparse array} of shape (n_samples, n_features)

        Returns
        -------
        y : ndarray of float64, of shape (n_samples,), (n_samples, n_targets) or (n_samples, n_quantiles)
            What the loss estimates: means, medians or quantiles, in the units of the y of ``fit``.
        """
        outputs = self._outputs(X)
        y: Array = target_kind_of(self).decode(outputs)
        return y

    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike = None) -> float:
        """Compute R2, the share of the variance of y that the predictions explain.

        With several quantiles it is the mean of their D2, the share of the pinball loss of constant quantiles
        that the predictions remove (see :func:`~sklearn.metrics.d2_pinball_score`).

        Parameters
        ----------
        X : {array-like, sparse matrix, sparse array} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            True values. With several targets, the mean of their R2 is returned.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        score : float
        """
        predicted, y = self.predict(X), self._target_kinds.alone(y)
        with np.errstate(all="ignore"):  # the score of predictions that are far too large is -inf
            return float(target_kind_of(self).score(predicted, y, sample_weight))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = np.ndim(self.quantile) == 0
        tags.target_tags.positive_only = LOSSES.get(self.loss, Loss).domain is not NUMBERS
        return tags
