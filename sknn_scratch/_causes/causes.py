"""The causes for which a network learns nothing: what ``diagnose`` finds, and a fit names that has failed.

A cause explains other causes, and findings of ``_diagnosis/checks.py``: these need no remedy of their own.
Causes come before their effects. A fit names the first problem, or else the first warning.
"""

import math
from numbers import Real
from types import MappingProxyType

import numpy as np

from sknn_scratch._causes.features import (
    baseline_deltas,
    pulls,
    scaler_first,
    share_along,
    share_by_chance,
    share_of_one_unit,
    standardised,
)
from sknn_scratch._causes.findings import SEVERITIES, Check, Measured, Unmeasurable, look_for
from sknn_scratch._causes.remedies import ALL_EPOCHS, remedy_for
from sknn_scratch._causes.words import multiple_of, quantity, round_number

# A feature with a tail has a smaller spread than this after a division by its standard deviation, or its
# outliers are farther away.
SQUEEZED = 0.1
FARTHEST = 100.0
# A feature of this size adds only 0.01 to a hidden input with a weight of one. To add one, it needs a weight
# of 100, whose penalty is 10,000 times as large.
TINY = 0.01
# As a share of the pull of the loss; see the limits of "strong penalty".
HEALTHY_PENALTY = 0.03
# The sum of the learning rates of ten epochs with the default.
USUAL_PATH_LENGTH = 0.05
# Fewer rows beside each other may be alike by chance, in the order of one of many features.
ROWS_IN_ORDER = 100


# --- The data ---


def outliers_in_y(evidence):
    factor = evidence.target_kind.outlier_factor(evidence.labels, evidence.row_weights)
    if factor is None:
        raise Unmeasurable("outliers in y hardly move this loss")
    return Measured(
        factor,
        f"The standard deviation of y is {multiple_of(factor)} the spread of most values. The network learns "
        "the outliers of y first, and all other values seem equal to it.",
        ("use loss='huber'", "correct the outliers of y"),
    )


def frequent_bends(evidence):
    X, deltas = scaled_sample(evidence)
    if not isinstance(X, np.ndarray) or len(X) < ROWS_IN_ORDER:
        raise Unmeasurable(f"it needs dense features, and {ROWS_IN_ORDER} rows or more")
    feature, share = share_along(X, deltas)
    of_one_unit = share_of_one_unit(X[:, [feature]], deltas)
    name = evidence.feature_names[feature]
    return Measured(
        max(0.0, share - of_one_unit),
        f"Rows with similar values of {name} have similar y, which explain {share:.0%} of its variance. But "
        f"a unit, which bends once, explains {of_one_unit:.0%} at most. So y rises and falls often along "
        "this feature, and the network learns nothing of it.",
        ("let the network bend often: make_pipeline(PiecewiseLinearEncoder(n_bins=64), estimator)",),
    )


def no_signal(evidence):
    return Measured(
        share_by_chance(*scaled_sample(evidence)),
        "No unit explains y better than it explains y in a random order. The number is the share of random "
        "orders that units explain as well.",
        ("look for better features", "get more rows"),
    )


def scaled_sample(evidence):
    X, deltas = sample_and_deltas(evidence)
    return standardised(X, evidence.features), deltas


def sample_and_deltas(evidence):
    """Get the features of a sample of rows, and the gradient that a constant prediction leaves there."""
    batch = evidence.batch(evidence.sample)
    if not np.ptp(batch.targets.values, axis=1).any():
        raise Unmeasurable("all y are equal")
    return batch.X.source, baseline_deltas(evidence.network, batch)


def unscaled_features(evidence):
    sizes, names = evidence.features.size, evidence.feature_names
    largest, smallest = int(sizes.argmax()), int(sizes.argmin())
    return Measured(
        sizes[largest],
        f"The root mean square of {names[largest]} is {sizes[largest]:.4g}, and of {names[smallest]} it is "
        f"{sizes[smallest]:.4g}. Initial weights and learning rates are made for features of a size of "
        "about 1.",
        scaler_first(evidence.features),
    )


