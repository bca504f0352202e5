"""What is looked for in a fitted network: each check with its limits, the reason for them, and a remedy.

A check takes Evidence and returns a Finding, or the reason why there is nothing to look at. Each measures one
number that is the larger, the worse, and compares it with two limits, but for ``not_converged``, which looks
at the reason to stop. To add a check, write such a function and give it a line in ``CHECKS``.
"""

import math
from numbers import Real
from types import MappingProxyType

import numpy as np

from sknn_scratch._core.activations import SATURATED_SLOPE
from sknn_scratch._diagnosis.evidence import ON_DATA, TRAINING, VALIDATION
from sknn_scratch._diagnosis.report import Finding, Limits
from sknn_scratch._estimators.classifier import ShallowNNClassifier
from sknn_scratch._estimators.inspection import output_names
from sknn_scratch._fitting.plan import was_trained_by_parts
from sknn_scratch._fitting.troubles import DIVERGENCE_REMEDY

# Weights that start at random are never equal. Some units may still find the same optimum, but if half of
# them are copies, the network is half as wide as it is paid for.
IDENTICAL_LIMITS = Limits(0.0, 0.5)
# Nothing but rounding lies between the weights of units that started equal.
IDENTICAL_TOLERANCE = 1e-6
# Healthy relu networks lose up to a quarter of their units (tried on scikit-learn's small data sets).
DEAD_LIMITS = Limits(0.25, 0.5)
# Sigmoid networks that fit well have up to half of their hidden inputs on the flat ends.
SATURATION_LIMITS = Limits(0.5, 0.75)
# These are flat on one side by design, and off for about half of all rows.
HINGES = ("relu", "leaky_relu")
# Healthy networks let through 12 % (sigmoid) to 90 % (elu). 5 % is the slope that counts as saturated.
VANISHING_LIMITS = Limits(0.9, 1 - SATURATED_SLOPE)
# The loss of steady trainings climbs by less than 0.2 of a guess's loss, mini-batches and dropout included.
EXPLODING_LIMITS = Limits(0.25, 1.0)
# At 1/2, new rows cost half of all that there was to learn. Healthy networks stay below 0.15.
OVERFITTING_LIMITS = Limits(0.25, 0.5)
# At 5 % in the last tenth of the epochs, as many epochs again would still teach a good part of the whole.
TOO_EARLY_LIMITS = Limits(0.01, 0.05)
LAST_PART = 10  # "the last tenth"
# Training that ended for one of these reasons might have gone on.
UNFINISHED = ("max_iter", "interrupted", "callback", "line_search_failed")
# Such a part of the loss of a guess is left where hardly anything was learnt.
UNLEARNT = 0.9
# A class that is missed in every other row is hardly learnt; in nine of ten, it is ignored.
IMBALANCE_LIMITS = Limits(0.5, 0.9)
# A class is rare if it has less than half of an equal share of the rows.
RARE = 0.5
# Initial weights and learning rates are made for features of a size of about one. At ten they already act
# like ten times as large; at a hundred sigmoid and tanh saturate in the first epoch.
UNSCALED_LIMITS = Limits(10.0, 100.0)
# Below this, a scaler has nothing to mend: new rows of scaled features may well have a root mean square of 2.
ABOUT_ONE = 3.0
DEFAULT_INIT_SCALE = ShallowNNClassifier().init_scale


def graded(name, value, limits, meaning, remedy, **options):
    """Make a finding, with the severity that the limits give."""
    severity = "problem" if value > limits.problem else "warning" if value > limits.warning else "ok"
    return Finding(name, severity, float(value), tuple(limits), meaning, remedy, **options)


def one_of(*ways):
    """Write a sentence of the ways that are open; one that is not is an empty text."""
    *others, last = filter(None, ways)
    sentence = ", ".join([*others, f"or {last}"]) if others else last
    return f"{sentence[0].upper()}{sentence[1:]}."


def scaling(evidence):
    """Advise to scale the features unless they are."""
    return "scale the features (StandardScaler)" if evidence.feature_sizes.max() > ABOUT_ONE else ""


def smaller_start(evidence):
    """Advise to start from smaller weights unless they were small."""
    scale = evidence.clf.init_scale
    too_large = isinstance(scale, Real) and scale > DEFAULT_INIT_SCALE
    return f"use a smaller init_scale such as {DEFAULT_INIT_SCALE}" if too_large else ""


