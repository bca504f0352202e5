import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sknn_scratch._core.schedules import SCHEDULES
from sknn_scratch._core.stopping import StopReason
from tests.helpers import (
    BINARY,
    FULL_BATCH,
    STOCHASTIC,
    VALIDATION,
    assert_same_training,
    make_run,
    train_alone,
    train_together,
)

RESUMED = {
    **{solver: {"solver": solver} for solver in STOCHASTIC},
    **{schedule: {"schedule": schedule} for schedule in SCHEDULES},
    "adaptive": {"schedule": "adaptive", "tol": 1.0, "n_iter_no_change": 2},
    "dropout": {"dropout": 0.4},
    "full batch": FULL_BATCH,
    "row_weights": {"data": {"row_weights": np.arange(1.0, 61)}},
    "validation": {"data": {"validation": VALIDATION}, "learning_rate": 0.05, "tol": 1e-3},
}


@pytest.mark.parametrize("setting", RESUMED)
@pytest.mark.parametrize("n_networks", [1, 3])
def test_a_copied_state_goes_on_bit_for_bit(setting, n_networks):
    config = {"max_iter": 12} | RESUMED[setting]
    runs = [make_run(BINARY, seed, **config) for seed in range(n_networks)]
    copies = [None] * n_networks

    def on_epoch_end(number, state):
        if state.epoch == 4:
            copies[number] = state.copy()

    straight = train_together(runs, on_epoch_end)
    resumed = train_together([replace(run, state=state) for run, state in zip(runs, copies, strict=True)])
    for result, other in zip(resumed, straight, strict=True):
        assert_same_training(result, other, rtol=0)


def test_another_run_has_its_own_epochs_and_patience_but_keeps_the_memory():
    first = train_alone(make_run(BINARY, max_iter=4, tol=10.0))
    assert first.state.epochs_without_improvement == 3
    first.state.n_reductions = 2
    state = first.state.for_another_run()
    assert state.n_reductions == 0
    assert state.epochs_before == state.epoch == 4
    assert state.n_updates == 16
    assert state.stop_reason is None
    assert (state.epochs_without_improvement, state.best_value, state.best_epoch) == (0, math.inf, 4)
    assert state.best_params is None
    for name, array in first.state.memory.items():
        assert_array_equal(state.memory[name], array)
        assert not np.shares_memory(state.memory[name], array)
    second = train_alone(replace(make_run(BINARY, max_iter=4), state=state))
    assert second.state.stop_reason is StopReason.MAX_ITER
    assert second.state.epoch == 8
    assert second.state.n_updates == 32
