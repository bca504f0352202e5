"""Findings about the validation rows and the labels; ``causes`` has those about the features."""

import numpy as np

from sknn_scratch._diagnosis.evidence import CONSTANT_Y, OVERFITTING_LIMITS
from sknn_scratch._estimators.inspection import output_names
from sknn_scratch._fitting.causes import Limits, Measured

# What is true for the training rows is usually true for other rows, in particular after a single epoch.
# Healthy trainings stay below 0.2.
FOREIGN_LIMITS = Limits(0.3, 0.6)
# A share of the loss of a guess. If training lowers the loss by less, there is hardly anything to miss.
LEARNT = 0.1
# If 30 % of the labels of two classes are wrong, simple models make at least 0.6 of the errors of a guess.
NOISE_LIMITS = Limits(0.4, 0.6)
# A class that is missed in half of its rows is hardly learnt. If it is missed in nine of ten, it is ignored.
IMBALANCE_LIMITS = Limits(0.5, 0.9)
# A class is rare if it has less than half of an equal share of the rows.
RARE = 0.5


def foreign_validation(evidence):
    """Look at whether what the network learns from the training rows is true for the validation rows."""
    losses, val_losses = (evidence.fitted.history_.get(name, ()) for name in ("loss", "val_loss"))
    if not len(val_losses) or len(losses) < evidence.fitted.n_iter_ or not np.isfinite(val_losses[0]):
        return "it needs a validation from the first epoch on"
    if evidence.loss_of_a_guess is None:
        return CONSTANT_Y
    guess, first, val_first = evidence.loss_of_a_guess, losses[0], val_losses[0]
    # Training losses are computed before a step. If the first steps are too large, the loss of all rows
    # climbs.
    gap = (val_first - first) / guess if losses[:2].min() == losses[:2][-1] else 0.0
    lowest, val_lowest = min(guess, np.nanmin(losses)), min(guess, np.nanmin(val_losses))
    is_trained = guess - lowest > LEARNT * guess
    missed = (val_lowest - lowest) / (guess - lowest) if is_trained else 0.0
    return Measured(
        max(0.0, gap, missed * evidence.predictability),
        FOREIGN_LIMITS,
        f"At first, the loss was {first:.3g} in training and {val_first:.3g} in validation. The "
        f"lowest losses were {lowest:.3g} and {val_lowest:.3g}. If the network learns something from "
        "the training rows that is wrong for the validation rows, these are different, most likely in scale.",
        "Transform X_val with the scaler that was fitted to X: scaler.transform(X_val).",
    )


def noisy_labels(evidence):
    """If the network overfits, look whether simple models can predict the labels."""
    if evidence.y is None:
        return "it needs y"
    if (evidence.overfitting_gap or 0) <= OVERFITTING_LIMITS.warning:
        return "the network does not overfit"
    if not evidence.has_enough_rows:
        return "it needs more rows"
    errors = evidence.errors
    return Measured(
        1 - evidence.predictability,
        NOISE_LIMITS,
        f"Simple models (nearest neighbours, a linear model) have an error of {errors.simple_model:.0%}, a "
        f"guess {errors.guess:.0%}. The less the features say about y, the more of it a network learns by "
        "heart.",
        "Check the labels. To prevent learning by heart, use early_stopping=True, a larger alpha, or more "
        "rows.",
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
        "Use class_weight='balanced' or larger sample_weight for its rows, and judge by "
        "scoring='balanced_accuracy'.",
    )
