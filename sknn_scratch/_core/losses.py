"""Losses on the network's outputs: gradients for the steps, values for the history.

With y the outputs and t the targets of a row, the classification losses are cross-entropies on logits, exact
at the extremes: nothing is computed from probabilities, so logits of +-1e4 give finite losses.

    logistic   t in {-1, 1}    loss = log(1 + exp(-t y)), for every output on its own   (binary, multilabel)
               gradient        -t / (1 + exp(t y))
    softmax    t one-hot       loss = log sum_j exp(y_j) - <t, y>, over the outputs of a row    (multiclass)
               gradient        p - t, with p = exp(y) / sum_j exp(y_j)

Targets of -1 and 1 let the smallest logistic losses and gradients keep their digits.

A step needs the gradient, but only the history needs the value. So the gradient saves what the value is made
of, and the values of many batches are computed at once.

In gradients and values the samples are columns, as in a textbook, (..., n_outputs, n_samples): NumPy works
along the last axis, and the samples are more than the outputs. Probabilities are those of rows.

To add a loss, write its gradient and values, and give them a line in ``LOSSES``. The class of the targets
that it is for, in ``_fitting/targets.py``, names it as its ``loss``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from sknn_scratch._core.activations import Array
from sknn_scratch._core.arrays import constant

SOFTMAX_ROWS = 1024  # logits of so many rows, and their exponentials, stay in the cache


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


class Saved(NamedTuple):
    """Intermediate results of the gradient, from which the losses are computed."""

    margins: Array  # (..., n_outputs, n_samples): t y; for softmax the outputs less the largest of the row
    partition: Array  # (..., 1, n_samples): for softmax the sum of exp(margins)

    @classmethod
    def allocate(cls, shape: tuple[int, ...], dtype: DTypeLike) -> "Saved":
        """Allocate the buffers for a shape (..., n_outputs, n_samples)."""
        return cls(np.zeros(shape, dtype), np.zeros((*shape[:-2], 1, shape[-1]), dtype))

    def take(self, rows: slice) -> "Saved":
        """View a block of rows."""
        return Saved(*(array[..., rows] for array in self))


@dataclass(frozen=True)
class Loss:
    """One loss.

    Attributes
    ----------
    gradient : callable
        ``gradient(outputs, targets, saved)`` overwrites the outputs (..., n_outputs, n_samples) with the
        gradient of the weighted sum of the losses, and fills ``saved``.
    values : callable
        ``values(targets, saved)`` returns the weighted losses (..., n_samples) of the rows.
    """

    gradient: Callable[[Array, Targets, Saved], None]
    values: Callable[[Targets, Saved], Array]

    def total(self, outputs: Array, targets: Targets) -> Any:
        """Weighted sum (...) of the losses; overwrites the outputs (..., n_outputs, n_samples)."""
        saved = Saved.allocate(outputs.shape, outputs.dtype)
        with np.errstate(over="ignore"):
            self.gradient(outputs, targets, saved)
        return np.add.reduce(self.values(targets, saved), axis=-1)


def logistic_gradient(outputs: Array, targets: Targets, saved: Saved) -> None:
    """-t / (1 + exp(t y)). Where exp overflows, the gradient is zero, as it should be."""
    np.multiply(outputs, targets.values, out=saved.margins)
    np.exp(saved.margins, out=outputs)
    np.subtract(constant(-1.0, outputs.dtype.char), outputs, out=outputs)
    np.divide(targets.weighted, outputs, out=outputs)


def logistic_values(targets: Targets, saved: Saved) -> Array:
    """log(1 + exp(-t y)), the losses of all outputs together."""
    values: Array = np.add.reduce(log_1_plus_exp(-saved.margins) * targets.row_weights, axis=-2)
    return values


def log_1_plus_exp(z: Array) -> Array:
    """log(1 + exp(z)) = max(z, 0) + log(1 + exp(-|z|)): in a third of the time of NumPy's logaddexp."""
    value: Array = np.abs(z)
    np.negative(value, out=value)
    np.exp(value, out=value)
    np.log1p(value, out=value)
    value += np.maximum(z, 0)
    return value


def softmax_gradient(outputs: Array, targets: Targets, saved: Saved) -> None:
    """p - t. The largest output of a row is subtracted from all of it, so that exp cannot overflow."""
    margins, partition = saved
    np.maximum.reduce(outputs, axis=-2, keepdims=True, out=partition)
    np.subtract(outputs, partition, out=margins)
    np.exp(margins, out=outputs)
    np.add.reduce(outputs, axis=-2, keepdims=True, out=partition)
    outputs *= targets.row_weights / partition
    outputs -= targets.weighted


def softmax_values(targets: Targets, saved: Saved) -> Array:
    """log sum_j exp(y_j) - <t, y>."""
    log_partition = np.log(saved.partition[..., 0, :]) * targets.row_weights[..., 0, :]
    values: Array = log_partition - np.add.reduce(saved.margins * targets.weighted, axis=-2)
    return values


def logistic_log_probabilities(logits: Array) -> Array:
    """log p = -log(1 + exp(-y))."""
    return -log_1_plus_exp(-logits)


def softmax_probabilities(logits: Array) -> Array:
    """p = exp(y - A(y)), of logits (n_samples, n_outputs).

    Block by block, transposed: reductions are over the first axis, and all of a block is in the cache.
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
    log_probabilities: Array = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return log_probabilities


LOSSES: Mapping[str, Loss] = MappingProxyType(
    {
        "logistic": Loss(logistic_gradient, logistic_values),
        "softmax": Loss(softmax_gradient, softmax_values),
    }
)
