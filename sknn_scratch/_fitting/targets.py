"""The y of a fit: what is validated, written as targets for the network, and read off its outputs.

All that depends on what y is (labels of two or more classes, several labels a row, real numbers) is asked of
one object with the methods of ``Targets``. The class of an estimator names the class of its targets.
"""

from typing import Any, Protocol, Self


class Targets(Protocol):
    """What the parts of a fit ask of its y."""

    loss: str  # its name in LOSSES
    n_outputs: int
    n_kept: int  # rows of each stratum that must stay in training

    @staticmethod
    def readable(y: Any) -> Any:
        """Prepare a y for scikit-learn's validation."""

    @staticmethod
    def validated(y: Any) -> Any:
        """Validate y further, (n_samples,) or (n_samples, n_outputs)."""

    @classmethod
    def first(cls, y: Any, inputs: Any) -> Self:
        """Find what the y of a first fit is."""

    @classmethod
    def of_fitted(cls, fitted: Any) -> Self:
        """Find what the y of a fitted estimator was."""

    def check_further(self, y: Any, inputs: Any) -> None:
        """Raise ValueError unless a fit can go on with this y."""

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

    def fitted_attributes(self) -> dict[str, Any]:
        """Get the fitted attributes that describe the targets."""
