"""Cross-entropy on logits: value and gradient together, exact at the extremes.

With z the logits (..., n_samples, n_outputs), t the targets (same shape, zeros and ones) and A(z) the
log-partition function, both losses are of one form:

    log p = z - A(z)        loss = A(z) - <t, z>        d loss / d z = exp(z - A(z)) - t = p - t

    logistic   A(z) = log(1 + exp(z)), for every output on its own    (binary and multilabel)
    softmax    A(z) = log sum_j exp(z_j), over the outputs of a row   (multiclass)

The logistic loss is computed in a form in which the smallest losses and gradients keep their digits: with
s = 1 - 2 t, the sign that z should not have, it is A(s z), and its gradient s exp(s z - A(s z)). So s is the
code of its targets; that of the softmax loss is t itself.

Nothing is computed from probabilities, so logits of +-1e4 give finite losses and log-probabilities.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from sknn_scratch._core.activations import Array
from sknn_scratch._core.blas import inner_product

SOFTMAX_ROWS = 1024


class CodedTargets(NamedTuple):
    """What the logits of some rows are compared with; made for many batches at once."""

    codes: Array  # (..., n_samples, n_outputs): what the loss makes of zeros and ones
    weighted: Array  # (..., n_samples, n_outputs): the codes times the weights of the rows
    weights: Array  # (..., n_samples, n_partitions): of the rows

    def rows(self, rows: slice) -> "CodedTargets":
        """Take a block of rows."""
        return CodedTargets(*(array[..., rows, :] for array in self))


class LossScratch(NamedTuple):
    """Buffers and constants of a loss for logits of shape (..., n_samples, n_outputs)."""

    log_partition: Array  # (..., n_samples, n_outputs)
    by_output: Array  # (..., n_outputs, n_samples)
    row: Array  # (..., n_samples, 1)
    row_flat: Array  # (..., n_samples): the same memory
    log_row: Array  # (..., n_samples, 1)
    output_ones: Array  # (n_outputs, 1): a product with it sums over the outputs, faster than NumPy's sum
    zero: Array  # (): an array of no axes is faster than a number


ValueAndGradient: TypeAlias = Callable[[Array, CodedTargets, LossScratch], Any]


@dataclass(frozen=True)
class Loss:
    """One loss: what training and prediction need to know of it.

    Attributes
    ----------
    value_and_gradient : callable
        ``value_and_gradient(logits, targets, scratch)`` returns the weighted sum of the losses, of shape
        (...), and overwrites ``logits`` with its gradient. Weights that sum to one make the sum a mean.
    code : callable
        Overwrites zeros and ones (..., n_samples, n_outputs) by the codes of ``CodedTargets``.
    log_probabilities : callable
        Logits (..., n_samples, n_outputs) to the log-probabilities of the outputs, a new array.
    is_joint : bool
        Whether the outputs of a row have one log-partition function together, or each its own.
    """

    value_and_gradient: ValueAndGradient
    code: Callable[[Array], None]
    log_probabilities: Callable[[Array], Array]
    is_joint: bool

    def n_partitions(self, n_outputs: int) -> int:
        """Count the log-partition functions of a row, each of which has its weight."""
        return 1 if self.is_joint else n_outputs

    def coded_targets(self, targets: Array, weights: Array) -> CodedTargets:
        """Code targets (n_samples, n_outputs) of rows with these weights (..., n_samples, 1)."""
        codes = targets.copy()
        self.code(codes)
        columns = np.empty((*weights.shape[:-1], self.n_partitions(codes.shape[-1])), codes.dtype)
        columns[...] = weights
        return CodedTargets(codes, codes * columns, columns)


def allocate_loss_scratch(leading: tuple[int, ...], n_outputs: int, dtype: DTypeLike) -> LossScratch:
    """Allocate the buffers for ``leading`` = (..., n_samples)."""
    *networks, n_samples = leading
    row = np.zeros((*leading, 1), dtype)
    return LossScratch(
        log_partition=np.zeros((*leading, n_outputs), dtype),
        by_output=np.zeros((*networks, n_outputs, n_samples), dtype),
        row=row,
        row_flat=row.reshape(leading),
        log_row=np.zeros_like(row),
        output_ones=np.ones((n_outputs, 1), dtype),
        zero=np.zeros((), dtype),
    )


def wrong_signs(targets: Array) -> None:
    """Code for zeros and ones: the sign that the logit should not have."""
    targets *= -2
    targets += 1


def logistic_value_and_gradient(logits: Array, targets: CodedTargets, scratch: LossScratch) -> Any:
    """Cross-entropy of independent yes-or-no outputs."""
    log_partition = scratch.log_partition
    logits *= targets.codes
    np.logaddexp(scratch.zero, logits, out=log_partition)
    logits -= log_partition
    np.exp(logits, out=logits)
    logits *= targets.weighted
    return inner_product(log_partition, targets.weights)


def unchanged(targets: Array) -> None:
    """Code for zeros and ones: themselves."""


def softmax_value_and_gradient(logits: Array, targets: CodedTargets, scratch: LossScratch) -> Any:
    """Cross-entropy of outputs of which exactly one is right.

    The largest logit of a row is subtracted from all of it: then exp cannot overflow, and A(z) lies between
    0 and log n_outputs. NumPy reduces over a short last axis slowly: the largest logit is found in a
    transposed copy, and the sum over a row is a product with ones, four and five times as fast.
    """
    row, log_row = scratch.row, scratch.log_row
    np.copyto(scratch.by_output, logits.mT)
    np.maximum.reduce(scratch.by_output, axis=-2, out=scratch.row_flat)
    logits -= row
    target_value = inner_product(logits, targets.weighted)

    np.exp(logits, out=logits)
    np.matmul(logits, scratch.output_ones, out=row)
    np.log(row, out=log_row)

    np.divide(targets.weights, row, out=row)
    logits *= row
    logits -= targets.weighted
    return inner_product(log_row, targets.weights) - target_value


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
        "logistic": Loss(
            value_and_gradient=logistic_value_and_gradient,
            code=wrong_signs,
            log_probabilities=logistic_log_probabilities,
            is_joint=False,
        ),
        "softmax": Loss(
            value_and_gradient=softmax_value_and_gradient,
            code=unchanged,
            log_probabilities=softmax_log_probabilities,
            is_joint=True,
        ),
    }
)
