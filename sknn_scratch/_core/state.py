"""The records of one network's training.

Config   the hyperparameters, which training reads
State    all that training changes
Run      the training itself: a state, its data and its config
Result   the trained network
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
from sknn_scratch._core.stopping import EXPLOSION, FAILURE, StopReason, Watch

EpochRecord: TypeAlias = dict[str, float]

# The adaptive schedule divides the learning rate by this factor, as in scikit-learn, unless it is at or below
# the minimum.
ADAPTIVE_FACTOR = 5.0
ADAPTIVE_MINIMUM = 1e-6


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


class Snapshot(NamedTuple):
    """Parameters (n_params,) at the end of an epoch; None before the first."""

    epoch: int = 0
    params: Array | None = None


@dataclass
class State:
    """All that changes while a network is trained. Training can continue from it as if it had never stopped.

    Attributes
    ----------
    params : ndarray of shape (n_params,)
    shuffle_rng, dropout_rng : Generator
        The random streams for the order of the rows and for the dropped units.
    memory : dict of ndarray
        The optimiser's arrays (n_params,), or the tables of L-BFGS.
    n_updates : int
        Number of updates that the optimiser has made.
    n_reductions : int
        How often the adaptive schedule has divided the learning rate in this run.
    history : list of dict
        One record for each epoch of this run.
    epochs_before : int
        Number of epochs before this run, which has its own ``max_iter``.
    watch : Watch
        The best epoch of this run.
    loss_limit : float
        An objective that is not below it has exploded. Infinite until the first batch.
    last_good : Snapshot
        The parameters to return to after a divergence; None before the first good epoch of this run.
    stop_reason : StopReason or None
        Why this run has ended; None before its end. In training, only ``Run.stop`` sets it.
    """

    params: Array
    shuffle_rng: np.random.Generator
    dropout_rng: np.random.Generator
    memory: Memory = field(default_factory=dict)
    n_updates: int = 0
    n_reductions: int = 0
    history: list[EpochRecord] = field(default_factory=list)
    epochs_before: int = 0
    watch: Watch = field(default_factory=Watch)
    loss_limit: float = math.inf
    last_good: Snapshot = field(default_factory=Snapshot)
    stop_reason: StopReason | None = None

    @property
    def epoch(self) -> int:
        """Number of epochs so far, of all runs."""
        return self.epochs_before + len(self.history)

    def copy(self) -> "State":
        """Copy all that training changes. The records of the history are shared, since they never change."""
        return replace(
            self,
            params=self.params.copy(),
            shuffle_rng=copy.deepcopy(self.shuffle_rng),
            dropout_rng=copy.deepcopy(self.dropout_rng),
            memory={name: array.copy() for name, array in self.memory.items()},
            history=list(self.history),
            watch=replace(self.watch),
        )

    def forget_updates(self) -> None:
        """Clear the optimiser's memory, which belongs to other parameters or to another optimiser."""
        self.memory, self.n_updates = {}, 0

    def for_another_run(self) -> "State":
        """Copy the state for a further run, which counts its own epochs and has its full patience."""
        return replace(
            self.copy(),
            n_reductions=0,
            history=[],
            epochs_before=self.epoch,
            watch=Watch(),
            last_good=Snapshot(),
            stop_reason=None,
        )


class Result(NamedTuple):
    """One trained network."""

    state: State  # with the parameters that ``Run.result`` chose
    stop_reason: StopReason
    best_epoch: int
    is_interrupted: bool = False  # whether Control-C ended this training, or the others in the same call


