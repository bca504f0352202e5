"""Why training ends, and the best epoch so far; ``training.reason_to_stop`` applies the rules."""

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np

from sknn_scratch._core.activations import Array

# A loss this many times the first loss is an explosion: trainings that recover stay far below it.
EXPLOSION = 1e6
# If training stops improving at a loss this many times the first epoch's, it has diverged, not converged.
FAILURE = 10.0


class StopReason(Enum):
    """Why a training ended; the value is a whole sentence."""

    CONVERGED = (
        "The training loss did not improve by more than tol for n_iter_no_change epochs or, with lbfgs, by "
        "more than rounding errors."
    )
    NO_IMPROVEMENT = (
        "The validation loss or score did not improve by more than tol for n_iter_no_change epochs."
    )
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


@dataclass
class Watch:
    """The best value so far, and the number of epochs without an improvement of more than ``tol``.

    Smaller is better. ``best_params`` is a copy; it is None without validation rows.
    """

    best_value: float = math.inf
    best_epoch: int = 0
    best_params: Array | None = None
    epochs_without_improvement: int = 0

    def see(self, value: float, epoch: int, tol: float, params: Array | None) -> None:
        """Record an epoch's value; copy ``params`` if it is the best."""
        if value < self.best_value - tol:
            self.epochs_without_improvement = 0
        else:
            self.epochs_without_improvement += 1
        if value < self.best_value:
            best_params = None if params is None else np.copy(params)
            # In one statement: an interrupt must not separate the value, the epoch and the parameters.
            self.best_value, self.best_epoch, self.best_params = value, epoch, best_params
