"""The records of one network's training: what it reads, what it changes, and why it ended."""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple, TypeAlias

import numpy as np

from sknn_scratch._core.activations import Array
from sknn_scratch._core.data import Data
from sknn_scratch._core.network import Network
from sknn_scratch._core.optimizers import Memory, Optimizer
from sknn_scratch._core.schedules import SCHEDULES

EpochRecord: TypeAlias = dict[str, float]

# The adaptive schedule divides a learning rate above the minimum by this factor, as scikit-learn does.
ADAPTIVE_FACTOR = 5.0
ADAPTIVE_MINIMUM = 1e-6

# What another run of the same network continues with, besides the parameters.
KEPT = ("shuffle_rng", "dropout_rng", "memory", "n_updates", "loss_limit")


@dataclass(frozen=True)
class Config:
    network: Network
    optimizer: Optimizer
    batch_size: int
    max_iter: int
    learning_rate: float
    schedule: str = "constant"
    alpha: float = 0.0
    dropout: float = 0.0
    tol: float = 0.0
    n_iter_no_change: float = 10
    gradient_tol: float = 0.0
    max_grad_norm: float = math.inf


class StopReason(Enum):
    """Why a training ended; the value is a whole sentence."""

    CONVERGED = (
        "The training loss did not improve by more than tol for n_iter_no_change epochs or, with lbfgs, by "
        "more than rounding errors."
    )
    NO_IMPROVEMENT = (
        "The validation loss or score did not improve by more than tol for n_iter_no_change epochs."
    )
    END_OF_SCHEDULE = "The schedule of the learning rate has ended at zero."
    SMALL_GRADIENT = "The norm of the gradient fell below gradient_tol."
    MAX_ITER = "The maximum number of epochs was reached before the training converged."
    CALLBACK = "A callback stopped the training."
    INTERRUPTED = (
        "The training was interrupted; the weights are from the last complete epoch or, with validation "
        "rows, from the best epoch."
    )
    LINE_SEARCH_FAILED = "The line search of L-BFGS found no better weights."
    DIVERGED = (
        "The loss became infinite, exploded or stayed far above its first value; the last good weights are "
        "kept."
    )


class Epoch(NamedTuple):
    """The results of an epoch of one network."""

    record: EpochRecord
    first: float  # the objective of the first batch
    highest: float  # the highest objective of a batch; infinite if parameters are not finite
    end: StopReason | None = None  # why the solver can find no better parameters, if it cannot


class Snapshot(NamedTuple):
    """The parameters at the end of an epoch; the initial ones have the number 0."""

    epoch: int
    params: Array  # (n_params,)


@dataclass
class State:
    """All that changes while a network is trained."""

    params: Array  # (n_params,)
    shuffle_rng: np.random.Generator  # for the order of the rows
    dropout_rng: np.random.Generator  # for the dropped units
    memory: Memory = field(default_factory=dict)  # the optimiser's; empty before the first update
    n_updates: int = 0  # that the optimiser has made
    n_reductions: int = 0  # how often the adaptive schedule has divided the learning rate in this run
    history: list[EpochRecord] = field(default_factory=list)  # of the epochs of this run
    epochs_before: int = 0  # this run, which has its own ``max_iter``
    kept_epoch: int = 0  # after which the network had its parameters
    epochs_without_improvement: int = 0  # since the watched value last fell by more than ``tol``
    plateau_sum: Array | None = None  # (n_params,): of the parameters after these epochs, if it is needed
    best_value: float = math.inf  # the lowest watched value of this run
    best: Snapshot | None = None  # the parameters that had it; None before the first sound epoch
    loss_limit: float = math.inf  # an objective that is not below it has exploded
    stop_reason: StopReason | None = None  # None before the end; in training, ``stopping.stop`` sets it

    @property
    def epoch(self) -> int:
        return self.epochs_before + len(self.history)

    def for_another_run(self) -> "State":
        """Copy the state for a further run, which counts its own epochs and has its full patience."""
        kept = {name: copy.deepcopy(getattr(self, name)) for name in ("params", *KEPT)}
        return State(epochs_before=self.epoch, kept_epoch=self.kept_epoch, **kept)

    def forget_updates(self) -> None:
        """Clear the optimiser's memory, which belongs to other parameters or to another optimiser."""
        self.memory, self.n_updates = {}, 0


@dataclass
class Run:
    """The training of one network."""

    state: State
    data: Data
    config: Config
    clipped_norm: float = 0.0  # of the last gradient of the loss before it was clipped; zero if it was not
    is_interrupted: bool = False  # whether Control-C ended this training, or others in the same call
    first_val_loss: float = 0.0  # at the start; zero without validation rows
    widen: Callable[[Array], Array] | None = None  # set while it trains in another space: see ``row_space``
    last_sound: Snapshot = field(init=False)  # after the last sound epoch, or at the start

    def __post_init__(self) -> None:
        self.last_sound = self.snapshot()

    def snapshot(self) -> Snapshot:
        return Snapshot(self.state.kept_epoch, self.state.params.copy())

    def with_all_features(self, params: Array) -> Array:
        return params if self.widen is None else self.widen(params)

    @property
    def is_going_on(self) -> bool:
        return self.state.stop_reason is None

    @property
    def is_validated(self) -> bool:
        return self.data.validation is not None

    @property
    def penalty_strength(self) -> float:
        return self.config.alpha / self.data.penalty_divisor

    @property
    def epochs_done(self) -> int:
        return len(self.state.history)

    @property
    def learning_rate(self) -> float:
        factor = SCHEDULES[self.config.schedule].factor(self.epochs_done / self.config.max_iter)
        return self._reduced_rate * factor

    @property
    def may_go_slower(self) -> bool:
        return self._reduced_rate > ADAPTIVE_MINIMUM

    @property
    def _reduced_rate(self) -> float:
        rate = self.config.learning_rate
        for _ in range(self.state.n_reductions):  # one by one: a power rounds differently, and may overflow
            rate /= ADAPTIVE_FACTOR
        return rate