@dataclass
class Run:
    """The training of one network.

    Attributes
    ----------
    number : int
        Distinguishes the runs that are trained together.
    is_sound : bool
        Whether the loss of the last epoch stayed finite and did not explode.
    end_of_descent : StopReason or None
        Why the solver can find no better parameters; None if it may.
    last_sound : Snapshot
        The last sound epoch.
    is_interrupted : bool
        Whether Control-C ended the training.
    clipped_norm : float
        Norm of the last gradient of the loss before it was clipped; zero if it was not.
    """

    state: State
    data: Data
    config: Config
    number: int = 0
    is_sound: bool = True
    end_of_descent: StopReason | None = None
    is_interrupted: bool = False
    clipped_norm: float = 0.0
    last_sound: Snapshot = field(init=False)

    def __post_init__(self) -> None:
        self.last_sound = self._snapshot()

    def _snapshot(self) -> Snapshot:
        return Snapshot(self.state.epoch, self.state.params.copy())

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
        """The factor of the penalty, rate / 2 times the sum of the squared weights."""
        return self.config.alpha / self.data.penalty_weight

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
        return self.state.watch.epochs_without_improvement >= self.config.n_iter_no_change

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
            state.watch.see(watched_value(record), state.epoch, self.config.tol, params)
            self._reduce_on_plateau()

    def _reduce_on_plateau(self) -> None:
        is_adaptive = SCHEDULES[self.config.schedule].divides_on_plateau
        if is_adaptive and self.is_out_of_patience and self._reduced_rate > ADAPTIVE_MINIMUM:
            self.state.n_reductions += 1
            self.state.watch.epochs_without_improvement = 0

    def stop(self, reason: StopReason) -> None:
        """Stop for a reason; after a divergence or an interrupt, return to earlier parameters."""
        if reason is StopReason.DIVERGED:
            self._return_to_last_good()
        elif reason is StopReason.INTERRUPTED:
            self._return_to_last_sound()
        self.state.stop_reason = reason

    def keep_epoch(self) -> None:
        """Keep the parameters of a sound epoch; the parameters at its start become the last good ones.

        Without validation rows, they do so only if the epoch's loss is the lowest so far: a loss may grow for
        some epochs before it explodes.
        """
        if self.is_validated or self.state.watch.best_epoch == self.state.epoch:
            self.state.last_good = self.last_sound
        self.last_sound = self._snapshot()

    def return_to(self, snapshot: Snapshot) -> None:
        """Take the parameters of an earlier epoch."""
        assert snapshot.params is not None
        np.copyto(self.state.params, snapshot.params)

    def _return_to_last_good(self) -> None:
        state = self.state
        if state.last_good.params is None:
            state.last_good = self.last_sound
        self.return_to(state.last_good)
        state.forget_updates()
        if state.watch.best_epoch >= state.epoch - 1:  # the epoch that exploded, or the one before
            state.watch.best_params = None

    def _return_to_last_sound(self) -> None:
        self.return_to(self.last_sound)
        del self.state.history[self.last_sound.epoch - self.state.epochs_before :]
        self.state.forget_updates()  # the optimiser's memory belongs to later parameters

    def interrupt(self) -> None:
        """Stop at the last complete epoch, unless there was another reason to stop."""
        self.is_interrupted = True
        if self.state.watch.best_epoch > self.last_sound.epoch:
            self.keep_epoch()  # it was complete, and already noted as the best
        if self.is_going_on:
            self.stop(StopReason.INTERRUPTED)

    def result(self) -> Result:
        """Choose the parameters: of the best epoch with validation rows, else the last or last good ones."""
        state, watch, epoch = self.state, self.state.watch, self.state.epoch
        assert state.stop_reason is not None
        if watch.best_params is not None:
            state.params, watch.best_params, epoch = watch.best_params, None, watch.best_epoch
        elif state.stop_reason is StopReason.DIVERGED:
            epoch = state.last_good.epoch
        return Result(state, state.stop_reason, epoch, self.is_interrupted)


def watched_value(record: EpochRecord) -> float:
    """Get the number that should fall: minus the validation score, the validation loss or the loss."""
    if "val_score" in record:
        return -record["val_score"]
    return record["val_loss" if "val_loss" in record else "loss"]
