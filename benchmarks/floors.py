"""The lower bound of a training step on dense rows: only the calls that it needs, on buffers that are ready.

The numbers in the buffers mean nothing. Left out are the biases, the penalty, the order of the rows and the
history.
"""

from itertools import cycle
from typing import Any

import numpy as np
from scipy.linalg.blas import daxpy, dscal, saxpy, sscal

from work import LEARNING_RATE, Work

N_BATCHES = 500  # more than a cache holds


def call_bare_steps(work: Work, X: Any, y: Any) -> None:
    """Make the calls of every step of the work; gather the rows of a batch, unless it has all."""
    n_rows = min(work.batch_size, len(y))
    step = BareStep(n_rows, X.shape[1], work.n_hidden, 1 if y.max() == 1 else int(y.max()) + 1, X.dtype)
    order = np.random.default_rng(0).permutation(len(y))
    starts = range(0, len(y) - n_rows + 1, n_rows)
    batches = cycle([order[start : start + n_rows] for start in starts][:N_BATCHES])
    batch = X if n_rows == len(y) else np.empty((n_rows, X.shape[1]), X.dtype)
    for _ in range(work.epochs * work.steps_per_epoch):
        if batch is not X:
            X.take(next(batches), axis=0, out=batch, mode="clip")
        step.pass_forward_and_back(batch)
        step.update()


def buffer(*shape: int, dtype: Any) -> Any:
    return np.random.default_rng(0).uniform(0.01, 0.1, shape).astype(dtype)


class BareStep:
    """The calls of a step with relu, and with Adam for all parameters at once."""

    def __init__(self, n_rows: int, n_features: int, n_hidden: int, n_outputs: int, dtype: Any) -> None:
        self.hidden, self.slope, self.delta_hidden = buffer(3, n_rows, n_hidden, dtype=dtype)
        self.logits, self.delta = buffer(2, n_rows, n_outputs, dtype=dtype)
        self.w_hidden, self.grad_hidden = buffer(2, n_features, n_hidden, dtype=dtype)
        self.w_output, self.grad_output = buffer(2, n_hidden, n_outputs, dtype=dtype)
        n_params = (n_features + 1) * n_hidden + (n_hidden + 1) * n_outputs
        self.grads, self.updates, self.params, self.m, self.v = buffer(5, n_params, dtype=dtype)
        self.axpy, self.scal = (saxpy, sscal) if dtype == np.float32 else (daxpy, dscal)
        self.one, self.epsilon = np.ones((), dtype), np.full((), 1e-8, dtype)

    def pass_forward_and_back(self, batch: Any) -> None:
        """Compute relu and its slope, the logits, p = exp(z) / (1 + exp(z)), and the gradients."""
        np.dot(batch, self.w_hidden, out=self.hidden)
        self.slope[...] = self.hidden > 0
        np.multiply(self.hidden, self.slope, out=self.hidden)
        np.dot(self.hidden, self.w_output, out=self.logits)
        np.exp(self.logits, out=self.delta)
        np.add(self.delta, self.one, out=self.logits)
        np.divide(self.delta, self.logits, out=self.delta)
        np.dot(self.hidden.T, self.delta, out=self.grad_output)
        np.dot(self.delta, self.w_output.T, out=self.delta_hidden)
        np.multiply(self.delta_hidden, self.slope, out=self.delta_hidden)
        np.dot(batch.T, self.delta_hidden, out=self.grad_hidden)

    def update(self) -> None:
        self.axpy(self.grads, self.scal(0.9, self.m))
        np.square(self.grads, out=self.updates)
        self.axpy(self.updates, self.scal(0.999, self.v))
        np.sqrt(self.v, out=self.updates)
        np.add(self.updates, self.epsilon, out=self.updates)
        np.divide(self.m, self.updates, out=self.updates)
        self.axpy(self.updates, self.params, a=-LEARNING_RATE)
