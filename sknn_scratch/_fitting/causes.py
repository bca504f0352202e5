"""Why a network may learn nothing: the scale of its features, the penalty, the steps, the start.

Each cause is measured by a function, with limits, their reasons and a remedy. ``troubles`` looks for them
after a fit that has learnt nothing, ``diagnose`` in any fitted network.
"""

from numbers import Real

import numpy as np

from sknn_scratch._core.losses import Saved
from sknn_scratch._fitting.measured import Limits, Measured, count, times

# Initial weights and learning rates are made for features of a size of about one. At ten they already act
# like ten times as large; at a hundred sigmoid and tanh saturate in the first epoch.
UNSCALED_LIMITS = Limits(10.0, 100.0)
# A scaler that divides by the standard deviation leaves this much of a feature with a tail.
SQUEEZED = 0.1
FAR = 100.0
OUTLIER_LIMITS = Limits(0.0, 0.1)
# A weight of one makes a hundredth of a hidden input of such a feature: one whole unit of signal would need
# a weight whose penalty is a hundred squared.
TINY = 0.01
TINY_LIMITS = Limits(0.0, 0.1)
# Hidden inputs start with about this standard deviation. At 3, half of all tanh units start saturated.
INITIAL_LIMITS = Limits(3.0, 10.0)
# At 1, no unit is worth its penalty, and the zero network is the best. At 1/2, about half of the error of a
# guess must stay. Healthy networks are below 0.1.
PENALTY_LIMITS = Limits(0.25, 0.5)
HEALTHY_PENALTY = 0.03
# The loss of steady trainings climbs by less than 0.2 of a guess's loss, mini-batches and dropout included.
EXPLODING_LIMITS = Limits(0.25, 1.0)
# Rows on which directions are tried, and these, beside those of the strongest correlations. They hold so many
# numbers at most: among very many features, random directions find nothing.
SAMPLE_ROWS = 1000
N_DIRECTIONS = 100
MOST_NUMBERS = 2**22
# The learning rates of ten epochs with the default add up to this. With a fifth of it, weights hardly move.
USUAL_WAY = 0.05
SMALL_STEPS_LIMITS = Limits(5.0, 5.0)


def unscaled_features(features, names):
    """Look at the size of the features as the network sees them."""
    sizes = features.size
    largest, smallest = int(sizes.argmax()), int(sizes.argmin())
    return Measured(
        sizes[largest],
        UNSCALED_LIMITS,
        f"The root mean square of {names[largest]} is {sizes[largest]:.4g}, and of {names[smallest]} it is "
        f"{sizes[smallest]:.4g}. Initial weights and learning rates are made for features of a size of "
        "about 1.",
        scaler_first(features),
        is_share=False,
    )


def scaler_first(features):
    """Advise the scaler that suits the features."""
    if features.has_tail.any():
        return (
            "Scale by quantiles, and clip what is far out: make_pipeline(RobustScaler(), "
            "FunctionTransformer(clip), clf) with clip(x) = x / sqrt(1 + (x / 3) ** 2)."
        )
    return "Put a scaler first: make_pipeline(StandardScaler(), clf)."


def outliers(features, names):
    """Look for features of which a few values are far from all others, or have squeezed them together."""
    is_bad = features.has_tail & ((features.spread < SQUEEZED) | (features.reach > FAR))
    example = int(np.where(is_bad, features.reach, 0).argmax())
    return Measured(
        is_bad.mean(),
        OUTLIER_LIMITS,
        f"{is_bad.sum()} of {count(len(is_bad), 'feature')} have outliers, such as "
        f"{names[example]}: the standard deviation of most values is "
        f"{features.spread[example]:.2g}, and the farthest value is {features.reach[example]:.2g} away. A "
        "network can hardly distinguish values that are close together, and large values make steps too "
        "large."
        if is_bad.any()
        else "No feature has outliers.",
        scaler_first(features),
    )


def tiny_features(features, names):
    """Look for features that vary too little to move a hidden unit."""
    varies = features.reach > 0
    if not varies.any():
        return "all features are constant"
    is_tiny = varies & (features.reach < TINY)
    example = int(np.where(varies, features.reach, np.inf).argmin())
    return Measured(
        is_tiny.sum() / varies.sum(),
        TINY_LIMITS,
        f"{is_tiny.sum()} of {count(varies.sum(), 'feature')} vary by less than {TINY}; {names[example]} "
        f"varies by {features.reach[example]:.2g}. Such a feature needs large weights, which take long to "
        "learn and have a large penalty.",
        scaler_first(features),
    )


