"""The losses, each gradient beside its values. Those that limit the influence of outliers are in ``robust``.

The classification losses are cross-entropies of logits. They are not computed from probabilities, so they are
exact at the extremes: logits of +-1e4 give finite losses.
"""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from scipy.special import xlogy

from sknn_scratch._core.activations import Array
from sknn_scratch._core.loss import (
    NOT_NEGATIVE,
    POSITIVE,
    Loss,
    ResidualLoss,
    Targets,
    log_1_plus_exp,
    log_of_positive,
    sum_over_outputs,
)
from sknn_scratch._core.robust import AbsoluteError, Huber, Quantile


class Logistic(Loss):
    """The cross-entropy of each output on its own, for two classes or several labels.

    Targets are -1 or 1, so that the smallest losses and gradients keep their digits.
    """

    name, link = "logistic", "logit"

    def gradient(self, outputs: Array, targets: Targets, out: Array) -> None:
        """-t / (1 + exp(t f)). If exp overflows, the gradient is correctly zero."""
        np.multiply(outputs, targets.values, out=out)
        np.exp(out, out=out)
        np.subtract(-1.0, out, out=out)
        np.divide(targets.times_shares, out, out=out)

    def of_rows(self, outputs: Array, targets: Targets) -> Array:
        """log(1 + exp(-t f)), summed over the outputs."""
        return sum_over_outputs(log_1_plus_exp(-outputs * targets.values) * targets.shares)


class Softmax(Loss):
    """The cross-entropy of mutually exclusive classes; targets are one-hot."""

    name, link = "softmax", "multinomial logit"

    def gradient(self, outputs: Array, targets: Targets, out: Array) -> None:
        """p - t, with p = exp(f) / sum_j exp(f_j).

        The largest output of a row is subtracted from all its outputs, so exp cannot overflow.
        """
        np.subtract(outputs, np.maximum.reduce(outputs, axis=-2, keepdims=True), out=out)
        np.exp(out, out=out)
        out *= targets.shares / np.add.reduce(out, axis=-2, keepdims=True)
        out -= targets.times_shares

    def of_rows(self, outputs: Array, targets: Targets) -> Array:
        """log sum_j exp(f_j) - sum_j t_j f_j."""
        shifted = outputs - np.maximum.reduce(outputs, axis=-2, keepdims=True)
        log_sums = np.log(sum_over_outputs(np.exp(shifted)))
        return log_sums * targets.shares[..., 0, :] - sum_over_outputs(shifted * targets.times_shares)


class SquaredError(ResidualLoss):
    """Half the squared error, as in Ridge: the network estimates means."""

    name = "squared_error"

    def differentiate(self, residuals: Array) -> None:
        """r: nothing to do."""

    def of_residuals(self, residuals: Array) -> Array:
        """r^2 / 2."""
        return 0.5 * np.square(residuals)


class Poisson(Loss):
    """Half the Poisson deviance: the network estimates logarithms of positive means, as of counts."""

    name, link, domain = "poisson", "log", NOT_NEGATIVE

    def gradient(self, outputs: Array, targets: Targets, out: Array) -> None:
        """exp(f) - t."""
        np.exp(outputs, out=out)
        out *= targets.shares
        out -= targets.times_shares

    def of_rows(self, outputs: Array, targets: Targets) -> Array:
        """exp(f) - t - t (f - log t)."""
        f, t = outputs, targets.values
        return sum_over_outputs((np.exp(f) - t - t * f + xlogy(t, t)) * targets.shares)


class Gamma(Loss):
    """Half the Gamma deviance: the network estimates logarithms of means; errors are relative to these."""

    name, link, domain = "gamma", "log", POSITIVE
    knows_scale = False

    def gradient(self, outputs: Array, targets: Targets, out: Array) -> None:
        """1 - t exp(-f)."""
        np.negative(outputs, out=out)
        np.exp(out, out=out)
        out *= targets.times_shares
        np.subtract(targets.shares, out, out=out)

    def of_rows(self, outputs: Array, targets: Targets) -> Array:
        """t exp(-f) - 1 - (log t - f)."""
        f, t = outputs, targets.values
        return sum_over_outputs((t * np.exp(-f) - 1 - (log_of_positive(t) - f)) * targets.shares)


OF_CLASSES = (Logistic, Softmax)
OF_NUMBERS = (SquaredError, AbsoluteError, Huber, Poisson, Gamma, Quantile)
LOSSES: Mapping[str, type[Loss]] = MappingProxyType({loss.name: loss for loss in OF_CLASSES + OF_NUMBERS})