def outliers(evidence):
    features, names = evidence.features, evidence.feature_names
    is_bad = features.has_tail & ((features.spread < SQUEEZED) | (features.reach > FARTHEST))
    example = int(np.where(is_bad, features.reach, 0).argmax())
    return Measured(
        is_bad.mean(),
        f"{is_bad.sum()} of {quantity(len(is_bad), 'feature')} have outliers. The standard deviation of most "
        f"values of {names[example]} is {features.spread[example]:.2g}, and its farthest value is "
        f"{features.reach[example]:.2g} away. A network can hardly distinguish values that are close "
        "together, and large values make steps too large.",
        scaler_first(features),
    )


def tiny_features(evidence):
    reach = evidence.features.reach
    varies = reach > 0
    if not varies.any():
        raise Unmeasurable("all features are constant")
    is_tiny = varies & (reach < TINY)
    example = int(np.where(varies, reach, np.inf).argmin())
    return Measured(
        is_tiny.sum() / varies.sum(),
        f"{is_tiny.sum()} of {quantity(varies.sum(), 'feature')} vary by less than {TINY}; "
        f"{evidence.feature_names[example]} varies by {reach[example]:.2g}. Such a feature needs large "
        "weights, which take long to learn and have a large penalty.",
        scaler_first(evidence.features),
    )


# --- The parameters ---


def large_initial_weights(evidence):
    scale, n_features = evidence.fitted.init_scale, len(evidence.features.size)
    if not isinstance(scale, Real):
        raise Unmeasurable(f"init_scale={scale!r} depends on the number of features")
    # The length of a row, but of features that are not too large: that is a cause of its own.
    value = scale * min(np.linalg.norm(evidence.features.size), math.sqrt(n_features))
    return Measured(
        value,
        f"With init_scale={scale} and {quantity(n_features, 'feature')}, the hidden inputs are about "
        f"{value:.2g} in size at the start. From 3 on, half of all tanh units start saturated.",
        ("decrease init_scale", "use init_scale='auto'"),
    )


def strong_penalty(evidence):
    fitted, strength = evidence.fitted, evidence.fitted._penalty_strength_
    if evidence.optimizer_class.decouples_penalty:
        raise Unmeasurable(f"the penalty of {fitted.solver_} is no part of the objective")
    pull = pulls(evidence.network.activate, *sample_and_deltas(evidence)).max()
    if pull == 0:
        raise Unmeasurable("the features tell nothing about y")
    ratio = strength / pull
    weaker = fitted.alpha_ * HEALTHY_PENALTY / ratio if ratio > 0 else fitted.alpha_
    options = (f"decrease alpha, to {round_number(weaker)} or less",)
    if len(fitted.alpha_path_["alpha"]):
        options = (
            "look for better features, since held-out rows have chosen this alpha",
            "decrease alpha",
        )
    return Measured(
        ratio,
        f"The gradient of the penalty is at least {multiple_of(ratio)} that of the loss. If the penalty is "
        "stronger, all weights shrink to zero, and the network learns nothing.",
        options,
    )


# --- The steps ---


def small_steps(evidence):
    if evidence.optimizer_class.takes_all_rows:
        raise Unmeasurable(f"{evidence.fitted.solver_} chooses the lengths of its steps")
    length = evidence.history("learning_rate").sum()
    rate = round_number(evidence.fitted.learning_rate_ * USUAL_PATH_LENGTH / length)
    return Measured(
        USUAL_PATH_LENGTH / length,
        f"The learning rates of all epochs add up to {length:.2g}, so no weight has moved far.",
        (
            *(["increase max_iter"] if evidence.fitted.stop_reason_ in ALL_EPOCHS else []),
            f"increase learning_rate, to {rate} or more",
        ),
    )


def exploding_gradient(evidence):
    fitted = evidence.fitted
    if evidence.optimizer_class.takes_all_rows:
        raise Unmeasurable(f"{fitted.solver_} chooses the lengths of its steps")
    if fitted.stop_reason_ == "diverged":
        climb, meaning = math.inf, "The loss exploded, and training stopped."
    else:
        losses = evidence.losses_of_epochs("loss")
        climbs = losses - np.minimum.accumulate(losses)
        climb = float(climbs.max()) / evidence.baseline_gap
        meaning = (
            f"The loss climbed above its minimum by {multiple_of(climb)} the loss of a constant prediction."
        )
    return Measured(
        climb, meaning, (f"decrease learning_rate by a factor of ten, to {fitted.learning_rate_ / 10:.2g}",)
    )


