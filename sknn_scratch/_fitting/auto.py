"""What "auto" means: the values that depend on the data and on other parameters."""

import math
from inspect import signature
from typing import NamedTuple

import numpy as np

from sknn_scratch._core.optimizers import OF_STOCHASTIC_SOLVERS, SOLVERS
from sknn_scratch._core.row_space import features_for_lbfgs
from sknn_scratch._core.schedules import SCHEDULES
from sknn_scratch._fitting.fitted import is_fitted

# With fewer training rows than this, solver="auto" is L-BFGS if possible. Here, Adam becomes as good: L-BFGS
# was slightly better with 1,000 rows of public tables, and slightly worse with 1,900. From here on, the
# learning rate goes through one cycle.
MANY_ROWS = 1500
# It is Adam, too, where L-BFGS would keep more numbers than this, 256 MiB in double precision. For each
# weight of the hidden layer, it keeps about 45: 20 for its last steps, others for points and gradients.
LBFGS_NUMBERS, LBFGS_NUMBERS_PER_WEIGHT = 2**28 // 8, 45
# With fewer training rows than this, early_stopping="auto" holds out no validation rows.
VALIDATION_ROWS = 500
# Batches have at least this number of rows.
AUTO_BATCH_ROWS = 100
# Training has this number of epochs at most.
MOST_EPOCHS = 200
# The longest cycle of the learning rate has about so many updates, and at most and at least so many epochs.
LONGEST_CYCLE, MOST_CYCLE_EPOCHS, FEWEST_CYCLE_EPOCHS = 12_000, 40, 4
# It has more epochs, up to ``MOST_EPOCHS``, until it has so many updates. With 600, fits of 1,550 rows were
# much worse than those of 1,450 by L-BFGS where y bends often: a spiral was hardly learned.
FEWEST_CYCLE_UPDATES = 2000
# Shorter ones have these shares of its epochs. They are as good, or better, where there is less to learn.
SHORTER_CYCLES = (0.125, 0.35)
# A further one has so many times its epochs, for a y with little noise.
FURTHER_CYCLE = 2.5
# With more epochs than this, the longest is the further one: few rows seldom gain by so many. But along few
# features y may bend often.
MANY_CYCLE_EPOCHS, FEW_FEATURES = 60, 5
# With fewer batches in an epoch, the learning rate is constant: the longest cycle would have too few updates.
FEWEST_CYCLE_BATCHES = 10
# An ensemble has so many networks for few and for many rows. With many, the third lowers the loss by 0.0005
# to 0.0008, in 1.1 to 1.2 times the time.
NETWORKS_FOR_FEW_ROWS, NETWORKS_FOR_MANY_ROWS = 4, 3
# Training stops after this number of epochs without an improvement. More epochs are needed if they have fewer
# than ``FEWEST_UPDATES``. Fewer are enough if they have ``MANY_UPDATES`` with the usual batches.
AUTO_EPOCHS, FEWEST_UPDATES, MANY_UPDATES = 10, 100, 1500
LEARNING_RATE = 0.005


def chosen_solver(model, inputs, loss, data):
    """Choose the solver: "auto" is L-BFGS for few rows, unless something else asks for Adam.

    Parameters that only a stochastic solver has do, if they are set. So do validation rows, which stop Adam
    at a good time: L-BFGS makes too few and too large steps for this.
    """
    if model.solver != "auto":
        return model.solver
    is_validated = inputs.X_val is not None or model.early_stopping not in ("auto", False)
    is_small = data.n_samples < MANY_ROWS and numbers_of_lbfgs(data, int(model.n_hidden)) <= LBFGS_NUMBERS
    needs_adam = inputs.partial or is_validated or sets_steps(model) or not loss.is_smooth
    return "lbfgs" if is_small and not needs_adam else "adam"


def numbers_of_lbfgs(data, n_hidden):
    """Count about how many numbers L-BFGS keeps: for each weight and, of wide rows, a copy of X."""
    n_features = features_for_lbfgs(data.X, data.n_samples, n_hidden)
    copied = data.n_samples * data.X.n_features if n_features < data.X.n_features else 0
    return copied + LBFGS_NUMBERS_PER_WEIGHT * n_features * n_hidden


def sets_steps(model):
    """Whether a parameter that only a stochastic solver has is not the default."""
    parameters = signature(type(model)).parameters  # a user's subclass may lack some
    return any(
        name in parameters and getattr(model, name) != parameters[name].default
        for name in OF_STOCHASTIC_SOLVERS
    )


def can_have_any_length(model, solver, data):
    """Whether a fit can have a cycle of any length: if it trains as by default, and sets no length."""
    trains_as_tried = solver == "adam" and not sets_steps(model)
    return trains_as_tried and model.max_iter == "auto" and chosen_schedule(model, data) == "one_cycle"


class Pace(NamedTuple):
    """How fast a network is trained, and for how long: fields of a ``Config``."""

    schedule: str
    batch_size: int
    max_iter: int
    n_iter_no_change: float


