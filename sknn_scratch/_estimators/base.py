"""What all estimators share: ``fit``, and the validation of rows."""

import math
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from sknn_scratch._core.rows import rows_of
from sknn_scratch._estimators.methods import validates_parameters
from sknn_scratch._estimators.names import check_names, hint_for_values
from sknn_scratch._estimators.pickles import VersionedPickles
from sknn_scratch._fitting.decide import stochastic_solvers
from sknn_scratch._fitting.inputs import ArrayLike, FitInput, canonical, recommending_pipeline
from sknn_scratch._fitting.sklearn_versions import CallbackSupportMixin, validate_data


def learns_from_parts(estimator: Any) -> bool:
    """Raise AttributeError unless the parameters of an estimator allow ``partial_fit``."""
    for parameter, value, reason in estimator._not_by_parts:
        given = getattr(estimator, parameter)
        if isinstance(given, str | bool | np.bool_) and given == value:
            name = type(estimator).__name__
            raise AttributeError(f"{name} has no 'partial_fit' with {parameter}={value!r}, {reason}.")
    return True


class BaseShallowNN(VersionedPickles, CallbackSupportMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """``fit``, and the validation of rows.

    A subclass has ``_fit(inputs)``, which trains; ``_outputs(X)``, which computes the outputs (n_samples,
    n_outputs); and, once fitted, ``_dtype``, the precision of its weights.
    """

    n_features_in_: int
    feature_names_in_: NDArray[Any]

    __metadata_request__fit: ClassVar = {"groups": True}  # in scikit-learn's metadata routing

    _target_kinds: ClassVar[Any]  # what y may be: see ``_targets/base.py``
    # Values of parameters that do not allow ``partial_fit``, and why.
    _not_by_parts: ClassVar[tuple[tuple[str, Any, str], ...]] = (
        ("solver", "lbfgs", f"which needs all rows at once; use {stochastic_solvers()}"),
        ("early_stopping", True, "since one epoch at a time cannot stop early; use 'auto' or False"),
    )

    @validates_parameters
    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike = None,
        *,
        groups: ArrayLike = None,
        X_val: ArrayLike = None,
        y_val: ArrayLike = None,
        sample_weight_val: ArrayLike = None,
    ) -> Self:
        """Train the network.

        Parameters
        ----------
        X : {array-like, sparse matrix, sparse array} of shape (n_samples, n_features)
            Training rows. Their features should have similar sizes: see StandardScaler.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Class labels, or a label indicator of zeros and ones. For a regressor, numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows. A row of weight two counts like two copies of it, and one of weight zero is
            left out. With ``alpha="auto"``, the scale of the weights changes nothing. More: `Sample weights
            <https://sknn-scratch.github.io/sknn_scratch/guide/data.html#sample-weights>`_.
        groups : array-like of shape (n_samples,), default=None
            Which rows belong together, such as those of a person: any values, equal in a group. Whole groups
            are then held out to choose ``alpha`` or to stop early. None is for independent rows.
        X_val, y_val, sample_weight_val : like X, y and sample_weight, default=None
            Rows to validate with, instead of a part of X. ``early_stopping`` must be True or "auto".

        Returns
        -------
        self : object
            The fitted estimator. After Ctrl-C before the end of the first epoch, it is as it was. A later
            Ctrl-C ends the training with a warning, and keeps the weights of the last epoch, or of the best.
        """
        return self._fit(FitInput(X, y, sample_weight, X_val, y_val, sample_weight_val, groups=groups))

    def set_params(self, **params: Any) -> Self:
        """Set parameters of this estimator.

        Parameters
        ----------
        **params : dict
            Values by the names of their parameters.

        Returns
        -------
        self : object
        """
        check_names(type(self).__name__, params, self._get_param_names(), ValueError)  # as in scikit-learn
        super().set_params(**params)
        return self

    def _validate_params(self):
        try:
            super()._validate_params()
        except ValueError as error:
            error.args = (f"{error}{hint_for_values(self.get_params(deep=False))}",)
            raise

    @np.errstate(all="ignore")  # values that overflow are not finite, which is an error
    def _rows(self, X):
        if not self._is_plain(X):
            check_is_fitted(self, "n_features_in_")
            with recommending_pipeline(self):
                X = validate_data(self, X, accept_sparse="csr", dtype=self._dtype, reset=False)
            X = canonical(X)
        return rows_of(X)

    @np.errstate(over="ignore", invalid="ignore")  # in the sum
    def _is_plain(self, X):
        """Whether X is a finite array that the fitted network can take without validation.

        scikit-learn's validation takes several times as long as the prediction of a single row.
        """
        return (
            hasattr(self, "n_features_in_")
            and type(X) is np.ndarray
            and X.ndim == 2
            and X.shape[0] > 0
            and X.shape[1] == self.n_features_in_
            and X.dtype == self._dtype
            and "feature_names_in_" not in vars(self)
            and math.isfinite(X.sum())
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