def identical_units(evidence):
    """Look for units that have the same weights as another: they compute the same and learn the same."""
    weights = np.vstack([evidence.clf.coefs_[0], evidence.clf.intercepts_[0]])
    weights = weights[:, np.argsort(weights.sum(axis=0))]  # which brings equal ones side by side
    difference = np.linalg.norm(np.diff(weights), axis=0)
    n_copies = int((difference <= IDENTICAL_TOLERANCE * np.linalg.norm(weights[:, 1:], axis=0)).sum())
    n_hidden = weights.shape[1]
    return graded(
        "identical units",
        n_copies / n_hidden,
        IDENTICAL_LIMITS,
        f"{n_copies} of {n_hidden} hidden units are copies of another one. Units with the same weights get "
        "the same gradient, so they stay the same however long training goes on.",
        f"Start from random weights: init_scale={DEFAULT_INIT_SCALE}, 'he' or 'glorot'."
        if evidence.clf.init_scale == 0
        else "Use fewer units, or a smaller alpha.",
    )


def dead_units(evidence):
    """Look for units that are flat for every row: no gradient reaches their weights."""
    dead, n_hidden = evidence.hidden_layer.dead_fraction, evidence.clf.coefs_[0].shape[1]
    return graded(
        "dead units",
        dead,
        DEAD_LIMITS,
        f"{round(dead * n_hidden)} of {n_hidden} hidden units have a slope g'(z) below {SATURATED_SLOPE} for "
        "every row of X. Gradient descent does not move their weights any more.",
        one_of(
            scaling(evidence),
            "decrease learning_rate",
            "use activation='elu'" if evidence.clf._activation_ != "elu" else "",
        ),
    )


def saturation(evidence):
    """Look at the share of hidden inputs on the flat ends of the activation."""
    if evidence.clf._activation_ in HINGES:
        return f"{evidence.clf._activation_} is flat where it is off, by design; see dead units"
    flat = evidence.hidden_layer.flat_fraction
    return graded(
        "saturation",
        flat,
        SATURATION_LIMITS,
        f"{flat:.0%} of the hidden inputs are where the slope g'(z) is below {SATURATED_SLOPE}: there the "
        "units are fully on or off, and learn slowly.",
        one_of(scaling(evidence), smaller_start(evidence), "use a larger alpha", "use activation='relu'"),
    )


def vanishing_gradient(evidence):
    """Look at how much of the error signal the activation lets through on its way back."""
    lost = max(0.0, 1 - evidence.hidden_layer.mean_slope)
    is_relu = evidence.clf._activation_ == "relu"
    other = "'elu'" if is_relu else "'relu', whose slope is 1 for every row it is on"
    return graded(
        "vanishing gradient",
        lost,
        VANISHING_LIMITS,
        f"The slope g'(z) is {1 - lost:.3f} on average, so {lost:.0%} of the error is lost on its way back "
        "to the hidden weights.",
        one_of(scaling(evidence), smaller_start(evidence), f"use activation={other}"),
    )


def exploding_gradient(evidence):
    """Look for a loss that climbs: steps that are too large for the gradient."""
    losses = evidence.history("loss")
    if evidence.clf.stop_reason_ == "diverged":
        climb, meaning = math.inf, "The loss exploded, and training was broken off."
    elif len(losses) < 2:
        return "it takes the losses of two epochs"
    else:
        climb = (losses - np.minimum.accumulate(losses)).max() / evidence.loss_of_a_guess
        meaning = f"At worst the loss climbed above its lowest by {climb:.2g} times the loss of a guess."
    return graded(
        "exploding gradient",
        climb,
        EXPLODING_LIMITS,
        meaning,
        one_of("decrease learning_rate by a factor of ten", scaling(evidence), smaller_start(evidence)),
    )


def overfitting(evidence):
    """Compare the loss on other rows with the loss in training."""
    known = evidence.known_losses
    if len(known) < 2:
        return "it takes y and a history, or a fit with validation (early_stopping=True)"
    lowest = min(loss for where, loss in known.items() if where != VALIDATION)
    highest = max(loss for where, loss in known.items() if where != TRAINING)
    gap = max(0.0, highest - lowest) / evidence.loss_of_a_guess
    losses = ", ".join(f"{loss:.3g} {where}" for where, loss in known.items())
    return graded(
        "overfitting",
        gap,
        OVERFITTING_LIMITS,
        f"Mean losses: {losses}. New rows cost {gap:.0%} of the loss of a guess more than those trained on"
        + (", if X, y are new." if ON_DATA in known else "."),
        "Increase alpha or dropout, use fewer hidden units, early_stopping=True, or more training data.",
    )


