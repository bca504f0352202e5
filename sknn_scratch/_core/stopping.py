"""When and why training ends: ``reason_to_stop`` is the only judge."""

import math
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

import numpy as np

from sknn_scratch._core.activations import Array

# A loss this many times the first one is an explosion: trainings that recover stay far below it.
EXPLOSION = 1e6
# Without improvement for long, a loss this many times the first epoch's means divergence, not convergence.
FAILURE = 10.0


class StopReason(Enum):
    """Why a training ended; the value is a whole sentence."""

    CONVERGED = "The training loss did not improve by more than tol for n_iter_no_change epochs."
    NO_IMPROVEMENT = "The validation did not improve by more than tol for n_iter_no_change epochs."
    SMALL_GRADIENT = "The norm of the gradient fell below gradient_tol."
    MAX_ITER = "The maximum number of epochs was reached before the training converged."
    CALLBACK = "A callback asked for the end."
    INTERRUPTED = (
        "The training was interrupted; the weights are those of the last whole epoch, or of the best one if "
        "there was a validation."
    )
    LINE_SEARCH_FAILED = "L-BFGS found no better weights where it expected them; it stopped early."
    DIVERGED = (
        "The loss became infinite, exploded or stayed far above its start; the weights are the last good "
        "ones."
    )


class Judged(Protocol):
    """What ``reason_to_stop`` looks at; see ``state.Run``."""

    config: Any  # gradient_tol, max_iter
    is_sound: bool

    @property
    def gradient_norm(self) -> float: ...
    @property
    def is_out_of_patience(self) -> bool: ...
    @property
    def is_validated(self) -> bool: ...
    @property
    def has_failed(self) -> bool: ...
    @property
    def epochs_done(self) -> int: ...


def reason_to_stop(run: Judged) -> StopReason | None:
    """Judge the epoch that has just ended; None lets the training go on."""
    if not run.is_sound:
        return StopReason.DIVERGED
    if run.gradient_norm < run.config.gradient_tol:
        return StopReason.SMALL_GRADIENT
    if run.is_out_of_patience:
        if run.is_validated:
            return StopReason.NO_IMPROVEMENT
        return StopReason.DIVERGED if run.has_failed else StopReason.CONVERGED
    return StopReason.MAX_ITER if run.epochs_done >= run.config.max_iter else None


def explosion_limit(first_loss: float) -> float:
    """Get the loss that counts as an explosion, by the first one."""
    return EXPLOSION * max(1.0, first_loss)


def failure_limit(first_loss: float) -> float:
    """Get the loss that is too far above the first one to be an end."""
    return FAILURE * max(1.0, first_loss)


@dataclass
class Watch:
    """The best value seen so far, and for how many epochs there has been none better by ``tol``.

    Smaller is better. ``best_params`` is a copy, kept only where there is a validation.
    """

    best_value: float = math.inf
    best_epoch: int = 0
    best_params: Array | None = None
    epochs_without_improvement: int = 0

    def see(self, value: float, epoch: int, tol: float, params: Array | None) -> None:
        """Take note of an epoch's value; copy ``params`` if it is the best."""
        if value < self.best_value - tol:
            self.epochs_without_improvement = 0
        else:
            self.epochs_without_improvement += 1
        if value < self.best_value:
            best_params = None if params is None else np.copy(params)
            # In one statement: an interrupt must not separate the value, the epoch and the parameters.
            self.best_value, self.best_epoch, self.best_params = value, epoch, best_params
