"""Findings about the hidden units: identical, dead, saturated, or too few."""

import numpy as np

from sknn_scratch._causes.measured import Limits, Measured
from sknn_scratch._causes.words import quantity
from sknn_scratch._core.activations import SATURATED_SLOPE

# Random initial weights are never equal. Some units may still find the same optimum. But if half of the units
# are copies, half of the network is useless.
IDENTICAL_LIMITS = Limits(0.0, 0.5)
# Units that started equal differ only by rounding.
IDENTICAL_TOLERANCE = 1e-6
# Healthy relu networks lose up to a third of their units (tried on small data sets).
DEAD_LIMITS = Limits(0.4, 0.6)
# Sigmoid networks that fit well have up to half of their hidden inputs on the flat ends.
SATURATION_LIMITS = Limits(0.5, 0.75)
# These activations are flat on one side by design, and units are off for about half of all rows.
HINGES = ("relu", "leaky_relu")
# Healthy networks let through 12 % (sigmoid) to 90 % (elu). A slope of 5 % counts as saturated.
VANISHING_LIMITS = Limits(0.9, 1 - SATURATED_SLOPE)
# Healthy networks are not worse than simple models, except by chance.
UNDERFITTING_LIMITS = Limits(0.05, 0.1)


def identical_units(evidence):
    """Look for units that have the same weights as another unit: they compute the same and learn the same."""
    weights = np.vstack([evidence.fitted.coefs_[0], evidence.fitted.intercepts_[0]])
    weights = weights[:, np.argsort(weights.sum(axis=0))]  # so that equal units are neighbours
    difference = np.linalg.norm(np.diff(weights), axis=0)
    n_copies = int((difference <= IDENTICAL_TOLERANCE * np.linalg.norm(weights[:, 1:], axis=0)).sum())
    n_hidden = weights.shape[1]
    return Measured(
        n_copies / n_hidden,
        IDENTICAL_LIMITS,
        f"{n_copies} of {quantity(n_hidden, 'hidden unit')} are copies of another one. Units with the same "
        "weights get the same gradient, so training never makes them different.",
        ("start from random weights: init_scale='glorot', 'he' or a small number",)
        if evidence.fitted.init_scale == 0
        else ("decrease n_hidden", "decrease alpha"),
    )


def saturation(evidence):
    """Look at the share of hidden inputs on the flat ends of the activation."""
    if evidence.fitted._activation_ in HINGES:
        return f"{evidence.fitted._activation_} is flat where it is off, by design; see dead units"
    flat = evidence.hidden_layer.flat_fraction
    return Measured(
        flat,
        SATURATION_LIMITS,
        f"{flat:.0%} of the hidden inputs are where the slope g'(z) is below {SATURATED_SLOPE}. There the "
        "units are fully on or off, and learn slowly.",
        ("decrease learning_rate", "increase alpha", "use activation='relu'"),
    )


def dead_units(evidence):
    """Look for units that are flat for every row: no gradient reaches their weights."""
    dead, n_hidden = evidence.hidden_layer.dead_fraction, evidence.fitted.coefs_[0].shape[1]
    return Measured(
        dead,
        DEAD_LIMITS,
        f"{round(dead * n_hidden)} of {quantity(n_hidden, 'hidden unit')} have a slope g'(z) below "
        f"{SATURATED_SLOPE} for every row of X. Gradient descent does not move their weights any more.",
        ("use activation='elu'", "decrease learning_rate", "increase alpha"),
    )


def vanishing_gradient(evidence):
    """Look at how much of the error the activation lets through on the way back."""
    lost = max(0.0, 1 - evidence.hidden_layer.mean_slope)
    return Measured(
        lost,
        VANISHING_LIMITS,
        f"The slope g'(z) is {1 - lost:.3f} on average, so {lost:.0%} of the error is lost on its way back "
        "to the hidden weights.",
        ("use activation='relu'", "use activation='elu'"),
    )


def underfitting(evidence):
    """Look whether simple models predict the labels better than the network."""
    if evidence.y is None:
        return "it needs y"
    if not evidence.network.loss.estimates_centre:
        return "simple models predict means, but no quantiles"
    if not np.isfinite(evidence.loss_on_data):
        return "the outputs of the network overflow"
    if not evidence.has_enough_rows:
        return "it needs more rows"
    errors = evidence.errors
    return Measured(
        max(0.0, errors.network - errors.simple_model - 2 * errors.chance),
        UNDERFITTING_LIMITS,
        f"The network has an error of {errors.network:.0%}, simple models (nearest neighbours, a linear "
        f"model) {errors.simple_model:.0%}. The number is the difference, minus what may be chance. A "
        "network with enough hidden units can learn what a simple model learns.",
        ("increase n_hidden", "decrease alpha"),
    )
