"""The kinds of y: how y is validated and encoded as targets, and how outputs are decoded.

One object does all that depends on the kind of y: labels of two or more classes, several labels for each row,
or real numbers. An estimator's class names the base class of its kinds. ``TargetKind`` has the methods that
the parts of a fit call. It gives the answer of most kinds where there is one.
"""

from abc import ABC, abstractmethod
from typing import ClassVar

from sklearn.utils import check_array

from sknn_scratch._fitting.y_and_weights import check_none_missing, combine_weights, plain_labels


class TargetKind(ABC):
    """What y is."""

    name: ClassVar[str]
    n_kept: ClassVar[int] = 1  # rows of each stratum that must stay in training
    usual_alpha: ClassVar[float] = 1.0  # the strength of the penalty if the data cannot choose it
    n_outputs: int  # of the network

    # --- Before the kind is known ---

    @staticmethod
    @abstractmethod
    def validated(y):
        """Validate y further, (n_samples,) or (n_samples, n_outputs)."""

    @classmethod
    def alone(cls, y):
        """Validate an array-like y that comes without the rows it belongs to."""
        check_none_missing(y)
        return cls.validated(check_array(plain_labels(y), accept_sparse="csr", ensure_2d=False, dtype=None))

    @staticmethod
    def variant(estimator):
        """Get what the targets depend on in addition to y: estimators with equal values can share targets."""
        return

    @staticmethod
    @abstractmethod
    def first(estimator, y, inputs, sample_weight):
        """Find the kind of y of a first fit, after the validation of the weights."""

    @staticmethod
    @abstractmethod
    def of_fitted(fitted):
        """Get the kind of y that an estimator was fitted to."""

    # --- Whether training is possible ---

    @abstractmethod
    def check(self, y):
        """Raise ValueError unless y fits the y of the first fit."""

    def check_further(self, estimator, y, inputs):
        """Raise ValueError unless training can continue with this y."""
        self.check(y)

    def check_trainable(self, y, estimator, inputs):  # noqa: B027 - most kinds accept all y
        """Raise ValueError if training is impossible with the y of the rows with a positive weight."""

    def trouble_of_first_part(self, targets):
        """Say what is wrong with the targets (n_samples, n_outputs) of the first call of ``partial_fit``."""
        return

    # --- Training rows and validation rows ---

    def row_weights(self, estimator, sample_weight, y):
        """Combine all weights into one for each row (n_samples,); None if all are one."""
        return combine_weights(sample_weight, None)

    @abstractmethod
    def strata(self, y):
        """Get the number (n_samples,) of each row's stratum, for a split into training and validation."""

    def n_minority(self, y):
        """Count the rows outside the most frequent class; all rows if there are no exclusive classes."""
        return len(y)

    # --- The network's targets, outputs and loss ---

    @abstractmethod
    def encode(self, y, dtype):
        """Write y as targets (n_samples, n_outputs) for the loss."""

    @abstractmethod
    def decode(self, outputs):
        """Turn outputs (n_samples, n_outputs) into predictions."""

    @abstractmethod
    def average(self, all_outputs):
        """Compute the outputs that predict the average of what the outputs of several networks predict."""

    def outputs_of_means(self, means):
        """Compute the outputs (n_samples, n_outputs) that predict these means of targets."""
        return means

    @abstractmethod
    def errors(self, outputs, y):
        """Compute the error of each prediction, (n_samples,) or (n_samples, n_outputs).

        It is 1 for a wrong label. For real numbers, it is the squared error divided by the variance of y.
        """

    @abstractmethod
    def loss_of(self, estimator):
        """Make the estimator's loss."""

    @abstractmethod
    def loss_of_a_constant(self, estimator, targets, shares):
        """Compute the mean loss of the best constant outputs for targets (n_samples, n_outputs).

        The shares (n_samples,) are the weights of the rows; their sum is one.
        """

    # --- What the user sees ---

    @abstractmethod
    def output_names(self):
        """Name the outputs."""

    @abstractmethod
    def fitted_attributes(self):
        """Get the fitted attributes that describe the targets."""
