"""Why training ends; ``training.reason_to_stop`` applies most of the rules."""

from enum import Enum

# A batch's loss this many times the larger of 1 and the first batch's is an explosion: trainings that recover
# stay far below it.
EXPLOSION = 1e6
# If training stops improving at a loss this many times the larger of 1 and the first epoch's, it has not
# converged, but diverged.
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
