"""When training stops, and which parameters it leaves.

    watch_start  before the first epoch: note how good the network already is
    end_epoch    record an epoch, and stop if one of the RULES has a reason
    stop         stop for a reason, also one that is no rule: a callback, Control-C
    finish       leave the best parameters, or the mean of the last ones

A rule is a function of the run and of its last epoch, which is already in the history. It returns a reason to
stop, or None. Three ends are no rules: a callback, Control-C, and a last update that made the loss explode
(``training.check_last_update``), which replaces the reason found before it.

With validation rows, the best epoch is left. Without, it is the last whole epoch, with two exceptions: the
mean of the plateau after CONVERGED if batches are small, and the epoch with the lowest loss after DIVERGED.
"""

import math
from collections.abc import Callable

import numpy as np

from sknn_scratch._core.schedules import SCHEDULES
from sknn_scratch._core.state import Epoch, EpochRecord, Run, Snapshot, StopReason

# A batch's loss this many times the larger of 1 and the first batch's is an explosion: trainings that recover
# stay far below it.
EXPLOSION = 1e6
# If training stops improving at a loss this many times the larger of 1 and the first epoch's, it has not
# converged, but diverged.
FAILURE = 10.0


# --- The rules ---


def explosion(run: Run, epoch: Epoch) -> StopReason | None:
    """Stop if the loss of a batch, or of the validation, is not finite or has exploded."""
    return None if is_sound(run, epoch) else StopReason.DIVERGED


def small_gradient(run: Run, epoch: Epoch) -> StopReason | None:
    """Stop if the last gradient, before it was clipped, is shorter than ``gradient_tol``."""
    norm = math.hypot(epoch.record["gradient_norm_hidden"], epoch.record["gradient_norm_output"])
    return StopReason.SMALL_GRADIENT if max(norm, run.clipped_norm) < run.config.gradient_tol else None


def end_of_patience(run: Run, epoch: Epoch) -> StopReason | None:
    """Stop if the watched value has not improved for ``n_iter_no_change`` epochs."""
    if not is_out_of_patience(run):
        return None
    if run.is_validated:
        return StopReason.NO_IMPROVEMENT
    first, last = run.state.history[0]["loss"], run.state.history[-1]["loss"]
    return StopReason.DIVERGED if last > FAILURE * max(1.0, first) else StopReason.CONVERGED


def end_of_the_solver(run: Run, epoch: Epoch) -> StopReason | None:
    """Stop if the solver can find no better parameters."""
    return epoch.end


def last_epoch(run: Run, epoch: Epoch) -> StopReason | None:
    """Stop after ``max_iter`` epochs; with some schedules, the learning rate is zero then."""
    if run.epochs_done < run.config.max_iter:
        return None
    return StopReason.END_OF_SCHEDULE if SCHEDULES[run.config.schedule].ends else StopReason.MAX_ITER


# The first one with a reason decides.
RULES: tuple[Callable[[Run, Epoch], StopReason | None], ...] = (
    explosion,
    small_gradient,
    end_of_patience,
    end_of_the_solver,
    last_epoch,
)


# --- What is watched ---


def watch_start(run: Run, val_loss: float) -> None:
    """Note the validation loss at the start; a network that is trained further is the best one so far."""
    run.first_val_loss = val_loss
    if run.state.epochs_before > 0:
        record = with_score(run, {"val_loss": val_loss}, is_sound=True)
        watch(run, watched_value(record), run.last_sound)


def end_epoch(run: Run, epoch: Epoch) -> None:
    """Record an epoch, and stop if there is a reason.

    The validation measures the parameters at the end of the epoch. The loss is measured in the epoch, so the
    lowest loss belongs to the parameters at its start.
    """
    state = run.state
    if run.epochs_done == 0:  # an earlier run may have left a lower limit
        usual = max(1.0, epoch.first, run.first_val_loss)
        state.loss_limit = min(state.loss_limit, EXPLOSION * usual)
    was_sound = is_sound(run, epoch)
    record = with_score(run, epoch.record, was_sound)
    state.history.append(record)
    state.kept_epoch = state.epoch
    if was_sound:
        at_start, at_end = run.last_sound, run.snapshot()
        run.last_sound = at_end
        watch(run, watched_value(record), at_end if run.is_validated else at_start)
    reasons = (rule(run, epoch) for rule in RULES)
    if (reason := next(filter(None, reasons), None)) is not None:
        stop(run, reason)


