"""The records of one network's training.

Config   the hyperparameters, which training reads
State    all that training changes
Run      the training itself: a state, its data and its config
"""

import copy
import math
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeAlias

import numpy as np

from sknn_scratch._core.activations import Array
from sknn_scratch._core.data import Data
from sknn_scratch._core.network import Network
from sknn_scratch._core.optimizers import Memory, Optimizer
from sknn_scratch._core.schedules import SCHEDULES
from sknn_scratch._core.stopping import EXPLOSION, FAILURE, StopReason

EpochRecord: TypeAlias = dict[str, float]

# The adaptive schedule divides a learning rate above the minimum by this factor, as scikit-learn does.
ADAPTIVE_FACTOR = 5.0
ADAPTIVE_MINIMUM = 1e-6

# What another run of the same network continues with, besides the parameters.
KEPT = ("shuffle_rng", "dropout_rng", "memory", "n_updates", "loss_limit")


@dataclass(frozen=True)
class Config:
    """The hyperparameters of one network."""

    network: Network
    optimizer: Optimizer
    batch_size: int
    max_iter: int
    learning_rate: float
    schedule: str = "constant"
    alpha: float = 0.0
    dropout: float = 0.0
    tol: float = 0.0
    n_iter_no_change: int = 10
    gradient_tol: float = 0.0
    max_grad_norm: float = math.inf

    @property
    def solver(self) -> str:
        """Name of the optimiser."""
        return self.optimizer.name


class Epoch(NamedTuple):
    """The results of an epoch of one network."""

    record: EpochRecord
    first: float  # the objective of the first batch
    highest: float  # the highest objective of a batch; infinite if parameters are not finite
    end: StopReason | None = None  # why the solver can find no better parameters, if it cannot


@dataclass
class State:
    """All that changes while a network is trained; training can continue from it, bit for bit."""

    params: Array  # (n_params,)
    shuffle_rng: np.random.Generator  # for the order of the rows
    dropout_rng: np.random.Generator  # for the dropped units
    memory: Memory = field(default_factory=dict)  # the optimiser's; empty before the first update
    n_updates: int = 0  # that the optimiser has made
    n_reductions: int = 0  # how often the adaptive schedule has divided the learning rate in this run
    history: list[EpochRecord] = field(default_factory=list)  # of the epochs of this run
    epochs_before: int = 0  # this run, which has its own ``max_iter``
    epochs_without_improvement: int = 0  # since the watched value last fell by more than ``tol``
    best_value: float = math.inf  # the lowest watched value of this run
    best_epoch: int = 0  # where it was
    best_params: Array | None = None  # (n_params,) there; None without validation rows
    fallback_epoch: int = 0  # where this run returns to after a divergence
    fallback_params: Array | None = None  # (n_params,) there; None before the first sound epoch
    loss_limit: float = math.inf  # an objective that is not below it has exploded
    stop_reason: StopReason | None = None  # None before the end; in training, only ``Run.stop`` sets it

    @property
    def epoch(self) -> int:
        """Number of epochs so far, of all runs."""
        return self.epochs_before + len(self.history)

    @property
    def kept_epoch(self) -> int:
        """The epoch whose parameters a finished run keeps."""
        if self.best_params is not None:
            return self.best_epoch
        return self.fallback_epoch if self.stop_reason is StopReason.DIVERGED else self.epoch

    def copy(self) -> "State":
        """Copy all that training changes in place."""
        return replace(
            self,
            params=self.params.copy(),
            shuffle_rng=copy.deepcopy(self.shuffle_rng),
            dropout_rng=copy.deepcopy(self.dropout_rng),
            memory={name: array.copy() for name, array in self.memory.items()},
            history=list(self.history),
        )

    def for_another_run(self) -> "State":
        """Copy the state for a further run, which counts its own epochs and has its full patience."""
        own = self.copy()
        return State(own.params, epochs_before=self.epoch, **{name: getattr(own, name) for name in KEPT})

    def forget_updates(self) -> None:
        """Clear the optimiser's memory, which belongs to other parameters or to another optimiser."""
        self.memory, self.n_updates = {}, 0

    def watch(self, value: float, epoch: int, tol: float, params: Array | None) -> None:
        """Compare the watched value of an epoch with the best so far; copy ``params`` if it is lower."""
        if value < self.best_value - tol:
            self.epochs_without_improvement = 0
        else:
            self.epochs_without_improvement += 1
        if value < self.best_value:
            best_params = None if params is None else np.copy(params)
            # In one statement: an interrupt must not separate the value, the epoch and the parameters.
            self.best_value, self.best_epoch, self.best_params = value, epoch, best_params


