"""Which networks can be trained together, and how much memory they need."""

from collections.abc import Hashable
from dataclasses import replace
from math import prod

import numpy as np

from sknn_scratch._core.blocks import gradient_blocks
from sknn_scratch._core.lazy import updates_lazily
from sknn_scratch._core.network import workspace_shapes
from sknn_scratch._core.rows import DenseRows
from sknn_scratch._core.state import Run

# Arrays of the size of the parameters in a step: parameters, gradients, updates and two moments.
STEP_COPIES = 5
# Further ones: snapshots, the result, and the step's arrays a second time while a smaller stack is made.
OTHER_COPIES = 9


def stack_key(run: Run) -> Hashable | None:
    """Make a key: runs with equal keys can be trained together. None means that a run is trained alone.

    Runs may differ in all that is not in the key. Runs with lazy updates are trained alone, since each of
    their batches uses other features, and so are those of L-BFGS, which chooses how often it evaluates.
    """
    state, data, config = run.state, run.data, run.config
    if config.optimizer.takes_all_rows or updates_lazily(config, data):
        return None
    return (
        config.network,
        replace(config.optimizer, **dict.fromkeys(config.optimizer.fields_per_network)),
        data.n_samples,
        config.batch_size,
        config.dropout > 0,
        (None if data.validation is None else data.validation.X.n_samples, data.score is None),
        isinstance(data.X, DenseRows),
        state.params.dtype.str,
        state.n_updates,
    )


def has_large_batches(run: Run) -> bool:
    """Whether the gradient of a batch is computed in several blocks of rows, which threads can share."""
    n_rows = min(run.config.batch_size, run.data.n_samples)
    return len(gradient_blocks(run.data.X, run.config.network.shape, n_rows)) > 1


def step_bytes(run: Run) -> int:
    """Bytes that one step of a network touches: its parameters, and the intermediate results of a batch."""
    shape, config, n_params = run.config.network.shape, run.config, run.config.network.shape.n_params
    of_workspace = sum(map(prod, workspace_shapes(shape, config.batch_size, config.dropout > 0).values()))
    of_row = run.data.X.values_per_row + shape.n_hidden + 5 * shape.n_outputs  # and temporary arrays, losses
    return int(STEP_COPIES * n_params + of_workspace + config.batch_size * of_row) * run.state.params.itemsize


def other_bytes(run: Run) -> int:
    """Further bytes that a network needs: copies of its parameters, validation, rows and their order."""
    shape, data = run.config.network.shape, run.data
    numbers = OTHER_COPIES * shape.n_params
    if data.validation is not None:
        of_row = 2 * data.X.values_per_row + 2 * shape.n_hidden + 5 * shape.n_outputs  # held, then stacked
        numbers += int(data.validation.X.n_samples * of_row)
    if data.is_small:
        numbers += 2 * data.n_samples * (1 + shape.n_features)  # copied, then pooled
    return numbers * run.state.params.itemsize + 5 * data.n_samples * np.dtype(np.intp).itemsize


def waiting_bytes(run: Run) -> int:
    """Bytes that a network needs while it waits: its parameters, and its own copy of the validation rows."""
    validation, n_params = run.data.validation, run.config.network.shape.n_params
    n_rows = 0 if validation is None else validation.X.n_samples
    return int(n_params + n_rows * run.data.X.values_per_row) * run.state.params.itemsize
