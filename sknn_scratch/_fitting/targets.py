"""The y of a fit: what is validated, written as targets for the network, and read off its outputs.

All that depends on what y is (labels of two or more classes, several labels a row, real numbers) is asked of
one object with the methods of ``TargetKind``. The class of an estimator names the class of its targets.
"""

from typing import Any, Protocol, Self

from sknn_scratch._core.losses import Loss


class TargetKind(Protocol):
    """What the parts of a fit ask of its y."""

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
        """Get what the targets depend on beside y: estimators that agree in it can share them."""

    @staticmethod
    def is_smooth(estimator: Any) -> bool:
        """Whether the loss that an estimator asks for has a continuous gradient."""

    @classmethod
    def first(cls, estimator: Any, y: Any, inputs: Any, sample_weight: Any) -> Self:
        """Find what the y of a first fit is; the weights are validated."""

    @classmethod
    def of_fitted(cls, fitted: Any) -> Self:
        """Find what the y of a fitted estimator was."""

    def loss_of(self, estimator: Any) -> Loss:
        """Make the loss that an estimator asks for."""

    def check_further(self, estimator: Any, y: Any, inputs: Any) -> None:
        """Raise ValueError unless a fit can go on with this y."""

    @staticmethod
    def alone(y: Any) -> Any:
        """Validate an array-like y that comes without the rows it belongs to."""

    @staticmethod
    def trouble_of_first_part(targets: Any) -> str | None:
        """Say what is wrong with the targets (n_samples, n_outputs) of the first call of ``partial_fit``."""

    def outputs_of_means(self, means: Any) -> Any:
        """Find the outputs (n_samples, n_outputs) that predict these means of targets."""

    def errors(self, outputs: Any, y: Any) -> Any:
        """Compute the error (n_samples,) of each prediction, or (n_samples, n_outputs).

        It is 1 for a wrong label. Real numbers are counted in the units in which a guess has an error of 1.
        """

    def check(self, y: Any) -> None:
        """Raise ValueError unless y is like that of the fit."""

    def encode(self, y: Any, dtype: Any) -> Any:
        """Write y as targets (n_samples, n_outputs) for the loss."""

    def decode(self, outputs: Any) -> Any:
        """Read predictions off outputs (n_samples, n_outputs)."""

    def average(self, all_outputs: Any) -> Any:
        """Average the outputs of several networks."""

    def row_weights(self, estimator: Any, sample_weight: Any, y: Any) -> Any:
        """Combine all weights into one a row (n_samples,); None if all are one."""

    def check_trainable(self, y: Any, estimator: Any, inputs: Any) -> None:
        """Raise ValueError if the rows with a positive weight are not enough to train on."""

    def strata(self, y: Any) -> Any:
        """Give the number (n_samples,) of each row's stratum, for a split into training and validation."""

    def n_minority(self, y: Any) -> int:
        """Count the rows outside the most frequent class; all rows where a row is not of one class."""

    def output_names(self) -> list[str]:
        """Name the outputs."""

    def loss_of_a_guess(self, fitted: Any, y: Any = None) -> float | None:
        """Compute the loss of a network that predicts the same for all rows; None if it is unknown."""

    def loss_of_a_constant(self, estimator: Any, targets: Any, shares: Any) -> float:
        """Compute the mean loss of targets (n_samples, n_outputs) under the best constant outputs.

        The shares (n_samples,) are the weights of the rows; their sum is one.
        """

    def fitted_attributes(self) -> dict[str, Any]:
        """Get the fitted attributes that describe the targets."""
