"""Losses that limit the influence of outliers: of Huber, and of medians and other quantiles.

The targets of quantiles are signed roots of numbers. A quantile goes through every increasing function: that
of the roots is the root of that of the numbers. In the numbers themselves, the few largest of a heavy tail
would have most of the loss, and the quantiles of all others would be inexact.

The absolute error and those of quantiles have a kink at zero. Smoothed, they are squared near it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit, ndtri

from sknn_scratch._core.activations import Array
from sknn_scratch._core.arrays import computed_once
from sknn_scratch._core.loss import Loss, ResidualLoss, Targets, log_1_plus_exp


def signed_root(z: Array) -> Array:
    """z up to +-1, and beyond it +-sqrt(2 |z| - 1), of the same slope there."""
    middle = np.clip(z, -1.0, 1.0)
    beyond = z - middle
    return middle + 2 * beyond / (1 + np.sqrt(1 + 2 * np.abs(beyond)))


def undo_signed_root(t: Any) -> Any:
    """t up to +-1, and beyond it +-(t^2 + 1) / 2, of an array of NumPy or of an exported graph."""
    beyond = t - t.clip(-1.0, 1.0)
    return t + beyond * abs(beyond) * 0.5


@dataclass(frozen=True)
class Huber(ResidualLoss):
    """Squared for small residuals, absolute for large ones, which limits the influence of outliers."""

    name = "huber"
    is_robust = True

    huber_delta: float = 0.5

    def differentiate(self, residuals: Array) -> None:
        """Clip r to +-delta."""
        np.clip(residuals, -self.huber_delta, self.huber_delta, out=residuals)

    def of_residuals(self, residuals: Array) -> Array:
        """c (|r| - c / 2), c = min(|r|, delta)."""
        sizes = np.abs(residuals)
        cut = np.minimum(sizes, self.huber_delta)
        return cut * (sizes - 0.5 * cut)


class AbsoluteError(ResidualLoss):
    """The absolute error: the network estimates medians."""

    name = "absolute_error"
    is_smooth, is_robust = False, True

    def differentiate(self, residuals: Array) -> None:
        """sign(r) or, if it is smoothed, r / smoothing clipped to +-1."""
        if self.smoothing:
            residuals /= self.smoothing
            np.clip(residuals, -1, 1, out=residuals)
        else:
            np.sign(residuals, out=residuals)

    def of_residuals(self, residuals: Array) -> Array:
        """|r| or, if it is smoothed, Huber's loss / smoothing, with delta = smoothing."""
        return (
            Huber(self.smoothing).of_residuals(residuals) / self.smoothing
            if self.smoothing
            else np.abs(residuals)
        )


@dataclass(frozen=True)
class Quantile(ResidualLoss):
    """The pinball loss: the network estimates quantiles, below which a share ``quantile`` of targets lies."""

    name, link = "quantile", "signed root"
    is_smooth, is_robust, estimates_centre = False, True, False

    quantile: Any = 0.5  # a number

    @classmethod
    def of(cls, **parameters: Any) -> Loss:
        (quantile,) = parameters.values()
        return Quantiles(tuple(sorted(set(quantile)))) if np.ndim(quantile) else cls(quantile)

    @computed_once
    def error(self) -> ResidualLoss:
        """Make the absolute error, half of which is the loss of the median."""
        return AbsoluteError(smoothing=self.smoothing)

    def differentiate(self, residuals: Array) -> None:
        """e' / 2 + 1/2 - q, of the absolute error e: -q or 1 - q by the sign of r, and their mean at 0."""
        self.error.differentiate(residuals)
        residuals *= 0.5
        residuals += 0.5 - self.quantile

    def of_residuals(self, residuals: Array) -> Array:
        """max(-q r, (1 - q) r) or, if it is smoothed, e / 2 + (1/2 - q) r."""
        if self.smoothing:
            return 0.5 * self.error.of_residuals(residuals) + (0.5 - self.quantile) * residuals
        return np.maximum(-self.quantile * residuals, (1 - self.quantile) * residuals)


@dataclass(frozen=True)
class Quantiles(Loss):
    """The sum of the pinball losses of several quantiles of one target, which cannot cross.

    The first output is the quantile in the middle. The others give the gaps between neighbours, as
    log(1 + exp(f + c)), which is positive. With the constants c, outputs of zero are gaps of a normal
    distribution. So the penalty pulls the network to gaps that are the same for all rows.
    """

    name, link = "quantile", "gaps"
    is_smooth, is_robust, knows_scale, estimates_centre = False, True, False, False

    quantile: tuple[float, ...]  # in ascending order

    @computed_once
    def pinball(self) -> Quantile:
        """Make the pinball loss of all, for residuals (..., n_quantiles, n_samples)."""
        return Quantile(np.array(self.quantile)[:, np.newaxis], smoothing=self.smoothing)

    @computed_once
    def constants(self) -> Array:
        """Compute the constants c (n_quantiles - 1, 1)."""
        return np.log(np.expm1(np.diff(signed_root(ndtri(self.quantile)))))[:, np.newaxis]

    @property
    def middle(self) -> int:
        return int(np.argmin(np.abs(np.array(self.quantile) - 0.5)))

    def quantiles_of(self, outputs: Array) -> Array:
        """Compute the quantiles (..., n_quantiles, n_samples), in ascending order, from outputs like them."""
        steps = np.zeros_like(outputs)
        gaps = log_1_plus_exp(outputs[..., 1:, :] + self.constants.astype(outputs.dtype))
        np.cumsum(gaps, axis=-2, out=steps[..., 1:, :])
        return outputs[..., :1, :] + (steps - steps[..., self.middle, np.newaxis, :])

    def outputs_of(self, quantiles: Array) -> Array:
        """Compute the outputs that give quantiles (..., n_quantiles, n_samples)."""
        gaps = np.maximum(np.diff(quantiles, axis=-2), np.finfo(quantiles.dtype).tiny)
        outputs = gaps + np.log(-np.expm1(-gaps)) - self.constants  # log(exp(gaps) - 1), which may overflow
        return np.concatenate([quantiles[..., self.middle, np.newaxis, :], outputs], axis=-2)

    def gradient(self, outputs: Array, targets: Targets, out: Array) -> None:
        """Sum the slopes of the quantiles that an output moves, times how far it moves them.

        The first output moves all. A gap that widens lifts all above it or, if it is below the middle, lowers
        all below it: the sum of those above minus the sum of all.
        """
        self.pinball.gradient(self.quantiles_of(outputs), targets, out)
        out[...] = np.cumsum(out[..., ::-1, :], axis=-2)[..., ::-1, :]  # the sum at each and above
        out[..., 1 : self.middle + 1, :] -= out[..., :1, :]
        out[..., 1:, :] *= expit(outputs[..., 1:, :] + self.constants.astype(outputs.dtype))

    def of_rows(self, outputs: Array, targets: Targets) -> Array:
        return self.pinball.of_rows(self.quantiles_of(outputs), targets)
