"""What "auto" means: the values that depend on the data and on other parameters."""

import math

from sknn_scratch._fitting.validation import rows_to_spare, validation_size

# With "auto", fewer training rows than this are neither validated nor cut into mini-batches.
AUTO_ROWS = 500
# With fewer validation rows than this outside the most frequent class, their loss is mostly chance, and these
# rows are worth more in training.
AUTO_MINORITY_ROWS = 5
AUTO_BATCH_ROWS = 100
# Training stops after so many epochs without an improvement, but not before so many updates without one.
AUTO_EPOCHS, AUTO_UPDATES = 10, 100


def chosen_solver(model, data, *, partial):
    """Choose the solver: "auto" is L-BFGS for few rows, unless the fit needs what it cannot do; else Adam.

    Without a validation, L-BFGS fits many rows so closely that it generalises badly.
    """
    if model.solver != "auto":
        return model.solver
    is_small = data.n_samples < AUTO_ROWS and data.validation is None
    needs_adam = partial or model.dropout > 0 or model.max_grad_norm is not None
    if is_small and not needs_adam and model._target_kinds.is_smooth(model):
        return "lbfgs"
    return "adam"


def chosen_batch_size(model, data):
    """Choose the number of rows in a batch."""
    batch_size = {"auto": AUTO_BATCH_ROWS, None: data.n_samples}.get(model.batch_size, model.batch_size)
    return min(int(batch_size), data.n_samples)


def chosen_patience(model, solver, n_updates):
    """Choose the epochs without an improvement that end the training: "auto" waits for some updates too.

    An epoch of few updates is hardly a step; where units first have to become different, the loss may stay
    on a plateau for many such epochs. A step of L-BFGS is as long as it pays.
    """
    if model.n_iter_no_change != "auto":
        return int(model.n_iter_no_change)
    return AUTO_EPOCHS if solver == "lbfgs" else max(AUTO_EPOCHS, math.ceil(AUTO_UPDATES / n_updates))


def stops_early(estimator, target_kind, y):
    """Whether some of the training rows, with these y, shall be held out to validate.

    "auto" holds none out if all of them must stay in training, or if the held-out rows would be of one class
    but for a few.
    """
    if estimator.early_stopping != "auto":
        return bool(estimator.early_stopping)
    if len(y) < AUTO_ROWS or not rows_to_spare(target_kind, target_kind.strata(y)).any():
        return False
    share = validation_size(estimator.validation_fraction, len(y)) / len(y)
    return share * target_kind.n_minority(y) >= AUTO_MINORITY_ROWS
