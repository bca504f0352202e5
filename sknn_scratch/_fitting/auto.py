"""What "auto" means: the values that depend on the data and on other parameters."""

import math
from inspect import signature

import numpy as np

from sknn_scratch._core.optimizers import OF_STOCHASTIC_SOLVERS, SOLVERS

# With fewer training rows than this, solver="auto" is L-BFGS if possible. Here, Adam becomes as good: L-BFGS
# was slightly better with 1,000 rows of public tables, and slightly worse with 1,900.
LBFGS_ROWS = 1500
# With fewer training rows than this, early_stopping="auto" holds out no validation rows.
VALIDATION_ROWS = 500
# It is Adam, too, for a hidden layer with more weights than this, of each of which L-BFGS keeps about 45
# numbers in double precision, 256 MiB in all: 20 for its last steps, others for points and gradients.
LBFGS_WEIGHTS = 2**28 // (45 * 8)
AUTO_BATCH_ROWS = 100
# Training stops after this number of epochs without an improvement. More epochs are needed if they have fewer
# than ``FEWEST_UPDATES``. Fewer are enough if they have ``MANY_UPDATES`` with the usual batches.
AUTO_EPOCHS, FEWEST_UPDATES, MANY_UPDATES = 10, 100, 1500


def chosen_solver(model, inputs, loss, n_rows, n_features):
    """Choose the solver: "auto" is L-BFGS for few rows, unless something else asks for Adam.

    Parameters that only a stochastic solver has do, if they are set. So do validation rows, which stop Adam
    at a good time: L-BFGS makes too few and too large steps for this.
    """
    if model.solver != "auto":
        return model.solver
    is_validated = inputs.X_val is not None or model.early_stopping not in ("auto", False)
    parameters = signature(type(model)).parameters  # a user's subclass may lack some
    are_set = any(
        name in parameters and getattr(model, name) != parameters[name].default
        for name in OF_STOCHASTIC_SOLVERS
    )
    has_few_weights = n_features * int(model.n_hidden) <= LBFGS_WEIGHTS
    is_small = n_rows < LBFGS_ROWS and has_few_weights
    needs_adam = inputs.partial or is_validated or are_set or not loss.is_smooth
    return "lbfgs" if is_small and not needs_adam else "adam"


def chosen_batch_size(model, n_rows):
    """Choose the number of rows in a batch."""
    batch_size = {"auto": usual_batch_size(n_rows), None: n_rows}.get(model.batch_size, model.batch_size)
    return min(int(batch_size), n_rows)


def usual_batch_size(n_rows):
    """Choose the batches of many rows so large that an epoch has as many batches as a batch has rows."""
    return max(AUTO_BATCH_ROWS, math.isqrt(n_rows))


def chosen_patience(model, solver, n_rows, batch_size):
    """Choose after how many epochs without an improvement training stops.

    "auto" counts updates too. An epoch of few rows changes little, and the loss may stay on a plateau for
    many such epochs, until the hidden units differ. Of many rows, each epoch is a long time to wait. A number
    of epochs depends on the usual batches, as smaller ones make more updates, but each of them is noisier. A
    solver that takes all rows chooses the lengths of its steps.
    """
    if model.n_iter_no_change != "auto":
        return float(model.n_iter_no_change)
    if SOLVERS[solver].takes_all_rows:
        return AUTO_EPOCHS
    epochs = min(AUTO_EPOCHS, math.ceil(MANY_UPDATES * usual_batch_size(n_rows) / n_rows))
    return max(epochs, math.ceil(FEWEST_UPDATES / math.ceil(n_rows / batch_size)))


def stops_early(estimator, target_kind, y, solver):
    """Whether to hold out some of the training rows, with these y, to validate.

    "auto" holds some out of many rows for a stochastic solver with a given alpha: an alpha that is chosen by
    the data already prevents overfitting. It holds none out if all rows must stay in training.
    """
    if estimator.early_stopping != "auto":
        return bool(estimator.early_stopping)
    if estimator.alpha == "auto" or SOLVERS[solver].takes_all_rows or len(y) < VALIDATION_ROWS:
        return False
    return bool(np.bincount(target_kind.strata(y)).max() > target_kind.n_kept)