def stopped_too_early(evidence):
    """Look at how steeply the watched loss was still falling at the end."""
    watched = evidence.history("val_loss")
    if not len(watched):
        watched = evidence.history("loss")
    if len(watched) < 2:
        return "it takes the losses of two epochs"
    n_last = max(1, len(watched) // LAST_PART)
    lowest = np.minimum.accumulate(watched)
    fall = (lowest[-1 - n_last] - lowest[-1]) / evidence.loss_of_a_guess
    epochs = f"last {n_last} epochs" if n_last > 1 else "last epoch"
    return graded(
        "stopped too early",
        fall,
        TOO_EARLY_LIMITS,
        f"In the {epochs} the loss still fell by {fall:.1%} of the loss of a guess.",
        "Increase max_iter or learning_rate; if max_iter was not reached, decrease tol or increase "
        "n_iter_no_change.",
    )


def not_converged(evidence):
    """Look at why training stopped, by its own rule or before it was met, and whether anything was learnt."""
    clf = evidence.clf
    if clf.stop_reason_ == "max_iter" and was_trained_by_parts(clf):
        return "partial_fit has no rule to stop; whether to go on is yours to judge"
    is_unlearnt = min(evidence.known_losses.values(), default=0) > UNLEARNT * evidence.loss_of_a_guess
    severity, why = "ok", f"by its own rule ({clf.stop_reason_})"
    remedy = (
        f"Train for more epochs (max_iter={clf.max_iter} now), with a larger learning_rate, or go on from "
        "here with warm_start=True."
    )
    if clf.stop_reason_ == "diverged":
        severity, why = "problem", "because it diverged"
        remedy = DIVERGENCE_REMEDY
    elif clf.stop_reason_ in UNFINISHED:
        severity, why = "warning", f"before its stopping rule was met ({clf.stop_reason_})"
    elif is_unlearnt:
        remedy = "Increase learning_rate or n_iter_no_change, or decrease tol or alpha."
    if is_unlearnt:
        severity, why = "problem", f"{why}, with a loss no better than a guess's"
    return Finding(
        "not converged",
        severity,
        float(clf.n_iter_),
        None,  # more epochs are no worse than few
        f"Training ended after {clf.n_iter_} epochs {why}.",
        remedy,
        is_share=False,
    )


def class_imbalance(evidence):
    """Look at how often a rare class is found at all."""
    if evidence.y is None:
        return "it takes y"
    truth, predicted, classes = evidence.labels, evidence.predicted, evidence.clf.classes_
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
    return graded(
        "class imbalance ignored",
        missed,
        IMBALANCE_LIMITS,
        f"{output_names(evidence.clf)[rarest]} is in {share:.1%} of the rows; {missed:.0%} of these are "
        "predicted to be without it.",
        "Use class_weight='balanced' or larger sample_weight for its rows, and judge by "
        "scoring='balanced_accuracy'.",
    )


def unscaled_features(evidence):
    """Look at the size of the features as the classifier sees them."""
    sizes = evidence.feature_sizes
    largest, smallest = int(sizes.argmax()), int(sizes.argmin())
    names = evidence.feature_names
    return graded(
        "unscaled features",
        sizes[largest],
        UNSCALED_LIMITS,
        f"The root mean square of {names[largest]} is {sizes[largest]:.4g}, that of {names[smallest]} is "
        f"{sizes[smallest]:.4g}. Weights and learning rate are made for features of a size of about 1.",
        "Put a scaler first: make_pipeline(StandardScaler(), clf).",
        is_share=False,
    )


CHECKS = MappingProxyType(
    {
        "identical units": identical_units,
        "dead units": dead_units,
        "saturation": saturation,
        "vanishing gradient": vanishing_gradient,
        "exploding gradient": exploding_gradient,
        "overfitting": overfitting,
        "stopped too early": stopped_too_early,
        "not converged": not_converged,
        "class imbalance ignored": class_imbalance,
        "unscaled features": unscaled_features,
    }
)
