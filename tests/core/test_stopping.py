import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn_scratch._core import stopping
from sknn_scratch._core.losses import SquaredError
from sknn_scratch._core.schedules import SCHEDULES
from sknn_scratch._core.state import ADAPTIVE_MINIMUM, Epoch, StopReason
from sknn_scratch._core.stopping import end_epoch, end_of_patience, finish, stop
from tests.helpers import (
    BINARY,
    VALIDATION,
    every_solver,
    history_column,
    make_network,
    make_run,
    train_alone,
    train_and_watch,
)


def epoch_of_patience(values, tol, patience):
    """The rule, on its own: when ``patience`` epochs on end were not better than the best by tol."""
    best, without = np.inf, 0
    for epoch, value in enumerate(values, start=1):
        without = 0 if value < best - tol else without + 1
        best = min(best, value)
        if without == patience:
            return epoch
    return None


@every_solver
def test_stops_in_the_very_epoch_that_patience_ends(solver):
    config = {"solver": solver, "batch_size": 16, "alpha": 1.0, "max_iter": 150, "learning_rate": 0.1}
    unbroken = train_alone(make_run(BINARY, tol=0, n_iter_no_change=10**6, **config))
    for tol, patience in itertools.product((1e-4, 1e-2), (1, 2, 5)):
        expected = epoch_of_patience(history_column(unbroken, "loss"), tol, patience)
        result = train_alone(make_run(BINARY, tol=tol, n_iter_no_change=patience, **config))
        assert result.state.epoch == expected
        assert result.state.stop_reason is StopReason.CONVERGED


@pytest.mark.parametrize("patience", [1, 3, 6])
def test_stops_in_the_very_epoch_that_the_patience_with_the_validation_ends(patience):
    data, config = {"validation": VALIDATION}, {"max_iter": 60, "tol": 1e-3, "learning_rate": 0.05}
    unbroken, params = train_and_watch(make_run(BINARY, data=data, n_iter_no_change=10**6, **config))
    losses = history_column(unbroken, "val_loss")
    result = train_alone(make_run(BINARY, data=data, n_iter_no_change=patience, **config))
    assert result.state.stop_reason is StopReason.NO_IMPROVEMENT
    assert result.state.epoch == epoch_of_patience(losses, 1e-3, patience)
    assert result.state.kept_epoch == 1 + np.argmin(losses[: result.state.epoch])
    assert_array_equal(result.state.params, params[result.state.kept_epoch])


@pytest.mark.parametrize(
    ("config", "n_averaged"),
    [
        ({"batch_size": 16}, 4),
        ({"batch_size": 16, "schedule": "adaptive"}, 4),  # the plateau at the last learning rate
        ({"batch_size": 60}, 1),
        ({"batch_size": 16, "max_iter": 3}, 1),
    ],
)
def test_the_noise_of_small_batches_is_averaged_where_the_loss_has_converged(config, n_averaged):
    usual = {"tol": 1.0, "n_iter_no_change": 4, "learning_rate": 0.05, "max_iter": 100}
    result, params = train_and_watch(make_run(BINARY, **usual | config))
    assert (result.state.stop_reason is StopReason.CONVERGED) == ("max_iter" not in config)
    assert_allclose(result.state.params, np.mean(params[-n_averaged:], axis=0), rtol=1e-13)


@every_solver
def test_stops_when_the_gradient_is_small(solver):
    config = {"solver": solver, "batch_size": 60, "alpha": 1.0, "n_iter_no_change": 10**6, "max_iter": 200}
    unbroken = train_alone(make_run(BINARY, **config))
    names = ("gradient_norm_hidden", "gradient_norm_output")
    norms = np.hypot(*(history_column(unbroken, name) for name in names))
    limit = np.median(norms)
    result = train_alone(make_run(BINARY, gradient_tol=limit, **config))
    assert result.state.stop_reason is StopReason.SMALL_GRADIENT
    assert result.state.epoch == 1 + np.argmax(norms < limit)


@every_solver
def test_a_gradient_of_zero_stops_only_lbfgs_if_it_was_not_asked_for(solver):
    """Without weights, and with as many yes as no, all gradients are zero.

    Of 16 and 16 rows exactly, in whatever order they are added: each has a share of 1/32.
    """
    yes, no = (np.flatnonzero(BINARY.targets[:, 0] == label)[:16] for label in (1, -1))
    run = make_run(BINARY, solver=solver, batch_size=60, data={"rows": np.concatenate([yes, no])})
    run.state.params.fill(0)
    result = train_alone(run)
    assert result.state.epoch == (1 if solver == "lbfgs" else run.config.max_iter)
    assert_allclose(history_column(result, "loss"), math.log(2), rtol=1e-15)
    assert not result.state.params.any()


def test_the_callback_of_the_last_epoch_does_not_hide_the_reason():
    result = train_alone(make_run(BINARY, max_iter=3), lambda _, state: True if state.epoch == 3 else None)
    assert result.state.stop_reason is StopReason.MAX_ITER


