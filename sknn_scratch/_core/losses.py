"""Losses on the network's outputs: gradients for the steps, values for the history.

Let y be the outputs and t the targets of a row. The classification losses are cross-entropies on logits. They
are not computed from probabilities, so they are exact at the extremes: logits of +-1e4 give finite losses.

    logistic   t in {-1, 1}    loss = log(1 + exp(-t y)), for every output on its own   (binary, multilabel)
               gradient        -t / (1 + exp(t y))
    softmax    t one-hot       loss = log sum_j exp(y_j) - <t, y>, over the outputs of a row    (multiclass)
               gradient        p - t, with p = exp(y) / sum_j exp(y_j)

With targets of -1 and 1, the smallest logistic losses and gradients keep their digits.

The regression losses are sums over the outputs of a row. With r = y - t:

    squared_error    loss = r^2 / 2                              gradient    r
    absolute_error   loss = |r|                                  gradient    sign(r)
    huber            loss = c (|r| - c / 2), c = min(|r|, delta) gradient    r, clipped to +-delta
    quantile         loss = max(-q r, (1 - q) r)                 gradient    -q or 1 - q
    poisson          loss = exp(y) - t - t (y - log t)           gradient    exp(y) - t

"squared_error" is halved, so that the penalty is the same as in Ridge. The outputs of "poisson" are the
logarithms of the predictions, and its loss is half of the deviance.

A step needs the gradient. Only the history needs the values, which are computed for many batches at once. In
both, samples are columns, as in a textbook: (..., n_outputs, n_samples). NumPy is fastest along the last
axis, and there are more samples than outputs. In probabilities, samples are rows.

A parameter of a loss is a field of its class, with the name of the estimator's parameter.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

import numpy as np
from scipy.special import xlogy

from sknn_scratch._core.activations import Array
from sknn_scratch._core.arrays import constant

SOFTMAX_ROWS = 1024  # the logits of this number of rows, and their exponentials, stay in the cache


class Targets(NamedTuple):
    """What the outputs of some rows should be, and how much each row counts."""

    values: Array  # (..., n_outputs, n_samples)
    weighted: Array  # (..., n_outputs, n_samples): the values times the weights of the rows
    row_weights: Array  # (..., 1, n_samples)

    @classmethod
    def of(cls, targets: Array, row_weights: Array) -> "Targets":
        """Arrange targets (..., n_samples, n_outputs) and row weights (..., n_samples) by output."""
        values = np.ascontiguousarray(targets.mT)
        row = row_weights[..., np.newaxis, :].astype(values.dtype)
        return cls(values, values * row, row)

    def take(self, rows: slice) -> "Targets":
        """View a block of rows."""
        return Targets(*(array[..., rows] for array in self))


@dataclass(frozen=True)
class Loss:
    """The base of the losses. Losses of one class with the same fields are equal.

    An instance of the base class itself serves networks that only predict.
    """

    output_activation: ClassVar[str]  # the name of the function that turns outputs into predictions
    is_smooth: ClassVar[bool] = True  # whether the gradient is continuous, as L-BFGS requires

    @property
    def is_central(self) -> bool:
        """Whether the network estimates classes, means or medians."""
        return True

    def gradient(self, outputs: Array, targets: Targets, out: Array) -> None:
        """Fill ``out`` with the gradient of the weighted sum of the losses, shaped like the outputs."""
        raise NotImplementedError

    def values(self, outputs: Array, targets: Targets) -> Array:
        """Compute the weighted losses (..., n_samples) of outputs (..., n_outputs, n_samples)."""
        raise NotImplementedError

    def total(self, outputs: Array, targets: Targets) -> Any:
        """Compute the weighted sum (...) of the losses."""
        with np.errstate(over="ignore"):
            return np.add.reduce(self.values(outputs, targets), axis=-1)


class Logistic(Loss):
    """The cross-entropy of each output on its own."""

    output_activation = "logistic"

    def gradient(self, outputs: Array, targets: Targets, out: Array) -> None:
        """-t / (1 + exp(t y)). If exp overflows, the gradient is correctly zero."""
        np.multiply(outputs, targets.values, out=out)
        np.exp(out, out=out)
        np.subtract(constant(-1.0, out.dtype.char), out, out=out)
        np.divide(targets.weighted, out, out=out)

    def values(self, outputs: Array, targets: Targets) -> Array:
        """log(1 + exp(-t y)), summed over the outputs."""
        return sum_over_outputs(log_1_plus_exp(-outputs * targets.values) * targets.row_weights)


class Softmax(Loss):
    """The cross-entropy of mutually exclusive classes."""

    output_activation = "softmax"

    def gradient(self, outputs: Array, targets: Targets, out: Array) -> None:
        """p - t. The largest output of a row is subtracted from all its outputs, so exp cannot overflow."""
        np.subtract(outputs, np.maximum.reduce(outputs, axis=-2, keepdims=True), out=out)
        np.exp(out, out=out)
        out *= targets.row_weights / np.add.reduce(out, axis=-2, keepdims=True)
        out -= targets.weighted

    def values(self, outputs: Array, targets: Targets) -> Array:
        """log sum_j exp(y_j) - <t, y>."""
        shifted = outputs - np.maximum.reduce(outputs, axis=-2, keepdims=True)
        log_sums = np.log(sum_over_outputs(np.exp(shifted)))
        return log_sums * targets.row_weights[..., 0, :] - sum_over_outputs(shifted * targets.weighted)


class ResidualLoss(Loss):
    """A loss of the residuals r = y - t."""

    output_activation = "identity"

    def gradient(self, outputs: Array, targets: Targets, out: Array) -> None:
        """Multiply the slope at each residual by the weight of its row."""
        np.subtract(outputs, targets.values, out=out)
        self.slope(out)
        out *= targets.row_weights

    def values(self, outputs: Array, targets: Targets) -> Array:
        """Sum the losses of a row's outputs."""
        return sum_over_outputs(self.of_residuals(outputs - targets.values) * targets.row_weights)

    def slope(self, residuals: Array) -> None:
        """Overwrite residuals (..., n_outputs, n_samples) with the derivatives there."""
        raise NotImplementedError

    def of_residuals(self, residuals: Array) -> Array:
        """Compute the loss of each residual (..., n_outputs, n_samples)."""
        raise NotImplementedError


