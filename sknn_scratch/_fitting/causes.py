"""Why a network may learn nothing: the scale of its features, the penalty, the steps, the start.

A function measures each cause, with limits, their reasons and a remedy. ``troubles`` calls the functions
after a fit that has learnt nothing, and ``diagnose`` calls them for any fitted network. Both measure the
features first (``measure_features``). A remedy is a tuple of options. ``remedy_for`` leaves out those that
are taken already, or that the solver does not read.
"""

import re
from numbers import Real
from typing import NamedTuple

import numpy as np

from sknn_scratch._core.activations import ACTIVATIONS
from sknn_scratch._core.optimizers import SOLVERS
from sknn_scratch._fitting.auto import OF_STOCHASTIC_SOLVERS


class Limits(NamedTuple):
    """A larger value is a warning, or a problem."""

    warning: float
    problem: float


class Measured(NamedTuple):
    """The result of a check: a number (larger is worse), its meaning, and the options of a remedy."""

    value: float
    limits: Limits | None  # None if ``judged`` is the severity, not the number
    meaning: str
    remedy: tuple[str, ...]
    is_share: bool = True
    judged: str = ""  # the severity if there are no limits

    @property
    def severity(self) -> str:
        """The severity: "problem", "warning" or "ok"."""
        if self.limits is None:
            return self.judged
        passed = [name for name, limit in self.limits._asdict().items() if self.value > limit]
        return passed[-1] if passed else "ok"


CONTINUE = ("fit again", "use warm_start=True to continue from here")
# What helps trainings that end before their own rule is met, by the reason.
REMEDIES_OF_ENDS = {
    "max_iter": ("increase max_iter",),
    "line_search_failed": (
        "scale the features",
        "decrease init_scale",
        "use solver='adam'",
        "use dtype='float64'",
    ),
    "diverged": ("scale the features", "decrease learning_rate", "decrease init_scale"),
    "callback": CONTINUE,
    "interrupted": CONTINUE,
}
# An option of a remedy that changes a parameter, such as "decrease tol" or "use activation='relu'".
OPTION = re.compile(r"(increase|decrease|use) (\w+)(?:=([\w']+))?")


def remedy_for(fitted, options):
    """Write those options of a remedy that are left to a fitted network."""
    left = [words for option in options if (words := words_of(fitted, option))]
    *others, last = left or ["scale the features"]
    words = f"{', '.join(others)}, or {last}" if others else last
    return f"{words[0].upper()}{words[1:]}."


def words_of(fitted, option):
    """Write an option with the number in use; empty if it is taken, or if the solver does not read it."""
    match = OPTION.match(option)
    if match is None:
        return option
    verb, name, value = match.groups()
    used = value_in_use(fitted, name)
    is_number = isinstance(used, Real)
    if (
        (name in OF_STOCHASTIC_SOLVERS and SOLVERS[fitted.solver_].takes_all_rows)
        or (verb == "use" and repr(used) == value)
        or (verb == "decrease" and not (is_number and used > (name == "n_hidden")))
    ):
        return ""
    return option.replace(name, f"{name}={used:g}") if is_number and verb != "use" else option


def value_in_use(fitted, parameter):
    """Get the value of a parameter, or what "auto" or None stands for."""
    if parameter == "early_stopping":
        return "val_loss" in fitted.history_
    if parameter == "dtype":
        return fitted.coefs_[0].dtype.name
    return getattr(fitted, f"{parameter}_", getattr(fitted, parameter))