@pytest.mark.parametrize("epoch", [1, 3, 30])
def test_an_interrupt_while_an_epoch_is_noted_leaves_the_best_epoch_so_far(monkeypatch, epoch):
    run = make_run(BINARY, data={"validation": VALIDATION}, max_iter=40, n_iter_no_change=100)
    _, params = train_and_watch(run)
    watch, n_calls = stopping.watch, itertools.count(1)

    def interrupted(*args):
        if next(n_calls) == epoch:
            raise KeyboardInterrupt
        watch(*args)

    monkeypatch.setattr(stopping, "watch", interrupted)
    result = train_alone(run)
    assert result.state.stop_reason is StopReason.INTERRUPTED
    assert result.state.epoch == epoch
    noted = history_column(result, "val_loss")[: max(1, epoch - 1)]
    assert result.state.kept_epoch == 1 + np.argmin(noted)
    assert_array_equal(result.state.params, params[result.state.kept_epoch])


# --- Snapshots: what a run keeps and goes back to ---

RECORD = {"loss": 0.5, "gradient_norm_hidden": 3.0, "gradient_norm_output": 4.0}


def at_epoch(run, epoch, is_sound=True, **record):
    """Let a run make an epoch, after which all parameters are its number; return the run."""
    run.state.params.fill(epoch)
    end_epoch(run, Epoch(RECORD | record, first=1.0, highest=1.0 if is_sound else math.inf))
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
    at_epoch(run, len(losses) + 1, is_sound=False, loss=math.inf, val_loss=0.1)
    finish(run)
    assert run.state.stop_reason is StopReason.DIVERGED
    assert_array_equal(run.state.params, kept)
    assert (run.state.memory, run.state.n_updates) == ({}, 0)
    assert run.state.kept_epoch == kept
    assert len(run.state.history) == len(losses) + 1  # the record of the bad epoch says what happened


@pytest.mark.parametrize(
    ("start", "epoch", "is_sound"),
    [
        ({}, {"highest": 1e6}, False),
        ({}, {"highest": math.nextafter(1e6, 0)}, True),
        ({}, {"highest": math.nan}, False),
        ({}, {"val_loss": 1.1e6}, False),
        ({}, {"val_loss": math.nan}, False),
        ({"first_val_loss": 1e8}, {"val_loss": 1e13}, True),  # y may have outliers there
    ],
)
def test_an_epoch_diverges_at_a_limit(start, epoch, is_sound):
    run, highest = make_run(BINARY, max_iter=9), epoch.pop("highest", 1.0)
    vars(run).update(start)
    end_epoch(run, Epoch(RECORD | epoch, first=0.7, highest=highest))
    assert run.state.stop_reason is (None if is_sound else StopReason.DIVERGED)


def test_the_validation_is_measured_at_the_start():
    targets = VALIDATION.targets
    high = VALIDATION._replace(targets=targets._replace(values=1e8 * targets.values))
    network = make_network(BINARY)._replace(loss=SquaredError())
    run = make_run(BINARY, network=network, data={"validation": high}, max_iter=2)
    result = train_alone(run)
    assert result.first_val_loss > 1e7
    assert result.state.stop_reason is StopReason.MAX_ITER


def test_what_a_later_run_goes_back_to_is_its_own():
    first = run_of_losses(3, 1)
    stop(first, StopReason.MAX_ITER)
    second = replace(first, state=first.state.for_another_run())
    assert second.state.best is None
    at_epoch(second, 3, is_sound=False, loss=math.inf)
    assert_array_equal(second.state.params, 2)
    assert second.state.kept_epoch == 2


def test_the_limit_of_the_loss_is_lowered_by_the_first_epoch_of_a_run_only():
    run = make_run(BINARY)
    for first, limit in ((2.0, 2e6), (5.0, 2e6), (0.5, 1e6)):
        run = replace(run, state=run.state.for_another_run())
        for first_of_epoch in (first, 1e-9):
            end_epoch(run, Epoch(RECORD, first_of_epoch, highest=1.0))
            assert run.state.loss_limit == limit


@pytest.mark.parametrize(
    ("losses", "has_failed"),
    [([2, 1, 21], True), ([2, 1, 20], False), ([2, 21, 1], False), ([0.1, 11], True), ([0.1, 9], False)],
)
def test_a_training_has_failed_if_its_last_loss_is_far_above_the_first_and_above_one(losses, has_failed):
    run = run_of_losses(*losses)
    run.state.epochs_without_improvement = 10
    assert end_of_patience(run, None) is (StopReason.DIVERGED if has_failed else StopReason.CONVERGED)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_adaptive_schedule_alone_divides_on_a_plateau(schedule):
    run = make_run(BINARY, schedule=schedule, learning_rate=ADAPTIVE_MINIMUM * 10, n_iter_no_change=2)
    reductions = []
    for _ in range(9):
        end_epoch(run, Epoch(RECORD, first=1.0, highest=1.0))
        reductions.append(run.state.n_reductions)
    expected = [0, 0, 1, 1, 2, 2, 2, 2, 2]  # no more below the minimum
    assert reductions == (expected if schedule == "adaptive" else [0] * 9)
