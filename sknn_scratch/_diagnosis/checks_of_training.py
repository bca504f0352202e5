"""Findings about the training: its end and its result."""

import numpy as np

from sknn_scratch._causes.causes import plateau_of_the_start
from sknn_scratch._causes.evidence import ON_DATA, TRAINING, UNKNOWN_GUESS, UNLEARNT, VALIDATION
from sknn_scratch._causes.measured import Limits, Measured
from sknn_scratch._causes.remedies import ALL_EPOCHS, REMEDIES_OF_ENDS
from sknn_scratch._causes.words import multiple_of
from sknn_scratch._diagnosis.checks_of_units import HINGES, SATURATION_LIMITS
from sknn_scratch._inspection import output_names

# At 1/2, new rows cost half of the loss of a guess more. Healthy networks stay below 0.15.
OVERFITTING_LIMITS = Limits(0.25, 0.5)
# The loss that is recorded while weights change differs by less from that of the final weights (tried on
# public data sets), in losses of a guess.
SAME = 0.02
# If the loss fell by 5 % in the last tenth of the epochs, it would fall much further in as many more epochs.
TOO_EARLY_LIMITS = Limits(0.01, 0.05)
LAST_PART = 10  # "the last tenth"
# A class that is missed in half of its rows is hardly learnt. If it is missed in nine of ten, it is ignored.
IMBALANCE_LIMITS = Limits(0.5, 0.9)
# A class is rare if it has less than half of an equal share of the rows.
RARE = 0.5


def overfitting(evidence):
    """Compare the loss on other rows with the loss in training."""
    gap, known = evidence.overfitting_gap, evidence.known_losses
    if evidence.fitted.stop_reason_ == "diverged":
        return "the training diverged"
    if evidence.loss_of_a_guess is None:
        return UNKNOWN_GUESS
    if gap is None:
        return "it needs y, or a fit with validation (early_stopping=True)"
    is_hinge = evidence.fitted._activation_ in HINGES
    if not is_hinge and evidence.hidden_layer.flat_fraction > SATURATION_LIMITS.problem:
        return "the hidden units are saturated"
    if evidence.lowest_loss > evidence.loss_range[1]:
        return "the loss is no lower than that of a constant prediction"
    if VALIDATION not in known and known[ON_DATA] <= known[TRAINING] + SAME * evidence.loss_of_a_guess:
        return (
            "these may be the training rows, since their loss is no higher than in training; pass rows that "
            "the fit has not seen"
        )
    losses = ", ".join(f"{loss:.3g} {where}" for where, loss in known.items())
    return Measured(
        gap,
        OVERFITTING_LIMITS,
        f"Mean losses: {losses}. On new rows, the loss is higher by {gap:.0%} of the loss of a constant "
        "prediction" + (", if X, y are new." if ON_DATA in known else "."),
        (
            "increase alpha",
            "increase dropout",
            "decrease n_hidden",
            "use early_stopping=True",
            "get more training data",
        ),
    )


def stopped_too_early(evidence):
    """Look at how steeply the watched loss was still falling at the end."""
    watched = evidence.history("val_loss")
    if not len(watched):
        watched = evidence.history("loss")
    if len(watched) < 2:
        return "it needs the losses of two epochs"
    if evidence.was_trained_by_parts:
        return "the calls of partial_fit may differ in their rows"
    if evidence.loss_of_a_guess is None:
        return UNKNOWN_GUESS
    n_last = max(1, len(watched) // LAST_PART)
    lowest = np.minimum.accumulate(watched)
    fall = (lowest[-1 - n_last] - lowest[-1]) / evidence.loss_of_a_guess
    epochs = f"last {n_last} epochs" if n_last > 1 else "last epoch"
    own_rule = ("decrease tol", "increase n_iter_no_change")
    is_unfinished = evidence.fitted.stop_reason_ in {*REMEDIES_OF_ENDS, *ALL_EPOCHS}
    return Measured(
        fall,
        TOO_EARLY_LIMITS,
        f"In the {epochs} the loss still fell by {fall:.1%} of the loss of a constant prediction.",
        (*(("increase max_iter",) if is_unfinished else own_rule), "increase learning_rate"),
    )


def not_converged(evidence):
    """Look at why training stopped, by its own rule or before it."""
    fitted = evidence.fitted
    if fitted.stop_reason_ == "max_iter" and evidence.was_trained_by_parts:
        return "partial_fit has no stopping rule; you decide whether to continue"
    severity, why = "ok", f"by its stopping rule ({fitted.stop_reason_})"
    if fitted.stop_reason_ == "diverged":
        severity, why = "problem", "because it diverged"
    elif fitted.stop_reason_ in REMEDIES_OF_ENDS:
        severity, why = "warning", f"before its stopping rule was met ({fitted.stop_reason_})"
    return Measured(
        float(fitted.n_iter_),
        None,  # the number of epochs is neither good nor bad
        f"Training ended after {fitted.n_iter_} epochs {why}.",
        REMEDIES_OF_ENDS.get(fitted.stop_reason_, ()),
        is_share=False,
        judged=severity,
    )


def nothing_learnt(evidence):
    """Compare the loss with the loss of a guess."""
    if evidence.loss_of_a_guess is None or not evidence.known_losses:
        return UNKNOWN_GUESS
    ratio = evidence.in_guesses(min(evidence.known_losses.values()))
    return Measured(
        ratio,
        Limits(UNLEARNT, UNLEARNT),
        f"The loss is {multiple_of(ratio)} the loss of a network that predicts the same for all rows.",
        plateau_of_the_start(evidence.fitted)[1],
    )


def class_imbalance(evidence):
    """Look at how often the network predicts a rare class correctly."""
    if not hasattr(evidence.fitted, "classes_"):
        return "it is for classes"
    if evidence.y is None:
        return "it needs y"
    truth, predicted, classes = evidence.labels, evidence.predicted, evidence.fitted.classes_
    equal_share = 0.5
    if truth.ndim == 1:
        truth, predicted = (labels[:, np.newaxis] == classes for labels in (truth, predicted))
        equal_share = 1 / len(classes)
    counts = truth.sum(axis=0)
    present = np.where(counts > 0, counts, np.inf)
    rarest = int(present.argmin())
    share = counts[rarest] / len(truth)
    if not counts.any() or share >= RARE * equal_share:
        return "no class is rare"
    missed = 1 - float(predicted[truth[:, rarest] == 1, rarest].mean())
    return Measured(
        missed,
        IMBALANCE_LIMITS,
        f"{output_names(evidence.fitted)[rarest]} is in {share:.1%} of the rows. In {missed:.0%} of these, "
        "the network does not predict it.",
        ("use class_weight='balanced'", "give its rows a larger sample_weight"),
    )
