"""What may be wrong with the data: the scale of the features, the rows that validate, the labels."""

import numpy as np

from sknn_scratch._diagnosis.evidence import OVERFITTING_LIMITS
from sknn_scratch._diagnosis.measured import Limits, Measured, count
from sknn_scratch._estimators.inspection import output_names

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
# What holds for the training rows mostly holds for others, above all after a single epoch: healthy trainings
# stay below 0.2.
FOREIGN_LIMITS = Limits(0.3, 0.6)
LEARNT = 0.1  # a part of the loss of a guess; where training has gained less, nothing can be missed
# If 30 % of the labels of two classes are wrong, simple models make at least 0.6 of the errors of a guess.
NOISE_LIMITS = Limits(0.4, 0.6)
# A class that is missed in every other row is hardly learnt; in nine of ten, it is ignored.
IMBALANCE_LIMITS = Limits(0.5, 0.9)
# A class is rare if it has less than half of an equal share of the rows.
RARE = 0.5


def unscaled_features(evidence):
    """Look at the size of the features as the classifier sees them."""
    sizes, names = evidence.features.size, evidence.feature_names
    largest, smallest = int(sizes.argmax()), int(sizes.argmin())
    return Measured(
        sizes[largest],
        UNSCALED_LIMITS,
        f"The root mean square of {names[largest]} is {sizes[largest]:.4g}, that of {names[smallest]} is "
        f"{sizes[smallest]:.4g}. Initial weights and learning rates are made for features of a size of "
        "about 1.",
        scaler_first(evidence),
        is_share=False,
    )


def scaler_first(evidence):
    """Advise the scaler that suits the features."""
    if evidence.features.has_tail.any():
        return (
            "Scale by quantiles, and clip what is far out: make_pipeline(RobustScaler(), "
            "FunctionTransformer(clip), clf) with clip(x) = x / sqrt(1 + (x / 3) ** 2)."
        )
    return "Put a scaler first: make_pipeline(StandardScaler(), clf)."


def outliers(evidence):
    """Look for features of which a few values are far from all others, or have squeezed them together."""
    features = evidence.features
    is_bad = features.has_tail & ((features.spread < SQUEEZED) | (features.reach > FAR))
    example = int(np.where(is_bad, features.reach, 0).argmax())
    return Measured(
        is_bad.mean(),
        OUTLIER_LIMITS,
        f"{is_bad.sum()} of {count(len(is_bad), 'feature')} have outliers, such as "
        f"{evidence.feature_names[example]}: the standard deviation of most values is "
        f"{features.spread[example]:.2g}, and the farthest value is {features.reach[example]:.2g} away. A "
        "network can hardly tell values apart that are close together, and large ones make steps too large."
        if is_bad.any()
        else "No feature has outliers.",
        scaler_first(evidence),
    )


def tiny_features(evidence):
    """Look for features that vary too little to move a hidden unit."""
    reach, names = evidence.features.reach, evidence.feature_names
    varies = reach > 0
    if not varies.any():
        return "all features are constant"
    is_tiny = varies & (reach < TINY)
    example = int(np.where(varies, reach, np.inf).argmin())
    return Measured(
        is_tiny.sum() / varies.sum(),
        TINY_LIMITS,
        f"{is_tiny.sum()} of {count(varies.sum(), 'feature')} vary by less than {TINY}; {names[example]} "
        f"varies by {reach[example]:.2g}. Such a feature needs large weights, which take long to learn and "
        "have a large penalty.",
        scaler_first(evidence),
    )


def foreign_validation(evidence):
    """Look at whether what the training rows taught holds for the validation rows at all."""
    losses, val_losses = (evidence.clf.history_.get(name, ()) for name in ("loss", "val_loss"))
    if not len(val_losses) or len(losses) < evidence.clf.n_iter_ or not np.isfinite(val_losses[0]):
        return "it needs a validation from the first epoch on"
    guess, first, val_first = evidence.loss_of_a_guess, losses[0], val_losses[0]
    # Training losses are those before a step. If the first steps are too large, the loss of all rows climbs.
    gap = (val_first - first) / guess if losses[:2].min() == losses[:2][-1] else 0.0
    lowest, val_lowest = min(guess, np.nanmin(losses)), min(guess, np.nanmin(val_losses))
    is_trained = guess - lowest > LEARNT * guess
    missed = (val_lowest - lowest) / (guess - lowest) if is_trained else 0.0
    return Measured(
        max(0.0, gap, missed * evidence.predictability),
        FOREIGN_LIMITS,
        f"At first, the loss was {first:.3g} in training and {val_first:.3g} in validation. The "
        f"lowest losses were {lowest:.3g} and {val_lowest:.3g}. If what the training rows teach does not "
        "hold for the validation rows, these are different, most likely in scale.",
        "Transform X_val as X, by the scaler that was fitted to X: scaler.transform(X_val).",
    )


def noisy_labels(evidence):
    """If the network overfits, look at whether simple models can predict the labels."""
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
        "Check the labels. Against learning by heart, use early_stopping=True, a larger alpha, or more rows.",
    )


def class_imbalance(evidence):
    """Look at how often a rare class is found at all."""
    if not hasattr(evidence.clf, "classes_"):
        return "it is for classes"
    if evidence.y is None:
        return "it needs y"
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
    return Measured(
        missed,
        IMBALANCE_LIMITS,
        f"{output_names(evidence.clf)[rarest]} is in {share:.1%} of the rows. In {missed:.0%} of these, the "
        "network does not predict it.",
        "Use class_weight='balanced' or larger sample_weight for its rows, and judge by "
        "scoring='balanced_accuracy'.",
    )
