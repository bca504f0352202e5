"""A task on its way through training: how it keeps an epoch, and when and how it ends."""

import copy
import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from sknn_scratch._core.activations import Array
from sknn_scratch._core.data import TrainData
from sknn_scratch._core.stopping import StopReason
from sknn_scratch._core.tasks import EpochRecord, TrainConfig, TrainResult, TrainState

# The adaptive schedule divides the learning rate by this factor, as scikit-learn's does.
ADAPTIVE_FACTOR = 5.0
ADAPTIVE_MINIMUM = 1e-6

# A loss this many times the first one is an explosion: trainings that recover stay far below it.
EXPLOSION = 1e6
# Without improvement for long, a loss this many times the first epoch's means divergence, not convergence.
FAILURE = 10.0


@dataclass
class Run:
    """A task on its way through ``train``."""

    number: int
    state: TrainState
    data: TrainData
    config: TrainConfig
    epoch_start: Array = field(init=False)  # parameters (n_params,) at the end of the last sound epoch
    epochs_kept: int = field(init=False)  # epochs of this run up to there

    def __post_init__(self) -> None:
        self.epoch_start = self.state.params.copy()
        self.epochs_kept = self.epochs_done

    @property
    def epochs_done(self) -> int:
        """Epochs of this run."""
        return len(self.state.history)

    @property
    def scheduled_rate(self) -> float:
        """The learning rate of the coming epoch."""
        if self.config.schedule == "cosine":
            progress = self.epochs_done / self.config.max_iter
            return self.state.learning_rate * (1 + math.cos(math.pi * progress)) / 2
        return self.state.learning_rate

    def keep_epoch(self) -> None:
        """Take note of a sound epoch: keep its start for a divergence, its end as the next epoch's start.

        A loss may grow for some epochs before it explodes. So without validation, the start is kept only if
        the epoch's loss is the lowest so far.
        """
        if self.data.validation is not None or self.state.watch.best_epoch == self.state.epoch:
            self.state.last_good, self.state.good_epoch = self.epoch_start, self.state.epoch - 1
        self.epoch_start, self.epochs_kept = self.state.params.copy(), self.epochs_done

    def limit_loss(self, first_loss: float) -> None:
        """Set the loss that counts as an explosion, by the run's first one; never raise it."""
        if self.epochs_done == 0:
            self.state.loss_limit = min(self.state.loss_limit, EXPLOSION * max(1.0, first_loss))

    def diverge(self) -> None:
        """Return to the last good parameters, without what the optimiser remembers of the bad ones."""
        last_good = self.epoch_start if self.state.last_good is None else self.state.last_good
        np.copyto(self.state.params, last_good)
        self.state.forget_updates()
        if self.state.watch.best_epoch >= self.state.epoch - 1:  # the one that exploded, or the one before
            self.state.watch.best_params = None
        self.state.stop_reason = StopReason.DIVERGED

    def interrupt(self) -> None:
        """Stop at the last whole epoch, unless there was another reason to stop.

        What the optimiser remembers has gone on from there, and cannot go back.
        """
        if self.state.watch.best_epoch > self.state.epochs_before + self.epochs_kept:
            self.keep_epoch()  # it was whole, and already the best
        if self.state.stop_reason is None:
            self.state.stop_reason = StopReason.INTERRUPTED
            np.copyto(self.state.params, self.epoch_start)
            del self.state.history[self.epochs_kept :]
            self.state.forget_updates()
        self.leave_group()

    def leave_group(self) -> None:
        """Copy what is shared: a generator, and arrays, of which a view would keep the group's alive."""
        self.state.params = self.state.params.copy()
        self.state.shuffle_rng = copy.deepcopy(self.state.shuffle_rng)
        self.state.memory = {name: array.copy() for name, array in self.state.memory.items()}

    def result(self) -> TrainResult:
        """Choose the parameters of the best epoch."""
        state, watch = self.state, self.state.watch
        assert state.stop_reason is not None
        if watch.best_params is None:
            has_diverged = state.stop_reason is StopReason.DIVERGED
            return TrainResult(state, state.stop_reason, state.good_epoch if has_diverged else state.epoch)
        state.params, watch.best_params = watch.best_params, None
        return TrainResult(state, state.stop_reason, watch.best_epoch)


def share_row_orders(runs: Iterable[Run]) -> None:
    """Let runs whose rows would be shuffled alike, as those of a search are, draw from one generator."""
    generators: dict[str, np.random.Generator] = {}
    for run in runs:
        if run.state.stop_reason is None:
            own = run.state.shuffle_rng
            run.state.shuffle_rng = generators.setdefault(str(own.bit_generator.state), own)


def apply_stopping_rules(run: Run, record: EpochRecord) -> StopReason | None:
    """Apply the stopping rules to the epoch that has just ended."""
    state, config = run.state, run.config
    validated = run.data.validation is not None
    state.watch.see(watched_value(record), state.epoch, config.tol, state.params if validated else None)
    gradient_norm = math.hypot(record["gradient_norm_hidden"], record["gradient_norm_output"])
    if gradient_norm < config.gradient_tol:
        return StopReason.SMALL_GRADIENT
    if state.watch.epochs_without_improvement >= config.n_iter_no_change:
        if config.schedule == "adaptive" and state.learning_rate > ADAPTIVE_MINIMUM:
            state.learning_rate /= ADAPTIVE_FACTOR
            state.watch.epochs_without_improvement = 0
        elif validated:
            return StopReason.NO_IMPROVEMENT
        else:
            has_failed = record["loss"] > FAILURE * max(1.0, state.history[0]["loss"])
            return StopReason.DIVERGED if has_failed else StopReason.CONVERGED
    return StopReason.MAX_ITER if run.epochs_done >= config.max_iter else None


def watched_value(record: EpochRecord) -> float:
    """Find the number that should fall: minus the validation score, the validation loss or the loss."""
    if "val_score" in record:
        return -record["val_score"]
    return record.get("val_loss", record["loss"])
