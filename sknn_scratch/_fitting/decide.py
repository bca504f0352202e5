"""What a user leaves "auto" is decided here, once, from facts about the data and from what the user has set.

    decide    facts go in, decisions come out

Only alpha, the length of a cycle and, with L-BFGS, at times tol are left to the data, in ``choice``. No
number decides which method is taken, and nothing is compared with its default. Whoever sets a learning rate,
a schedule, the size of a batch, dropout or clipping, to whatever value, asks for a stochastic solver. What
each number was measured to be worth is in docs/defaults.md.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

from sknn_scratch._core.optimizers import OF_STOCHASTIC_SOLVERS, SOLVERS
from sknn_scratch._core.schedules import SCHEDULES
from sknn_scratch._targets.base import TargetKind

# With fewer rows than this, solver="auto" is L-BFGS if possible. From here on, it is Adam with one cycle.
MANY_ROWS = 1500
# It is Adam, too, where L-BFGS would keep more numbers than this, 256 MiB in double precision.
LBFGS_NUMBERS = 2**28 // 8
# Batches have at least this number of rows.
AUTO_BATCH_ROWS = 100
# Training has this number of epochs at most, or of iterations of L-BFGS.
MOST_EPOCHS, MOST_ITERATIONS = 200, 500
# The longest cycle of the learning rate has about so many updates, and at most and at least so many epochs.
LONGEST_CYCLE, MOST_CYCLE_EPOCHS, FEWEST_CYCLE_EPOCHS = 12_000, 40, 4
# It has more epochs, up to ``MOST_EPOCHS``, until it has so many updates.
FEWEST_CYCLE_UPDATES = 2000
# An ensemble has so many networks for few and for many rows.
NETWORKS_FOR_FEW_ROWS, NETWORKS_FOR_MANY_ROWS = 4, 3
# Training stops after this number of epochs without an improvement. More epochs are needed if they have fewer
# than ``FEWEST_UPDATES``. Fewer are enough if they have ``MANY_UPDATES`` with the usual batches.
AUTO_EPOCHS, FEWEST_UPDATES, MANY_UPDATES = 10, 100, 1500
# An improvement is larger than this, or than the small limit where the data choose it.
TOL, SMALL_TOL = 1e-3, 1e-4


@dataclass(frozen=True)
class Facts:
    """What the decisions depend on, beside the parameters."""

    n_rows: int  # with a positive weight
    lbfgs_numbers: int  # so many numbers L-BFGS would keep
    target_kind: TargetKind
    is_new: bool  # whether the network has not been trained yet
    is_part: bool  # whether the fit is a call of ``partial_fit``
    has_validation: bool  # whether the user has given rows to validate with


@dataclass(frozen=True)
class Decisions:
    """What "auto" means for one fit; None where the data choose."""

    solver: str
    learning_rate: float
    tol: float | None
    alpha: float | None
    holds_out: bool  # whether some of the rows are held out to validate
    pace: "Pace"  # with the longest cycle, if the learning rate has one
    any_length: bool  # whether the data choose a shorter or a longer one, or when L-BFGS ends


class Pace(NamedTuple):
    """How fast a network is trained, and for how long: fields of a ``Config``."""

    schedule: str
    batch_size: int
    max_iter: int
    n_iter_no_change: float


def decide(model, facts: Facts) -> Decisions:
    """Decide what is "auto"; raise ValueError for parameters that are valid alone but not together."""
    solver = usual_solver(model, facts) if model.solver == "auto" else model.solver
    optimizer = SOLVERS[solver]
    if optimizer.takes_all_rows:
        refuse_for_all_rows(model, facts.target_kind.loss, solver)
    holds_out = asks_for_validation(model) and not (facts.is_part or facts.has_validation)
    pace = usual_pace(model, facts, optimizer, is_validated=holds_out or facts.has_validation)
    alpha = decided_alpha(model, facts)
    leaves_length = alpha is None and model.max_iter == "auto"
    has_cycle = solver == "adam" and not asks_for_steps(model) and pace.schedule == "one_cycle"
    tol = decided_tol(model, facts, optimizer, leaves_length)
    return Decisions(
        solver,
        optimizer.usual_learning_rate if model.learning_rate == "auto" else float(model.learning_rate),
        tol,
        alpha,
        holds_out,
        pace,
        any_length=leaves_length and (has_cycle or tol is None),
    )


def decided_alpha(model, facts):
    """Get the alpha that is given, that of an earlier fit, or the usual one of a part; else None."""
    if model.alpha != "auto":
        return float(model.alpha)
    return getattr(model, "alpha_", facts.target_kind.usual_alpha if facts.is_part else None)


def usual_solver(model, facts):
    """Choose L-BFGS for few rows, unless something asks for steps of batches.

    So do validation rows, which stop Adam at a good time: L-BFGS makes too few and too large steps for this.
    """
    is_small = facts.n_rows < MANY_ROWS and facts.lbfgs_numbers <= LBFGS_NUMBERS
    is_validated = facts.has_validation or asks_for_validation(model)
    is_smooth = facts.target_kind.loss.is_smooth
    needs_steps = facts.is_part or is_validated or asks_for_steps(model) or not is_smooth
    return "lbfgs" if is_small and not needs_steps else "adam"


def asks_for_steps(model):
    """Whether a parameter is set that only a stochastic solver has."""
    return any(getattr(model, name) != unset for name, unset in OF_STOCHASTIC_SOLVERS.items())


def asks_for_validation(model):
    return model.early_stopping not in ("auto", False)


def decided_tol(model, facts, optimizer, leaves_length):
    """Choose how small a gain ends the training; None if the data choose.

    They do for L-BFGS, few rows and losses whose scale is unknown: a y with little noise has small ones. Who
    sets the number of its iterations gets all of them.
    """
    if model.tol != "auto":
        return float(model.tol)
    if not optimizer.takes_all_rows or facts.target_kind.loss.knows_scale:
        return TOL
    if leaves_length and facts.n_rows < MANY_ROWS:
        return None
    return TOL if model.max_iter == "auto" else SMALL_TOL


# --- The pace ---


def usual_pace(model, facts, optimizer, *, is_validated):
    n_rows, takes_all_rows = facts.n_rows, optimizer.takes_all_rows
    schedule = model.learning_rate_schedule
    if takes_all_rows or facts.is_part:
        schedule = "constant"
    elif schedule == "auto":
        schedule = usual_schedule(model, facts, is_validated)
    usual_size = usual_batch_size(schedule, n_rows)
    batch_size = {"auto": usual_size, None: n_rows}.get(model.batch_size, model.batch_size)
    batch_size = n_rows if takes_all_rows else min(int(batch_size), n_rows)
    n_batches = math.ceil(n_rows / batch_size)
    most = MOST_ITERATIONS if takes_all_rows else MOST_EPOCHS
    max_iter = epochs_of_longest(n_batches) if SCHEDULES[schedule].ends else most
    if facts.is_part or model.max_iter != "auto":
        max_iter = 1 if facts.is_part else int(model.max_iter)
    patience = AUTO_EPOCHS if takes_all_rows else usual_patience(schedule, n_rows, n_batches)
    if model.n_iter_no_change != "auto":
        patience = float(model.n_iter_no_change)
    return Pace(schedule, batch_size, max_iter, patience)


def usual_schedule(model, facts, is_validated):
    """Choose one cycle for a new network and many rows.

    It is as good as a constant rate that goes on until the loss stays, and takes half the epochs or fewer.
    Validation rows stop a constant rate at a good time. With all rows in a batch, it is gradient descent as
    in textbooks.
    """
    is_cycle = facts.is_new and facts.n_rows >= MANY_ROWS and not is_validated
    return "one_cycle" if is_cycle and model.batch_size is not None else "constant"


def usual_batch_size(schedule, n_rows):
    """Choose the batches of many rows so large that an epoch has as many batches as a batch has rows.

    The high learning rates of one cycle allow for twice as many rows.
    """
    return max(AUTO_BATCH_ROWS, math.isqrt(n_rows) * (2 if schedule == "one_cycle" else 1))


def usual_patience(schedule, n_rows, n_batches):
    """Choose after how many epochs without an improvement training stops.

    Updates count too. An epoch of few rows changes little, and the loss may stay on a plateau for many such
    epochs, until the hidden units differ. Of many rows, each epoch is a long time to wait. A number of epochs
    depends on the usual batches, as smaller ones make more updates, but each of them is noisier. A schedule
    that ends is not stopped before.
    """
    if SCHEDULES[schedule].ends:
        return math.inf
    epochs = min(AUTO_EPOCHS, math.ceil(MANY_UPDATES * usual_batch_size(schedule, n_rows) / n_rows))
    return max(epochs, math.ceil(FEWEST_UPDATES / n_batches))


def longest_cycle(n_rows):
    """Choose the pace of the longest cycle, which no held-out loss has shortened or made longer."""
    batch_size = usual_batch_size("one_cycle", n_rows)
    return Pace("one_cycle", batch_size, epochs_of_longest(math.ceil(n_rows / batch_size)), math.inf)


def epochs_of_longest(n_batches):
    most = max(MOST_CYCLE_EPOCHS, min(MOST_EPOCHS, math.ceil(FEWEST_CYCLE_UPDATES / n_batches)))
    return max(FEWEST_CYCLE_EPOCHS, min(most, math.ceil(LONGEST_CYCLE / n_batches)))


def usual_n_networks(n_rows):
    return NETWORKS_FOR_FEW_ROWS if n_rows < MANY_ROWS else NETWORKS_FOR_MANY_ROWS


# --- Parameters that do not go together ---


def refuse_for_all_rows(model, loss, solver):
    """Raise ValueError if a solver that takes all rows cannot do what is asked for."""
    for name, reason in (
        ("dropout", "minimises a fixed objective"),
        ("max_grad_norm", "chooses the length of its steps itself"),
    ):
        value = getattr(model, name)
        if value is not None:
            raise ValueError(
                f"{name}={value} needs a stochastic solver, since {solver} {reason}; use "
                f"solver={stochastic_solvers()}, or {name}=None."
            )
    if not loss.is_smooth:
        raise ValueError(
            f"loss={model.loss!r} has kinks, where the line search of {solver} fails; use "
            f"solver={stochastic_solvers()}, or loss='huber'."
        )


def stochastic_solvers():
    *some, last = (repr(name) for name, solver in SOLVERS.items() if not solver.takes_all_rows)
    return f"{', '.join(some)} or {last}"