def count(number, noun):
    """Write a number with its noun."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def times(factor):
    """Write a factor."""
    return f"{factor:.2g} times" if factor < 10 else f"{factor:,.0f} times"


# Quantiles are computed from about this number of rows at most.
QUANTILE_ROWS = 2000
# The interquartile range of a normal distribution, in standard deviations.
NORMAL_QUARTILES = 1.349
# A feature has a tail if its standard deviation is more than this many times its spread. The ratio is 1 for
# normal values and 2 for log-normal values.
TAIL = 10.0
# Initial weights and learning rates are made for features of a size of about one. At ten, they already act as
# if they were ten times as large. At a hundred, sigmoid and tanh saturate in the first epoch.
UNSCALED_LIMITS = Limits(10.0, 100.0)
# A feature with a tail has a smaller spread than this after a division by its standard deviation.
SQUEEZED = 0.1
FAR = 100.0
OUTLIER_LIMITS = Limits(0.0, 0.1)
# The standard deviation of y in units of the spread of most values: 1 for a normal y, below 2 for twelve real
# ones, 3 for a log-normal one. From 2 on, outliers doubled the error of squared errors.
OUTLIERS_IN_Y_LIMITS = Limits(4.0, 10.0)
# A feature of this size adds only 0.01 to a hidden input with a weight of one. To add one, it needs a weight
# of 100, whose penalty is 10,000 times as large.
TINY = 0.01
TINY_LIMITS = Limits(0.0, 0.1)
# Hidden inputs start with about this standard deviation. At 3, half of all tanh units start saturated.
INITIAL_LIMITS = Limits(3.0, 10.0)
# At 1, every unit costs more than it gains, so the zero network is the best. At 1/2, about half of the error
# of a guess must remain. Healthy networks are below 0.1.
PENALTY_LIMITS = Limits(0.25, 0.5)
HEALTHY_PENALTY = 0.03
# The loss of steady trainings climbs by less than 0.2 of a guess's loss, mini-batches and dropout included.
EXPLODING_LIMITS = Limits(0.25, 1.0)
# At most SAMPLE_ROWS rows and N_DIRECTIONS random directions are tried, with the directions of the strongest
# correlations. The random ones have at most MOST_NUMBERS numbers: for very many features they find nothing.
SAMPLE_ROWS = 1000
N_DIRECTIONS = 100
MOST_NUMBERS = 2**22
# Features that say something pull more strongly at y than at y in this number of random orders.
N_ORDERS = 19
# The sum of the learning rates of ten epochs with the default. With a fifth of it, weights hardly move.
USUAL_WAY = 0.05
SMALL_STEPS_LIMITS = Limits(5.0, 5.0)


class Features(NamedTuple):
    """Numbers (n_features,) about each feature."""

    size: np.ndarray  # root mean square; if there is a tail, of the values without it
    spread: np.ndarray  # standard deviation of the values without a tail; 0 if most values are equal
    reach: np.ndarray  # largest distance from the median; 0 for constants
    has_tail: np.ndarray  # whether a few values are far from all others


def measure_features(matrix):
    """Measure a design matrix (n_samples, n_features), dense or sparse."""
    return measure_dense(matrix) if isinstance(matrix, np.ndarray) else measure_sparse(matrix)


def measure_dense(X):
    """Measure a dense matrix; overflow gives infinity, which exceeds all limits."""
    some = X[:: -(-len(X) // QUANTILE_ROWS)]
    lower, median, upper = np.percentile(some, [25, 50, 75], axis=0).astype(float)
    spread = (upper - lower) / NORMAL_QUARTILES
    mean, mean_square = X.mean(axis=0, dtype=float), np.vecdot(X, X, axis=0, dtype=float) / len(X)
    squared_distance = np.maximum(mean_square - 2 * median * mean + median**2, 0)
    has_tail = (spread > 0) & (np.sqrt(squared_distance) > TAIL * spread)
    size = np.sqrt(np.where(has_tail, median**2 + spread**2, mean_square))
    reach = np.maximum(X.max(axis=0) - median, median - X.min(axis=0))
    return Features(size, spread, reach, has_tail)


def measure_sparse(X):
    """Measure a sparse matrix: most values of a feature are zero, so no feature has a tail."""
    n_samples, n_features = X.shape
    squares = np.bincount(X.indices, np.square(X.data, dtype=float), minlength=n_features)
    reach = np.zeros(n_features)
    np.maximum.at(reach, X.indices, np.abs(X.data))
    return Features(np.sqrt(squares / n_samples), np.zeros(n_features), reach, np.zeros(n_features, bool))


def standardised(X, features):
    """Scale features to a size of about one, and clip them to +-5; a sparse matrix stays as it is."""
    if not isinstance(X, np.ndarray):
        return X
    X = X.astype(float)
    X -= np.median(X, axis=0)
    size = np.where(features.spread > 0, features.spread, np.sqrt(np.mean(X**2, axis=0)))
    return np.clip(X / np.where(size > 0, size, 1), -5, 5)


def unscaled_features(features, names):
    """Measure the size of the features that the network gets."""
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
    """Recommend a scaler that suits the features."""
    if features.has_tail.any():
        return (
            "scale by quantiles, and clip outliers: make_pipeline(RobustScaler(), "
            "FunctionTransformer(clip), clf) with clip(x) = x / sqrt(1 + (x / 3) ** 2)",
        )
    return ("put a scaler first: make_pipeline(StandardScaler(), clf)",)


def outliers(features, names):
    """Look for features with a few values that are far from all others, or squeeze the others together."""
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


def outliers_in_y(fitted, factor):
    """Look at the factor by which outliers make the scale of y larger; None if they do not matter."""
    if factor is None:
        return "outliers in y hardly move this loss"
    return Measured(
        factor,
        OUTLIERS_IN_Y_LIMITS,
        f"The standard deviation of y is {times(factor)} as large as the spread of most values. The network "
        "learns the outliers of y first, and all other values seem equal to it.",
        ("use loss='huber'", "correct the outliers of y"),
        is_share=False,
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


def large_initial_weights(fitted, features):
    """Estimate the size of the hidden inputs at the start of training."""
    scale, n_features = fitted.init_scale, len(features.size)
    if not isinstance(scale, Real):
        return f"init_scale={scale!r} depends on the number of features"
    # Features that are too large are a finding of their own.
    length = min(np.linalg.norm(features.size), np.sqrt(n_features))
    return Measured(
        scale * length,
        INITIAL_LIMITS,
        f"With init_scale={scale} and {count(n_features, 'feature')}, the hidden inputs are about "
        f"{scale * length:.2g} in size at the start. From 3 on, half of all tanh units start saturated.",
        ("decrease init_scale", "use init_scale='glorot'"),
        is_share=False,
    )


def strong_penalty(fitted, pull):
    """Compare the penalty of a hidden unit with the largest gain of the loss by it."""
    if SOLVERS[fitted.solver_].decouples_penalty:
        return f"{fitted.solver_} shrinks the weights by itself, and leaves the loss without a penalty"
    if pull == 0:
        return "the features tell nothing about y"
    alpha, ratio = fitted.alpha_, fitted._penalty_rate_ / pull
    weaker = alpha * HEALTHY_PENALTY / ratio if ratio > 0 else alpha
    options = (f"decrease alpha, to {weaker:.1g} or less",)
    if len(fitted.alpha_path_["alpha"]):
        options = (
            f"look for better features, since the held-out loss was lowest with alpha={alpha:g}",
            "decrease alpha",
        )
    return Measured(
        ratio,
        PENALTY_LIMITS,
        f"The gradient of the penalty is at least {times(ratio)} as large as that of the loss. If the "
        "penalty is stronger, all weights shrink to zero, and the network learns nothing.",
        options,
    )


def strongest_pull(network, batch):
    """Compute the strongest pull of a batch's loss at a new hidden unit: see ``pulls``."""
    return float(pulls(network.activate, batch.X.source, deltas_of_a_guess(network, batch)).max())


