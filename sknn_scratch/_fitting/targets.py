"""The kinds of y: how y is validated and encoded as targets, and how outputs are decoded.

One object with the methods of ``TargetKind`` does all that depends on the kind of y: labels of two or more
classes, several labels for each row, or real numbers. An estimator's class names the class of this object.
"""

from typing import Any, Protocol, Self

from sknn_scratch._core.losses import Loss


class TargetKind(Protocol):
    """The methods for one kind of y that the parts of a fit call."""

    n_outputs: int
    n_kept: int  # rows of each stratum that must stay in training

    @staticmethod
    def readable(y: Any) -> Any:
        """Prepare a y for scikit-learn's validation."""

    @staticmethod
    def validated(y: Any) -> Any:
        """Validate y further, (n_samples,) or (n_samples, n_outputs)."""

    @staticmethod
    def variant(estimator: Any) -> Any:
        """Get what the targets depend on in addition to y: estimators with equal values can share targets."""

    @staticmethod
    def is_smooth(estimator: Any) -> bool:
        """Whether the estimator's loss has a continuous gradient."""

    @classmethod
    def first(cls, estimator: Any, y: Any, inputs: Any, sample_weight: Any) -> Self:
        """Find the kind of y of a first fit, after the validation of the weights."""

    @classmethod
    def of_fitted(cls, fitted: Any) -> Self:
        """Get the kind of y that an estimator was fitted to."""

    def loss_of(self, estimator: Any) -> Loss:
        """Make the estimator's loss."""

    def check_further(self, estimator: Any, y: Any, inputs: Any) -> None:
        """Raise ValueError unless training can continue with this y."""

    @staticmethod
    def alone(y: Any) -> Any:
        """Validate an array-like y that comes without the rows it belongs to."""

    @staticmethod
    def trouble_of_first_part(targets: Any) -> str | None:
        """Say what is wrong with the targets (n_samples, n_outputs) of the first call of ``partial_fit``."""

    def outputs_of_means(self, means: Any) -> Any:
        """Compute the outputs (n_samples, n_outputs) that predict these means of targets."""

    def errors(self, outputs: Any, y: Any) -> Any:
        """Compute the error of each prediction, (n_samples,) or (n_samples, n_outputs).

        It is 1 for a wrong label. For real numbers, it is the squared error divided by the variance of y.
        """

    def check(self, y: Any) -> None:
        """Raise ValueError unless y fits the y of the first fit."""

    def encode(self, y: Any, dtype: Any) -> Any:
        """Write y as targets (n_samples, n_outputs) for the loss."""

    def decode(self, outputs: Any) -> Any:
        """Turn outputs (n_samples, n_outputs) into predictions."""

    def average(self, all_outputs: Any) -> Any:
        """Average the outputs of several networks."""

    def row_weights(self, estimator: Any, sample_weight: Any, y: Any) -> Any:
        """Combine all weights into one for each row (n_samples,); None if all are one."""

    def check_trainable(self, y: Any, estimator: Any, inputs: Any) -> None:
        """Raise ValueError if training is impossible with the y of the rows with a positive weight."""

    def strata(self, y: Any) -> Any:
        """Get the number (n_samples,) of each row's stratum, for a split into training and validation."""

    def n_minority(self, y: Any) -> int:
        """Count the rows outside the most frequent class; all rows if there are no exclusive classes."""

    def output_names(self) -> list[str]:
        """Name the outputs."""

    def loss_of_a_guess(self, fitted: Any, y: Any = None) -> float | None:
        """Compute the loss of a network that predicts the same for all rows; None if it is unknown."""

    def loss_of_a_constant(self, estimator: Any, targets: Any, shares: Any) -> float:
        """Compute the mean loss of the best constant outputs for targets (n_samples, n_outputs).

        The shares (n_samples,) are the weights of the rows; their sum is one.
        """

    def fitted_attributes(self) -> dict[str, Any]:
        """Get the fitted attributes that describe the targets."""
