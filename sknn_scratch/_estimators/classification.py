"""What the classifiers share: ``partial_fit``, probabilities, labels, accuracy."""

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin

from sknn_scratch._core.activations import Array
from sknn_scratch._estimators.base import BaseShallowNN, learns_from_parts
from sknn_scratch._estimators.methods import available_if, validates_parameters
from sknn_scratch._fitting.fitted import target_kind_of
from sknn_scratch._fitting.inputs import ArrayLike, FitInput
from sknn_scratch._targets.checks import checked_values
from sknn_scratch._targets.labels import LabelKinds


class Classification(ClassifierMixin, BaseShallowNN):  # type: ignore[misc]  # scikit-learn has no types
    """``partial_fit``, and the predictions that are computed from the logits."""

    classes_: NDArray[Any]

    _target_kinds: ClassVar = LabelKinds
    _not_by_parts: ClassVar = (
        *BaseShallowNN._not_by_parts,
        ("class_weight", "balanced", "since a part of the rows does not tell the balance; use a dict"),
    )

    @available_if(learns_from_parts)
    @validates_parameters
    def partial_fit(
        self, X: ArrayLike, y: ArrayLike, *, classes: ArrayLike = None, sample_weight: ArrayLike = None
    ) -> Self:
        """Train for one epoch on these rows, and continue from the end of the last call.

        The penalty is divided by the number of rows of all calls, so ``alpha`` means the same as for ``fit``
        with all rows. Rows that are passed again count again: for several epochs with the same rows, call
        ``fit`` with ``warm_start=True`` and ``max_iter=1`` instead.

        Parameters
        ----------
        X : {array-like, sparse matrix, sparse array} of shape (n_samples, n_features)
            Some of the rows.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Class labels, or a label indicator of zeros and ones.
        classes : array-like of shape (n_classes,), default=None
            All labels that may occur in any call. Required in the first call, unless y is multilabel.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of these rows.

        Returns
        -------
        self : object
            The fitted estimator. After Ctrl-C, it is as it was before this call.
        """
        return self._fit(FitInput(X, y, sample_weight, classes=classes, partial=True))

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Predict labels.

        Parameters
        ----------
        X : {array-like, sparse matrix, sparse array} of shape (n_samples, n_features)

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_labels)
        """
        logits = self._outputs(X)
        return target_kind_of(self).decode(logits)

    @np.errstate(under="ignore")
    def predict_proba(self, X: ArrayLike) -> Array:
        """Predict probabilities.

        Parameters
        ----------
        X : {array-like, sparse matrix, sparse array} of shape (n_samples, n_features)

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes) or (n_samples, n_labels)
            One column for each class, in the order of ``classes_``. If y was multilabel, one for each label.
        """
        logits = self._outputs(X)
        return target_kind_of(self).probabilities(logits)

    @np.errstate(under="ignore")
    def predict_log_proba(self, X: ArrayLike) -> Array:
        """Predict the logarithms of the probabilities, which are finite even if a probability underflows.

        Parameters
        ----------
        X : {array-like, sparse matrix, sparse array} of shape (n_samples, n_features)

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_classes) or (n_samples, n_labels)
        """
        logits = self._outputs(X)
        return target_kind_of(self).log_probabilities(logits)

    def decision_function(self, X: ArrayLike) -> Array:
        """Compute the logits, which a sigmoid or softmax turns into the probabilities.

        Parameters
        ----------
        X : {array-like, sparse matrix, sparse array} of shape (n_samples, n_features)

        Returns
        -------
        logits : ndarray of shape (n_samples,), (n_samples, n_classes) or (n_samples, n_labels)
            For two classes, the log-odds of the second class.
        """
        logits = self._outputs(X)
        return target_kind_of(self).decision(logits)

    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike = None) -> float:
        """Compute the accuracy: the share of rows whose labels are all predicted.

        Parameters
        ----------
        X : {array-like, sparse matrix, sparse array} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            True labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        accuracy : float
        """
        return float(super().score(X, checked_values(y), sample_weight))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
