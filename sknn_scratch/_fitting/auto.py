"""What "auto" means: the values that depend on the data and on other parameters."""

import math

from sknn_scratch._core.optimizers import SOLVERS
from sknn_scratch._fitting.validation import rows_to_spare, validation_size

# With fewer training rows than this, "auto" holds out no validation rows, and means L-BFGS if possible.
AUTO_ROWS = 500
# If fewer validation rows than this are outside the most frequent class, the validation loss is mostly
# chance, and these rows are more useful in training.
AUTO_MINORITY_ROWS = 5
AUTO_BATCH_ROWS = 100
# Training stops after this number of epochs without an improvement, if they have at least as many updates.
AUTO_EPOCHS, AUTO_UPDATES = 10, 100


def chosen_solver(model, data, loss, *, partial):
    """Choose the solver: "auto" is L-BFGS for few rows, unless the fit needs a stochastic solver; else Adam.

    L-BFGS fits many rows too closely without validation rows, and then generalises badly.
    """
    if model.solver != "auto":
        return model.solver
    is_small = data.n_samples < AUTO_ROWS and data.validation is None
    needs_adam = partial or model.dropout > 0 or model.max_grad_norm is not None
    if is_small and not needs_adam and loss.is_smooth:
        return "lbfgs"
    return "adam"


def chosen_batch_size(model, data):
    """Choose the number of rows in a batch."""
    batch_size = {"auto": AUTO_BATCH_ROWS, None: data.n_samples}.get(model.batch_size, model.batch_size)
    return min(int(batch_size), data.n_samples)


def chosen_patience(model, solver, n_updates):
    """Choose after how many epochs without an improvement training stops.

    "auto" also waits for some updates: an epoch with few updates changes little, and the loss may stay on a
    plateau for many such epochs, until the hidden units differ. A solver that takes all rows chooses the
    lengths of its steps.
    """
    if model.n_iter_no_change != "auto":
        return int(model.n_iter_no_change)
    if SOLVERS[solver].takes_all_rows:
        return AUTO_EPOCHS
    return max(AUTO_EPOCHS, math.ceil(AUTO_UPDATES / n_updates))


def stops_early(estimator, target_kind, y):
    """Whether to hold out some of the training rows, with these y, to validate.

    "auto" holds none out if all rows must stay in training, or if nearly all held-out rows would be of one
    class.
    """
    if estimator.early_stopping != "auto":
        return bool(estimator.early_stopping)
    if len(y) < AUTO_ROWS or not rows_to_spare(target_kind, target_kind.strata(y)).any():
        return False
    share = validation_size(estimator.validation_fraction, len(y)) / len(y)
    return share * target_kind.n_minority(y) >= AUTO_MINORITY_ROWS
