"""The registry of findings: what ``diagnose`` looks for, and which findings explain others.

First come the causes for which a network learns nothing (``_causes``), then what such a network, or another
one, looks like.
"""

from types import MappingProxyType

import numpy as np
from sklearn.base import is_classifier
from sklearn.linear_model import Ridge, RidgeClassifier
from sklearn.metrics import hamming_loss, mean_squared_error
from sklearn.model_selection import GroupKFold, KFold, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from sknn_scratch._causes.causes import BAD_RESULT, CAUSES, HARDLY_MOVED, plateau_of_the_start
from sknn_scratch._causes.evidence import ON_DATA, TRAINING, UNLEARNED, VALIDATION
from sknn_scratch._causes.features import share_explained, standardised
from sknn_scratch._causes.findings import Check, Measured, Unmeasurable
from sknn_scratch._causes.remedies import ALL_EPOCHS, REMEDIES_OF_ENDS
from sknn_scratch._causes.words import multiple_of, quantity
from sknn_scratch._core.activations import SATURATED_SLOPE
from sknn_scratch._core.blocks import predict_outputs
from sknn_scratch._core.rows import evenly
from sknn_scratch._fitting.observations import hashes_of_rows
from sknn_scratch._tables.kind import are_missing
from sknn_scratch._tables.means import texts_as_places

# The limits of the share of the variance of y that one column explains, of so many rows at most.
SUSPECT, SURE = 0.95, 0.99
ROWS_OF_COLUMNS = 10_000
# Units that started equal differ only by rounding.
IDENTICAL_TOLERANCE = 1e-6
# These activations are flat on one side by design, and units are off for about half of all rows.
HINGES = ("relu", "leaky_relu")
# The share of hidden inputs on the flat ends from which on the units hardly learn.
SATURATED = 0.75
# The loss that is recorded while weights change differs by less from that of the final weights (tried on
# public data sets), in baseline losses.
SAME = 0.02
LAST_PART = 10  # "the last tenth" of the epochs
# The causes that a scaler removes.
OF_FEATURES = ("unscaled features", "outliers", "tiny features")
# Simple models need this many rows, and so many for each feature; what one column tells of y needs the first.
LEAST_ROWS, ROWS_PER_FEATURE = 20, 3
FOLDS = KFold(5, shuffle=True, random_state=0)
OF_PATTERNS = GroupKFold(5, shuffle=True, random_state=0)
SIMPLE_CLASSIFIERS = RidgeClassifier(), KNeighborsClassifier()
SIMPLE_REGRESSORS = Ridge(), KNeighborsRegressor()


# --- The data ---


def one_column(evidence):
    """Look for a column that alone predicts y nearly perfectly, maybe only by which values are missing."""
    names = [name for name, _ in evidence.columns]
    if len(set(names)) < 2:
        raise Unmeasurable("it needs the columns of a table, or two dense features")
    rows = np.random.default_rng(0).permutation(evenly(len(evidence.labels), ROWS_OF_COLUMNS))
    targets = evidence.target_kind.encode(evidence.labels[rows], float).T
    if len(rows) < LEAST_ROWS or not np.var(targets) > 0:
        raise Unmeasurable("it needs more rows, with different y")
    shares = [share_explained(texts_as_places(values[rows]), targets) for _, values in evidence.columns]
    best = int(np.argmax(shares))
    name, share, is_missing = names[best], shares[best], are_missing(evidence.columns[best][1][rows])
    others = {one for one, other in zip(names, shares, strict=True) if other > SUSPECT} - {name}
    enough = share_explained(is_missing, targets) > SUSPECT
    return Measured(
        max(0.0, share),
        f"The column {name!r} alone explains {share:.1%} of the variance of y"
        + (", even if one only sees whether its value is missing" if enough else "")
        + ". Each row is predicted by the y of other rows with the nearest values, not by the network, so "
        "this holds whether or not the rows are new."
        + (f" Such columns are also: {', '.join(map(repr, sorted(others, key=str)))}." if others else ""),
        (
            f"if {name!r} is not known before y is, leave it out, in a tabular_pipeline by "
            f"kinds={{{name!r}: 'nothing'}}",
        ),
    )


# --- The hidden units ---


