"""What is trained: a state, data and a config for every network.

TrainConfig   the hyperparameters, fixed
TrainState    what training changes
TrainTask     state, data and config of one network
TrainResult   what training makes of it
"""

import copy
import math
from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeAlias

import numpy as np

from sknn_scratch._core.activations import Array
from sknn_scratch._core.blocks import sizes_of_blocks
from sknn_scratch._core.data import TrainData
from sknn_scratch._core.narrowing import is_wide
from sknn_scratch._core.network import Network
from sknn_scratch._core.optimizers import Memory
from sknn_scratch._core.stopping import StopReason, Watch

EpochRecord: TypeAlias = dict[str, float]


@dataclass(frozen=True)
class TrainConfig:
    """The hyperparameters of one network."""

    network: Network
    solver: str
    batch_size: int
    max_iter: int
    learning_rate: float
    schedule: str = "constant"
    alpha: float = 0.0
    dropout: float = 0.0
    momentum: float = 0.9
    nesterov: bool = True
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    tol: float = 0.0
    n_iter_no_change: int = 10
    gradient_tol: float = 0.0


@dataclass
class TrainState:
    """All that changes while a network is trained; from it, training goes on as if never stopped.

    Attributes
    ----------
    params : ndarray of shape (n_params,)
    shuffle_rng, dropout_rng : Generator
        The random streams of the order of the rows and of the dropped units.
    learning_rate : float
        The current one; the adaptive schedule lowers it.
    memory : dict of ndarray of shape (n_params,)
        The optimiser's.
    n_updates : int
        How many updates the optimiser has made.
    history : list of dict
        One record for each epoch of the present run.
    epochs_before : int
        How many epochs were made before the present run, which has its own ``max_iter``.
    watch : Watch
        The best epoch of the present run.
    loss_limit : float
        What counts as an explosion of the objective; infinite until the first batch.
    last_good : ndarray of shape (n_params,) or None
        What a divergence returns to; None until there has been a good epoch in the present run.
    good_epoch : int
        The epoch at whose end the parameters were ``last_good``, or the present run's initial ones.
    stop_reason : StopReason or None
        Why the present run has ended; None while it has not.
    """

    params: Array
    shuffle_rng: np.random.Generator
    dropout_rng: np.random.Generator
    learning_rate: float
    memory: Memory = field(default_factory=dict)
    n_updates: int = 0
    history: list[EpochRecord] = field(default_factory=list)
    epochs_before: int = 0
    watch: Watch = field(default_factory=Watch)
    loss_limit: float = math.inf
    last_good: Array | None = None
    good_epoch: int = 0
    stop_reason: StopReason | None = None

    @property
    def epoch(self) -> int:
        """Number of epochs made."""
        return self.epochs_before + len(self.history)

    def copy(self) -> "TrainState":
        """Copy all that training changes; the records of the history are never changed."""
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
        """Leave the optimiser without memory: it belonged to other parameters, or to another optimiser."""
        self.memory, self.n_updates = {}, 0

    def for_another_run(self, learning_rate: float) -> "TrainState":
        """Copy the state for a further run, with full patience and its own epochs to count."""
        return replace(
            self.copy(),
            learning_rate=learning_rate,
            history=[],
            epochs_before=self.epoch,
            watch=Watch(),
            last_good=None,
            good_epoch=self.epoch,
            stop_reason=None,
        )


class TrainTask(NamedTuple):
    """One network to train."""

    state: TrainState
    data: TrainData
    config: TrainConfig


class TrainResult(NamedTuple):
    """One network, trained."""

    state: TrainState  # its params are the best epoch's where there is a validation, else the last's
    stop_reason: StopReason
    best_epoch: int
    is_interrupted: bool = False  # whether Control-C ended the training, of this network or of others with it


def group_key(task: TrainTask) -> Hashable:
    """Tasks with equal keys can be trained together, unless they are trained alone."""
    state, data, config = task
    return (
        config.network,
        config.solver,
        data.n_samples,
        config.batch_size,
        (config.nesterov, config.beta_1, config.beta_2, config.epsilon),
        config.dropout > 0,
        (None if data.validation is None else data.validation.n_rows, data.score is None),
        isinstance(data.X, np.ndarray),
        state.params.dtype.str,
        state.n_updates,
    )


def trains_alone(task: TrainTask) -> bool:
    """Whether a task is trained alone.

    L-BFGS makes its own steps, a narrow network has its own parts, and in blocks sums are rounded otherwise.
    """
    _, data, config = task
    return config.solver == "lbfgs" or is_trained_narrow(config, data) or has_large_batches(task)


def has_large_batches(task: TrainTask) -> bool:
    """Whether the gradients of the batches are computed in blocks of rows."""
    _, data, config = task
    n_rows = min(config.batch_size, data.n_samples)
    return len(sizes_of_blocks(data.X, config.network.shape, n_rows)) > 1


def is_trained_narrow(config: TrainConfig, data: TrainData) -> bool:
    """Whether the network is wide and its rows sparse, so that batches train parts of it."""
    is_sparse = not isinstance(data.X, np.ndarray)
    return is_sparse and config.solver != "lbfgs" and is_wide(config.network.shape)