def is_sound(run: Run, epoch: Epoch) -> bool:
    """Whether the losses of an epoch, also that of the validation, stayed finite and did not explode."""
    losses = (epoch.highest, epoch.record.get("val_loss", 0.0))
    return all(loss < run.state.loss_limit for loss in losses)


def with_score(run: Run, record: EpochRecord, is_sound: bool) -> EpochRecord:
    """Add the score to a record, if one is watched; predictions of a network that has diverged may be NaN."""
    if run.data.score is None:
        return record
    return record | {"val_score": run.data.score(run.state.params) if is_sound else math.nan}


def watched_value(record: EpochRecord) -> float:
    """Get the number that should fall: minus the validation score, the validation loss or the loss."""
    if "val_score" in record:
        return -record["val_score"]
    return record["val_loss" if "val_loss" in record else "loss"]


def watch(run: Run, value: float, snapshot: Snapshot) -> None:
    """Compare a watched value with the best so far; keep the snapshot that had it if it is lower.

    Out of patience, the adaptive schedule divides the learning rate, which begins a new plateau.
    """
    state = run.state
    if value < state.best_value - run.config.tol:
        leave_plateau(run)
    else:
        state.epochs_without_improvement += 1
        if may_end_with_mean(run):
            state.plateau_sum = state.params + (0.0 if state.plateau_sum is None else state.plateau_sum)
    if value < state.best_value:
        state.best_value, state.best = value, snapshot
    if is_out_of_patience(run) and SCHEDULES[run.config.schedule].divides_on_plateau and run.may_go_slower:
        state.n_reductions += 1
        leave_plateau(run)


def leave_plateau(run: Run) -> None:
    run.state.epochs_without_improvement, run.state.plateau_sum = 0, None


def is_out_of_patience(run: Run) -> bool:
    return run.state.epochs_without_improvement >= run.config.n_iter_no_change


# --- What is left ---


def stop(run: Run, reason: StopReason) -> None:
    """Stop for a reason; after a divergence, go back to the best or else to the last sound parameters."""
    if reason is StopReason.DIVERGED:
        return_to(run, run.state.best or run.last_sound)
        run.state.forget_updates()
    run.state.stop_reason = reason


def interrupt(run: Run) -> None:
    """Stop at the last complete epoch, unless there was another reason to stop."""
    run.is_interrupted = True
    if run.is_going_on:
        return_to(run, run.last_sound)
        del run.state.history[max(0, run.last_sound.epoch - run.state.epochs_before) :]
        run.state.forget_updates()  # the optimiser's memory belongs to later parameters
        stop(run, StopReason.INTERRUPTED)


def finish(run: Run) -> None:
    """Take the parameters of the best epoch, if there are validation rows, or the mean of the plateau."""
    state = run.state
    if run.is_validated and state.best is not None:
        return_to(run, state.best)
    if state.plateau_sum is not None and state.stop_reason is StopReason.CONVERGED:
        np.divide(state.plateau_sum, state.epochs_without_improvement, out=state.params)


def return_to(run: Run, snapshot: Snapshot) -> None:
    np.copyto(run.state.params, snapshot.params)
    run.state.kept_epoch = snapshot.epoch


def may_end_with_mean(run: Run) -> bool:
    """Whether the result is the mean of the parameters of a plateau, if training converges.

    The steps of small batches scatter around a minimum when the loss does not improve any more. The mean of
    the parameters after these epochs is closer to it (Polyak and Juditsky, 1992).
    """
    return not run.is_validated and run.config.batch_size < run.data.n_samples