# --- The table ---

BAD_RESULT = ("stopped too early", "not converged", "nothing learned", "underfitting")
NO_GRADIENT = ("saturation", "dead units", "vanishing gradient")
HARDLY_TRAINABLE = (*NO_GRADIENT, "exploding gradient", "overfitting", *BAD_RESULT)
HARDLY_MOVED = (*NO_GRADIENT, *BAD_RESULT)
WEAK = ("strong penalty", "identical units", *HARDLY_MOVED)

CAUSES = MappingProxyType(
    {
        # The standard deviation of y in units of the spread of most values: 1 for a normal y, below 2 for
        # twelve real ones, 3 for a log-normal one. From 2 on, outliers doubled the error of squared errors.
        "outliers in y": Check(
            outliers_in_y, (4.0, 10.0), ("strong penalty", "overfitting", *BAD_RESULT), unit=""
        ),
        # What rows explain more than a unit: 0.55 to 0.65 of a U, 0.8 or more of three periods of a sine.
        "frequent bends": Check(
            frequent_bends, (0.7, 0.7), ("no signal", "overfitting", *WEAK), if_unlearned=True
        ),
        "no signal": Check(no_signal, (0.0, 0.0), ("overfitting", *WEAK), if_unlearned=True),
        # Initial weights and learning rates are made for features of a size of about one. At ten, they act as
        # if they were ten times as large. At a hundred, sigmoid and tanh saturate in the first epoch.
        "unscaled features": Check(unscaled_features, (10.0, 100.0), HARDLY_TRAINABLE, unit=""),
        "outliers": Check(outliers, (0.0, 0.1), HARDLY_TRAINABLE),
        "tiny features": Check(tiny_features, (0.0, 0.1), WEAK),
        # The standard deviation of hidden inputs at the start. At 3, half of all tanh units are saturated.
        "large initial weights": Check(large_initial_weights, (3.0, 10.0), HARDLY_TRAINABLE, unit=""),
        # At 1, every unit costs more than it gains, so the zero network is the best. At 1/2, about half of
        # the baseline error must remain. Healthy networks are below 0.1.
        "strong penalty": Check(
            strong_penalty, (0.25, 0.5), ("exploding gradient", "identical units", *HARDLY_MOVED)
        ),
        # With a fifth of the usual path, weights hardly move.
        "small steps": Check(small_steps, (5.0, 5.0), BAD_RESULT, unit="", if_unlearned=True),
        # The loss of steady trainings climbs by less than 0.2 of the baseline loss, mini-batches and dropout
        # included.
        "exploding gradient": Check(
            exploding_gradient, (0.25, 1.0), (*NO_GRADIENT, "overfitting", *BAD_RESULT)
        ),
    }
)


def likely_cause(evidence, is_unlearned=True):
    """Name the worst cause and its remedy or, if nothing was learned, what may be wrong otherwise."""
    found, _ = look_for(CAUSES, evidence, is_unlearned)
    first = min(found.values(), key=lambda one: SEVERITIES.index(one.severity))
    if first.severity != "ok":
        return f"Likely cause: {first.name}. {first.remedy}"
    if not is_unlearned:
        return ""
    name, options = plateau_of_the_start(evidence.fitted)
    return f"Likely cause: {name}. {remedy_for(evidence.fitted, options)}"


def plateau_of_the_start(fitted):
    """Name the cause and the remedy when no other cause is found for a loss that does not fall."""
    if fitted._activation_ == "identity":
        return "a linear network", ("use activation='relu': with 'identity', the network is a linear model",)
    has_all_epochs = fitted.stop_reason_ in ALL_EPOCHS
    return "a plateau at the start, unless the features tell nothing about y", (
        "use init_scale='auto'",
        "use max_grad_norm=None",
        "increase learning_rate",
        *(("increase max_iter",) if has_all_epochs else ("increase n_iter_no_change", "decrease tol")),
        "decrease alpha",
    )
