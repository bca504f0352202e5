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


class LossScratch(NamedTuple):
    """Buffers of a loss for logits of shape (..., n_samples, n_outputs)."""

    terms: Array  # (..., n_samples, n_outputs)
    others: Array  # (..., n_samples, n_outputs)
    by_output: Array  # (..., n_outputs, n_samples)
    row: Array  # (..., n_samples, 1)
    ones: Array  # (n_outputs, 1)


ValueAndGradient: TypeAlias = Callable[[Array, Array, Any, LossScratch], Any]


@dataclass(frozen=True)
class Loss:
    """One loss: what training and prediction need to know of it.

    Attributes
    ----------
    value_and_gradient : callable
        ``value_and_gradient(logits, targets, weights, scratch)`` returns the weighted sum of the losses,
        of shape (...), and overwrites ``logits`` with its gradient. ``weights`` is a number or an array
        of shape (..., n_samples, 1); weights that sum to one make the sum a mean.
    log_probabilities : callable
        Logits (..., n_samples, n_outputs) to the log-probabilities of the outputs, a new array.
    """

    value_and_gradient: ValueAndGradient
    log_probabilities: Callable[[Array], Array]


def allocate_loss_scratch(leading: tuple[int, ...], n_outputs: int, dtype: DTypeLike) -> LossScratch:
    """Allocate the buffers for ``leading`` = (..., n_samples)."""
    *networks, n_samples = leading
    return LossScratch(
        terms=np.zeros((*leading, n_outputs), dtype),
        others=np.zeros((*leading, n_outputs), dtype),
        by_output=np.zeros((*networks, n_outputs, n_samples), dtype),
        row=np.zeros((*leading, 1), dtype),
        ones=np.ones((n_outputs, 1), dtype),
    )


def logistic_value_and_gradient(logits: Array, targets: Array, weights: Any, scratch: LossScratch) -> Any:
    """Cross-entropy of independent yes-or-no outputs."""
    log_partition, losses = scratch.others, scratch.terms
    np.logaddexp(0, logits, out=log_partition)
    np.multiply(targets, logits, out=losses)
    np.subtract(log_partition, losses, out=losses)

    np.subtract(logits, log_partition, out=logits)
    np.exp(logits, out=logits)
    np.subtract(logits, targets, out=logits)
    np.multiply(logits, weights, out=logits)
    return weighted_sum(losses, weights)


def softmax_value_and_gradient(logits: Array, targets: Array, weights: Any, scratch: LossScratch) -> Any:
    """Cross-entropy of outputs of which exactly one is right.

    NumPy reduces over a short last axis slowly. The largest logit of a row is found in a transposed copy,
    and the sum over a row is a product with ones, four and five times as fast.
    """
    exponentials, log_likelihoods, row = scratch.others, scratch.terms, scratch.row
    np.copyto(scratch.by_output, logits.mT)
    np.maximum.reduce(scratch.by_output, axis=-2, out=row[..., 0])
    np.subtract(logits, row, out=logits)
    np.exp(logits, out=exponentials)
    np.matmul(exponentials, scratch.ones, out=row)
    np.log(row, out=row)
    np.subtract(logits, row, out=logits)
    np.multiply(targets, logits, out=log_likelihoods)

    np.exp(logits, out=logits)
    np.subtract(logits, targets, out=logits)
    np.multiply(logits, weights, out=logits)
    return -weighted_sum(log_likelihoods, weights)


def weighted_sum(terms: Array, weights: Any) -> Any:
    """Sum of weights * terms over samples and outputs; overwrites ``terms`` if weights is an array."""
    if isinstance(weights, np.ndarray):
        np.multiply(terms, weights, out=terms)
        return np.add.reduce(terms, axis=(-2, -1))
    return weights * np.add.reduce(terms, axis=(-2, -1))


def logistic_log_probabilities(logits: Array) -> Array:
    """log p = -log(1 + exp(-z))."""
    log_probabilities: Array = -np.logaddexp(0, -logits)
    return log_probabilities


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
