"""Cross-entropy on logits: value and gradient together, exact at the extremes.

With z the logits (..., n_samples, n_outputs), t the targets (same shape, zeros and ones) and A(z) the
log-partition function, both losses are of one form:

    log p = z - A(z)        loss = A(z) - <t, z>        d loss / d z = exp(z - A(z)) - t = p - t

    logistic   A(z) = log(1 + exp(z)), for every output on its own    (binary and multilabel)
    softmax    A(z) = log sum_j exp(z_j), over the outputs of a row   (multiclass)

Nothing is computed from probabilities, so logits of +-1e4 give finite losses and log-probabilities.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from sknn_scratch._core.activations import Array

SOFTMAX_ROWS = 1024


class LossScratch(NamedTuple):
    """Buffers and constants of a loss for logits of shape (..., n_samples, n_outputs)."""

    terms: Array  # (..., n_samples, n_outputs)
    terms_flat: Array  # (..., n_samples * n_outputs): the same memory
    others: Array  # (..., n_samples, n_outputs)
    by_output: Array  # (..., n_outputs, n_samples)
    row: Array  # (..., n_samples, 1)
    row_flat: Array  # (..., n_samples): the same memory
    # Products with ones are faster than NumPy's sums, and an array of no axes is faster than a number.
    ones: Array  # (n_samples * n_outputs,)
    row_ones: Array  # (n_samples,)
    output_ones: Array  # (n_outputs, 1)
    zero: Array  # ()


ValueAndGradient: TypeAlias = Callable[[Array, Array, Any, LossScratch], Any]


@dataclass(frozen=True)
class Loss:
    """One loss: what training and prediction need to know of it.

    Attributes
    ----------
    value_and_gradient : callable
        ``value_and_gradient(logits, targets, weights, scratch)`` returns the weighted sum of the losses,
        of shape (...), and overwrites ``logits`` with its gradient. ``weights`` is a number, or of shape
        () or (..., n_samples, 1); weights that sum to one make the sum a mean.
    log_probabilities : callable
        Logits (..., n_samples, n_outputs) to the log-probabilities of the outputs, a new array.
    """

    value_and_gradient: ValueAndGradient
    log_probabilities: Callable[[Array], Array]


def allocate_loss_scratch(leading: tuple[int, ...], n_outputs: int, dtype: DTypeLike) -> LossScratch:
    """Allocate the buffers for ``leading`` = (..., n_samples)."""
    *networks, n_samples = leading
    terms, row = np.zeros((*leading, n_outputs), dtype), np.zeros((*leading, 1), dtype)
    return LossScratch(
        terms=terms,
        terms_flat=terms.reshape(*networks, n_samples * n_outputs),
        others=np.zeros_like(terms),
        by_output=np.zeros((*networks, n_outputs, n_samples), dtype),
        row=row,
        row_flat=row.reshape(leading),
        ones=np.ones(n_samples * n_outputs, dtype),
        row_ones=np.ones(n_samples, dtype),
        output_ones=np.ones((n_outputs, 1), dtype),
        zero=np.zeros((), dtype),
    )


def logistic_value_and_gradient(logits: Array, targets: Array, weights: Any, scratch: LossScratch) -> Any:
    """Cross-entropy of independent yes-or-no outputs."""
    log_partition, losses = scratch.others, scratch.terms
    np.logaddexp(scratch.zero, logits, out=log_partition)
    np.multiply(targets, logits, out=losses)
    np.subtract(log_partition, losses, out=losses)
    losses *= weights

    logits -= log_partition
    np.exp(logits, out=logits)
    logits -= targets
    logits *= weights
    return scratch.terms_flat.dot(scratch.ones)


def softmax_value_and_gradient(logits: Array, targets: Array, weights: Any, scratch: LossScratch) -> Any:
    """Cross-entropy of outputs of which exactly one is right.

    The largest logit of a row is subtracted from all of it: then exp cannot overflow, and A(z) lies between
    0 and log n_outputs. NumPy reduces over a short last axis slowly: the largest logit is found in a
    transposed copy, and the sum over a row is a product with ones, four and five times as fast.
    """
    exponentials, target_logits, row = scratch.others, scratch.terms, scratch.row
    np.copyto(scratch.by_output, logits.mT)
    np.maximum.reduce(scratch.by_output, axis=-2, out=scratch.row_flat)
    logits -= row
    np.multiply(targets, logits, out=target_logits)
    target_logits *= weights
    np.exp(logits, out=exponentials)
    np.matmul(exponentials, scratch.output_ones, out=row)

    np.divide(exponentials, row, out=logits)
    logits -= targets
    logits *= weights

    np.log(row, out=row)
    row *= weights
    return scratch.row_flat.dot(scratch.row_ones) - scratch.terms_flat.dot(scratch.ones)


def logistic_log_probabilities(logits: Array) -> Array:
    """log p = -log(1 + exp(-z))."""
    log_probabilities: Array = -np.logaddexp(0, -logits)
    return log_probabilities


def softmax_probabilities(logits: Array) -> Array:
    """p = exp(z - A(z)), of logits (n_samples, n_outputs).

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
    """log p = z - log sum_j exp(z_j)."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    log_probabilities: Array = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return log_probabilities


LOSSES: Mapping[str, Loss] = MappingProxyType(
    {
        "logistic": Loss(logistic_value_and_gradient, logistic_log_probabilities),
        "softmax": Loss(softmax_value_and_gradient, softmax_log_probabilities),
    }
)
