"""Findings about the training: the penalty, the steps, the end, the result."""

import math

import numpy as np

from sknn_scratch._diagnosis.checks_of_units import HINGES, SATURATION_LIMITS
from sknn_scratch._diagnosis.evidence import ON_DATA, UNKNOWN_GUESS
from sknn_scratch._estimators.inspection import output_names
from sknn_scratch._fitting import causes
from sknn_scratch._fitting.causes import REMEDIES_OF_ENDS, Limits, Measured, times
from sknn_scratch._fitting.fitted import target_kind_of, was_trained_by_parts
from sknn_scratch._fitting.troubles import UNLEARNT

# At 1/2, new rows cost half of the loss of a guess more. Healthy networks stay below 0.15.
OVERFITTING_LIMITS = Limits(0.25, 0.5)
# If the loss fell by 5 % in the last tenth of the epochs, it would fall much further in as many more epochs.
TOO_EARLY_LIMITS = Limits(0.01, 0.05)
LAST_PART = 10  # "the last tenth"
# A class that is missed in half of its rows is hardly learnt. If it is missed in nine of ten, it is ignored.
IMBALANCE_LIMITS = Limits(0.5, 0.9)
# A class is rare if it has less than half of an equal share of the rows.
RARE = 0.5


def strong_penalty(evidence):
    """Compare the penalty of a hidden unit with the largest possible gain of the loss."""
    if evidence.y is None:
        return "it needs y"
    return causes.strong_penalty(evidence.fitted, evidence.strongest_pull)


def outliers_in_y(evidence):
    """Look for values of y that are far from all others."""
    if evidence.y is None:
        return "it needs y"
    fitted, y = evidence.fitted, evidence.labels
    return causes.outliers_in_y(fitted, target_kind_of(fitted).outlier_factor(fitted, y, np.ones(len(y))))


def exploding_gradient(evidence):
    """Look for a loss that climbs, because the steps are too large."""
    losses, fitted = evidence.history("loss"), evidence.fitted
    if fitted.stop_reason_ == "diverged":
        return causes.exploding_gradient(fitted, math.inf, "The loss exploded, and training stopped.")
    if was_trained_by_parts(fitted):
        return "the calls of partial_fit may differ in their rows"
    if len(losses) < 2:
        return "it needs the losses of two epochs"
    if evidence.loss_of_a_guess is None:
        return UNKNOWN_GUESS
    return causes.exploding_gradient(fitted, causes.climb_of(losses / evidence.loss_of_a_guess))


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
    if was_trained_by_parts(evidence.fitted):
        return "the calls of partial_fit may differ in their rows"
    if evidence.loss_of_a_guess is None:
        return UNKNOWN_GUESS
    n_last = max(1, len(watched) // LAST_PART)
    lowest = np.minimum.accumulate(watched)
    fall = (lowest[-1 - n_last] - lowest[-1]) / evidence.loss_of_a_guess
    epochs = f"last {n_last} epochs" if n_last > 1 else "last epoch"
    own_rule = ("decrease tol", "increase n_iter_no_change")
    is_unfinished = evidence.fitted.stop_reason_ in REMEDIES_OF_ENDS
    return Measured(
        fall,
        TOO_EARLY_LIMITS,
        f"In the {epochs} the loss still fell by {fall:.1%} of the loss of a constant prediction.",
        (*(("increase max_iter",) if is_unfinished else own_rule), "increase learning_rate"),
    )


def not_converged(evidence):
    """Look at why training stopped, by its own rule or before it."""
    fitted = evidence.fitted
    if fitted.stop_reason_ == "max_iter" and was_trained_by_parts(fitted):
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
    fitted = evidence.fitted
    ratio = (min(evidence.known_losses.values()) - evidence.loss_range[0]) / evidence.loss_of_a_guess
    steps = causes.small_steps(fitted)
    return Measured(
        ratio,
        Limits(UNLEARNT, UNLEARNT),
        f"The loss is {times(ratio)} the loss of a network that predicts the same for all rows.",
        steps.remedy if steps.severity != "ok" else causes.plateau_of_the_start(fitted)[1],
        is_share=False,
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
