"""Cross-entropy on logits: gradients for the steps, values for the history, exact at the extremes.

With y the logits, t the targets (zeros and ones) and A(y) the log-partition function, both losses are of one
form:

    log p = y - A(y)        loss = A(y) - <t, y>        d loss / d y = exp(y - A(y)) - t = p - t

    logistic   A(y) = log(1 + exp(y)), for every output on its own    (binary and multilabel)
    softmax    A(y) = log sum_j exp(y_j), over the outputs of a row   (multiclass)

A step needs the gradient, but only the history needs the value. So the gradient leaves in ``LossTerms`` what
the value is made of, and the values of many batches are computed at once.

The logistic loss is computed in a form in which the smallest losses and gradients keep their digits: with
c = 2 t - 1, the sign that y should have, it is A(-c y), and its gradient -c / (1 + exp(c y)). So c is the
code of its targets; that of the softmax loss is t itself.

Nothing is computed from probabilities, so logits of +-1e4 give finite losses and log-probabilities. In
gradients and values the samples are columns, as in a textbook, (..., n_outputs, n_samples): NumPy works along
the last axis, and the samples are more than the outputs. Probabilities are those of rows.

To add a loss, write its gradient, values, code and log-probabilities, and give them a line in ``LOSSES``; the
encoding of labels names it. ``LossTerms`` are for whatever its values are made of.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from sknn_scratch._core.activations import Array

SOFTMAX_ROWS = 1024  # logits of so many rows, and their exponentials, stay in the cache

# Zero-dimensional: NumPy subtracts from it in two thirds of the time of a Python number.
MINUS_ONE: Mapping[str, Array] = {"f": np.array(-1, np.float32), "d": np.array(-1, np.float64)}


class CodedTargets(NamedTuple):
    """What the logits of some rows are compared with; made for many batches at once."""

    codes: Array  # (..., n_outputs, n_samples): what the loss makes of zeros and ones
    weighted: Array  # (..., n_outputs, n_samples): the codes times the weights of the rows
    weights: Array  # (..., 1, n_samples): of the rows

    def rows(self, rows: slice) -> "CodedTargets":
        """Take a block of rows."""
        return CodedTargets(*(array[..., rows] for array in self))


class LossTerms(NamedTuple):
    """Buffers for what the losses of some rows are made of."""

    margins: Array  # (..., n_outputs, n_samples): c y or, for softmax, the logits less the largest of the row
    partition: Array  # (..., 1, n_samples): for softmax, that largest logit, then the sum of exp(margins)
    factors: Array  # (..., 1, n_samples): the weights over that

    def rows(self, rows: slice) -> "LossTerms":
        """Take a block of rows."""
        return LossTerms(*(array[..., rows] for array in self))


def allocate_loss_terms(leading: tuple[int, ...], n_samples: int, dtype: DTypeLike) -> LossTerms:
    """Allocate the buffers for ``leading`` = (..., n_outputs)."""
    row = (*leading[:-1], 1, n_samples)
    return LossTerms(
        margins=np.zeros((*leading, n_samples), dtype),
        partition=np.zeros(row, dtype),
        factors=np.zeros(row, dtype),
    )


@dataclass(frozen=True)
class Loss:
    """One loss: what training and prediction need to know of it.

    Attributes
    ----------
    gradient : callable
        ``gradient(logits, targets, terms)`` overwrites the logits (..., n_outputs, n_samples) with the
        gradient of the weighted sum of the losses, and fills ``terms``.
    values : callable
        ``values(targets, terms)`` returns the weighted losses (..., n_samples) of the rows.
    code : callable
        Overwrites zeros and ones by the codes of ``CodedTargets``.
    log_probabilities : callable
        Logits (..., n_samples, n_outputs) to the log-probabilities of the outputs, a new array.
    """

    gradient: Callable[[Array, CodedTargets, LossTerms], None]
    values: Callable[[CodedTargets, LossTerms], Array]
    code: Callable[[Array], None]
    log_probabilities: Callable[[Array], Array]

    def coded_targets(self, targets: Array, weights: Array) -> CodedTargets:
        """Code targets (..., n_samples, n_outputs) of rows with these weights (..., n_samples)."""
        codes = targets.mT.copy()
        row = weights[..., np.newaxis, :].astype(codes.dtype)
        self.code(codes)
        return CodedTargets(codes, codes * row, row)

    def mean(self, logits: Array, targets: CodedTargets) -> Any:
        """Weighted sum (...) of the losses; overwrites the logits (..., n_outputs, n_samples)."""
        terms = allocate_loss_terms(logits.shape[:-1], logits.shape[-1], logits.dtype)
        with np.errstate(over="ignore"):
            self.gradient(logits, targets, terms)
        return np.add.reduce(self.values(targets, terms), axis=-1)


def right_signs(targets: Array) -> None:
    """Code for zeros and ones: the sign that the logit should have."""
    targets *= 2
    targets -= 1


def logistic_gradient(logits: Array, targets: CodedTargets, terms: LossTerms) -> None:
    """Gradient of the cross-entropy of independent yes-or-no outputs.

    Where exp overflows, the gradient is zero, as it should be.
    """
    np.multiply(logits, targets.codes, out=terms.margins)
    np.exp(terms.margins, out=logits)
    np.subtract(MINUS_ONE[logits.dtype.char], logits, out=logits)
    np.divide(targets.weighted, logits, out=logits)


def logistic_values(targets: CodedTargets, terms: LossTerms) -> Array:
    """Cross-entropy of independent yes-or-no outputs: log(1 + exp(-c y)), all outputs together."""
    values: Array = np.add.reduce(log_1_plus_exp(-terms.margins) * targets.weights, axis=-2)
    return values


def log_1_plus_exp(z: Array) -> Array:
    """log(1 + exp(z)) = max(z, 0) + log(1 + exp(-|z|)): in a third of the time of NumPy's logaddexp."""
    value: Array = np.abs(z)
    np.negative(value, out=value)
    np.exp(value, out=value)
    np.log1p(value, out=value)
    value += np.maximum(z, 0)
    return value


def unchanged(targets: Array) -> None:
    """Code for zeros and ones: themselves."""


def softmax_gradient(logits: Array, targets: CodedTargets, terms: LossTerms) -> None:
    """Gradient of the cross-entropy of outputs of which exactly one is right.

    The largest logit of a row is subtracted from all of it: then exp cannot overflow, and A(y) lies between
    0 and log n_outputs.
    """
    margins, partition, factors = terms
    np.maximum.reduce(logits, axis=-2, keepdims=True, out=partition)
    np.subtract(logits, partition, out=margins)
    np.exp(margins, out=logits)
    np.add.reduce(logits, axis=-2, keepdims=True, out=partition)
    np.divide(targets.weights, partition, out=factors)
    logits *= factors
    logits -= targets.weighted


def softmax_values(targets: CodedTargets, terms: LossTerms) -> Array:
    """Cross-entropy of outputs of which exactly one is right: A(y) - <t, y>."""
    log_partition = np.log(terms.partition[..., 0, :]) * targets.weights[..., 0, :]
    values: Array = log_partition - np.add.reduce(terms.margins * targets.weighted, axis=-2)
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
        "logistic": Loss(
            gradient=logistic_gradient,
            values=logistic_values,
            code=right_signs,
            log_probabilities=logistic_log_probabilities,
        ),
        "softmax": Loss(
            gradient=softmax_gradient,
            values=softmax_values,
            code=unchanged,
            log_probabilities=softmax_log_probabilities,
        ),
    }
)
