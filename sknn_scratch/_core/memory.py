"""How much memory the training of a network needs."""

from math import prod

import numpy as np

from sknn_scratch._core.network import workspace_shapes
from sknn_scratch._core.state import Run

# Arrays of the size of the parameters in a step: parameters, gradients, updates and two moments.
STEP_COPIES = 5
# Further ones: snapshots, the result, and the step's arrays a second time while a smaller stack is made.
OTHER_COPIES = 9


def step_bytes(run: Run) -> int:
    """Bytes that one step of a network touches: its parameters, and the intermediate results of a batch."""
    shape, config, n_params = run.config.network.shape, run.config, run.config.network.shape.n_params
    of_workspace = sum(map(prod, workspace_shapes(shape, config.batch_size, config.dropout > 0).values()))
    of_row = run.data.X.values_per_row + shape.n_hidden + 5 * shape.n_outputs  # and temporary arrays, losses
    return int(STEP_COPIES * n_params + of_workspace + config.batch_size * of_row) * run.state.params.itemsize


def kept_bytes(run: Run) -> int:
    """Further bytes that a network needs: copies of its parameters, validation, rows and their order."""
    shape, data = run.config.network.shape, run.data
    numbers = OTHER_COPIES * shape.n_params
    if data.validation is not None:
        of_row = 2 * data.X.values_per_row + 2 * shape.n_hidden + 5 * shape.n_outputs  # held, then stacked
        numbers += int(data.validation.X.n_samples * of_row)
    if data.is_small:
        numbers += 2 * data.n_samples * (1 + shape.n_features)  # copied, then pooled
    return numbers * run.state.params.itemsize + 5 * data.n_samples * np.dtype(np.intp).itemsize
