import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sknn_scratch._core.losses import SquaredError
from sknn_scratch._core.schedules import SCHEDULES
from sknn_scratch._core.state import ADAPTIVE_MINIMUM, Epoch
from sknn_scratch._core.stopping import StopReason
from tests.helpers import (
    BINARY,
    FULL_BATCH,
    STOCHASTIC,
    VALIDATION,
    assert_same_training,
    make_network,
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
    assert (state.epochs_without_improvement, state.best_value, state.best_epoch) == (0, math.inf, 0)
    assert state.best_params is None
    for name, array in first.state.memory.items():
        assert_array_equal(state.memory[name], array)
        assert not np.shares_memory(state.memory[name], array)
    second = train_alone(replace(make_run(BINARY, max_iter=4), state=state))
    assert second.state.stop_reason is StopReason.MAX_ITER
    assert second.state.epoch == 8
    assert second.state.n_updates == 32


# --- Learning rates ---


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("n_reductions", [0, 3])
def test_the_learning_rate_is_reduced_and_scheduled(schedule, n_reductions):
    run = make_run(BINARY, schedule=schedule, learning_rate=0.5, max_iter=8)
    run.state.n_reductions = n_reductions
    for epoch in range(8):
        expected = 0.5 / 5**n_reductions * SCHEDULES[schedule].factor(epoch / 8)
        assert run.learning_rate == pytest.approx(expected, rel=1e-14)
        run.note(Epoch(RECORD, first=1.0, highest=math.inf))


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_only_a_schedule_that_divides_on_a_plateau_does(schedule):
    run = make_run(BINARY, schedule=schedule, learning_rate=ADAPTIVE_MINIMUM * 10, n_iter_no_change=2)
    reductions = []
    for _ in range(9):
        run.note(Epoch(RECORD, first=1.0, highest=1.0))
        reductions.append(run.state.n_reductions)
    expected = [0, 0, 1, 1, 2, 2, 2, 2, 2]  # no more below the minimum
    assert reductions == (expected if SCHEDULES[schedule].divides_on_plateau else [0] * 9)


# --- Snapshots: what a run keeps and goes back to ---

RECORD = {"loss": 0.5, "gradient_norm_hidden": 3.0, "gradient_norm_output": 4.0}


def at_epoch(run, epoch, is_sound=True, **record):
    """Let a run make an epoch, after which all parameters are its number; return the run."""
    run.state.params.fill(epoch)
    run.note(Epoch(RECORD | record, first=1.0, highest=1.0 if is_sound else math.inf))
    assert run.state.epoch == epoch
    return run


def run_of_losses(*losses, data=None):
    """Make a run with epochs of these losses, which has no reason to stop; its first parameters are zero."""
    run = make_run(BINARY, data=data)
    run.state.params.fill(0)
    run = replace(run)  # the parameters before are not those of the start
    for epoch, loss in enumerate(losses, start=1):
        at_epoch(run, epoch, loss=loss, val_loss=loss)
    return run


@pytest.mark.parametrize(
    ("losses", "validation", "kept"),
    [
        ([], None, 0),
        ([1], None, 0),
        ([3, 2, 1], None, 2),
        ([3, 1, 2, 4], None, 1),
        ([3, 1, 2, 0.5], None, 3),
        ([], VALIDATION, 0),
        ([3, 1, 2], VALIDATION, 2),
        ([3, 2, 1], VALIDATION, 3),
    ],
)
def test_a_divergence_returns_to_the_start_of_the_epoch_with_the_lowest_loss_or_to_the_best_validation(
    losses, validation, kept
):
    run = run_of_losses(*losses, data={"validation": validation})
    run.state.memory, run.state.n_updates = {"velocity": run.state.params.copy()}, 7
    at_epoch(run, len(losses) + 1, is_sound=False, loss=math.inf, val_loss=0.1).stop(StopReason.DIVERGED)
    run.finish()
    assert_array_equal(run.state.params, kept)
    assert (run.state.memory, run.state.n_updates) == ({}, 0)
    assert run.state.kept_epoch == kept
    assert len(run.state.history) == len(losses) + 1  # the record of the bad epoch says what happened


@pytest.mark.parametrize(("val_loss", "is_sound"), [(1e6, True), (1.1e6, False), (math.nan, False)])
def test_an_epoch_is_unsound_if_the_validation_explodes(val_loss, is_sound):
    run = make_run(BINARY, data={"validation": VALIDATION})
    usual = max(1, run.first_val_loss)
    epoch = Epoch(RECORD | {"val_loss": 0.99 * usual * val_loss}, first=1.0, highest=1.0)
    run.note(epoch)
    assert run.is_sound(epoch) == is_sound


def test_a_training_may_start_with_a_validation_loss_that_is_high():
    """So it is if y has outliers there."""
    targets = VALIDATION.targets
    high = VALIDATION._replace(targets=targets._replace(values=1e8 * targets.values))
    run = make_run(
        BINARY, network=make_network(BINARY)._replace(loss=SquaredError()), data={"validation": high}
    )
    assert run.first_val_loss > 1e7
    at_epoch(run, 1, val_loss=run.first_val_loss)
    assert run.state.best_epoch == 1


def test_an_interrupt_leaves_a_run_that_has_ended():
    run = run_of_losses(3)
    at_epoch(run, 2).stop(StopReason.MAX_ITER)
    run.interrupt()
    run.finish()
    assert run.state.stop_reason is StopReason.MAX_ITER
    assert run.is_interrupted
    assert_array_equal(run.state.params, 2)


def test_what_a_later_run_goes_back_to_is_its_own():
    first = run_of_losses(3, 1)
    first.stop(StopReason.MAX_ITER)
    second = replace(first, state=first.state.for_another_run())
    assert second.state.best_params is None
    at_epoch(second, 3, is_sound=False, loss=math.inf).stop(StopReason.DIVERGED)
    assert_array_equal(second.state.params, 2)
    assert second.state.kept_epoch == 2


def test_the_limit_of_the_loss_is_lowered_by_the_first_epoch_of_a_run_only():
    run = make_run(BINARY)
    for first, limit in ((2.0, 2e6), (5.0, 2e6), (0.5, 1e6)):
        run = replace(run, state=run.state.for_another_run())
        for first_of_epoch in (first, 1e-9):
            run.note(Epoch(RECORD, first_of_epoch, highest=1.0))
            assert run.state.loss_limit == limit


@pytest.mark.parametrize(
    ("highest", "is_sound"), [(1e6, False), (math.nextafter(1e6, 0), True), (math.nan, False)]
)
def test_an_epoch_is_sound_below_the_limit(highest, is_sound):
    run, epoch = make_run(BINARY), Epoch(RECORD, 0.7, highest)
    run.note(epoch)
    assert run.is_sound(epoch) == is_sound


@pytest.mark.parametrize(
    ("losses", "has_failed"),
    [([2, 1, 21], True), ([2, 1, 20], False), ([2, 21, 1], False), ([0.1, 11], True), ([0.1, 9], False)],
)
def test_a_training_has_failed_if_its_last_loss_is_far_above_the_first_and_above_one(losses, has_failed):
    assert run_of_losses(*losses).has_failed == has_failed
