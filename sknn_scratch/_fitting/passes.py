"""Fits whose runs are trained in one pass, and how many of them the cache and the memory allow."""

from collections import defaultdict
from contextlib import nullcontext

import numpy as np
from sklearn.utils import gen_batches

from sknn_scratch._core.blocks import N_BLOCKS
from sknn_scratch._core.row_space import in_row_space
from sknn_scratch._core.stack import stack_key
from sknn_scratch._core.training import train
from sknn_scratch._fitting.threads import map_in_threads

# All buffers of a pass take about this number of bytes at most.
PASS_BYTES = 2**28
# The buffers that every step touches take at most this number. Larger networks gain nothing from a common
# pass: the step leaves the cache, and they were measured to lose up to a fifth of their speed.
# 2**22 and 2**23 are equally fast by measurement; with 2**24, networks of 1,000 units took up to 10 % longer.
STEP_BYTES = 2**23
# Arrays of the size of the parameters in a step: parameters, gradients, updates and two moments.
STEP_COPIES = 5
# Further ones: snapshots, the result, and the step's arrays a second time while a smaller stack is made.
OTHER_COPIES = 9


def train_fits(trainings):
    """Train the runs of fits (see ``Training``), those with the same ``stack_key`` in one pass.

    KeyboardInterrupt is raised if Control-C was pressed before the training of the last runs had begun.
    """
    passes = cut_into_passes(trainings)
    for together in passes:
        train_in_one_pass(together)
        if together[0].run.is_interrupted and together is not passes[-1]:
            raise KeyboardInterrupt


def train_in_one_pass(trainings):
    """Train fits of one ``stack_key`` in one pass; threads share the blocks of large batches."""
    run = trainings[0].run
    space = in_row_space(run) if run.config.optimizer.takes_all_rows else nullcontext()
    with map_in_threads(N_BLOCKS) as map_blocks, space:
        train([one.run for one in trainings], trainings, map_blocks)


def cut_into_passes(trainings):
    alike = defaultdict(list)
    for training in trainings:
        alike[stack_key(training.run) or training].append(training)
    return [some[part] for some in alike.values() for part in gen_batches(len(some), capacity(some[0].run))]


def capacity(run):
    """Compute how many runs with the ``stack_key`` of this run a pass can have: all are about as large."""
    of_step = step_bytes(run)
    return max(1, min(STEP_BYTES // of_step, PASS_BYTES // (of_step + kept_bytes(run))))


def step_bytes(run):
    """Bytes that one step of a network touches: its parameters, and the intermediate results of a batch."""
    shape, config = run.config.network.shape, run.config
    # The workspace has three or four arrays of hidden values, and two of outputs; the rest is temporary.
    n_hidden = (4 + (config.dropout > 0)) * shape.n_hidden
    of_row = run.data.X.values_per_row + n_hidden + 7 * shape.n_outputs
    return int(STEP_COPIES * shape.n_params + config.batch_size * of_row) * run.state.params.itemsize


def kept_bytes(run):
    """Further bytes that a network needs: copies of its parameters, validation, the order of the rows."""
    shape, data = run.config.network.shape, run.data
    numbers = OTHER_COPIES * shape.n_params
    if data.validation is not None:
        of_row = 2 * data.X.values_per_row + 2 * shape.n_hidden + 5 * shape.n_outputs  # held, then stacked
        numbers += int(data.validation.X.n_samples * of_row)
    return numbers * run.state.params.itemsize + 5 * data.n_samples * np.dtype(np.intp).itemsize
