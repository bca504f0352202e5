"""What waits for a shared pass: trainings, and the memory that their rows take."""

from dataclasses import dataclass, replace

import numpy as np

from sknn_scratch._fitting.groups import Training
from sknn_scratch._fitting.plan import plan_fit


@dataclass(eq=False)
class WaitingTraining(Training):
    """A training that waits, and how it ended."""

    is_done: bool = False  # whether it has ended, well or not
    error: Exception | None = None  # what ended it, if not well
    seconds: float = 0.0  # its share of the training time

    def start_again(self):
        """Take the run as it was before the training."""
        inputs = replace(self.fit.inputs, seed=self.fit.model._seed_)
        self.fit.run = replace(plan_fit(self.fit.estimator, inputs).run, config=self.run.config)


def bytes_of_calls_rows(runs):
    """Count the bytes of the waiting runs of a call: rows to train on, to score, and copied for a pass."""
    rows = {run.data.source: sum(one.nbytes for one in run.data.X.arrays) for run in runs}
    return 3 * sum(rows.values()) + sum(map(waiting_bytes, runs))


def waiting_bytes(run):
    """Count the bytes of a waiting network: its parameters, and its own copy of the validation rows."""
    validation, n_params = run.data.validation, run.config.network.shape.n_params
    n_rows = 0 if validation is None else validation.X.n_samples
    return int(n_params + n_rows * run.data.X.values_per_row) * run.state.params.itemsize


def share_rows(run, known):
    """Give a run the rows and targets of known data if they are equal, so that no pass copies them."""
    for data in known:
        arrays, others = ([one.targets, *one.X.arrays] for one in (run.data, data))
        if len(arrays) == len(others) and all(map(are_equal, arrays, others)):
            run.data = replace(run.data, X=data.X, targets=data.targets)
            return


def are_equal(one, other):
    """Whether arrays have the same dtype and are equal. The first row distinguishes most arrays quickly."""
    if one is other:
        return True
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    return bool(np.array_equal(one[:1], other[:1]) and np.array_equal(one, other))
