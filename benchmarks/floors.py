"""The lower bound of a training step: only the calls that it needs, on buffers that are ready.

The numbers in the buffers mean nothing. Left out are the biases, the penalty, the order of the rows and the
history and, with sparse rows, the gathering of rows.
"""

from itertools import cycle
from typing import Any

import numpy as np
from scipy.linalg.blas import daxpy, dscal, saxpy, sscal

from work import LEARNING_RATE, Work

N_BATCHES = 500  # of dense rows: more than a cache holds
N_SPARSE_BATCHES = 20


def call_bare_steps(work: Work, X: Any, y: Any) -> None:
    """Make the calls of every step of the work."""
    n_outputs = 1 if y.max() == 1 else int(y.max()) + 1
    n_rows = min(work.batch_size, len(y))
    order = np.random.default_rng(0).permutation(len(y))
    batches = [order[start : start + n_rows] for start in range(0, len(y) - n_rows + 1, n_rows)]
    make = BareDenseStep if isinstance(X, np.ndarray) else BareSparseStep
    step = make(X, batches, BareHiddenLayer(n_rows, work.n_hidden, n_outputs, X.dtype))
    for _ in range(work.epochs * work.steps_per_epoch):
        step()


def buffer(*shape: int, dtype: Any) -> Any:
    """Make an array of small positive numbers."""
    return np.random.default_rng(0).uniform(0.01, 0.1, shape).astype(dtype)


class BareHiddenLayer:
    """From the hidden inputs to the logits, and back."""

    def __init__(self, n_rows: int, n_hidden: int, n_outputs: int, dtype: Any) -> None:
        self.hidden, self.slope, self.delta_hidden = buffer(3, n_rows, n_hidden, dtype=dtype)
        self.logits, self.delta = buffer(2, n_rows, n_outputs, dtype=dtype)
        self.w_output, self.grad_output = buffer(2, n_hidden, n_outputs, dtype=dtype)
        self.one = np.ones((), dtype)

    def __call__(self) -> None:
        """Compute relu and its slope, the logits, p = exp(z) / (1 + exp(z)), and both gradients."""
        self.slope[...] = self.hidden > 0
        np.multiply(self.hidden, self.slope, out=self.hidden)
        np.dot(self.hidden, self.w_output, out=self.logits)
        np.exp(self.logits, out=self.delta)
        np.add(self.delta, self.one, out=self.logits)
        np.divide(self.delta, self.logits, out=self.delta)
        np.dot(self.hidden.T, self.delta, out=self.grad_output)
        np.dot(self.delta, self.w_output.T, out=self.delta_hidden)
        np.multiply(self.delta_hidden, self.slope, out=self.delta_hidden)


class BareAdam:
    """The passes of Adam over arrays (n,)."""

    def __init__(self, dtype: Any) -> None:
        self.axpy, self.scal = (saxpy, sscal) if dtype == np.float32 else (daxpy, dscal)
        self.epsilon = np.full((), 1e-8, dtype)

    def __call__(self, grads: Any, updates: Any, params: Any, m: Any, v: Any) -> None:
        """Update the parameters and both moments."""
        self.axpy(grads, self.scal(0.9, m))
        np.square(grads, out=updates)
        self.axpy(updates, self.scal(0.999, v))
        np.sqrt(v, out=updates)
        np.add(updates, self.epsilon, out=updates)
        np.divide(m, updates, out=updates)
        self.axpy(updates, params, a=-LEARNING_RATE)


class BareDenseStep:
    """The calls for dense rows, of which the next batch is gathered every time."""

    def __init__(self, X: Any, batches: list[Any], layer: BareHiddenLayer) -> None:
        self.X, self.layer, self.adam = X, layer, BareAdam(X.dtype)
        self.gathers_rows = len(batches) > 1
        self.batches = cycle(batches[:N_BATCHES])
        n_features, n_hidden, n_outputs = X.shape[1], *layer.w_output.shape
        self.batch = buffer(len(batches[0]), n_features, dtype=X.dtype) if self.gathers_rows else X
        self.w_hidden, self.grad_hidden = buffer(2, n_features, n_hidden, dtype=X.dtype)
        n_params = (n_features + 1) * n_hidden + (n_hidden + 1) * n_outputs
        self.arrays = buffer(5, n_params, dtype=X.dtype)

    def __call__(self) -> None:
        """Gather rows, pass forward and back, and update."""
        if self.gathers_rows:
            self.X.take(next(self.batches), axis=0, out=self.batch, mode="clip")
        np.dot(self.batch, self.w_hidden, out=self.layer.hidden)
        self.layer()
        np.dot(self.batch.T, self.layer.delta_hidden, out=self.grad_hidden)
        self.adam(*self.arrays)


class BareSparseStep:
    """The calls for sparse rows, of which some batches stand ready."""

    def __init__(self, X: Any, batches: list[Any], layer: BareHiddenLayer) -> None:
        self.layer, self.adam = layer, BareAdam(X.dtype)
        gathered = [X[rows] for rows in batches[:N_SPARSE_BATCHES]]
        self.batches = cycle([(batch, batch.T) for batch in gathered])
        shape = (X.shape[1], len(layer.w_output))
        self.arrays = buffer(5, shape[0] * shape[1], dtype=X.dtype)
        self.grads, _, self.w_hidden, *_ = self.arrays.reshape(5, *shape)

    def __call__(self) -> None:
        """Pass forward and back, and update."""
        batch, transpose = next(self.batches)
        self.layer.hidden[...] = batch @ self.w_hidden
        self.layer()
        self.grads[...] = transpose @ self.layer.delta_hidden
        self.adam(*self.arrays)
