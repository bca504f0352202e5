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
from sknn_scratch._core.blocks import mean_loss
from sknn_scratch._core.data import Data
from sknn_scratch._core.network import Network
from sknn_scratch._core.optimizers import Memory, Optimizer
from sknn_scratch._core.parameters import view_parameters
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
    is_measured: bool = True  # whether the records of lbfgs have more than the loss

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


class Snapshot(NamedTuple):
    """The parameters at the end of an epoch; the epoch before the first has the number 0."""

    epoch: int
    params: Array  # (n_params,)


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
    plateau_sum: Array | None = None  # (n_params,): of the parameters after these epochs, if it is needed
    best_value: float = math.inf  # the lowest watched value of this run
    best_epoch: int = 0  # after which the parameters had it
    best_params: Array | None = None  # (n_params,); None before the first sound epoch
    loss_limit: float = math.inf  # an objective that is not below it has exploded
    stop_reason: StopReason | None = None  # None before the end; in training, only ``Run.stop`` sets it
    returned_to: int | None = None  # the epoch whose parameters the run has gone back to, if it has

    @property
    def epoch(self) -> int:
        """Number of epochs so far, of all runs."""
        return self.epochs_before + len(self.history)

    @property
    def kept_epoch(self) -> int:
        """The epoch whose parameters a finished run keeps."""
        return self.epoch if self.returned_to is None else self.returned_to

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

    def leave_plateau(self) -> None:
        """Count the epochs without improvement anew."""
        self.epochs_without_improvement, self.plateau_sum = 0, None

    def watch(self, value: float, snapshot: Snapshot, tol: float) -> None:
        """Compare a watched value with the best so far; keep the snapshot that had it if it is lower."""
        if value < self.best_value - tol:
            self.leave_plateau()
        else:
            self.epochs_without_improvement += 1
        if value < self.best_value:
            self.best_value, (self.best_epoch, self.best_params) = value, snapshot


@dataclass
class Run:
    """The training of one network."""

    state: State
    data: Data
    config: Config
    clipped_norm: float = 0.0  # of the last gradient of the loss before it was clipped; zero if it was not
    is_interrupted: bool = False  # whether Control-C ended this training, or others in the same call
    last_sound: Snapshot = field(init=False)  # after the last sound epoch, or at the start
    first_val_loss: float = field(init=False)  # at the start; zero without validation rows

    def __post_init__(self) -> None:
        self.last_sound = Snapshot(self.state.epoch, self.state.params.copy())
        self.first_val_loss = 0.0
        if self.data.validation is not None:
            network = self.config.network
            params = view_parameters(self.state.params, network.shape)
            with np.errstate(all="ignore"):
                self.first_val_loss = float(mean_loss(network, params, self.data.validation))

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

    def is_sound(self, epoch: Epoch) -> bool:
        """Whether the losses of an epoch, also that of the validation, stayed finite and did not explode."""
        losses = (epoch.highest, epoch.record.get("val_loss", 0.0))
        return all(loss < self.state.loss_limit for loss in losses)

    def note(self, epoch: Epoch) -> None:
        """Record an epoch, score it, and remember its parameters if it is sound.

        The validation measures the parameters at the end of the epoch. The loss is measured in the epoch, so
        the lowest loss belongs to the parameters at its start.
        """
        state, record = self.state, epoch.record
        if self.epochs_done == 0:  # an earlier run may have left a lower limit
            usual = max(1.0, epoch.first, self.first_val_loss)
            state.loss_limit = min(state.loss_limit, EXPLOSION * usual)
        is_sound = self.is_sound(epoch)
        if self.data.score is not None:  # predictions of a network that has diverged may be NaN
            record["val_score"] = self.data.score(state.params) if is_sound else math.nan
        state.history.append(record)
        if is_sound:
            at_start, self.last_sound = self.last_sound, Snapshot(state.epoch, state.params.copy())
            measured = self.last_sound if self.is_validated else at_start
            state.watch(watched_value(record), measured, self.config.tol)
            if self.may_end_with_mean and state.epochs_without_improvement > 0:
                earlier = 0.0 if state.plateau_sum is None else state.plateau_sum
                state.plateau_sum = state.params + earlier
            self._reduce_on_plateau()

    def _reduce_on_plateau(self) -> None:
        is_adaptive = SCHEDULES[self.config.schedule].divides_on_plateau
        if is_adaptive and self.is_out_of_patience and self._reduced_rate > ADAPTIVE_MINIMUM:
            self.state.n_reductions += 1
            self.state.leave_plateau()

    def stop(self, reason: StopReason) -> None:
        """Stop for a reason; after a divergence, go back to the best or else to the last sound parameters."""
        if reason is StopReason.DIVERGED:
            self._return_to(self._best or self.last_sound)
            self.state.forget_updates()
        self.state.stop_reason = reason

    @property
    def _best(self) -> Snapshot | None:
        params = self.state.best_params
        return None if params is None else Snapshot(self.state.best_epoch, params)

    def _return_to(self, snapshot: Snapshot) -> None:
        np.copyto(self.state.params, snapshot.params)
        self.state.returned_to = snapshot.epoch

    def interrupt(self) -> None:
        """Stop at the last complete epoch, unless there was another reason to stop."""
        self.is_interrupted = True
        if self.is_going_on:
            np.copyto(self.state.params, self.last_sound.params)
            del self.state.history[self.last_sound.epoch - self.state.epochs_before :]
            self.state.forget_updates()  # the optimiser's memory belongs to later parameters
            self.stop(StopReason.INTERRUPTED)

    @property
    def may_end_with_mean(self) -> bool:
        """Whether the result is the mean of the parameters of a plateau, if training converges.

        The steps of small batches scatter around a minimum when the loss does not improve any more. The mean
        of the parameters after these epochs is closer to it (Polyak and Juditsky, 1992).
        """
        return not self.is_validated and self.config.batch_size < self.data.n_samples

    def finish(self) -> None:
        """Take the parameters of the best epoch, if there are validation rows, or the mean of the plateau."""
        state = self.state
        if self.is_validated and self._best is not None:
            self._return_to(self._best)
        if state.plateau_sum is not None and state.stop_reason is StopReason.CONVERGED:
            np.divide(state.plateau_sum, state.epochs_without_improvement, out=state.params)


def watched_value(record: EpochRecord) -> float:
    """Get the number that should fall: minus the validation score, the validation loss or the loss."""
    if "val_score" in record:
        return -record["val_score"]
    return record["val_loss" if "val_loss" in record else "loss"]
