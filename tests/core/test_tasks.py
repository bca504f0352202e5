import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sknn_scratch._core.stopping import StopReason, Watch
from sknn_scratch._core.training import train
from tests.helpers import (
    BINARY,
    FULL_BATCH,
    VALIDATION,
    assert_same_training,
    make_run,
    train_alone,
    train_together,
)

RESUMED = {
    "adam": {"solver": "adam"},
    "sgd": {"solver": "sgd"},
    "cosine": {"schedule": "cosine"},
    "adaptive": {"schedule": "adaptive", "tol": 1.0, "n_iter_no_change": 2},
    "dropout": {"dropout": 0.4},
    "full batch": FULL_BATCH,
    "row_weights": {"data": {"row_weights": np.arange(1.0, 61)}},
    "validation": {"data": {"validation": VALIDATION}, "learning_rate": 0.05, "tol": 1e-3},
}


@pytest.mark.parametrize("setting", RESUMED)
@pytest.mark.parametrize("n_networks", [1, 3])
@pytest.mark.parametrize("epoch", [1, 4])
def test_a_copied_state_goes_on_bit_for_bit(setting, n_networks, epoch):
    config = {"max_iter": 12} | RESUMED[setting]
    runs = [make_run(BINARY, seed, **config) for seed in range(n_networks)]
    copies = [None] * n_networks

    def on_epoch_end(number, state):
        if state.epoch == epoch:
            copies[number] = state.copy()

    straight = train_together(runs, on_epoch_end)
    resumed = train_together([replace(run, state=state) for run, state in zip(runs, copies, strict=True)])
    for result, other in zip(resumed, straight, strict=True):
        assert_same_training(result, other, rtol=0)


def test_training_on_leaves_a_copy_alone():
    copies = []
    train_alone(
        make_run(BINARY, data={"validation": VALIDATION}),
        lambda _, state: copies.append((state.copy(), state.copy())),
    )
    first, second = copies[0]
    train([replace(make_run(BINARY, data={"validation": VALIDATION}, max_iter=20), state=second)])
    assert first.epoch == 1
    assert first.watch.best_epoch == 1
    assert_array_equal(first.params, copies[0][0].params)
    assert (first.params != second.params).any()
    for name, array in first.memory.items():
        assert (array != second.memory[name]).any()
    assert first.shuffle_rng.random() != second.shuffle_rng.random()


def test_another_run_has_its_own_epochs_and_patience_but_keeps_the_memory():
    first = train_alone(make_run(BINARY, max_iter=4, tol=10.0))
    assert first.state.watch.epochs_without_improvement == 3
    state = first.state.for_another_run()
    assert state.epochs_before == state.epoch == 4
    assert state.learning_rate == 0.05
    assert state.n_updates == 16
    assert state.stop_reason is None
    assert state.watch == Watch()
    for name, array in first.state.memory.items():
        assert_array_equal(state.memory[name], array)
        assert not np.shares_memory(state.memory[name], array)
    second = train_alone(replace(make_run(BINARY, max_iter=4), state=state))
    assert second.stop_reason is StopReason.MAX_ITER
    assert second.state.epoch == 8
    assert second.state.n_updates == 32


def test_two_runs_are_one_long_one():
    long = train_alone(make_run(BINARY, max_iter=8))
    first = train_alone(make_run(BINARY, max_iter=4))
    second = train_alone(replace(make_run(BINARY, max_iter=4), state=first.state.for_another_run()))
    assert_array_equal(second.state.params, long.state.params)