def deltas_of_a_guess(network, batch):
    """Compute the gradient (n_outputs, n_samples) at the outputs of a network that predicts the same for all.

    A constant has no penalty, so the part of the gradient that it explains does not count.
    """
    targets = batch.targets
    slopes = np.empty_like(targets.values)
    network.loss.gradient(np.zeros_like(slopes), targets, slopes)
    return slopes - targets.shares * slopes.sum(axis=1, keepdims=True)


def no_signal(network, batch, features):
    """Compare how strongly the features, scaled and clipped, pull at y and at y in random orders."""
    X, deltas = standardised(batch.X.source, features), deltas_of_a_guess(network, batch)
    rng, relu = np.random.default_rng(0), ACTIVATIONS["relu"]
    pull = pulls(relu, X, deltas).max()
    by_chance = (pulls(relu, X, rng.permutation(deltas, axis=1)).max() for _ in range(N_ORDERS))
    is_chance = any(pull <= one for one in by_chance)
    return Measured(
        pull,
        None,
        "The features explain y no better than they explain y in a random order.",
        ("look for better features", "get more rows"),
        judged="problem" if is_chance else "ok",
    )


def pulls(activate, X, deltas):
    """Norms (n_units,) of the gradients at the output weights of units with input weights of length one.

    X is (n_samples, n_features). The deltas (n_outputs, n_samples) are the gradient at the outputs of a
    network that predicts the same for all rows. A norm within the rounding errors of its sums is zero.
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
    """List the indices of some evenly spaced rows."""
    return np.linspace(0, n_samples - 1, min(n_samples, SAMPLE_ROWS)).astype(int)


def exploding_gradient(fitted, climb, meaning=""):
    """Measure how far the loss has climbed above its minimum, in units of the loss of a guess."""
    return Measured(
        climb,
        EXPLODING_LIMITS,
        meaning
        or f"The loss climbed up to {climb:.2g} times the loss of a constant prediction above its minimum.",
        (f"decrease learning_rate by a factor of ten, to {fitted.learning_rate / 10:.2g}",),
    )


def climb_of(losses):
    """Compute the largest climb of losses (n_epochs,) above their minimum so far."""
    return float((losses - np.minimum.accumulate(losses)).max())


def small_steps(fitted):
    """Estimate from the learning rates of all epochs how far the weights can have moved."""
    has_rate, rate = not SOLVERS[fitted.solver_].takes_all_rows, fitted.learning_rate
    way = fitted.history_["learning_rate"].sum() if has_rate else np.inf
    return Measured(
        USUAL_WAY / way,
        SMALL_STEPS_LIMITS,
        f"The learning rates of all epochs add up to {way:.2g}, so no weight has moved far.",
        (f"increase learning_rate, to {rate * USUAL_WAY / way:.1g} or more",),
        is_share=False,
    )


def plateau_of_the_start(fitted):
    """Name the cause and the remedy when no other cause is found for a loss that does not fall."""
    if fitted._activation_ == "identity":
        return "a linear network", ("use activation='relu': with 'identity', the network is a linear model",)
    return "a plateau at the start, unless the features tell nothing about y", (
        "use init_scale='glorot'",
        "use max_grad_norm=None",
        "increase learning_rate",
        "increase n_iter_no_change",
        "decrease tol",
        "decrease alpha",
    )