def identical_units(evidence):
    weights = np.vstack([evidence.fitted.coefs_[0], evidence.fitted.intercepts_[0]])
    weights = weights[:, np.argsort(weights.sum(axis=0))]  # so that equal units are neighbours
    difference = np.linalg.norm(np.diff(weights), axis=0)
    n_copies = int((difference <= IDENTICAL_TOLERANCE * np.linalg.norm(weights[:, 1:], axis=0)).sum())
    n_hidden = weights.shape[1]
    return Measured(
        n_copies / n_hidden,
        f"{n_copies} of {quantity(n_hidden, 'hidden unit')} are copies of another one. Units with the same "
        "weights get the same gradient, so training never makes them different.",
        ("start from random weights: init_scale='auto' or a small number",)
        if evidence.fitted.init_scale == 0
        else ("decrease n_hidden", "decrease alpha"),
    )


def saturation(evidence):
    if evidence.fitted._activation_ in HINGES:
        raise Unmeasurable(
            f"{evidence.fitted._activation_} is flat where it is off, by design; see dead units"
        )
    flat = evidence.is_flat.mean()
    return Measured(
        flat,
        f"{flat:.0%} of the hidden inputs are where the slope g'(z) is below {SATURATED_SLOPE}. There the "
        "units are fully on or off, and learn slowly.",
        ("decrease learning_rate", "increase alpha", "use activation='relu'"),
    )


def dead_units(evidence):
    is_dead = evidence.is_flat.all(axis=0)
    return Measured(
        is_dead.mean(),
        f"{is_dead.sum()} of {quantity(len(is_dead), 'hidden unit')} have a slope g'(z) below "
        f"{SATURATED_SLOPE} for every row of X. Gradient descent does not move their weights any more.",
        ("use activation='elu'", "decrease learning_rate", "increase alpha"),
    )


def vanishing_gradient(evidence):
    lost = max(0.0, 1 - evidence.absolute_slopes.mean(dtype=float))
    return Measured(
        lost,
        f"The slope g'(z) is {1 - lost:.3f} on average, so {lost:.0%} of the error is lost on its way back "
        "to the hidden weights.",
        ("use activation='relu'", "use activation='elu'"),
    )


# --- The training and its result ---


