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
from typing import Any

import numpy as np

from sknn_scratch._core.activations import Array


@dataclass(frozen=True)
class Loss:
    """One loss: what training and prediction need to know of it.

    Attributes
    ----------
    value_and_gradient : callable
        ``value_and_gradient(logits, targets, weights, scratch)`` returns the weighted sum of the losses,
        of shape (...), and overwrites ``logits`` with its gradient. ``weights`` is a number or an array
        of shape (..., n_samples, 1); weights that sum to one make the sum a mean. ``scratch`` is a pair
        of buffers with the shape of ``logits``.
    log_probabilities : callable
        Logits (..., n_samples, n_outputs) to the log-probabilities of the outputs, a new array.
    """

    value_and_gradient: Callable[[Array, Array, Any, tuple[Array, Array]], Any]
    log_probabilities: Callable[[Array], Array]


def logistic_value_and_gradient(
    logits: Array, targets: Array, weights: Any, scratch: tuple[Array, Array]
) -> Any:
    """Cross-entropy of independent yes-or-no outputs."""
    log_partition, losses = scratch
    np.logaddexp(0, logits, out=log_partition)
    np.multiply(targets, logits, out=losses)
    np.subtract(log_partition, losses, out=losses)

    np.subtract(logits, log_partition, out=logits)
    np.exp(logits, out=logits)
    np.subtract(logits, targets, out=logits)
    np.multiply(logits, weights, out=logits)
    return weighted_sum(losses, weights)


def softmax_value_and_gradient(
    logits: Array, targets: Array, weights: Any, scratch: tuple[Array, Array]
) -> Any:
    """Cross-entropy of outputs of which exactly one is right."""
    exponentials, log_likelihoods = scratch
    row = log_likelihoods[..., :1]
    np.maximum.reduce(logits, axis=-1, keepdims=True, out=row)
    np.subtract(logits, row, out=logits)
    np.exp(logits, out=exponentials)
    np.add.reduce(exponentials, axis=-1, keepdims=True, out=row)
    np.log(row, out=row)
    np.subtract(logits, row, out=logits)
    np.multiply(targets, logits, out=log_likelihoods)

    np.exp(logits, out=logits)
    np.subtract(logits, targets, out=logits)
    np.multiply(logits, weights, out=logits)
    return -weighted_sum(log_likelihoods, weights)


def weighted_sum(terms: Array, weights: Any) -> Any:
    """Sum of weights * terms over samples and outputs; overwrites ``terms`` when weights is an array."""
    if np.ndim(weights) == 0:
        return weights * np.add.reduce(terms, axis=(-2, -1))
    np.multiply(terms, weights, out=terms)
    return np.add.reduce(terms, axis=(-2, -1))


def logistic_log_probabilities(logits: Array) -> Array:
    """log p = -log(1 + exp(-z))."""
    log_probabilities: Array = -np.logaddexp(0, -logits)
    return log_probabilities


def softmax_log_probabilities(logits: Array) -> Array:
    """log p = z - log sum_j exp(z_j)."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


LOSSES: Mapping[str, Loss] = MappingProxyType(
    {
        "logistic": Loss(logistic_value_and_gradient, logistic_log_probabilities),
        "softmax": Loss(softmax_value_and_gradient, softmax_log_probabilities),
    }
)