def large_initial_weights(scale, features):
    """Look at how large the hidden inputs are at the start of training."""
    n_features = len(features.size)
    if not isinstance(scale, Real):
        return f"init_scale={scale!r} depends on the number of features"
    # Features that are too large are a finding of their own.
    length = min(features.row_length, np.sqrt(n_features))
    return Measured(
        scale * length,
        INITIAL_LIMITS,
        f"With init_scale={scale} and {count(n_features, 'feature')}, the hidden inputs are about "
        f"{scale * length:.2g} in size at the start. From 3 on, half of all tanh units start saturated.",
        "Use a smaller init_scale, or 'glorot'.",
        is_share=False,
    )


def strong_penalty(penalty_rate, pull, model):
    """Compare the penalty of a hidden unit with what the loss gains by it, at best."""
    if model.solver == "adamw":
        return "adamw shrinks the weights by itself, and leaves the loss without a penalty"
    if pull == 0:
        return "the features say nothing about y"
    ratio, alpha = penalty_rate / pull, model.alpha
    weaker = alpha * HEALTHY_PENALTY / ratio if ratio > 0 else alpha
    return Measured(
        ratio,
        PENALTY_LIMITS,
        f"The penalty pulls at the weights at least {times(ratio)} as strongly as the loss. If the penalty "
        "is stronger, all weights shrink to zero, and the network learns nothing.",
        f"Decrease alpha={alpha:g}, to {weaker:.1g} or less.",
    )


def strongest_pull(network, batch):
    """Compute how strongly the loss of a batch pulls at a new hidden unit, at best: see ``pulls``."""
    targets = batch.targets
    outputs = np.zeros_like(targets.values)
    network.loss.gradient(outputs, targets, Saved.allocate(outputs.shape, outputs.dtype))
    # A constant costs no penalty: what it explains is no pull.
    deltas = outputs - targets.row_weights * outputs.sum(axis=1, keepdims=True)
    return float(pulls(network.activate, batch.X.source, deltas).max())


def pulls(activate, X, deltas):
    """Gradients, in norm, with respect to the output weights of units with input weights of length one.

    Parameters
    ----------
    activate : callable
    X : ndarray or sparse matrix of shape (n_samples, n_features)
    deltas : ndarray of shape (n_outputs, n_samples)
        Gradient with respect to the outputs of a network that gives each row the same.

    Returns
    -------
    ndarray of shape (n_units,)
        Zero where they are no larger than what the sums round.
    """
    rng = np.random.default_rng(0)
    n_random = min(N_DIRECTIONS, MOST_NUMBERS // X.shape[1])
    ways = np.hstack([X.T @ deltas.T, rng.normal(size=(X.shape[1], n_random))])
    lengths = np.linalg.norm(ways, axis=0)
    ways = (ways / np.where(lengths > 0, lengths, 1)).astype(X.dtype)
    ways = np.hstack([ways, -ways])
    projections = X @ ways
    thresholds = projections[rng.integers(len(projections), size=ways.shape[1]), range(ways.shape[1])]
    hidden = np.hstack([projections, projections - thresholds])
    activate(hidden, None)
    norms = np.linalg.norm(deltas @ hidden, axis=0)
    sizes = np.linalg.norm(np.abs(deltas) @ np.abs(hidden), axis=0)
    return np.where(norms > len(hidden) * np.finfo(hidden.dtype).eps * sizes, norms, 0)


def spaced_rows(n_samples):
    """List the numbers of some rows, evenly spaced."""
    return np.linspace(0, n_samples - 1, min(n_samples, SAMPLE_ROWS)).astype(int)


def exploding_gradient(climb, learning_rate, meaning=""):
    """Judge how far the loss has climbed above its lowest, in losses of a guess."""
    return Measured(
        climb,
        EXPLODING_LIMITS,
        meaning or f"The loss climbed up to {climb:.2g} times the loss of a guess above its minimum.",
        f"Decrease learning_rate={learning_rate:g} by a factor of ten, to {learning_rate / 10:.2g}.",
    )


def climb_of(losses):
    """Find by how much losses (n_epochs,) have climbed above their lowest so far, at worst."""
    return float((losses - np.minimum.accumulate(losses)).max())


def small_steps(learning_rates, learning_rate):
    """Look at how far the weights can have moved, by the learning rates (n_epochs,)."""
    if not len(learning_rates):  # of a network that was an MLPClassifier
        return "the learning rates are unknown"
    way = learning_rates.sum()
    enough = learning_rate * USUAL_WAY / way
    return Measured(
        USUAL_WAY / way,
        SMALL_STEPS_LIMITS,
        f"The learning rates of all epochs add up to {way:.2g}, so no weight has moved far.",
        f"Increase learning_rate={learning_rate:g}, to {enough:.1g} or more.",
        is_share=False,
    )


def plateau_of_the_start(model):
    """Say what keeps a loss where it was when nothing else does: a name and a remedy."""
    if model._activation_ == "identity":
        return "a linear network", "Use activation='relu': with 'identity', the network is a linear model."
    return (
        "the plateau of the start, unless the features say nothing about y",
        "Use init_scale='glorot', increase learning_rate or n_iter_no_change, or decrease tol or alpha.",
    )