def chosen_pace(model, solver, data, enough, *, partial):
    """Choose what "auto" leaves open of the pace; the choice of alpha tells how many epochs are enough."""
    n_rows, takes_all_rows = data.n_samples, SOLVERS[solver].takes_all_rows
    is_constant = partial or takes_all_rows
    schedule = "constant" if is_constant else chosen_schedule(model, data)
    batch_size = n_rows if takes_all_rows else chosen_batch_size(model, schedule, n_rows)
    n_batches = math.ceil(n_rows / batch_size)
    epochs_of_cycle = epochs_of_longest(n_batches) if enough == math.inf else enough
    max_iter = epochs_of_cycle if SCHEDULES[schedule].ends else MOST_EPOCHS
    if partial or model.max_iter != "auto":
        max_iter = 1 if partial else int(model.max_iter)
    patience = AUTO_EPOCHS if takes_all_rows else usual_patience(schedule, n_rows, batch_size)
    if model.n_iter_no_change != "auto":
        patience = float(model.n_iter_no_change)
    return Pace(schedule, batch_size, max_iter, patience)


class Cycle(NamedTuple):
    """A cycle that a new network with many rows may have; a further one needs a y with little noise."""

    pace: Pace
    is_further: bool


def cycles(n_rows, n_features):
    """List the cycles that a new network with many rows may have, from the shortest on."""
    longest = longest_cycle(n_rows)
    n_batches, n_epochs = math.ceil(n_rows / longest.batch_size), longest.max_iter
    usual = {max(FEWEST_CYCLE_EPOCHS, math.ceil(share * n_epochs)) for share in SHORTER_CYCLES}
    further = n_epochs
    if n_epochs <= MANY_CYCLE_EPOCHS or n_features <= FEW_FEATURES:
        usual.add(n_epochs)
        further = min(MOST_EPOCHS, math.ceil(LONGEST_CYCLE / n_batches), math.ceil(FURTHER_CYCLE * n_epochs))
    lengths = sorted({*usual, max(n_epochs, further)})
    return [Cycle(longest._replace(max_iter=length), length not in usual) for length in lengths]


def longest_cycle(n_rows):
    """Choose the pace of the longest cycle, which no held-out loss has shortened or made longer."""
    batch_size = usual_batch_size("one_cycle", n_rows)
    return Pace("one_cycle", batch_size, epochs_of_longest(math.ceil(n_rows / batch_size)), math.inf)


def epochs_of_longest(n_batches):
    """Choose the number of epochs of the longest cycle."""
    most = max(MOST_CYCLE_EPOCHS, min(MOST_EPOCHS, math.ceil(FEWEST_CYCLE_UPDATES / n_batches)))
    return max(FEWEST_CYCLE_EPOCHS, min(most, math.ceil(LONGEST_CYCLE / n_batches)))


def usual_n_networks(n_rows):
    """Choose the number of networks in an ensemble."""
    return NETWORKS_FOR_FEW_ROWS if n_rows < MANY_ROWS else NETWORKS_FOR_MANY_ROWS


def chosen_schedule(model, data):
    """Choose the schedule of the learning rate: "auto" is one cycle for a new network and many rows.

    It is as good as a constant rate that goes on until the loss stays, and takes half the epochs or fewer.
    Validation rows stop a constant rate at a good time. A few epochs, or a few updates in each, are no cycle.
    """
    if model.learning_rate_schedule != "auto":
        return model.learning_rate_schedule
    is_new, is_validated = not is_fitted(model), data.validation is not None
    has_epochs = model.max_iter == "auto" or model.max_iter >= FEWEST_CYCLE_EPOCHS
    batch_size = chosen_batch_size(model, "one_cycle", data.n_samples)
    has_batches = data.n_samples >= FEWEST_CYCLE_BATCHES * batch_size
    is_cycle = is_new and has_epochs and has_batches and not is_validated and data.n_samples >= MANY_ROWS
    return "one_cycle" if is_cycle else "constant"


def chosen_batch_size(model, schedule, n_rows):
    """Choose the number of rows in a batch."""
    usual = usual_batch_size(schedule, n_rows)
    batch_size = {"auto": usual, None: n_rows}.get(model.batch_size, model.batch_size)
    return min(int(batch_size), n_rows)


def usual_batch_size(schedule, n_rows):
    """Choose the batches of many rows so large that an epoch has as many batches as a batch has rows.

    The high learning rates of one cycle allow for twice as many rows.
    """
    return max(AUTO_BATCH_ROWS, math.isqrt(n_rows) * (2 if schedule == "one_cycle" else 1))


def usual_patience(schedule, n_rows, batch_size):
    """Choose after how many epochs without an improvement training stops.

    Updates count too. An epoch of few rows changes little, and the loss may stay on a plateau for many such
    epochs, until the hidden units differ. Of many rows, each epoch is a long time to wait. A number of epochs
    depends on the usual batches, as smaller ones make more updates, but each of them is noisier. A schedule
    that ends is not stopped before.
    """
    if SCHEDULES[schedule].ends:
        return math.inf
    epochs = min(AUTO_EPOCHS, math.ceil(MANY_UPDATES * usual_batch_size(schedule, n_rows) / n_rows))
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
