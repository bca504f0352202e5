"""What a loss is: its gradient for the steps, its values for the history, and what it says of y.

A loss has two methods. The formula beside each is that of one row, with outputs f and targets t:

    gradient   d loss / d f, times the share of the row
    of_rows    the loss, times the share of the row

A step needs only the gradient. The history needs the values, which are computed for many batches at once.

In all arrays here, samples are columns: (..., n_outputs, n_samples). NumPy is fastest along the last axis,
and there are more samples than outputs.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, NamedTuple

import numpy as np

from sknn_scratch._core.activations import Array


class Targets(NamedTuple):
    """What the outputs of some rows should be, and the share of each row in the mean loss."""

    values: Array  # (..., n_outputs, n_samples)
    times_shares: Array  # (..., n_outputs, n_samples): values times shares
    shares: Array  # (..., 1, n_samples): 1 / n_samples, or by the row's weight: see ``_core``

    @classmethod
    def of(cls, targets: Array, shares: Array) -> "Targets":
        """Arrange targets (..., n_samples, n_outputs) and shares (..., n_samples) as columns."""
        values = np.ascontiguousarray(targets.mT)
        shares = shares[..., np.newaxis, :].astype(values.dtype)
        return cls(values, values * shares, shares)

    def take(self, rows: slice) -> "Targets":
        return Targets(self.values[..., rows], self.times_shares[..., rows], self.shares[..., rows])


class Domain(NamedTuple):
    words: str  # that name them in a message
    contains: Callable[[Array], Any]  # whether each of some numbers is one of them


NUMBERS = Domain("numbers", np.isfinite)
NOT_NEGATIVE = Domain("numbers that are not negative", lambda y: y >= 0)
POSITIVE = Domain("positive numbers", lambda y: y > 0)


SMOOTHING = 0.1


@dataclass(frozen=True)
class Loss:
    """The base of the losses; an instance of the base itself serves networks that only predict.

    A parameter of a loss is a field of its own class, with the name of the estimator's parameter and the
    default that None stands for there. Losses of one class with the same fields are equal.
    """

    name: ClassVar[str]  # as a user writes it
    link: ClassVar[str]  # the name of the function of predictions that the outputs are
    domain: ClassVar[Domain] = NUMBERS  # what y may be, if it is a number
    is_smooth: ClassVar[bool] = True  # whether the gradient is continuous, as L-BFGS requires
    is_robust: ClassVar[bool] = False  # whether the gradient of a row is limited, however far off its target
    knows_scale: ClassVar[bool] = True  # whether a loss is a negative log-likelihood, whatever the data
    estimates_centre: ClassVar[bool] = True  # whether outputs estimate means, medians or classes

    smoothing: float = field(default=0.0, kw_only=True)  # a kink is squared below this residual

    @property
    def smoothed(self) -> "Loss":
        """The loss with which L-BFGS can choose alpha, without its kink, if it has one."""
        return replace(self, smoothing=SMOOTHING)

    @classmethod
    def of(cls, **parameters: Any) -> "Loss":
        return cls(**parameters)

    def negative_log_likelihood(self, mean_losses: Array) -> Array:
        """Turn mean losses into negative log-likelihoods of a row, up to a constant.

        If the scale of the errors is unknown, they are logarithms.
        """
        return mean_losses if self.knows_scale else log_of_positive(mean_losses)

    def gradient(self, outputs: Array, targets: Targets, out: Array) -> None:
        """Fill ``out``, shaped like the outputs, with the gradient of the total."""
        raise NotImplementedError

    def of_rows(self, outputs: Array, targets: Targets) -> Array:
        """Compute the losses (..., n_samples), each times the share of its row."""
        raise NotImplementedError

    def total(self, outputs: Array, targets: Targets) -> Any:
        """Sum the losses of rows, each times its share; the total (...) of all rows is their mean loss."""
        with np.errstate(over="ignore"):
            return np.add.reduce(self.of_rows(outputs, targets), axis=-1)


class ResidualLoss(Loss):
    """A loss of the residuals r = f - t, summed over the outputs of a row."""

    link, knows_scale = "identity", False

    def gradient(self, outputs: Array, targets: Targets, out: Array) -> None:
        """d loss / d r, since d r / d f = 1."""
        np.subtract(outputs, targets.values, out=out)
        self.differentiate(out)
        out *= targets.shares

    def of_rows(self, outputs: Array, targets: Targets) -> Array:
        return sum_over_outputs(self.of_residuals(outputs - targets.values) * targets.shares)

    def differentiate(self, residuals: Array) -> None:
        """Overwrite each residual r with the derivative d loss / d r."""
        raise NotImplementedError

    def of_residuals(self, residuals: Array) -> Array:
        raise NotImplementedError


def log_of_positive(values: Array) -> Array:
    """Compute logarithms of positive numbers, of which some may have underflowed to zero."""
    return np.log(np.maximum(values, np.finfo(values.dtype).tiny))


def sum_over_outputs(values: Array) -> Array:
    """Sum values (..., n_outputs, n_samples) over the outputs, one after the other.

    NumPy's sum would add them in another order if there is a single sample, or if samples are rows in memory.
    Then they are accumulated, which takes up to thirty times as long.
    """
    if values.shape[-1] > 1 and values.flags.c_contiguous:
        return np.add.reduce(values, axis=-2)
    return np.add.accumulate(values, axis=-2)[..., -1, :]


def log_1_plus_exp(z: Array) -> Array:
    """log(1 + exp(z)) = max(z, 0) + log(1 + exp(-|z|)), three times as fast as NumPy's logaddexp."""
    value: Array = np.abs(z)
    np.negative(value, out=value)
    np.exp(value, out=value)
    np.log1p(value, out=value)
    value += np.maximum(z, 0)
    return value
