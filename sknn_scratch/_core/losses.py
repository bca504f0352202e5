"""Losses of the network's outputs: gradients for the steps, values for the history.

A loss has two methods. The formula beside each is that of one row, with outputs f and targets t:

    gradient   d loss / d f, times the share of the row
    of_rows    the loss, times the share of the row

A step needs only the gradient. The history needs the values, which are computed for many batches at once.

The classification losses are cross-entropies of logits. They are not computed from probabilities, so they are
exact at the extremes: logits of +-1e4 give finite losses.

In all arrays here, samples are columns: (..., n_outputs, n_samples). NumPy is fastest along the last axis,
and there are more samples than outputs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

import numpy as np
from scipy.special import xlogy

from sknn_scratch._core.activations import Array
from sknn_scratch._core.arrays import constant

# Below this residual (delta), a smoothed loss is squared.
SMOOTHING = 0.1


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
        """View a block of rows."""
        return Targets(*(array[..., rows] for array in self))


class Domain(NamedTuple):
    """The numbers for which a loss is defined."""

    words: str  # that name them in a message
    contains: Callable[[Array], Any]  # whether each of some numbers is one of them


NUMBERS = Domain("numbers", np.isfinite)
NOT_NEGATIVE = Domain("numbers that are not negative", lambda y: y >= 0)
POSITIVE = Domain("positive numbers", lambda y: y > 0)


@dataclass(frozen=True)
class Loss:
    """The base of the losses; an instance of the base itself serves networks that only predict.

    A parameter of a loss is a field of its class, with the name of the estimator's parameter. Losses of one
    class with the same fields are equal.
    """

    name: ClassVar[str]  # as a user writes it
    link: ClassVar[str]  # the name of the function of predictions that the outputs are
    domain: ClassVar[Domain] = NUMBERS  # what y may be, if it is a number
    is_smooth: ClassVar[bool] = True  # whether the gradient is continuous, as L-BFGS requires
    is_robust: ClassVar[bool] = False  # whether the gradient of a row is limited, however far off its target

    def surprise(self, mean_losses: Array) -> Array:
        """Turn mean losses into negative log-likelihoods of a row, up to a constant."""
        return mean_losses

    @property
    def smoothed(self) -> "Loss":
        """The loss without its kink, if it has one."""
        return self

    @property
    def estimates_centre(self) -> bool:
        """Whether the outputs estimate the centre of the targets, a mean or median, or classes."""
        return True

    @property
    def parts(self) -> "tuple[Loss, ...]":
        """The loss of each output, if several outputs estimate one target; else empty."""
        return ()

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


class Logistic(Loss):
    """The cross-entropy of each output on its own, for two classes or several labels.

    Targets are -1 or 1, so that the smallest losses and gradients keep their digits.
    """

    name, link = "logistic", "logit"

    def gradient(self, outputs: Array, targets: Targets, out: Array) -> None:
        """-t / (1 + exp(t f)). If exp overflows, the gradient is correctly zero."""
        np.multiply(outputs, targets.values, out=out)
        np.exp(out, out=out)
        np.subtract(constant(-1.0, out.dtype.char), out, out=out)
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


class ResidualLoss(Loss):
    """A loss of the residuals r = f - t, summed over the outputs of a row."""

    link = "identity"

    def surprise(self, mean_losses: Array) -> Array:
        """Take logarithms, since the scale of the residuals is unknown."""
        return log_of_positive(mean_losses)

    def gradient(self, outputs: Array, targets: Targets, out: Array) -> None:
        """d loss / d r, since d r / d f = 1."""
        np.subtract(outputs, targets.values, out=out)
        self.differentiate(out)
        out *= targets.shares

    def of_rows(self, outputs: Array, targets: Targets) -> Array:
        """Sum the losses of the residuals of a row."""
        return sum_over_outputs(self.of_residuals(outputs - targets.values) * targets.shares)

    def differentiate(self, residuals: Array) -> None:
        """Overwrite each residual r with the derivative d loss / d r."""
        raise NotImplementedError

    def of_residuals(self, residuals: Array) -> Array:
        """Compute the loss of each residual."""
        raise NotImplementedError


class SquaredError(ResidualLoss):
    """Half the squared error, as in Ridge: the network estimates means."""

    name = "squared_error"

    def differentiate(self, residuals: Array) -> None:
        """r: nothing to do."""

    def of_residuals(self, residuals: Array) -> Array:
        """r^2 / 2."""
        return 0.5 * np.square(residuals)


class AbsoluteError(ResidualLoss):
    """The absolute error: the network estimates medians."""

    name = "absolute_error"
    is_smooth, is_robust = False, True

    @property
    def smoothed(self) -> Loss:
        """The loss without the kink at zero."""
        return SmoothAbsoluteError()

    def differentiate(self, residuals: Array) -> None:
        """sign(r)."""
        np.sign(residuals, out=residuals)

    def of_residuals(self, residuals: Array) -> Array:
        """|r|."""
        return np.abs(residuals)


@dataclass(frozen=True)
class Huber(ResidualLoss):
    """Squared for small residuals, absolute for large ones, which limits the influence of outliers."""

    name = "huber"
    is_robust = True

    huber_delta: float

    def differentiate(self, residuals: Array) -> None:
        """Clip r to +-delta."""
        np.clip(residuals, -self.huber_delta, self.huber_delta, out=residuals)

    def of_residuals(self, residuals: Array) -> Array:
        """c (|r| - c / 2), c = min(|r|, delta)."""
        sizes = np.abs(residuals)
        cut = np.minimum(sizes, self.huber_delta)
        return cut * (sizes - 0.5 * cut)


@dataclass(frozen=True)
class Quantile(ResidualLoss):
    """The pinball loss: the network estimates quantiles, below which a share ``quantile`` of targets lies.

    With several quantiles, each output estimates one of them, of the same target. Sorted outputs have no
    larger loss than the same outputs in another order: each row has the loss sum_j max(f_j - t, 0) - q_j f_j
    but for a constant, and the sum of q_j f_j is largest if both are in the same order.
    """

    name = "quantile"
    is_smooth, is_robust = False, True

    quantile: float | tuple[float, ...]

    @property
    def parts(self) -> tuple[Loss, ...]:
        """The loss of each quantile, if there are several."""
        return tuple(map(type(self), self.quantile)) if isinstance(self.quantile, tuple) else ()

    def column(self, residuals: Array) -> Array:
        """Arrange the quantiles (n_quantiles, 1) for residuals (..., n_outputs, n_samples)."""
        return np.reshape(self.quantile, (-1, 1)).astype(residuals.dtype)

    @property
    def smoothed(self) -> Loss:
        """The loss without the kink at zero."""
        return SmoothQuantile(self.quantile)

    @property
    def estimates_centre(self) -> bool:
        """True for the median."""
        return self.quantile == 0.5

    def differentiate(self, residuals: Array) -> None:
        """-q or 1 - q, by the sign of r; their mean at 0."""
        np.sign(residuals, out=residuals)
        residuals *= 0.5
        residuals += 0.5 - self.column(residuals)

    def of_residuals(self, residuals: Array) -> Array:
        """max(-q r, (1 - q) r)."""
        q = self.column(residuals)
        return np.maximum(-q * residuals, (1 - q) * residuals)


class SmoothAbsoluteError(AbsoluteError):
    """The absolute error, but squared near zero, where the other has its kink."""

    is_smooth = True

    def differentiate(self, residuals: Array) -> None:
        """Clip r / delta to +-1."""
        residuals /= SMOOTHING
        np.clip(residuals, -1, 1, out=residuals)

    def of_residuals(self, residuals: Array) -> Array:
        """c (|r| - c / 2) / delta, c = min(|r|, delta)."""
        return Huber(SMOOTHING).of_residuals(residuals) / SMOOTHING


class SmoothQuantile(Quantile):
    """The pinball loss, with the smooth absolute error e: e / 2 + (1/2 - q) r."""

    is_smooth = True

    def differentiate(self, residuals: Array) -> None:
        """e' / 2 + 1/2 - q."""
        SmoothAbsoluteError().differentiate(residuals)
        residuals *= 0.5
        residuals += 0.5 - self.column(residuals)

    def of_residuals(self, residuals: Array) -> Array:
        """e / 2 + (1/2 - q) r."""
        absolute = SmoothAbsoluteError().of_residuals(residuals)
        return 0.5 * absolute + (0.5 - self.column(residuals)) * residuals


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

    def surprise(self, mean_losses: Array) -> Array:
        """Take logarithms, since the dispersion is unknown."""
        return log_of_positive(mean_losses)

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


def log_of_positive(values: Array) -> Array:
    """Compute logarithms of positive numbers, of which some may have underflowed to zero."""
    return np.log(np.maximum(values, np.finfo(values.dtype).tiny))


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


ALL = (Logistic, Softmax, SquaredError, AbsoluteError, Huber, Poisson, Gamma, Quantile)
LOSSES: Mapping[str, type[Loss]] = MappingProxyType({loss.name: loss for loss in ALL})