class SquaredError(ResidualLoss):
    """Half the squared error: the network estimates means."""

    def slope(self, residuals: Array) -> None:
        """r: each residual is its own slope."""

    def of_residuals(self, residuals: Array) -> Array:
        """r^2 / 2."""
        return 0.5 * np.square(residuals)


class AbsoluteError(ResidualLoss):
    """The absolute error: the network estimates medians."""

    is_smooth = False

    def slope(self, residuals: Array) -> None:
        """sign(r)."""
        np.sign(residuals, out=residuals)

    def of_residuals(self, residuals: Array) -> Array:
        """|r|."""
        return np.abs(residuals)


@dataclass(frozen=True)
class Huber(ResidualLoss):
    """Squared for small residuals, absolute for large ones, which limits the influence of outliers."""

    huber_delta: float

    def slope(self, residuals: Array) -> None:
        """Clip r to +-delta."""
        np.clip(residuals, -self.huber_delta, self.huber_delta, out=residuals)

    def of_residuals(self, residuals: Array) -> Array:
        """c (|r| - c / 2), c = min(|r|, delta)."""
        sizes = np.abs(residuals)
        cut = np.minimum(sizes, self.huber_delta)
        return cut * (sizes - 0.5 * cut)


@dataclass(frozen=True)
class Quantile(ResidualLoss):
    """The pinball loss: the network estimates quantiles, below which a share ``quantile`` of targets lies."""

    quantile: float

    is_smooth = False

    @property
    def is_central(self) -> bool:
        """True for the median."""
        return self.quantile == 0.5

    def slope(self, residuals: Array) -> None:
        """-q or 1 - q, by the sign of r; their mean at 0."""
        np.sign(residuals, out=residuals)
        residuals *= 0.5
        residuals += 0.5 - self.quantile

    def of_residuals(self, residuals: Array) -> Array:
        """max(-q r, (1 - q) r)."""
        return np.maximum(-self.quantile * residuals, (1 - self.quantile) * residuals)


class Poisson(Loss):
    """Half the Poisson deviance: the network estimates logarithms of positive means."""

    output_activation = "exp"

    def gradient(self, outputs: Array, targets: Targets, out: Array) -> None:
        """exp(y) - t."""
        np.exp(outputs, out=out)
        out *= targets.row_weights
        out -= targets.weighted

    def values(self, outputs: Array, targets: Targets) -> Array:
        """exp(y) - t - t (y - log t)."""
        t, y = targets.values, outputs
        return sum_over_outputs((np.exp(y) - t - t * y + xlogy(t, t)) * targets.row_weights)


def sum_over_outputs(values: Array) -> Array:
    """Sum values (..., n_outputs, n_samples) over the outputs."""
    return np.add.reduce(values, axis=-2)


def log_1_plus_exp(z: Array) -> Array:
    """log(1 + exp(z)) = max(z, 0) + log(1 + exp(-|z|)), three times as fast as NumPy's logaddexp."""
    value: Array = np.abs(z)
    np.negative(value, out=value)
    np.exp(value, out=value)
    np.log1p(value, out=value)
    value += np.maximum(z, 0)
    return value


def logistic_log_probabilities(logits: Array) -> Array:
    """log p = -log(1 + exp(-y))."""
    return -log_1_plus_exp(-logits)


def softmax_probabilities(logits: Array) -> Array:
    """p = exp(y) / sum_j exp(y_j), of logits (n_samples, n_outputs).

    It works on transposed blocks: reductions are over the first axis, and a whole block is in the cache.
    """
    probabilities = np.empty_like(logits)
    for start in range(0, len(logits), SOFTMAX_ROWS):
        by_output = logits[start : start + SOFTMAX_ROWS].T.copy()
        by_output -= by_output.max(axis=0)
        np.exp(by_output, out=by_output)
        by_output /= by_output.sum(axis=0)
        probabilities[start : start + SOFTMAX_ROWS] = by_output.T
    return probabilities


def softmax_log_probabilities(logits: Array) -> Array:
    """log p = y - log sum_j exp(y_j)."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


LOSSES: Mapping[str, type[Loss]] = MappingProxyType(
    {
        "logistic": Logistic,
        "softmax": Softmax,
        "squared_error": SquaredError,
        "absolute_error": AbsoluteError,
        "huber": Huber,
        "poisson": Poisson,
        "quantile": Quantile,
    }
)
