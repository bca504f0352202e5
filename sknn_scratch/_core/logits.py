"""Probabilities of logits f (n_samples, n_outputs). Here, unlike in ``losses``, samples are rows."""

import numpy as np

from sknn_scratch._core.activations import Array
from sknn_scratch._core.losses import log_1_plus_exp

SOFTMAX_ROWS = 1024  # the logits of this number of rows, and their exponentials, stay in the cache


def logistic_log_probabilities(logits: Array) -> Array:
    """log p = -log(1 + exp(-f))."""
    return -log_1_plus_exp(-logits)


def softmax_probabilities(logits: Array) -> Array:
    """p = exp(f) / sum_j exp(f_j).

    It works on transposed blocks: reductions are over the first axis, and a whole block is in the cache.
    """
    probabilities = np.empty_like(logits)
    for start in range(0, len(logits), SOFTMAX_ROWS):
        block_mT = logits[start : start + SOFTMAX_ROWS].T.copy()
        block_mT -= block_mT.max(axis=0)
        np.exp(block_mT, out=block_mT)
        block_mT /= block_mT.sum(axis=0)
        probabilities[start : start + SOFTMAX_ROWS] = block_mT.T
    return probabilities


def softmax_log_probabilities(logits: Array) -> Array:
    """log p = f - log sum_j exp(f_j)."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