@dataclass
class Run:
    """The training of one network."""

    state: State
    data: Data
    config: Config
    is_sound: bool = True  # whether the loss of the last epoch stayed finite and did not explode
    sound_epoch: int = field(init=False)  # the last sound epoch
    sound_params: Array = field(init=False)  # (n_params,) at its end
    end_of_descent: StopReason | None = None  # why the solver can find no better parameters, if it cannot
    clipped_norm: float = 0.0  # of the last gradient of the loss before it was clipped; zero if it was not
    is_interrupted: bool = False  # whether Control-C ended this training, or others in the same call

    def __post_init__(self) -> None:
        self.sound_epoch, self.sound_params = self.state.epoch, self.state.params.copy()

    @property
    def is_going_on(self) -> bool:
        """Whether there is no reason to stop yet."""
        return self.state.stop_reason is None

    @property
    def is_validated(self) -> bool:
        """Whether there are rows to validate with."""
        return self.data.validation is not None

    @property
    def penalty_rate(self) -> float:
        """The rate of the penalty, alpha / P: see ``_core``."""
        return self.config.alpha / self.data.penalty_divisor

    @property
    def epochs_done(self) -> int:
        """Epochs of this run."""
        return len(self.state.history)

    @property
    def learning_rate(self) -> float:
        """The learning rate of the coming epoch."""
        factor = SCHEDULES[self.config.schedule].factor(self.epochs_done / self.config.max_iter)
        return self._reduced_rate * factor

    @property
    def _reduced_rate(self) -> float:
        rate = self.config.learning_rate
        for _ in range(self.state.n_reductions):  # one by one: a power rounds differently, and may overflow
            rate /= ADAPTIVE_FACTOR
        return rate

    @property
    def has_failed(self) -> bool:
        """Whether the loss of the last epoch is far above the first."""
        first, last = self.state.history[0]["loss"], self.state.history[-1]["loss"]
        return last > FAILURE * max(1.0, first)

    @property
    def gradient_norm(self) -> float:
        """Norm of the last gradient; if it was clipped, its norm before that."""
        record = self.state.history[-1]
        norm = math.hypot(record["gradient_norm_hidden"], record["gradient_norm_output"])
        return max(norm, self.clipped_norm)

    @property
    def is_out_of_patience(self) -> bool:
        """Whether the watched value has not improved for ``n_iter_no_change`` epochs."""
        return self.state.epochs_without_improvement >= self.config.n_iter_no_change

    def note(self, epoch: Epoch) -> None:
        """Judge and score an epoch, and record it."""
        state, record = self.state, epoch.record
        if self.epochs_done == 0:  # an earlier run may have left a lower limit
            state.loss_limit = min(state.loss_limit, EXPLOSION * max(1.0, epoch.first))
        self.is_sound, self.end_of_descent = epoch.highest < state.loss_limit, epoch.end
        if self.data.score is not None:  # predictions of a network that has diverged may be NaN
            record["val_score"] = self.data.score(state.params) if self.is_sound else math.nan
        state.history.append(record)
        if self.is_sound:
            params = state.params if self.is_validated else None
            state.watch(watched_value(record), state.epoch, self.config.tol, params)
            self._reduce_on_plateau()

    def _reduce_on_plateau(self) -> None:
        is_adaptive = SCHEDULES[self.config.schedule].divides_on_plateau
        if is_adaptive and self.is_out_of_patience and self._reduced_rate > ADAPTIVE_MINIMUM:
            self.state.n_reductions += 1
            self.state.epochs_without_improvement = 0

    def keep_epoch(self) -> None:
        """Keep the parameters of a sound epoch; a divergence from now on returns to those at its start.

        Without validation rows, it does so only if the epoch's loss is the lowest so far: a loss may grow for
        some epochs before it explodes.
        """
        if self.is_validated or self.state.best_epoch == self.state.epoch:
            self._fall_back_to_sound()
        self.sound_epoch, self.sound_params = self.state.epoch, self.state.params.copy()

    def _fall_back_to_sound(self) -> None:
        self.state.fallback_epoch, self.state.fallback_params = self.sound_epoch, self.sound_params

    def stop(self, reason: StopReason) -> None:
        """Stop for a reason; after a divergence or an interrupt, return to earlier parameters."""
        if reason is StopReason.DIVERGED:
            self._undo_divergence()
        elif reason is StopReason.INTERRUPTED:
            self._undo_broken_epoch()
        self.state.stop_reason = reason

    def _undo_divergence(self) -> None:
        state = self.state
        if state.fallback_params is None:
            self._fall_back_to_sound()
        assert state.fallback_params is not None
        np.copyto(state.params, state.fallback_params)
        state.forget_updates()
        if state.best_epoch >= state.epoch - 1:  # the epoch that exploded, or the one before
            state.best_params = None

    def _undo_broken_epoch(self) -> None:
        np.copyto(self.state.params, self.sound_params)
        del self.state.history[self.sound_epoch - self.state.epochs_before :]
        self.state.forget_updates()  # the optimiser's memory belongs to later parameters

    def interrupt(self) -> None:
        """Stop at the last complete epoch, unless there was another reason to stop."""
        self.is_interrupted = True
        if self.state.best_epoch > self.sound_epoch:
            self.keep_epoch()  # it was complete, and already noted as the best
        if self.is_going_on:
            self.stop(StopReason.INTERRUPTED)

    def finish(self) -> None:
        """Take the parameters of the best epoch, if there are validation rows."""
        if self.state.best_params is not None:
            self.state.params = self.state.best_params


def watched_value(record: EpochRecord) -> float:
    """Get the number that should fall: minus the validation score, the validation loss or the loss."""
    if "val_score" in record:
        return -record["val_score"]
    return record["val_loss" if "val_loss" in record else "loss"]