def overfitting(evidence):
    known, baseline = evidence.known_losses, evidence.baseline_gap
    if len(known) < 2:
        raise Unmeasurable("it needs y, or a fit with validation (early_stopping=True)")
    lowest = min(loss for where, loss in known.items() if where != VALIDATION)  # maybe of training rows
    if lowest > evidence.loss_range[1]:
        raise Unmeasurable("the loss is no lower than that of a constant prediction")
    if VALIDATION not in known and known[ON_DATA] <= known[TRAINING] + SAME * baseline:
        raise Unmeasurable(
            "these may be the training rows, since their loss is no higher than in training; pass rows that "
            "the fit has not seen"
        )
    highest = max(loss for where, loss in known.items() if where != TRAINING)
    gap = max(0.0, highest - lowest) / baseline
    losses = ", ".join(f"{loss:.3g} {where}" for where, loss in known.items())
    return Measured(
        gap,
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
    watched = evidence.losses_of_epochs("val_loss", "loss")
    n_last = max(1, len(watched) // LAST_PART)
    lowest = np.minimum.accumulate(watched)
    fall = (lowest[-1 - n_last] - lowest[-1]) / evidence.baseline_gap
    epochs = f"last {n_last} epochs" if n_last > 1 else "last epoch"
    own_rule = ("decrease tol", "increase n_iter_no_change")
    is_unfinished = evidence.fitted.stop_reason_ in {*REMEDIES_OF_ENDS, *ALL_EPOCHS}
    return Measured(
        fall,
        f"In the {epochs} the loss still fell by {fall:.1%} of the loss of a constant prediction.",
        (*(("increase max_iter",) if is_unfinished else own_rule), "increase learning_rate"),
    )


def not_converged(evidence):
    fitted = evidence.fitted
    if fitted.stop_reason_ == "max_iter" and evidence.was_trained_by_parts:
        raise Unmeasurable("partial_fit has no stopping rule; you decide whether to continue")
    severity, why = "ok", f"by its stopping rule ({fitted.stop_reason_})"
    if fitted.stop_reason_ == "diverged":
        severity, why = "problem", "because it diverged"
    elif fitted.stop_reason_ in REMEDIES_OF_ENDS:
        severity, why = "warning", f"before its stopping rule was met ({fitted.stop_reason_})"
    has_limit = fitted.max_iter != "auto" and not evidence.was_trained_by_parts
    unit = f"of {fitted.max_iter} epochs" if has_limit else "epochs"
    return Measured(
        float(fitted.n_iter_),
        f"Training ended after {fitted.n_iter_} {unit} {why}.",
        REMEDIES_OF_ENDS.get(fitted.stop_reason_, ()),
        severity,
        unit,
    )


def nothing_learned(evidence):
    ratio = evidence.lowest_loss
    return Measured(
        ratio,
        f"The loss is {multiple_of(ratio)} the loss of a network that predicts the same for all rows.",
        plateau_of_the_start(evidence.fitted)[1],
    )


def underfitting(evidence):
    if not evidence.network.loss.estimates_centre:
        raise Unmeasurable("simple models predict means, but no quantiles")
    if not np.isfinite(evidence.loss_on_data):
        raise Unmeasurable("the outputs of the network overflow")
    if len(evidence.sample) < max(LEAST_ROWS, ROWS_PER_FEATURE * evidence.rows.n_features):
        raise Unmeasurable("it needs more rows")
    network, simple_model = errors_in_sample(evidence)
    chance = np.sqrt((network + simple_model) / len(evidence.sample))  # the standard error of the difference
    return Measured(
        max(0.0, network - simple_model - 2 * chance),
        f"The network has an error of {network:.0%}, simple models (nearest neighbours, a linear "
        f"model) {simple_model:.0%}. The number is the difference, minus what may be chance. A "
        "network with enough hidden units can learn what a simple model learns.",
        ("increase n_hidden", "decrease alpha", "use init_scale='he'"),
    )


def errors_in_sample(evidence):
    """Compute the errors of the network, and of the better simple model in cross-validation.

    They are shares of wrong rows, or a regressor's shares of unexplained variance. Rows with equal features
    are in one fold, since one tells the y of others, unless there are only a few patterns of features.
    """
    truth, batch = evidence.labels[evidence.sample], evidence.batch(evidence.sample)
    X = standardised(batch.X.source, evidence.features)
    are_classes, weights = is_classifier(evidence.fitted), batch.targets.shares[0]

    def error(predicted):
        if are_classes:
            return hamming_loss(truth, predicted, sample_weight=weights)
        errors = mean_squared_error(truth, predicted, sample_weight=weights, multioutput="raw_values")
        variances = np.var(truth, axis=0)
        return np.mean(errors / np.where(variances > 0, variances, 1))

    models = SIMPLE_CLASSIFIERS if are_classes else SIMPLE_REGRESSORS
    patterns = hashes_of_rows(evidence.rows, evidence.sample)
    are_few = len(np.unique(patterns)) < LEAST_ROWS
    folds = list(FOLDS.split(X) if are_few else OF_PATTERNS.split(X, groups=patterns))
    of_models = [error(cross_val_predict(model, X, truth, cv=folds)) for model in models]
    predicted = evidence.target_kind.decode(predict_outputs(evidence.network, evidence.layers, batch.X))
    return error(predicted.reshape(truth.shape)), min(of_models)


# --- The registry ---

CHECKS = MappingProxyType(
    {
        **CAUSES,
        # The share of the variance of y: at most 0.89 in 48 of 49 public tables, and 0.987 by the list price
        # of houses. Columns that tell y have 0.976 (a part of a mean) to 1 (a logarithm).
        "one column gives y away": Check(one_column, (SUSPECT, SURE)),
        # Random initial weights are never equal. Some units may still find the same optimum. But if half of
        # the units are copies, half of the network is useless.
        "identical units": Check(identical_units, (0.0, 0.5), HARDLY_MOVED),
        # Sigmoid networks that fit well have up to half of their hidden inputs on the flat ends.
        "saturation": Check(
            saturation, (0.5, SATURATED), ("dead units", "vanishing gradient", "overfitting", *BAD_RESULT)
        ),
        # Healthy relu networks lose up to a third of their units (tried on small data sets).
        "dead units": Check(dead_units, (0.4, 0.6), ("vanishing gradient", *BAD_RESULT)),
        # Healthy networks let through 12 % (sigmoid) to 90 % (elu). A slope of 5 % counts as saturated.
        "vanishing gradient": Check(vanishing_gradient, (0.9, 1 - SATURATED_SLOPE), BAD_RESULT),
        # At 1/2, new rows cost half of the baseline loss more. Healthy networks stay below 0.15.
        "overfitting": Check(overfitting, (0.25, 0.5), ("underfitting",)),
        # If the loss fell by 5 % in the last tenth of the epochs, it would fall much further in as many more.
        "stopped too early": Check(stopped_too_early, (0.01, 0.05), BAD_RESULT[1:]),
        # The number of epochs is neither good nor bad.
        "not converged": Check(not_converged, None, BAD_RESULT[2:]),
        "nothing learned": Check(nothing_learned, (UNLEARNED, UNLEARNED), BAD_RESULT[3:]),
        # Healthy networks are not worse than simple models, except by chance.
        "underfitting": Check(underfitting, (0.05, 0.1)),
    }
)
